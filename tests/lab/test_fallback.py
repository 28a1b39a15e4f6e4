"""The plain screen: the same sliders and numbers where the front end is missing."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import policy_lab as pl
from policy_lab.analysis.risk import risk
from policy_lab.errors import InputError
from policy_lab.lab.moving import made_ready, moved, plan_of
from policy_lab.lab.state import first_screen

GROWTH, PRICE = "Intrinsic growth rate", "Fish price"


@pytest.fixture
def plain():
    return pl.lab("fishery", worlds=6, futures=2, fallback=True)


def test_moving_a_slider_gives_what_the_screen_gives(plain) -> None:
    plain.widget()
    picture = bytes(plain._widgets["picture"].value)
    plain._widgets[GROWTH].value = 0.04
    plain._widgets[PRICE].value = plain.sliders[PRICE].high
    study = pl.open_study("fishery")
    settings = {GROWTH: 0.04, PRICE: plain.sliders[PRICE].high}
    expected, _ = moved(made_ready(study, first_screen(study)), settings)
    assert dict(plain.screen.settings) == settings
    assert np.allclose(plain.moved.central, expected.central, rtol=1e-4)
    assert bytes(plain._widgets["picture"].value).startswith(b"\x89PNG")
    assert bytes(plain._widgets["picture"].value) != picture
    plain._widgets[GROWTH].value = plain.sliders[GROWTH].base
    assert dict(plain.screen.settings) == {PRICE: plain.sliders[PRICE].high}


def test_the_button_gives_the_whole_answer_and_a_movement_takes_it_away(plain) -> None:
    plain.widget()
    plain._widgets[GROWTH].value = 0.04
    plain._widgets["answer"].click()
    expected = pl.run(plan_of(pl.open_study("fishery"), plain.screen))
    assert np.array_equal(risk(plain.results)["risk"], risk(expected)["risk"])
    assert plain.results.plan.worlds == 6
    assert "modelled futures" in plain._widgets["words"].value
    plain._widgets[GROWTH].value = 0.03
    assert plain.results is None
    assert "central values" in plain._widgets["words"].value


def test_it_says_that_it_is_the_fallback_and_why(plain) -> None:
    assert "the plain screen, because it was asked for" in plain.words
    assert plain.words in plain.widget().children[0].value
    with pytest.raises(InputError, match="Did you mean `Intrinsic growth rate`"):
        plain.move("Intrinsic growth", 1)
    with pytest.raises(InputError, match="no plain screen"):
        pl.lab("tanks.mdl", fallback=True)


@pytest.mark.parametrize("missing", ["anywidget", "anywidget,ipywidgets"])
def test_it_opens_by_itself_where_packages_are_missing(missing) -> None:
    program = (
        "import sys\n"
        f"for name in {missing!r}.split(','): sys.modules[name] = None\n"
        "import policy_lab as pl\n"
        "screen = pl.lab('fishery', worlds=2, futures=2)\n"
        "print(type(screen).__name__, screen.why)\n"
        "screen.move('Intrinsic growth rate', 0.04)\n"
        "bundle = screen._repr_mimebundle_()\n"
        "print(sorted(bundle[0] if isinstance(bundle, tuple) else bundle))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "PlainLab the package anywidget is not installed" in done.stdout
    assert ("image/png" if "ipywidgets" in missing else "widget-view+json") in done.stdout
