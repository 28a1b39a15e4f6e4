"""A briefing as a Word document: real headings, alt text, marked table heads, language and title set."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policy_lab.analysis.needed import needed
from policy_lab.charts.figure import WIDTH
from policy_lab.out.brief.parts import Box, Briefing, Item, Part, Picture, is_figures, shares
from policy_lab.out.brief.record import PART, RELATION, record_code, record_part
from policy_lab.out.layout import Grid, Lines

if TYPE_CHECKING:
    from docx.document import Document

FONT: Final = "Arial"
INK: Final = "12436D"
QUIET: Final = "505A5F"
RULE: Final = "BFBFBF"
PANEL: Final = "F3F4F6"
CAPTION, SMALL = "Caption", 8.5
_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

_STYLES: Final = (
    ("Normal", 10, False, "0B0C0C", 0, 3),
    ("Title", 19, True, INK, 0, 2),
    ("Subtitle", 11, False, QUIET, 0, 4),
    ("Heading 1", 14, True, INK, 14, 4),
    ("Heading 2", 11, True, INK, 6, 1),
    ("List Bullet", 10, False, "0B0C0C", 0, 2),
    (CAPTION, SMALL, False, QUIET, 2, 8),
)
"""Name, points, bold, colour, points before and after."""


def to_docx(briefing: Briefing, template: Path | None = None) -> bytes:
    """Return a briefing as a Word document.

    Parameters
    ----------
    template
        A house's own document: its styles, page and headers are kept, what its body says is left out.

    Raises
    ------
    InputError
        Where the extra `brief` is not installed, or the template is no Word document.
    """
    docx = needed("docx", "brief", "Word documents")
    document = docx.Document(None if template is None else str(template))
    if template is None:
        _own_page(document)
        _own_styles(document)
    else:
        _emptied(document)
    _properties(document, briefing)
    if template is None:
        _running(document, briefing)
    if not briefing.final:
        _watermark(document)
    _title(document, briefing)
    for part in briefing.first:
        _part(document, part, 2)
    for number, part in enumerate(briefing.parts):
        _part(document, part, 1, new_page=number == 0)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# ---------- the page


def _own_page(document: Document) -> None:
    from docx.shared import Cm

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.2), Cm(2)
    section.header_distance = section.footer_distance = Cm(1)


def _own_styles(document: Document) -> None:
    from docx.shared import Pt, RGBColor

    for name, points, bold, colour, before, after in _STYLES:
        style = document.styles[name]
        style.font.name, style.font.size, style.font.bold, style.font.italic = FONT, Pt(points), bold, False
        _every_script(style)
        style.font.color.rgb = RGBColor.from_string(colour)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        for spacing in style.element.findall(f".//{{{_W}}}spacing[@{{{_W}}}val]"):
            spacing.getparent().remove(spacing)  # letters set apart, in the titles of the library's own template
    document.styles["Normal"].paragraph_format.line_spacing = 1.1
    _without_rule(document.styles["Title"])
    language = document.styles.element.find(f".//{{{_W}}}rPrDefault/{{{_W}}}rPr/{{{_W}}}lang")
    if language is not None:
        language.set(f"{{{_W}}}val", "en-GB")


def _every_script(style: Any) -> None:
    """Have a style's font hold for all scripts: theme fonts would otherwise win in some programs."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(f"{{{_W}}}{script}", FONT)


def _without_rule(style: Any) -> None:
    border = style.element.find(f".//{{{_W}}}pBdr")
    if border is not None:
        border.getparent().remove(border)


def _emptied(document: Document) -> None:
    body = document.element.body
    for child in list(body):
        if not child.tag.endswith("}sectPr"):
            body.remove(child)


def _properties(document: Document, briefing: Briefing) -> None:
    core = document.core_properties
    core.title, core.subject, core.language = briefing.title, briefing.answer[:250], "en-GB"
    core.author = core.last_modified_by = briefing.people["analyst"] or "policy_lab"
    core.category = briefing.status
    _record(document, briefing)


def _record(document: Document, briefing: Briefing) -> None:
    """Lay the record beside the text, and packed among the keywords, which LibreOffice takes over into PDF and ODT."""
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part as OpcPart

    package = document.part.package
    part = OpcPart(PackURI(PART), "application/xml", record_part(briefing), package)
    document.part.relate_to(part, RELATION)
    # Set by hand: the library holds every property to 255 letters, which no program asks for.
    document.core_properties._element.get_or_add_keywords().text = f"policy_lab,{record_code(briefing)}"


def _running(document: Document, briefing: Briefing) -> None:
    """Write the line above and below every page."""
    section = document.sections[0]
    head = section.header.paragraphs[0]
    head.text = f"{briefing.title} · {briefing.dated}"
    head.style = document.styles[CAPTION]
    foot = section.footer.paragraphs[0]
    foot.style = document.styles[CAPTION]
    foot.add_run("Results of a model, no forecast. Page ")
    _field(foot, "PAGE")
    foot.add_run(" of ")
    _field(foot, "NUMPAGES")


