"""The tool that gives a signal over time, from the summaries, for the console to draw."""

from datetime import datetime
from typing import Final

from cloud.chat.glossary import glossary, words
from cloud.chat.told import ToldChart, ToldPoint, when
from cloud.chat.tools import Asker, Neighbours, OfSignal
from cloud.fleet.model import DriveFilter, Summary
from cloud.pages import Window
from edge.wire.messages import SignalSummary

POINTS_MAX: Final = 120
"""Periods of a chart: the newest two hours of driving, or ten of standing."""
_OFFERED_MAX: Final = 8
_PLAIN: Final = frozenset(
    {"vehicle", "powertrain", "chassis", "body", "obd", "telltale", "combustion", "axle", "wheel"}
)
"""Levels of the VSS that nobody says."""


def chart(near: Neighbours, asker: Asker, of: OfSignal) -> ToldChart:
    """The signal that is meant, in each of the newest periods; where none is meant, what there is."""
    wanted = DriveFilter(fleet=asker.address.fleet, vehicle=asker.address.vehicle)
    found = near.fleet.summaries(wanted, Window(POINTS_MAX)).items
    signals = sorted({name for one in found[:5] for name in one.signals})
    path = meant(of.signal, signals)
    if path is None:
        return ToldChart(signal=None, there_are=tuple(title(name) for name in signals[:_OFFERED_MAX]))
    return _drawn(path, found)


_SAID_IF_MEANT = frozenset({"lamp", "second"})


def meant(text: str, signals: list[str]) -> str | None:
    """The signal whose name shares most with a text; the shortest of equals."""
    if text in signals:
        return text
    said = words(text) | glossary().signal_words(text)
    scored = []
    for name in signals:
        parts = _parts(name)
        if _SAID_IF_MEANT & parts - said:
            continue  # a lamp is about what it names, and is not that; nor is a second tank the tank
        shared: float = len(parts & said)
        if shared:
            shared += 0.5 * bool(_parts(name.rpartition(".")[2]) & said)  # the last level says what is measured
            scored.append((-shared / len(parts) ** 0.25, len(name), name))
    best = min(scored, default=None)
    return None if best is None else best[2]


def title(path: str) -> str:
    """A signal's name for people: the last levels of its path, in words."""
    levels = [level for level in path.split(".") if level.casefold() not in _PLAIN]
    said = " ".join(_split(level) for level in levels[-4:]).split()
    return " ".join(word for place, word in enumerate(said) if not place or word != said[place - 1]) or path


def _drawn(path: str, found: list[Summary]) -> ToldChart:
    told: list[tuple[datetime, datetime, SignalSummary]] = [
        (one.started_at, one.ended_at, one.signals[path]) for one in reversed(found) if path in one.signals
    ]
    figures = [figure for _, _, figure in told]
    return ToldChart(
        signal=path,
        title=title(path),
        unit=figures[0].unit,
        points=tuple(
            ToldPoint(at=end, mean=_short(one.mean), min=_short(one.min), max=_short(one.max)) for _, end, one in told
        ),
        latest=_short(figures[-1].last),
        lowest=_short(min(one.min for one in figures)),
        highest=_short(max(one.max for one in figures)),
        begin=when(told[0][0]),
        end=when(told[-1][1]),
    )


def _parts(path: str) -> set[str]:
    return {part for level in path.split(".") for part in _split(level).casefold().split()} - _PLAIN


def _split(level: str) -> str:
    """`EngineCoolant` as `Engine Coolant`; what is all capitals stays."""
    spaced = "".join(
        f" {sign}" if place and sign.isupper() and not level[place - 1].isupper() else sign
        for place, sign in enumerate(level)
    )
    return spaced.strip()


def _short(value: float) -> float:
    return float(f"{value:.4g}")
