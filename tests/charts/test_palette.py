from __future__ import annotations

import pytest

from policy_lab.charts import palette


def test_contrast_is_that_of_the_guidelines():
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert palette.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert palette.contrast("#FFFFFF", "#FFFFFF") == 1


MARKS = (*palette.CATEGORICAL, palette.DARK_GREY, palette.LIGHT_PURPLE, palette.MID_BLUE, palette.GREY_LINE)


@pytest.mark.parametrize("colour", MARKS)
def test_marks_stand_out_from_the_paper(colour):
    assert palette.contrast(colour, palette.PAPER) >= 3


@pytest.mark.parametrize("colour", [palette.TEXT, palette.QUIET_TEXT, *palette.TEXT_OF.values()])
def test_text_can_be_read_on_the_paper(colour):
    assert palette.contrast(colour, palette.PAPER) >= 4.5


def test_what_is_drawn_on_a_colour_can_be_read():
    assert palette.contrast(palette.PAPER, palette.DARK_BLUE) >= 4.5
    assert palette.contrast(palette.PAPER, palette.DARK_PINK) >= 4.5
    assert palette.contrast(palette.TEXT, palette.ORANGE) >= 4.5
    assert palette.contrast(palette.DARK_BLUE, palette.LIGHT_BLUE) >= 3
