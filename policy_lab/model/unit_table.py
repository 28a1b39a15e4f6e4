"""The units of one model: names that pint knows keep their meaning, every other name is a base unit of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from policy_lab.units import folded_unit, unit_factors, unit_fault

if TYPE_CHECKING:
    import pint

Unit: TypeAlias = "pint.Unit"

# What people write where there is no unit. A percentage is a share: its numbers may be 5 or 0.05, its unit is none.
_NONE = frozenset({"dmnl", "dimensionless", "unitless", "fraction", "percent", "percentage", "%", "radian", "rad"})
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class UnitTable:
    """What the unit texts of one model mean, and how to compare and show them.

    ``named`` maps folded names to units, ``spelled`` pint's names to the names that the file uses.
    """

    registry: pint.UnitRegistry
    named: Mapping[str, Unit]
    spelled: Mapping[str, str]

    def unit(self, text: str) -> Unit | None:
        """Return the unit that a text states; None where it states none, or cannot be read."""
        if not text.strip() or unit_fault(text):
            return None
        product = self.none
        for name, power in unit_factors(text):
            product = product * self.named[folded_unit(name)] ** power
        return product

    @property
    def none(self) -> Unit:
        """The unit of a plain number."""
        return self.registry.Unit("")

    def raised(self, unit: Unit, power: float) -> Unit:
        """Return a unit to a power."""
        return self.registry.Unit(unit**power)

    def ratio(self, first: Unit, second: Unit) -> float:
        """Return how many of ``second`` make one ``first``; NaN where they measure different things."""
        quantity = self.registry.Quantity(1.0, first / second).to_base_units()
        return float(quantity.magnitude) if quantity.unitless else math.nan

    def same(self, first: Unit, second: Unit) -> bool:
        """Tell whether two units are one: a Year is not a Month, but a kilogram metre per second squared a newton."""
        return first == second or abs(self.ratio(first, second) - 1) < _TOLERANCE

    def shown(self, unit: Unit) -> str:
        """Return a unit as a modeller writes it, in the names of the file."""
        parts = sorted((self.spelled[name], power) for name, power in _items(self.registry, unit))
        above = [_power(name, power) for name, power in parts if power > 0]
        below = [_power(name, -power) for name, power in parts if power < 0]
        if not parts:
            return "Dmnl"
        under = f"({'*'.join(below)})" if len(below) > 1 else "".join(below)
        return f"{'*'.join(above) or '1'}{f'/{under}' if under else ''}"


def _items(registry: pint.UnitRegistry, unit: Unit) -> Iterator[tuple[str, float]]:
    """Yield pint's names of the units in a product, with their powers, which are real numbers here."""
    for name, power in registry.Quantity(1, unit).unit_items():
        yield name, float(str(power))


def _power(name: str, power: float) -> str:
    return name if power == 1 else f"{name}^{power:g}"


def unit_table(texts: Iterable[str]) -> UnitTable:
    """Make the table of every unit that a model names."""
    import pint

    registry: pint.UnitRegistry = pint.UnitRegistry()
    named: dict[str, Unit] = {}
    spelled: dict[str, str] = {}
    for text in texts:
        if unit_fault(text):
            continue
        for name, _ in unit_factors(text):
            key = folded_unit(name)
            if key not in named:
                unit = _meaning(registry, name, key, len(named))
                named[key] = unit
                spelled.update((part, spelled.get(part, name)) for part, _ in _items(registry, unit))
    return UnitTable(registry, MappingProxyType(named), MappingProxyType(spelled))


def _meaning(registry: pint.UnitRegistry, name: str, key: str, place: int) -> Unit:
    if key in _NONE:
        return registry.Unit("")
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    if math.isfinite(number) and number > 0:
        registry.define(f"number_{place} = {number!r}")
        return registry.Unit(f"number_{place}")
    known = name if _is_symbol(name) else key
    if known.isidentifier() and any(known.startswith(prefix) or _is_symbol(name)
                                    for prefix, _, _ in registry.parse_unit_name(known)):  # fmt: skip
        unit = registry.Unit(known)
        # °C and dB cannot be multiplied; what pint holds to be a mere number (a cycle, a count) is a thing to us
        if not unit.dimensionless and registry.Quantity(0.0, unit).to_base_units().magnitude == 0:
            return unit
    registry.define(f"own_{place} = [own_{place}]")
    return registry.Unit(f"own_{place}")


def _is_symbol(name: str) -> bool:
    """Tell ``kg``, ``MWh`` from a word in which pint would see a prefix and a symbol (``cat``: a centi-atmosphere)."""
    mixed = name != name.lower() and name != name.upper() and name != name.capitalize()
    return len(name) <= 2 or (mixed and len(name) <= 4)