def _field(paragraph: Any, code: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    run = paragraph.add_run()
    for kind, text in (("begin", ""), ("", code), ("separate", ""), ("text", "1"), ("end", "")):
        if kind == "text":
            node = OxmlElement("w:t")
            node.text = text
        elif kind:
            node = OxmlElement("w:fldChar")
            node.set(qn("w:fldCharType"), kind)
        else:
            node = OxmlElement("w:instrText")
            node.text = text
        run._r.append(node)


def _watermark(document: Document) -> None:
    """Put the word DRAFT behind every page, as Word's own watermark does: a drawing in the page head."""
    from docx.oxml import parse_xml

    shape = (
        f'<w:r xmlns:w="{_W}" xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:o="urn:schemas-microsoft-com:office:office"><w:rPr><w:noProof/></w:rPr><w:pict>'
        '<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
        'path="m@7,l@8,m@5,21600l@6,21600e"><v:path textpathok="t" o:connecttype="rect"/>'
        '<v:textpath on="t" fitshape="t"/></v:shapetype>'
        '<v:shape id="DraftWatermark" o:spid="_x0000_s2049" type="#_x0000_t136" alt="" '
        'style="position:absolute;margin-left:0;margin-top:0;width:400pt;height:150pt;rotation:315;z-index:-251658752;'
        "mso-position-horizontal:center;mso-position-horizontal-relative:margin;mso-position-vertical:center;"
        'mso-position-vertical-relative:margin" o:allowincell="f" fillcolor="#e9ebed" stroked="f">'
        '<v:textpath style="font-family:&quot;Arial&quot;;font-size:1pt" string="DRAFT"/></v:shape></w:pict></w:r>'
    )
    for section in document.sections:
        section.header.paragraphs[0]._p.append(parse_xml(shape))


# ---------- what stands on it


def _title(document: Document, briefing: Briefing) -> None:
    document.add_paragraph(briefing.title, style="Title")
    document.add_paragraph(briefing.question, style="Subtitle")
    document.add_paragraph(briefing.status_line, style=CAPTION)


def _part(document: Document, part: Part, level: int, *, new_page: bool = False) -> None:
    if not part.items:
        return
    heading = document.add_paragraph(part.heading, style=f"Heading {level}")
    heading.paragraph_format.page_break_before = new_page
    for item in part.items:
        _item(document, item)


def _item(document: Document, item: Item) -> None:
    match item:
        case Lines(lines, bullets):
            for line in lines:
                document.add_paragraph(line, style="List Bullet" if bullets else "Normal")
        case Grid():
            _grid(document, item)
        case Box():
            _box(document, item)
        case Picture():
            _picture(document, item)


def _picture(document: Document, picture: Picture) -> None:
    """Place a chart at the size for which it was drawn, so that 8 pt in it stays 8 pt; its words are text."""
    from docx.shared import Inches, Pt

    figure = picture.figure
    finding = document.add_paragraph()
    finding.add_run(figure.title).bold = True
    about = document.add_paragraph()
    about.add_run(figure.subtitle).font.size = Pt(SMALL)
    drawing = document.add_paragraph()
    for paragraph in (finding, about, drawing):
        paragraph.paragraph_format.keep_with_next = True
        paragraph.paragraph_format.space_after = Pt(2)
    content = io.BytesIO(figure.to_bytes("png", words=False))
    drawn = drawing.add_run().add_picture(content, width=Inches(min(figure.plot_size[0], WIDTH)))
    named = drawn._inline.docPr
    named.set("descr", picture.alt)
    named.set("title", figure.title)
    named.set("name", picture.name)
    document.add_paragraph(figure.source, style=CAPTION)


def _grid(document: Document, grid: Grid) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Inches, Pt

    if grid.title:
        title = document.add_paragraph(style="Normal")
        title.add_run(grid.title).bold = True
        title.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(grid.heads))
    table.autofit = False
    _table_look(table, grid.title or "; ".join(grid.heads))
    widths = shares(grid)
    for number, cells in enumerate((grid.heads, *grid.rows)):
        row = table.add_row()
        _kept(row, head=number == 0)
        for place, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
            cell.width = Inches(WIDTH * widths[place])
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.space_after = Pt(1)
            paragraph.paragraph_format.keep_with_next = number < len(grid.rows)
            if place and is_figures(grid, place):
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            run = paragraph.add_run(text)
            run.font.size, run.font.bold = Pt(SMALL), number == 0
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _table_look(table: Any, words: str) -> None:
    """Rule a table by thin lines, and give it words for who cannot see it."""
    from docx.oxml import parse_xml

    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/>' for side in ("top", "bottom", "insideH")
    )
    properties = table._tbl.tblPr
    properties.append(parse_xml(f'<w:tblBorders xmlns:w="{_W}">{lines}</w:tblBorders>'))
    properties.append(parse_xml(f'<w:tblCaption xmlns:w="{_W}" w:val="{_attribute(words)}"/>'))
    properties.append(parse_xml(f'<w:tblDescription xmlns:w="{_W}" w:val="{_attribute(words)}"/>'))


def _kept(row: Any, *, head: bool) -> None:
    """Keep a row in one piece, and repeat the head on every page."""
    from docx.oxml import OxmlElement

    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))


def _box(document: Document, box: Box) -> None:
    from docx.oxml import parse_xml
    from docx.shared import Pt

    table = document.add_table(rows=1, cols=1)
    _table_look(table, box.title)
    cell = table.rows[0].cells[0]
    cell._tc.get_or_add_tcPr().append(
        parse_xml(f'<w:shd xmlns:w="{_W}" w:val="clear" w:color="auto" w:fill="{PANEL}"/>')
    )
    first = cell.paragraphs[0]
    first.add_run(box.title).bold = True
    for line in box.lines:
        paragraph = cell.add_paragraph()
        paragraph.add_run(line).font.size = Pt(9)
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _attribute(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape(text, {'"': "&quot;"})


def texts_of_docx(path: Path) -> Iterable[str]:
    """Yield every piece of text of a Word document, in order: paragraphs and cells, empty ones left out."""
    docx = needed("docx", "brief", "Word documents")
    body = docx.Document(str(path)).element.body
    for paragraph in body.iter(f"{{{_W}}}p"):
        text = "".join(node.text or "" for node in paragraph.iter(f"{{{_W}}}t"))
        if text.strip():
            yield text
