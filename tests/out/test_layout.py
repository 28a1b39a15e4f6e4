from __future__ import annotations

from policy_lab.out.layout import Grid, Lines, Section, as_markdown, as_text

TABLE = Grid(("a", "bb"), (("1", "2 | 3"), ("longer", "4")), title="Table")
SECTIONS = (
    Section("Title", (Lines(("One two three four five six seven.",)),)),
    Section("Part", (TABLE, Lines(("x", "y"), bullets=True))),
)


def test_text_is_wrapped_and_tables_line_up():
    lines = as_text(SECTIONS, width=20).splitlines()
    assert lines[0] == "TITLE"
    assert max(len(line) for line in lines[1:3]) <= 20
    start = lines.index("  Table")
    assert [line.rstrip() for line in lines[start : start + 4]] == [
        "  Table",
        "  a       bb",
        "  1       2 | 3",
        "  longer  4",
    ]
    assert "  - x" in lines


def test_a_table_that_is_too_wide_breaks_its_heads_first_and_then_its_widest_cells():
    wide = Grid(("name", "a long head"), (("one two three", "4"), ("five", "6")))
    assert as_text((Section("x", (wide,)),), width=23).splitlines()[1:] == [
        "  name           a long",
        "                 head",
        "  one two three  4",
        "  five           6",
    ]
    assert as_text((Section("x", (wide,)),), width=17).splitlines()[1:] == [
        "  name       a",
        "             long",
        "             head",
        "  one two    4",
        "  three",
        "  five       6",
    ]


def test_markdown_has_headings_tables_and_lists():
    text = as_markdown(SECTIONS)
    assert text.startswith("# Title\n\nOne two")
    assert "| a | bb |\n| --- | --- |\n| 1 | 2 \\| 3 |" in text
    assert "- x\n- y" in text
