"""Names of single elements, as people write them."""

from __future__ import annotations


def split_element(name: str) -> tuple[str, tuple[str, ...]]:
    """Split ``Name[a, b]`` into ``("Name", ("a", "b"))``; a bare name has no elements.

    >>> split_element("Initial fleet[north]")
    ('Initial fleet', ('north',))
    """
    name = name.strip()
    if not name.endswith("]") or "[" not in name:
        return name, ()
    variable, _, elements = name[:-1].partition("[")
    return variable.strip(), tuple(element.strip() for element in elements.split(","))
