"""What the power watch goes by: signals of a real judgement, a line, and what is configured."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from edge.config import Config, load_config
from edge.config_box import PowerSettings
from edge.errors import ConfigError
from edge.frames import Frame, FrameBatch, merge
from edge.grid import Cells
from edge.judgement import Judgement
from edge.measured import VOLTS, Reading, batch_of
from edge.power.decision import Stage, Step
from edge.powering import Powering, runs
from edge.prepare import prepare
from tests.unit.edge.databases import HEAD

S = 1_000_000_000
DBC = f"""{HEAD}BO_ 256 Engine: 8 X
 SG_ Rpm : 0|16@1+ (1,0) [0|8000] "rpm" X
 SG_ Kmh : 16|16@1+ (0.01,0) [0|300] "km/h" X
BO_ 512 Key: 8 X
 SG_ Key : 0|8@1+ (1,0) [0|5] "" X
"""
MAPPING = """[signals]
"Engine.Rpm" = { path = "Vehicle.Powertrain.CombustionEngine.Speed" }
"Engine.Kmh" = { path = "Vehicle.Speed" }
"Key.Key" = { path = "Vehicle.LowVoltageSystemState" }
"""


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def judgement(tmp_path: Path) -> Judgement:
    (tmp_path / "car.dbc").write_text(DBC)
    (tmp_path / "car.vss.toml").write_text(MAPPING)
    adc = {"source": "hwmon:/sys/class/hwmon/hwmon9/in2"}
    config = {"bus": [{"dbc": [tmp_path / "car.dbc"]}], "state": {"directory": tmp_path}, "supply": adc}
    return prepare(Config.model_validate(config)).judgement


def hear(judgement: Judgement, second: int, payloads: dict[int, bytes], volts: float | None = None) -> list[Any]:
    frames = [Frame(second * S, number, payload, "can0") for number, payload in payloads.items()]
    batches = [FrameBatch.of(frames, buses=("can0",))]
    if volts is not None:
        batches.append(batch_of([Reading(second * S, VOLTS, volts)], "supply", 0))
    batch = merge(batches, buses=("can0", "supply"), until=second * S)
    return list(judgement.advance(Cells(batch, [second * S + 100_000_000], [len(batch)])))


def engine(rpm: int, kmh: int = 0) -> bytes:
    return rpm.to_bytes(2, "little") + (kmh * 100).to_bytes(2, "little") + bytes(4)


@pytest.mark.parametrize(("rpm", "kmh", "wanted"), [(800, 0, True), (0, 30, True), (0, 0, False), (200, 0, True)])
def test_it_runs_where_it_turns_or_moves(judgement: Judgement, rpm: int, kmh: int, wanted: bool) -> None:
    assert runs(judgement.history.window()) is None
    hear(judgement, 1, {256: engine(rpm, kmh)})
    assert runs(judgement.history.window()) is wanted


def test_a_drive_ends_is_sealed_and_nothing_is_asked_any_more(judgement: Judgement) -> None:
    clock = Clock()
    powering = Powering(PowerSettings(stay_s=60.0), now_s=clock)
    for second in range(1, 30):
        hear(judgement, second, {256: engine(900, 20), 512: bytes([4])}, 14.1)
        powering.spoke()
        clock.now_s += 1.0
        assert powering.look(judgement.history.window()) == ()
    assert powering.standing.stage is Stage.USED
    assert judgement.trip_since is not None
    done: list[Step] = []
    for second in range(30, 50):
        hear(judgement, second, {512: bytes([2])}, 12.6)
        clock.now_s += 1.0
        done += powering.look(judgement.history.window())
    assert done == [Step.SEAL]
    quiet = [powering.asks_nothing]
    powering.spoke()
    quiet.append(powering.asks_nothing)
    clock.now_s += 11.0
    assert [*quiet, powering.asks_nothing] == [True, False, True], "while it talks an answer may say that it runs"
    assert powering.ended_by == "ignition_off"
    standing = powering.standing
    assert (str(standing.stage), standing.volts, standing.can_shut_down) == ("parked", 12.6, False)
    assert standing.stays_s == pytest.approx(39.0, abs=2.0)


def test_what_is_sealed_is_told_once_and_what_follows_begins_there(judgement: Judgement) -> None:
    told = []
    for second in range(1, 30):
        told += hear(judgement, second, {256: engine(900, 20)}, 14.1)
    sealed = judgement.seal("silence")
    assert sealed.trips == [], "it is in use"
    for second in range(30, 45):
        told += hear(judgement, second, {256: engine(0)}, 12.6)
    again = judgement.seal("silence")
    [trip] = again.trips
    assert (trip.ended_by, trip.started // S, trip.ended // S) == ("silence", 1, 29)
    assert judgement.trip_since is None
    after = judgement.seal("silence")
    assert (list(after.trips), list(after.periods)) == ([], [])
    told += hear(judgement, 59, {256: engine(0)}, 12.6)
    told += hear(judgement, 60, {256: engine(0)}, 12.6)
    periods = [
        *sealed.periods,
        *again.periods,
        *(period for one in told for period in one.periods),
        *judgement.close().periods,
    ]
    counts = [period.figures[VOLTS].count for period in periods]
    assert sum(counts) == 46, "every sample counts once"
    assert all(one.ended <= other.started for one, other in pairwise(periods))


def test_a_line_that_cannot_be_read_is_unknown_and_said_once(
    judgement: Judgement, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    powering = Powering(PowerSettings(line="gpiochip250:3"), now_s=clock)
    for _ in range(3):
        clock.now_s += 1.0
        powering.look(judgement.history.window())
    assert powering.standing.line is None
    assert powering.standing.line_trouble is not None
    assert "gpiochip250" in powering.standing.line_trouble
    assert caplog.text.count("the ignition line cannot be read") == 1
    powering.close()


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("always_on = true", "power", 'hardware = "switched"'),
        ('hardware = "battery"', "power.hardware", "switched"),
        ('line = "17"', "power.line", "pattern"),
        ("stay_s = 1", "power.stay_s", "greater"),
        ("low_volts = 24.4", "power.low_volts", "less"),
    ],
)
def test_what_would_empty_a_battery_is_refused(tmp_path: Path, text: str, place: str, hint: str) -> None:
    (tmp_path / "edge.toml").write_text(f"[power]\n{text}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "edge.toml")
    assert caught.value.place == place
    assert hint in str(caught.value)


def test_always_on_is_taken_where_something_else_cuts_the_supply(tmp_path: Path) -> None:
    (tmp_path / "edge.toml").write_text('[power]\nalways_on = true\nhardware = "switched"\n')
    assert load_config(tmp_path / "edge.toml").power.always_on


@pytest.mark.parametrize(("wake_s", "quiet_s"), [(0, 86_400.0), (3600, 3900.0), (604_800, 86_400.0)])
def test_how_long_it_is_not_to_be_missed(wake_s: int, quiet_s: float) -> None:
    assert PowerSettings(wake_s=wake_s).quiet_s == quiet_s


@pytest.mark.parametrize(
    ("source", "nominal"),
    [
        ("iio:/sys/x/in_voltage0?divider=11&volts=24", 24),
        ("hwmon:/sys/y/in1?volts=12", 12),
        ("iio:/sys/volts=24", None),
    ],
)
def test_what_the_installer_says_of_the_supply_counts(source: str, nominal: int | None) -> None:
    supply = Config.model_validate({"supply": {"source": source}}).supply
    assert supply.nominal == nominal
    assert Powering(PowerSettings(), nominal=supply.nominal).scale == (2.0 if nominal == 24 else 1.0)
