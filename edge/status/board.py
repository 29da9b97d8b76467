"""Board: one status as a screen of `telltale-edge top`, as large as the terminal is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from edge.catalogue import ENGINE
from edge.status.screen import alert_line
from edge.status.told import BusStatus, SignalStatus, Status
from edge.status.traces import BARS, Traces, sparkline
from edge.status.verdict import Finding, Level, findings, wrong
from edge.status.words import UNKNOWN, counted, number, plain, size, span

BUSES_SHOWN: Final = 4
FOUND_SHOWN: Final = 3
ALERTS_SHOWN: Final = 4
SPARK: Final = 16
_NARROW: Final = 64
"""Columns: with fewer there are no sparklines."""
_SEVERITIES: Final[Mapping[str, str]] = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_DIM: Final = "dim"
_FIRST: Final = (
    *("Vehicle.Speed", f"{ENGINE}.Speed", f"{ENGINE}.EngineCoolant.Temperature"),
    *("Vehicle.LowVoltageBattery.CurrentVoltage", "Vehicle.LowVoltageSystemState"),
    "Vehicle.Powertrain.TractionBattery.StateOfCharge.Current",
)


@dataclass(frozen=True, slots=True)
class Board:
    """What is drawn. `why`: in place of a status, why there is none to be seen now."""

    status: Status | None
    age_s: float | None
    traces: Traces
    why: str = ""
    first: int = 0
    """Of the signals, the one that stands on top."""
    bars: str = BARS

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """At most as many lines and columns as there are."""
        width, height = options.max_width, options.height or console.height
        yield Group(*self._lines(width, height))

    def _lines(self, width: int, height: int) -> Iterator[Text | Table]:
        head = [*self._head(width)]
        body = [] if self.status is None else [*_buses(self.status, self.traces, width, self.bars), *_told(self.status)]
        foot = self._foot()
        room = max(0, height - 1)
        lines = _cut([*head, *body], room)
        yield from lines
        left = room - sum(map(_height, lines))
        if self.status is not None and left > 1:
            yield self._signals(_ordered(self.status.signals.values)[self.first :][: left - 1], width)
        yield _line(foot, _DIM)

    def _head(self, width: int) -> Iterator[Text]:
        if self.status is None:
            yield from (_line(line, "bold red") for line in wrap(plain(self.why), max(width, 1)))
            return
        daemon, found = self.status.daemon, findings(self.status)
        bad = wrong(found)
        title = f"{daemon.vehicle} of {daemon.fleet}, up {span(daemon.up_s)}, {daemon.doing or UNKNOWN}"
        said = "all is well" if not bad else f"{counted(len(bad), 'thing')} wrong"
        old = f", as of {span(self.age_s)} ago" if (self.age_s or 0.0) > 3.0 else ""
        yield Text.assemble(
            (plain(f"{title}{old}: "), "bold"),
            (said, "bold red" if bad else "bold green"),
            no_wrap=True,
            overflow="ellipsis",
        )
        yield from _found(found)
        if self.why:
            yield _line(self.why, "bold red")

    def _signals(self, shown: Sequence[SignalStatus], width: int) -> Table:
        is_narrow = width < _NARROW
        table = _table("signal", "value", *([] if is_narrow else ["lately"]), "age", ratios={"signal": 1})
        values = [number(one.value, one.unit) for one in shown]
        ages = [span(one.age_s) for one in shown]
        taken = max(map(len, [*values, "value"])) + max(map(len, [*ages, "age"])) + (0 if is_narrow else SPARK + 1)
        for one, value, age in zip(shown, values, ages, strict=True):
            spark = [] if is_narrow else [Text(sparkline(self.traces.of(one.path), SPARK, self.bars), "green")]
            path = Text(plain(_end_of(one.path, width - taken - 3)))
            table.add_row(path, Text(plain(value), _DIM if one.value is None else ""), *spark, age)
        return table

    def _foot(self) -> str:
        heard = "" if self.status is None else f"{self.status.signals.heard or 0} signals heard; "
        return f"{heard}q ends, j and k (or arrows) move through signals"


def _ordered(signals: Sequence[SignalStatus]) -> list[SignalStatus]:
    """What everybody looks for first."""
    rank = {path: place for place, path in enumerate(_FIRST)}
    return sorted(signals, key=lambda one: rank.get(one.path, len(rank)))


def _found(found: Sequence[Finding]) -> Iterator[Text]:
    for one in found[:FOUND_SHOWN]:
        is_wrong = one.level is Level.WRONG
        yield _line(f"{'x' if is_wrong else '!'} {one.what}", "red" if is_wrong else "yellow")
    if len(found) > FOUND_SHOWN:
        yield _line(f"  and {len(found) - FOUND_SHOWN} more; telltale-edge status has them with their remedies", _DIM)


def _buses(status: Status, traces: Traces, width: int, bars: str) -> Iterator[Table | Text]:
    is_narrow = width < _NARROW
    names = ("bus", "state", "frames/s", *([] if is_narrow else ["lately"]), "load", "lost", "known")
    table = _table(*names, ratios={"bus": 1})
    for one in status.buses[:BUSES_SHOWN]:
        spark = [] if is_narrow else [Text(sparkline(traces.of(bus_name(one)), SPARK, bars), "green")]
        table.add_row(
            Text(plain(one.name)),
            Text(one.state, "green" if one.state == "up" else "bold red"),
            UNKNOWN if one.frames_per_s is None else f"{one.frames_per_s:,.0f}",
            *spark,
            _percent(one.load_percent),
            Text(f"{one.lost:,}", "red" if one.lost_last_minute else ""),
            _percent(one.known_percent),
        )
    yield table
    if len(status.buses) > BUSES_SHOWN:
        yield _line(f"  and {len(status.buses) - BUSES_SHOWN} more", _DIM)


def _told(status: Status) -> Iterator[Text]:
    alerts, outbox, link = status.alerts, status.outbox, status.link
    for one in alerts.fires[:ALERTS_SHOWN]:
        yield _line(alert_line(one), _SEVERITIES.get(one.severity, ""))
    if alerts.firing is None or not alerts.fires:
        yield _line(f"alerts: {UNKNOWN if alerts.firing is None else 'none fires'}", _DIM)
    elif alerts.firing > ALERTS_SHOWN:
        yield _line(f"  and {alerts.firing - ALERTS_SHOWN} more alerts", _DIM)
    if outbox is not None:
        kinds = ", ".join(f"{one.kind} {one.messages:,}" for one in outbox.waiting)
        waits = UNKNOWN if outbox.messages is None else f"{outbox.messages:,} wait, {size(outbox.bytes)}"
        yield _line(f"outbox: {waits}{f' ({kinds})' if kinds else ''}")
    if link is None:
        yield _line("link: no broker is configured", _DIM)
    elif link.connected:
        over = f" over {link.network}" if link.network else ""
        ago = (
            "nothing acknowledged yet"
            if link.acknowledged_ago_s is None
            else f"acknowledged {span(link.acknowledged_ago_s)} ago"
        )
        yield _line(f"link: {link.broker}{over}, {ago}", "green")
    else:
        yield _line(f"link: {link.broker}, not connected", "red")


def bus_name(bus: BusStatus) -> str:
    """Of its trace; no signal is called so."""
    return f"bus:{bus.name}"


def traced(status: Status) -> dict[str, float | None]:
    """What has a trace: the values of signals, and how many frames a second come of each bus."""
    rates = {bus_name(one): one.frames_per_s for one in status.buses}
    return {**rates, **{one.path: one.value for one in status.signals.values}}


def _table(*names: str, ratios: Mapping[str, int]) -> Table:
    table = Table(box=None, expand=True, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold underline")
    for name in names:
        is_text = name in {"bus", "signal", "state", "lately"}
        table.add_column(
            name, ratio=ratios.get(name), justify="left" if is_text else "right", no_wrap=True, overflow="ellipsis"
        )
    return table


def _line(text: str, style: str = "") -> Text:
    return Text(plain(text), style, no_wrap=True, overflow="ellipsis")


def _cut(lines: Sequence[Text | Table], room: int) -> list[Text | Table]:
    """As many as fit."""
    kept: list[Text | Table] = []
    for one in lines:
        if sum(map(_height, kept)) + _height(one) > room:
            break
        kept.append(one)
    return kept


def _height(one: Text | Table) -> int:
    return one.row_count + 1 if isinstance(one, Table) else 1


def _percent(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f} %"


def _end_of(path: str, room: int) -> str:
    """A path as it fits: its end says more than its beginning."""
    path = path.removeprefix("Vehicle.")
    return path if len(path) <= room else f"…{path[-max(room - 1, 1) :]}"
