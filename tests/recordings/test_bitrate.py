"""Every stretch of a recorded bus is a bus, however short what was heard of it; what is too little is never noise."""

import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.bitrate import Kind, best, judge
from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.frames import NANOSECONDS, FrameBatch
from tests.misread import Listener, Wire

STRETCHES = 12


def recorded(file: Path) -> FrameBatch:
    spec = SourceSpec.parse(f"log:{file}")
    with closing(open_source(spec, speed=None, now_ns=0, stop=threading.Event(), offline=True)) as source:
        return FrameBatch.joined(list(iter(lambda: source.read(0), None)))


@pytest.mark.parametrize(
    ("name", "enough_s"),
    [
        ("tesla-model3-drive.log", 2),
        ("tesla-model3-dogmode.log", 2),
        ("j1939-truck.mf4", 4),
        ("obd2-gps-car.mf4", 4),
        ("uds-ev.mf4", 10),
    ],
)
def test_a_recorded_bus_is_always_a_bus(shared: Path, name: str, enough_s: int) -> None:
    batch = recorded(shared / "data" / "can" / name)
    for bus in range(len(batch.buses)):
        own = batch.select(batch.bus == bus)
        begin, end = int(own.time[0]), int(own.time[-1])
        for listen_s in (2, enough_s):
            listened_ns = listen_s * NANOSECONDS
            for at in range(begin, end - listened_ns, (end - begin) // STRETCHES):
                stretch = own.select((own.time >= at) & (own.time < at + listened_ns))
                kind = judge([stretch], 500_000, listened_ns).kind
                assert kind in {Kind.PLAUSIBLE, Kind.FEW, Kind.SILENT}
                assert kind is Kind.PLAUSIBLE or listen_s < enough_s


def test_a_bus_of_few_ids_is_misread_alike_each_time_so_rates_are_compared(shared: Path) -> None:
    """Twice the rate shows a rhythm as well; without the comparison it would be taken by whoever hears it first."""
    batch = recorded(shared / "data" / "can" / "tesla-model3-dogmode.log")
    begin, listened_ns = int(batch.time[0]), 2 * NANOSECONDS
    frames = [replace(one, time=one.time - begin) for one in batch.select(batch.time < begin + listened_ns).frames()]
    wire = Wire.of(frames, 500_000, listened_ns)
    heard = {
        rate: judge([FrameBatch.of(list(Listener(wire, rate).frames()))], rate, listened_ns)
        for rate in (1_000_000, 500_000, 250_000)
    }
    assert [rate for rate, one in heard.items() if one.is_right] == [1_000_000, 500_000]
    assert not any(one.is_sure for one in heard.values())
    assert best(heard) == 500_000
