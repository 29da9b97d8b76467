"""The supply through files as the kernel has them: scales, offsets, dividers, converters that go away, pipes."""

import os
import threading
from pathlib import Path

import pytest

from edge.bus.open import open_source
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.decode.decoder import Binding, Decoder
from edge.errors import BusDown, ConfigError
from edge.frames import FrameBatch
from edge.instruments import database_of
from edge.measured import CRANK_MINIMUM, SUPPLY, VOLTS
from edge.supply.source import SupplySource

S = 1_000_000_000


class Clock:
    """A monotonic clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.now_ns = 1 * S

    def wait(self, seconds: float) -> None:
        self.now_ns += max(round(seconds * S), 1)

    def now(self) -> int:
        return self.now_ns


def converter(folder: Path, **files: str) -> Path:
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder


def opened(text: str) -> Source:
    return open_source(SourceSpec.parse(text), speed=None, now_ns=0, stop=threading.Event())


def values(batch: FrameBatch | None) -> dict[str, list[float]]:
    """What a history would get of it."""
    assert batch is not None
    decoder = Decoder([Binding(database_of(SUPPLY), "supply")])
    samples = decoder.decode(batch)
    told: dict[str, list[float]] = {}
    for index, value in zip(samples.signal.tolist(), samples.value.tolist(), strict=True):
        told.setdefault(decoder.signals[index].path, []).append(value)
    return told


@pytest.mark.parametrize(
    ("files", "source", "volts"),
    [
        # an MCP3208 at 3.3 V behind 57 kOhm over 10 kOhm
        ({"in_voltage3_raw": "2786\n", "in_voltage_scale": "0.805664"}, "iio:{}/in_voltage3?divider=5.7", 12.794),
        (
            {"in_voltage3_raw": "100\n", "in_voltage3_scale": "10", "in_voltage3_offset": "-20"},
            "iio:{}/in_voltage3",
            0.8,
        ),
        ({"in_voltage3_raw": "10", "in_voltage_scale": "9", "in_voltage3_scale": "100"}, "iio:{}/in_voltage3", 1.0),
        ({"in_voltage0_input": "2500\n"}, "iio:{}/in_voltage0?divider=5", 12.5),
        ({"in2_input": "2190\n"}, "hwmon:{}/in2?divider=11&name=supply", 24.09),
    ],
)
def test_what_files_say_is_the_supply(tmp_path: Path, files: dict[str, str], source: str, volts: float) -> None:
    source = source.format(converter(tmp_path, **files))
    told = values(opened(source).read(0.0))
    assert told == {VOLTS: [pytest.approx(volts, abs=0.001)]}


def test_a_converter_that_is_not_there_is_down_and_found_when_it_comes(tmp_path: Path) -> None:
    source = opened(f"hwmon:{tmp_path}/in2")
    with pytest.raises(BusDown, match=r"in2_input: No such file"):
        source.read(0.0)
    converter(tmp_path, in2_input="12000")
    assert values(source.read(0.0)) == {VOLTS: [12.0]}
    source.close()
    source.close()


def test_a_converter_that_says_no_number_is_down_until_it_does(tmp_path: Path) -> None:
    source = opened(f"hwmon:{converter(tmp_path, in2_input='nothing')}/in2")
    with pytest.raises(BusDown, match="instead of a number"):
        source.read(0.0)
    converter(tmp_path, in2_input="12000")
    assert values(source.read(0.0)) == {VOLTS: [12.0]}


@pytest.mark.parametrize("options", ["volts=48", "divider=0", "volts="])
def test_what_cannot_be_is_refused(options: str) -> None:
    with pytest.raises(ConfigError):
        opened(f"iio:/nowhere/in_voltage0?{options}")


def test_a_start_through_a_pipe_is_read_line_by_line(tmp_path: Path) -> None:
    pipe = tmp_path / "in2_input"
    os.mkfifo(pipe)
    clock = Clock()
    source = SupplySource("hwmon", tmp_path / "in2", name="supply", wait=clock.wait, now_ns=clock.now)
    assert len(source.read(0.1)) == 0, "nobody writes yet"
    with pipe.open("w") as writer:
        start = [12500] * 100 + [9300, 8700, 9100, 9900] + [10400] * 80 + [14100] * 20
        writer.write("".join(f"{one}\n" for one in start))
        writer.write("141")  # half a line is none
        writer.flush()
        told = values(source.read(3.0))
    assert min(told[VOLTS]) == pytest.approx(8.7)
    assert told[CRANK_MINIMUM][-1] == pytest.approx(9.1), "of two on end, the higher"
    counters = dict(source.counters)
    assert counters.pop("frames") == sum(map(len, told.values()))
    assert counters == {"readings": 204, "implausible": 0, "cranks": 1}
    source.close()


def test_its_time_is_that_of_the_clock_and_never_goes_back(tmp_path: Path) -> None:
    clock = Clock()
    source = SupplySource(
        "hwmon", converter(tmp_path, in2_input="12500") / "in2", name="supply", wait=clock.wait, now_ns=clock.now
    )
    until_ns = 0
    for _ in range(50):
        batch = source.read(0.1)
        assert (batch.time >= until_ns).all()
        assert batch.until >= clock.now_ns
        until_ns = batch.until
    assert source.counters["readings"] == pytest.approx(625, abs=65), "125 a second, at rest"


def test_a_board_that_is_late_catches_up_and_does_not_run_away(tmp_path: Path) -> None:
    """Each wait takes 3 ms longer than it should, and once half a second."""
    clock = Clock()

    def wait(seconds: float) -> None:
        clock.wait(seconds + 0.003)

    source = SupplySource(
        "hwmon", converter(tmp_path, in2_input="12500") / "in2", name="supply", wait=wait, now_ns=clock.now
    )
    for _ in range(20):
        source.read(0.1)
    assert source.counters["readings"] / 2.0 >= 100
    before = source.counters["readings"]
    clock.wait(0.5)
    source.read(0.1)
    assert source.counters["readings"] - before <= 4 * 0.1 * 125
