from __future__ import annotations

from policy_lab.charts.frame import text_width, wrapped
from policy_lab.charts.surface import apart, shown_lengths


def test_lines_are_no_wider_than_the_room_and_lose_no_word():
    text = "one two three four five six seven eight nine ten " * 5
    lines = wrapped(text, 2.0, 9)
    assert max(text_width(line, 9) for line in lines) <= 2.0
    assert " ".join(lines) == text.strip()
    assert len(lines) > 5


def test_a_word_wider_than_the_room_stands_alone():
    assert wrapped("a Fischereigenossenschaftsverwaltung b", 0.5, 9) == [
        "a",
        "Fischereigenossenschaftsverwaltung",
        "b",
    ]


def test_bold_and_larger_text_is_wider():
    assert text_width("stock", 9, bold=True) > text_width("stock", 9)
    assert text_width("stock", 18) == 2 * text_width("stock", 9)


def test_labels_are_moved_apart_in_their_order_and_stay_inside():
    moved = apart([0.98, 0.97, 0.5], 0.1)
    assert moved[0] - moved[1] >= 0.1 - 1e-12
    assert max(moved) <= 1.0
    assert moved[2] == 0.5
    assert apart([0.2, 0.9], 0.1) == [0.2, 0.9]


def test_the_studys_own_persistence_is_always_shown():
    assert shown_lengths([1, 3, 6, 12], 6) == [1, 3, 6, 12]
    assert shown_lengths([1, 2, 3, 4, 6, 12, 24], 6) == [1, 4, 6, 24]
