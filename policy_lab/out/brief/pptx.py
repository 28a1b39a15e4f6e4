"""A briefing as slides, 16:9: a finding a slide as its title, pictures with alt text, a chart that can be edited."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policy_lab.analysis.needed import needed
from policy_lab.charts.palette import CATEGORICAL
from policy_lab.out.brief.parts import Box, Briefing, Item, Part, Picture, is_figures, shares
from policy_lab.out.brief.record import PART, RELATION, record_part
from policy_lab.out.layout import Grid, Lines

if TYPE_CHECKING:
    from pptx.presentation import Presentation

FONT: Final = "Arial"
WIDE, HIGH, EDGE, TOP = 33.867, 19.05, 1.4, 3.3
"""Centimetres: the slide, its margin, and where the room beneath the title begins."""
_BODY, _SMALL = 15, 11
_TITLE_ONLY: Final = "Title Only"
_MOST_LETTERS = 1300
"""Of text on one slide; more goes on to the next."""
_MOST_ROWS = 12
_LINE = 90
"""Letters of a line: a short one takes as much room."""
EDITABLE: Final = "fan"
"""The chart whose medians PowerPoint draws too."""


def to_pptx(briefing: Briefing, template: Path | None = None) -> bytes:
    """Return a briefing as slides.

    Parameters
    ----------
    template
        A house's own slides: master, layouts and size are kept, the slides themselves are left out.

    Raises
    ------
    InputError
        Where the extra `brief` is not installed.
    """
    pptx = needed("pptx", "brief", "slides")
    show = pptx.Presentation(None if template is None else str(template))
    if template is None:
        _own_size(show)
    _emptied(show)
    core = show.core_properties
    core.title, core.subject, core.language = briefing.title, briefing.answer[:250], "en-GB"
    core.author, core.category = briefing.people["analyst"] or "policy_lab", briefing.status
    core.keywords = "policy_lab"
    _record(show, briefing)
    _opening(show, briefing)
    for group in _groups(briefing):
        _slides(show, group, briefing)
    buffer = io.BytesIO()
    show.save(buffer)
    return buffer.getvalue()


def _own_size(show: Presentation) -> None:
    """Make the library's own slides wide, and lay the title where a wide slide has it."""
    from pptx.util import Cm, Pt

    show.slide_width, show.slide_height = Cm(WIDE), Cm(HIGH)
    for holder in (show.slide_master, *show.slide_layouts):
        for shape in holder.placeholders:
            if shape.placeholder_format.type in (1, 3):  # title, centred title
                shape.left, shape.top, shape.width, shape.height = Cm(EDGE), Cm(0.8), Cm(WIDE - 2 * EDGE), Cm(2.2)
                for paragraph in shape.text_frame.paragraphs:
                    paragraph.font.size, paragraph.font.name = Pt(24), FONT


def _record(show: Presentation, briefing: Briefing) -> None:
    """Lay the record beside the slides."""
    from pptx.opc.package import Part as OpcPart
    from pptx.opc.packuri import PackURI

    part = OpcPart(PackURI(PART), "application/xml", show.part.package, record_part(briefing))
    show.part.relate_to(part, RELATION)


def _emptied(show: Presentation) -> None:
    slides = show.slides._sldIdLst
    for entry in list(slides):
        show.part.drop_rel(entry.rId)
        slides.remove(entry)


