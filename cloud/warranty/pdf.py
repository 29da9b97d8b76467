"""The evidence pack's document as PDF, by reportlab, of which nobody else knows.

Its paragraphs read XML-like markup: every text is escaped here, so that a note can be nothing but a note. The font is
in the file and knows Windows-1252; another sign is shown by its code point, and stands whole in the evidence.
The same document gives the same bytes (`invariant`).
"""

import html
import io
import re
from collections.abc import Iterator
from typing import Any, Final

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from cloud.warranty.chart import BOLD, FONT, INK, PALE, draw
from cloud.warranty.page import Box, Chart, Document, Heading, Lines, NewPage, Rows, Tone

TEXT_MAX: Final = 2000
"""Signs of one text on paper; all of it is in the evidence."""
LINES_MAX: Final = 50
"""Lines of one text, as its writer broke them."""
_MARGIN: Final = 18 * mm
_PADDING: Final = 6.0
"""Of the frame that reportlab lays everything into, on each side (points)."""
_WIDTH: Final = A4[0] - 2 * _MARGIN - 2 * _PADDING
_TEXT: Final = ParagraphStyle("text", fontName=FONT, fontSize=8.2, leading=12, textColor=INK)
_SMALL: Final = ParagraphStyle("small", parent=_TEXT, fontSize=7.2, leading=10)
_BOLD: Final = ParagraphStyle("bold", parent=_SMALL, fontName=BOLD)
_CODE: Final = ParagraphStyle("code", parent=_TEXT, fontName=FONT, fontSize=6.2, leading=9)
_TITLE: Final = ParagraphStyle("title", parent=_TEXT, fontName=BOLD, fontSize=16, leading=21)
_SUBTITLE: Final = ParagraphStyle("subtitle", parent=_TEXT, fontSize=9.5, leading=13, spaceAfter=8)
_HEADING: Final = ParagraphStyle(
    "heading", parent=_TEXT, fontName=BOLD, fontSize=10.5, leading=14, spaceBefore=9, spaceAfter=4
)
_BOX_TITLE: Final = ParagraphStyle("box", parent=_TEXT, fontName=BOLD, fontSize=10, leading=13)
_COLOURS: Final[dict[Tone, tuple[Color, Color]]] = {
    Tone.GOOD: (HexColor(0xE7F4EC), HexColor(0x2E7D4F)),
    Tone.BAD: (HexColor(0xFBEAEA), HexColor(0xB23B3B)),
    Tone.OPEN: (HexColor(0xFFF6E0), HexColor(0xB7791F)),
}
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def render(document: Document) -> bytes:
    """The document as PDF, A4."""
    written = io.BytesIO()

    def decorate(canvas: Canvas, template: Any) -> None:
        canvas.setFont(FONT, 7)
        canvas.setFillColor(INK)
        canvas.drawString(_MARGIN + _PADDING, 10 * mm, printable(document.title))
        canvas.drawRightString(A4[0] - _MARGIN - _PADDING, 10 * mm, f"page {template.page}")
        if document.mark:
            canvas.setFont(BOLD, 8)
            canvas.setFillColor(_COLOURS[Tone.BAD][1])
            canvas.drawRightString(A4[0] - _MARGIN - _PADDING, A4[1] - 11 * mm, printable(document.mark))

    template = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=printable(document.title),
        author="Telltale",
        invariant=1,
    )
    template.build(list(_flow(document)), onFirstPage=decorate, onLaterPages=decorate)
    return written.getvalue()


def printable(text: str) -> str:
    """The text with only signs that the fonts have; any other as [U+…], control characters as spaces."""
    lines = text[:TEXT_MAX].splitlines()
    shown = "\n".join(lines[:LINES_MAX])
    cut = " […]" if len(text) > TEXT_MAX or len(lines) > LINES_MAX else ""
    return "".join(_sign(sign) for sign in _CONTROL.sub(" ", shown)) + cut


def _sign(sign: str) -> str:
    try:
        sign.encode("cp1252")
    except UnicodeEncodeError:
        return f"[U+{ord(sign):04X}]"
    return sign


def _paragraph(text: str, style: ParagraphStyle = _SMALL) -> Paragraph:
    """The text as it is: no markup of a stranger's is read."""
    return Paragraph(html.escape(printable(text), quote=False).replace("\n", "<br/>"), style)


def _flow(document: Document) -> Iterator[Flowable]:
    yield _paragraph(document.title, _TITLE)
    yield _paragraph(document.subtitle, _SUBTITLE)
    waiting: Flowable | None = None
    for block in document.blocks:
        if isinstance(block, Heading):
            if waiting is not None:
                yield waiting
            waiting = _paragraph(block.text, _HEADING)
            continue
        flowables = list(_drawn(block))
        if waiting is not None:
            yield KeepTogether([waiting, flowables[0]])
            flowables, waiting = flowables[1:], None
        yield from flowables
    if waiting is not None:
        yield waiting


def _drawn(block: Lines | Box | Rows | Chart | NewPage) -> Iterator[Flowable]:
    match block:
        case Lines(texts):
            for text in texts:
                yield _paragraph(text, _TEXT)
                yield Spacer(1, 3)
        case Box():
            yield _box(block)
            yield Spacer(1, 6)
        case Rows():
            yield _table(block)
            yield Spacer(1, 4)
        case Chart(curve, caption):
            yield draw(curve, _WIDTH)
            yield _paragraph(caption, _SMALL)
        case NewPage():
            yield PageBreak()


def _box(box: Box) -> Table:
    fill, line = _COLOURS[box.tone]
    inside = [[_paragraph(box.title, _BOX_TITLE)], [_paragraph(box.text, _TEXT)]]
    style: list[Any] = [
        ("BACKGROUND", (0, 0), (-1, -1), fill),
        ("LINEBEFORE", (0, 0), (0, -1), 3, line),
        ("LEFTPADDING", (0, 0), (-1, -1), 9),
        ("TOPPADDING", (0, 0), (-1, 0), 6),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 7),
    ]
    return Table(inside, colWidths=[_WIDTH], style=TableStyle(style), hAlign="LEFT", splitInRow=1)


def _table(rows: Rows) -> Table:
    body = _CODE if rows.is_code else _SMALL
    lines: list[list[Flowable]] = [[_paragraph(text, _BOLD) for text in rows.head]] if rows.head else []
    for row in rows.rows:
        first = _BOLD if not rows.head else body
        lines.append([_paragraph(text, first if place == 0 else body) for place, text in enumerate(row)])
    style: list[Any] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, PALE),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
    if rows.head:
        style.append(("BACKGROUND", (0, 0), (-1, 0), HexColor(0xEEF1F4)))
    else:
        style.append(("BACKGROUND", (0, 0), (-1, -1), white))
    widths = [share * _WIDTH for share in rows.widths]
    repeated = 1 if rows.head else 0
    return Table(lines, colWidths=widths, repeatRows=repeated, style=TableStyle(style), hAlign="LEFT", splitInRow=1)
