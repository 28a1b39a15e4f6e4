"""XMILE's graphical functions: the points of a ``<gf>``."""

from __future__ import annotations

import numpy as np
from lxml import etree
from pysd.translators.structures import abstract_expressions as ae

from policy_lab.errors import clipped
from policy_lab.model.guarded import EquationError
from policy_lab.model.literals import read_number

_INTERPOLATION = {"continuous": "interpolate", "extrapolate": "extrapolate", "discrete": "hold_backward"}


def table_of(node: etree._Element) -> ae.LookupsStructure:
    """Read a ``<gf>``: points at equal steps between the ends of the scale, or at their own x."""
    heights = _numbers(node, "ypts")
    if not heights:
        raise EquationError("the lookup has no points")
    scale = [child for child in node if isinstance(child.tag, str) and etree.QName(child).localname == "xscale"]
    if scale:
        low, high = (read_number(str(scale[0].get(end, ""))) for end in ("min", "max"))
        places = [float(x) for x in np.linspace(low, high, len(heights))]
    else:
        places = _numbers(node, "xpts")
    if len(places) != len(heights):
        raise EquationError(f"the lookup has {len(places)} x values and {len(heights)} y values")
    if len(set(places)) < len(places):
        raise EquationError("the lookup has two points at the same x")
    kind = str(node.get("type", "continuous"))
    if kind not in _INTERPOLATION:
        raise EquationError(f"a lookup of type `{clipped(kind, 20)}` is not known")
    points = sorted(zip(places, heights, strict=True))
    xs, ys = (tuple(column) for column in zip(*points, strict=True))
    return ae.LookupsStructure(xs, ys, (xs[0], xs[-1]), (min(ys), max(ys)), _INTERPOLATION[kind])


def _numbers(node: etree._Element, tag: str) -> list[float]:
    for child in node:
        if isinstance(child.tag, str) and etree.QName(child).localname == tag:
            separator = str(child.get("sep", ",")) or ","
            return [read_number(cell) for cell in str(child.text or "").split(separator) if cell.strip()]
    return []
