"""One signal around a failure, drawn by reportlab: minutes across, the signal's own unit up."""

import math
from collections.abc import Sequence
from typing import Final

from reportlab.graphics.charts.lineplots import LinePlot
from reportlab.graphics.shapes import Drawing, Line, String
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont

from cloud.warranty.signal import CurvePoint, SignalCurve

FONT: Final = "Vera"
BOLD: Final = "VeraBd"
"""Bitstream Vera comes with reportlab and goes into the file: no reader has to find a font, with other widths."""
INK: Final = HexColor(0x1F2933)
PALE: Final = HexColor(0xC9D1D9)
_MEAN: Final = HexColor(0x1F5FA8)
_BAND: Final = HexColor(0x9CBFE3)
_FAILURE: Final = HexColor(0xB23B3B)
_HEIGHT: Final = 190
_LEFT: Final = 48
_BELOW: Final = 36
_ABOVE: Final = 24
_LINES: Final[Sequence[tuple[Color, float]]] = ((_BAND, 0.7), (_BAND, 0.7), (_MEAN, 1.6))
"""Of least, greatest and mean."""


for _name in (FONT, BOLD):
    registerFont(TTFont(_name, f"{_name}.ttf"))


def draw(curve: SignalCurve, width: float) -> Drawing:
    """The chart, so wide (points)."""
    drawing = Drawing(width, _HEIGHT)
    plot = LinePlot()
    plot.x, plot.y = _LEFT, _BELOW
    plot.width, plot.height = round(width) - _LEFT - 12, _HEIGHT - _BELOW - _ABOVE
    minutes = [_minutes(curve, point) for point in curve.points]
    series = [
        [(at, point.low) for at, point in zip(minutes, curve.points, strict=True)],
        [(at, point.high) for at, point in zip(minutes, curve.points, strict=True)],
        [(at, point.mean) for at, point in zip(minutes, curve.points, strict=True)],
    ]
    plot.data = series
    for place, (colour, thick) in enumerate(_LINES):
        plot.lines[place].strokeColor = colour
        plot.lines[place].strokeWidth = thick
    across = _ticks(min(0.0, *minutes), max(0.0, *minutes))
    up = _ticks(min(point.low for point in curve.points), max(point.high for point in curve.points))
    _axis(plot.xValueAxis, across)
    _axis(plot.yValueAxis, up)
    drawing.add(plot)
    _mark(drawing, plot, across)
    centre = _LEFT + plot.width / 2
    drawing.add(
        String(centre, 6, "minutes from the failure", textAnchor="middle", fontName=FONT, fontSize=7, fillColor=INK)
    )
    unit = curve.unit or "no unit"
    drawing.add(String(4, _HEIGHT - 10, f"{_short(curve.path)} [{unit}]", fontName=FONT, fontSize=7, fillColor=INK))
    return drawing


def _minutes(curve: SignalCurve, point: CurvePoint) -> float:
    """The middle of a summary, from the failure."""
    middle = point.from_at + (point.until - point.from_at) / 2
    return (middle - curve.alert_at).total_seconds() / 60


def _axis(axis: object, ticks: Sequence[float]) -> None:
    for name, value in {
        "valueMin": ticks[0],
        "valueMax": ticks[-1],
        "valueSteps": list(ticks),
        "labelTextFormat": lambda value: f"{value:.6g}",
        "strokeColor": INK,
        "visibleGrid": 1,
        "gridStrokeColor": PALE,
        "gridStrokeWidth": 0.3,
    }.items():
        setattr(axis, name, value)
    axis.labels.fontName = FONT  # type: ignore[attr-defined]  # reportlab makes its attributes at run time
    axis.labels.fontSize = 6.8  # type: ignore[attr-defined]  # the same


def _ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers that reach from below the least to above the greatest value."""
    span = (high - low) or max(abs(high), 1.0) * 0.1
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if power * factor >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    last = last if last > first else first + 1
    return [round(place * step, 10) for place in range(first, last + 1)]


def _mark(drawing: Drawing, plot: LinePlot, across: Sequence[float]) -> None:
    """The upright line at the failure, with its word."""
    share = (0.0 - across[0]) / (across[-1] - across[0])
    x = plot.x + share * plot.width
    top = plot.y + plot.height
    drawing.add(Line(x, plot.y, x, top, strokeColor=_FAILURE, strokeWidth=1.2, strokeDashArray=[3, 2]))
    if share > 0.85:  # there is no room for it on the right
        word = String(x - 3, top + 4, "failure", textAnchor="end", fontName=FONT, fontSize=7, fillColor=_FAILURE)
    else:
        word = String(x + 3, top + 4, "failure", textAnchor="start", fontName=FONT, fontSize=7, fillColor=_FAILURE)
    drawing.add(word)


def _short(path: str) -> str:
    """The last parts of a VSS path, which say what it is."""
    return ".".join(path.split(".")[-2:])
