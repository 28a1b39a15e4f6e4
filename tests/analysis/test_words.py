from __future__ import annotations

import pytest

from policy_lab.analysis import words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8_437_000, "8.44 million"),
        (14_473_755, "14.47 million"),
        (999_600, "1 million"),
        (999_400, "999,000"),
        (999.7, "1,000"),
        (45_012, "45,000"),
        (-1234.5, "-1,230"),
        (138.4, "138"),
        (0.009083, "0.00908"),
        (0.0, "0"),
        (2_500_000_000, "2,500 million"),
        (float("nan"), "not known"),
    ],
)
def test_three_figures_at_most_and_millions_by_name(value, text):
    assert words.short_figure(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.2345, "0.23"),
        (1234.0, "1,200"),
        (0.0, "0"),
        (0.0996, "0.10"),
        (9.96, "10"),
        (99.6, "100"),
        (-1.26, "-1.3"),
        (25400000, "25,000,000"),
        (float("nan"), "not known"),
        (1.04, "1.0"),
    ],
)
def test_two_significant_figures_at_most(value, text):
    assert words.two_figures(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "none of 2,000"),
        (0.004, "fewer than 1 of 100"),
        (0.031, "about 3 of 100"),
        (0.05, "about 1 of 10"),
        (0.24, "about 2 of 10"),
        (0.949, "about 9 of 10"),
        (0.97, "more than 19 of 20"),
        (1.0, "all of 2,000"),
    ],
)
def test_frequencies(share, text):
    assert words.frequency(share, 2000) == text


def test_a_sentence_is_filled_and_reads_well_at_the_ends():
    template = "in about {tenths} of 10 modelled futures the stock stays below the bar"
    assert words.sentence(template, 0.31) == "in about 3 of 10 modelled futures the stock stays below the bar"
    assert words.sentence(template, 0.0, 40).startswith("in none of 40 modelled futures")
    assert words.sentence("{tenths} in ten fall short", 0.31) == "3 in ten fall short"


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.01, "remote chance"),
        (0.1, "highly unlikely"),
        (0.3, "unlikely"),
        (0.5, "realistic possibility"),
        (0.7, "likely"),
        (0.9, "highly likely"),
        (0.97, "almost certain"),
        (float("nan"), "not stated"),
    ],
)
def test_likelihoods(probability, text):
    assert words.likelihood(probability) == text


def test_lists_and_counts():
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.count(0, "pair") == "no pairs"
    assert words.count(1, "pair") == "1 pair"
    assert words.count(2, "study", "studies") == "2 studies"


def test_intervals_overlap_when_they_touch_or_are_unknown():
    assert words.overlap((0, 1), (1, 2))
    assert not words.overlap((0, 1), (1.1, 2))
    assert words.overlap((0, float("nan")), (5, 6))
