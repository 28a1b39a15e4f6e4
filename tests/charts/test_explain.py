from __future__ import annotations

from pathlib import Path

import pytest

import policy_lab as pl
from policy_lab.errors import InputError

MODEL = """{UTF-8}
Births=
	0.1*Hares
	~	hare/Year
	~	Young.
	|

Hares=
	INTEG(Births,100)
	~	hare
	~	All of them.
	|

Grass=
	1000-Hares
	~	hare
	~	What is left.
	|

FINAL TIME=10 ~ Year ~ |
INITIAL TIME=0 ~ Year ~ |
SAVEPER=1 ~ Year ~ |
TIME STEP=1 ~ Year ~ |
"""


@pytest.fixture
def hares(tmp_path: Path):
    path = tmp_path / "hares.mdl"
    path.write_text(MODEL, encoding="utf-8")
    return pl.compile(path)


def test_a_loop_of_any_model_is_found_with_its_kind_and_drawn(hares):
    loop = pl.loop_in(hares, ["births", "Hares"], title="More hares, more young")
    assert loop.loop.path == ("Births", "Hares")
    assert (loop.kind, loop.loop.kind, loop.faults) == ("reinforcing", "reinforcing", ())
    figure = pl.loop_chart(loop, hares.model)
    assert figure.title == "More hares, more young: a reinforcing loop of 2 variables"
    assert "more Births raises Hares" in figure.alt
    assert figure.source == "Source: hares.mdl"


def test_a_loop_that_is_not_there_says_so_and_is_not_drawn(hares):
    loop = pl.loop_in(hares, ["Hares", "Grass"], title="Grazing")
    assert loop.missing == (("Grass", "Hares"),)
    with pytest.raises(InputError, match="no link from `Grass` to `Hares`"):
        pl.loop_chart(loop, hares.model)


def test_the_first_view_is_drawn_unless_another_is_named(hares):
    assert "1 stock and what moves it" in pl.view_chart(hares.model).title
    with pytest.raises(InputError, match="no view `Foxes`"):
        pl.view_chart(hares.model, "Foxes")