def _slide(show: Presentation, title: str, briefing: Briefing) -> Any:
    """Add a slide with its title, and the line at its foot."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Cm, Pt

    layout = next((one for one in show.slide_layouts if one.name == _TITLE_ONLY), show.slide_layouts[5])
    slide = show.slides.add_slide(layout)
    head = slide.shapes.title
    head.text = title
    head.text_frame.word_wrap, head.text_frame.vertical_anchor = True, MSO_ANCHOR.TOP
    for paragraph in head.text_frame.paragraphs:
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.font.size, paragraph.font.bold, paragraph.font.name = Pt(24 if len(title) < 90 else 19), True, FONT
        paragraph.font.color.rgb = _colour(CATEGORICAL[0])
    foot = slide.shapes.add_textbox(Cm(EDGE), Cm(HIGH - 1.1), Cm(WIDE - 2 * EDGE), Cm(0.7))
    foot.name = "Foot"
    _write(foot.text_frame.paragraphs[0], f"{briefing.title} · {briefing.status} · results of a model, no forecast", 10)
    return slide


def _opening(show: Presentation, briefing: Briefing) -> None:
    from pptx.util import Cm

    slide = _slide(show, briefing.answer, briefing)
    box = slide.shapes.add_textbox(Cm(EDGE), Cm(TOP + 1.2), Cm(WIDE - 2 * EDGE), Cm(9))
    box.name, box.text_frame.word_wrap = "Question", True
    lines = (briefing.question, briefing.dated, *briefing.answering)
    for number, line in enumerate(lines):
        paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
        _write(paragraph, line, 20 if number == 0 else _BODY)


def _groups(briefing: Briefing) -> list[list[Part]]:
    """Put neighbouring parts that are short text together, as many as one slide holds; any other part stands alone."""
    groups: list[list[Part]] = []
    for part in (*briefing.first, *briefing.parts):
        if not part.items:
            continue
        short = _letters([part]) <= _MOST_LETTERS
        if (
            short
            and groups
            and all(map(_is_text, (*groups[-1], part)))
            and _letters([*groups[-1], part]) <= _MOST_LETTERS
        ):
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


def _is_text(part: Part) -> bool:
    return all(isinstance(item, Lines | Box) for item in part.items)


def _letters(parts: list[Part]) -> int:
    lines = [line for part in parts for item in part.items if isinstance(item, Lines | Box) for line in item.lines]
    return sum(max(len(line), _LINE) for line in lines) + _LINE * len(parts)


def _slides(show: Presentation, parts: list[Part], briefing: Briefing) -> None:
    """Write parts: short ones together; text beneath the last table of its part; each picture and table on its own."""
    if len(parts) > 1:
        titles = [part.heading for part in parts]
        lines = [(part.heading, line) for part in parts for item in part.items for line in _lines(item)]
        _text_slide(show, _joined(titles), lines, briefing)
        return
    (part,) = parts
    drawn = [item for item in part.items if isinstance(item, Picture | Grid)]
    text = [line for item in part.items for line in _lines(item)]
    for number, item in enumerate(drawn):
        beneath = text if number == len(drawn) - 1 and isinstance(item, Grid) else []
        _own_slide(show, part.heading, item, beneath, briefing)
    if text and not (drawn and isinstance(drawn[-1], Grid)):
        for number, page in enumerate(_pages(text)):
            heading = part.heading if number == 0 else f"{part.heading} (continued)"
            _text_slide(show, heading, [("", line) for line in page], briefing)


def _lines(item: Item) -> tuple[str, ...]:
    if isinstance(item, Box):
        return (item.title, *item.lines)
    return item.lines if isinstance(item, Lines) else ()


def _joined(titles: list[str]) -> str:
    first, *others = titles
    return ", ".join([first, *(f"{one[:1].lower()}{one[1:]}" for one in others)])


def _pages(lines: list[str]) -> list[list[str]]:
    pages: list[list[str]] = []
    for line in lines:
        if pages and sum(map(len, pages[-1])) + len(line) <= _MOST_LETTERS:
            pages[-1].append(line)
        else:
            pages.append([line])
    return pages


def _text_slide(show: Presentation, heading: str, lines: list[tuple[str, str]], briefing: Briefing) -> None:
    """Write lines, each with the heading under which it stands; a heading is written once."""
    from pptx.util import Cm, Pt

    slide = _slide(show, heading, briefing)
    box = slide.shapes.add_textbox(Cm(EDGE), Cm(TOP), Cm(WIDE - 2 * EDGE), Cm(HIGH - TOP - 1.6))
    box.name, box.text_frame.word_wrap = "Text", True
    told, paragraph = "", box.text_frame.paragraphs[0]
    for part, line in lines:
        if part and part != told:
            _write(paragraph, part, 17, bold=True, colour=CATEGORICAL[0])
            told, paragraph = part, box.text_frame.add_paragraph()
        _write(paragraph, line, 17)
        paragraph.space_after = Pt(8)
        paragraph = box.text_frame.add_paragraph()


def _own_slide(show: Presentation, heading: str, item: Picture | Grid, beneath: list[str], briefing: Briefing) -> None:
    if isinstance(item, Picture):
        _picture_slide(show, item, briefing)
        if item.name == EDITABLE:
            _line_chart(show, item, briefing)
        return
    for first in range(0, max(len(item.rows), 1), _MOST_ROWS):
        more = Grid(item.heads, item.rows[first : first + _MOST_ROWS], item.title)
        named = f"{heading}: {item.title[:1].lower()}{item.title[1:]}" if item.title else heading
        last = first + _MOST_ROWS >= len(item.rows)
        _grid_slide(show, named if first == 0 else f"{named} (continued)", more, beneath if last else [], briefing)


def _picture_slide(show: Presentation, picture: Picture, briefing: Briefing) -> None:
    """Show a chart as large as the slide allows, its finding as the title."""
    from pptx.util import Cm

    figure = picture.figure
    slide = _slide(show, figure.title, briefing)
    width, height = (2.54 * one for one in figure.plot_size)
    scale = min((WIDE - 2 * EDGE) / width, (HIGH - TOP - 3.2) / height)
    left = Cm((WIDE - width * scale) / 2)
    content = io.BytesIO(figure.to_bytes("png", words=False))
    drawn = slide.shapes.add_picture(content, left, Cm(TOP + 0.9), Cm(width * scale), Cm(height * scale))
    named = drawn._element.nvPicPr.cNvPr
    named.set("descr", picture.alt)
    named.set("title", figure.title)
    drawn.name = picture.name
    for words, top in ((figure.subtitle, TOP - 0.4), (figure.source, HIGH - 2.2)):
        box = slide.shapes.add_textbox(Cm(EDGE), Cm(top), Cm(WIDE - 2 * EDGE), Cm(1))
        box.text_frame.word_wrap = True
        _write(box.text_frame.paragraphs[0], words, _SMALL)
    slide.notes_slide.notes_text_frame.text = picture.alt


def _grid_slide(show: Presentation, heading: str, grid: Grid, beneath: list[str], briefing: Briefing) -> None:
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Cm

    slide = _slide(show, heading, briefing)
    size = (len(grid.rows) + 1, len(grid.heads))
    frame = slide.shapes.add_table(*size, Cm(EDGE), Cm(TOP), Cm(WIDE - 2 * EDGE), Cm(0.95 * size[0]))
    frame.name = "Table"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", grid.title or "; ".join(grid.heads))
    table = frame.table
    table.first_row = True
    for place, share in enumerate(shares(grid)):
        table.columns[place].width = Cm((WIDE - 2 * EDGE) * share)
    for number, cells in enumerate((grid.heads, *grid.rows)):
        for place, text in enumerate(cells):
            paragraph = table.cell(number, place).text_frame.paragraphs[0]
            _write(paragraph, text, 13, bold=number == 0, plain=True)
            if place and is_figures(grid, place):
                paragraph.alignment = PP_ALIGN.RIGHT
    if beneath:
        top = TOP + 0.95 * size[0] + 0.8
        box = slide.shapes.add_textbox(Cm(EDGE), Cm(top), Cm(WIDE - 2 * EDGE), Cm(max(1.0, HIGH - top - 1.6)))
        box.name, box.text_frame.word_wrap = "Text", True
        for number, line in enumerate(beneath):
            paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
            _write(paragraph, line, 13)


def _line_chart(show: Presentation, picture: Picture, briefing: Briefing) -> None:
    """Add the medians of a fan chart as a chart that PowerPoint draws itself and that can be edited."""
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
    from pptx.util import Cm, Pt

    table = picture.figure.data
    middle = table[table["quantile"] == 0.5]
    wide = middle.pivot(index="time", columns="design", values="value")
    names = list(dict.fromkeys(middle["design"]))[: len(CATEGORICAL)]
    slide = _slide(show, "The middle one of all futures, as a chart that can be edited", briefing)
    data = CategoryChartData(number_format="0.00")
    data.categories = [f"{time:g}" for time in wide.index]
    for name in names:
        data.add_series(str(name), [float(value) for value in wide[name]])
    room = (Cm(EDGE), Cm(TOP), Cm(WIDE - 2 * EDGE), Cm(HIGH - TOP - 1.6))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE, *room, data)
    frame.name = "Chart that can be edited"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", picture.alt)
    chart = frame.chart
    chart.has_title, chart.has_legend = False, True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.font.size, chart.font.name = Pt(12), FONT
    chart.category_axis.tick_labels.offset = 10
    _every_so_many(chart, max(1, len(wide.index) // 10))
    for series, colour in zip(chart.plots[0].series, CATEGORICAL, strict=False):
        series.smooth = False
        series.format.line.width = Pt(2.25)
        series.format.line.color.rgb = _colour(colour)


def _every_so_many(chart: Any, step: int) -> None:
    """Label every so many categories only."""
    from pptx.oxml import parse_xml

    space = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    axis = chart.category_axis._element
    after = axis.find(f"{{{space}}}noMultiLvlLbl")
    for name in ("tickLblSkip", "tickMarkSkip"):
        node = parse_xml(f'<c:{name} xmlns:c="{space}" val="{step}"/>')
        after.addprevious(node) if after is not None else axis.append(node)


def _write(
    paragraph: Any, text: str, points: float, *, bold: bool = False, plain: bool = False, colour: str = "#0B0C0C"
) -> None:
    from pptx.util import Pt

    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.name = Pt(points), FONT
    if bold:
        run.font.bold = True
    if not plain:
        run.font.color.rgb = _colour(colour)
    run._r.get_or_add_rPr().set("lang", "en-GB")


def _colour(spelled: str) -> Any:
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(spelled.lstrip("#"))


def texts_of_pptx(path: Path) -> Iterator[str]:
    """Yield every piece of text of some slides, in order: paragraphs and cells, empty ones left out."""
    for slide in needed("pptx", "brief", "slides").Presentation(str(path)).slides:
        for shape in slide.shapes:
            frames = [shape.text_frame] if shape.has_text_frame else []
            if shape.has_table:
                frames += [cell.text_frame for row in shape.table.rows for cell in row.cells]
            for frame in frames:
                yield from (text for paragraph in frame.paragraphs if (text := paragraph.text).strip())
