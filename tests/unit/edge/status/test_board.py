"""What top draws: whatever it is told, it fits the terminal and obeys nothing."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from edge.status import told
from edge.status.board import Board, traced
from edge.status.traces import Traces
from tests.unit.edge.status.a_status import bus, well
from tests.unit.edge.status.test_screen import UNKNOWN, alert


def drawn(status: told.Status | None, *, width: int = 80, height: int = 24, looks: int = 1, **more: Any) -> list[str]:
    traces = Traces()
    for _ in range(looks if status else 0):
        assert status is not None
        traces.take(traced(status))
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True, record=True)
    console.print(Board(status, 0.4, traces, **more), end="")
    return [line.rstrip() for line in console.export_text().removesuffix("\n").split("\n")]


def signals(count: int) -> told.Signals:
    values = [
        told.SignalStatus(path=f"dbc.Engine.S{number:03d}", value=1.5, unit="V", age_s=0.1) for number in range(count)
    ]
    return told.Signals(known=count, heard=count, fresh=count, withheld=0, left_out=0, values=values)


def test_a_vehicle_that_is_well() -> None:
    lines = drawn(well(), looks=3)
    assert lines[0] == "van-7 of depot, up 1 h, idling: all is well"
    assert [line.split() for line in lines[1:3]] == [
        ["bus", "state", "frames/s", "lately", "load", "lost", "known"],
        ["engine", "up", "1,204", "▁▁▁", "34", "%", "0", "97", "%"],
    ]
    assert lines[3:6] == [
        "alerts: none fires",
        "outbox: 3 wait, 4.0 kB (alert 3)",
        "link: broker.example:8883 over wwan0, acknowledged 12 s ago",
    ]
    assert [line.split() for line in lines[6:8]] == [
        ["signal", "value", "lately", "age"], ["Speed", "0", "km/h", "▁▁▁", "0.1", "s"],
    ]  # fmt: skip
    assert lines[8] == "71 signals heard; q ends, j and k (or arrows) move through signals"


def test_signals_fill_what_is_left_and_can_be_moved_through() -> None:
    status = well(signals=signals(100))
    lines = drawn(status)
    assert len(lines) == 24
    first = [line.split()[0] for line in lines if line.startswith("dbc.")]
    assert first[0] == "dbc.Engine.S000"
    assert len(first) > 10
    moved = [line.split()[0] for line in drawn(status, first=40) if line.startswith("dbc.")]
    assert moved == [f"dbc.Engine.S{number:03d}" for number in range(40, 40 + len(first))]
    assert [line.split()[0] for line in drawn(status, first=99) if line.startswith("dbc.")] == ["dbc.Engine.S099"]


def test_what_people_look_for_first_stands_on_top() -> None:
    values = [*signals(30).values, told.SignalStatus(path="Vehicle.Speed", value=87.3, unit="km/h", age_s=0.1)]
    lines = drawn(well(signals=signals(30).model_copy(update={"values": values})))
    place = next(number for number, line in enumerate(lines) if line.startswith("signal"))
    assert lines[place + 1].startswith("Speed ")


def test_what_is_unknown_is_called_so() -> None:
    text = "\n".join(drawn(well(**UNKNOWN, buses=[bus(frames_per_s=None, load_percent=None, known_percent=None)])))
    assert "alerts: unknown" in text
    assert "outbox: unknown" in text
    assert " 0 " not in text.replace(" 0 unknown", "")


def test_without_a_status_it_says_why() -> None:
    text = "".join(drawn(None, why="no daemon runs: the last one told something 30 s ago, and its process is gone"))
    assert "no daemon runs: the last one told something 30 s ago" in text


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (4, 4), (7, 4)])
def test_many_are_counted(count: int, shown: int) -> None:
    fires = [alert(f"alert {number}") for number in range(count)]
    buses = [bus(name=f"bus-{number}") for number in range(count)]
    status = well(alerts=told.Alerts(firing=count, pending=0, left_out=0, fires=fires), buses=buses)
    lines = drawn(status)
    assert len([line for line in lines if line.startswith("bus-")]) == shown
    assert len([line for line in lines if line.startswith("critical, ")]) == shown
    assert ("  and 3 more" in lines, "  and 3 more alerts" in lines) == (count > shown, count > shown)


@given(text=st.text(max_size=120), width=st.integers(1, 160), height=st.integers(1, 60))
def test_whatever_it_is_told_it_fits_and_no_terminal_obeys(text: str, width: int, height: int) -> None:
    status = well(
        buses=[bus(name=text, state="down", why=text)] * 3,
        alerts=told.Alerts(firing=1, pending=0, left_out=0, fires=[alert(text)]),
        signals=signals(20).model_copy(
            update={"values": [told.SignalStatus(path=text, value=1e300, unit=text, age_s=1e9)] * 20}
        ),
        daemon__vehicle=text,
        link__broker=text,
        cab={text: text},
    )
    for board in (drawn(status, width=width, height=height), drawn(None, width=width, height=height, why=text)):
        assert all(letter.isprintable() for line in board for letter in line)
        assert len(board) <= height
