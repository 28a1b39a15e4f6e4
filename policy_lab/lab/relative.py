"""Variables whose level is a prior: the page shows them against where they started, never as amounts."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from policy_lab.analysis.words import spoken_unit
from policy_lab.lab.central import Central
from policy_lab.study.study import Study

RATIO: Final = "× its start"
"""The unit of a ratio, behind its number."""
RATIO_OF_END: Final = "× the base's end"
"""That of what starts from nothing."""


def relative(study: Study, paths: Central) -> Central:
    """Return central paths in which the variables that `panels.as_ratio` names are ratios.

    Each is divided by one number: its mean over elements at the start under the base design (under the first one where
    that is not among them), or at the end where it starts from nothing. Designs and elements keep their proportions.
    """
    named = [name for name in study.file.panels.as_ratio if name in paths.values]
    if not named:
        return paths
    base = study.file.comparison.base
    row = paths.designs.index(base) if base in paths.designs else 0
    values = dict(paths.values)
    for name in named:
        means = values[name][row].reshape(len(paths.time), -1).mean(axis=1)
        level = means[0] if means[0] != 0 else means[-1]
        values[name] = values[name] / level if level != 0 else np.full_like(values[name], np.nan)
    return replace(paths, values=MappingProxyType(values))


def shown_unit(study: Study, paths: Central, name: str) -> str:
    """Return the unit in which the page shows a variable."""
    if name not in study.file.panels.as_ratio or name not in paths.values:
        return spoken_unit(study.model[name].unit)
    return RATIO if np.any(paths.values[name][:, 0] != 0) else RATIO_OF_END
