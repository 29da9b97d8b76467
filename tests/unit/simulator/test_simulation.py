import json
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from edge.decode.database import load_database, read_layouts
from edge.decode.decoder import Binding, Decoder
from edge.errors import ConfigError
from edge.frames import NANOSECONDS, Frame, FrameBatch
from edge.simulator.broadcast import LATE_SHARE
from edge.simulator.car.senders import SENDERS
from edge.simulator.faults import FaultSpec, parse_fault
from edge.simulator.life import TruthRow
from edge.simulator.running import run
from edge.simulator.simulation import Simulation
from tests.shared import ROOT

Float64s = npt.NDArray[np.float64]
DBC = ROOT / "dbc" / "telltale-car.dbc"
COOLANT = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature"


def made(seed: int = 7, *faults: str, start_ns: int = 0) -> Simulation:
    orders = [parse_fault(fault) for fault in faults]
    return Simulation(faults=orders, seed=seed, warm=True, start_ns=start_ns, weather="mild")


def same(one: FrameBatch, other: FrameBatch) -> bool:
    columns = ("time", "bus", "id", "flags", "length", "payload")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in columns)


def glued(batches: list[FrameBatch]) -> FrameBatch:
    return FrameBatch(
        time=np.concatenate([batch.time for batch in batches]),
        bus=np.concatenate([batch.bus for batch in batches]),
        id=np.concatenate([batch.id for batch in batches]),
        flags=np.concatenate([batch.flags for batch in batches]),
        length=np.concatenate([batch.length for batch in batches]),
        payload=np.concatenate([batch.payload for batch in batches]),
        buses=batches[0].buses,
        until=batches[-1].until,
    )


def test_the_same_seed_gives_the_same_frames_and_another_seed_others() -> None:
    one, same_again, other = (made(seed).advance(20 * NANOSECONDS) for seed in (7, 7, 8))
    assert same(one, same_again)
    assert not same(one, other)


def test_frames_do_not_depend_on_how_time_was_cut() -> None:
    whole = made().advance(12 * NANOSECONDS)
    cuts = np.sort(np.random.default_rng(1).integers(0, 12 * NANOSECONDS, 60))
    pieces_of = made()
    pieces = [pieces_of.advance(int(cut)) for cut in [*cuts, 12 * NANOSECONDS]]
    assert same(whole, glued(pieces))
    for piece, cut in zip(pieces, [*cuts, 12 * NANOSECONDS], strict=True):
        assert piece.until == cut
        assert not len(piece) or int(piece.time[-1]) < piece.until


def test_time_never_goes_back() -> None:
    simulation = made()
    simulation.advance(2 * NANOSECONDS)
    again = simulation.advance(NANOSECONDS)
    assert len(again) == 0
    assert again.until == 2 * NANOSECONDS


def test_a_frame_at_the_very_end_comes_with_the_next_call() -> None:
    first_ns = int(made().advance(NANOSECONDS).time[0])
    simulation = made()
    assert len(simulation.advance(first_ns)) == 0
    assert simulation.advance(first_ns + 1).time.tolist() == [first_ns]


def test_start_moves_the_times_and_nothing_else() -> None:
    plain, moved = made().advance(3 * NANOSECONDS), made(start_ns=5_000_000_007).advance(8_000_000_007)
    assert np.array_equal(moved.time, plain.time + 5_000_000_007)
    assert np.array_equal(moved.payload, plain.payload)


def test_messages_come_at_their_periods_in_the_order_of_time() -> None:
    frames = made().advance(60 * NANOSECONDS)
    database = {message.name: message for message in read_layouts(DBC).messages}
    assert (np.diff(frames.time) >= 0).all()
    for sender in SENDERS:
        times = frames.time[frames.id == database[sender.message].id]
        due = times[0] // 1_000_000 * 1_000_000 + np.arange(len(times)) * sender.period_ms * 1_000_000
        late_share = (times - due) / (sender.period_ms * 1e6)
        assert np.ptp(late_share) < LATE_SHARE + 0.05  # other frames have to pass first
        assert np.median(np.abs(np.diff(times) / (sender.period_ms * 1e6) - 1.0)) < 0.1
        assert database[sender.message].cycle_s == sender.period_ms / 1000
    assert {sender.message for sender in SENDERS} == set(database)


def test_counters_count() -> None:
    frames = made().advance(5 * NANOSECONDS)
    counters = frames.payload[frames.id == 192][:, 7] >> 4
    assert counters.tolist() == [place % 16 for place in range(250)]


def decoded(simulation: Simulation, seconds: int) -> dict[str, tuple[Float64s, Float64s]]:
    decoder = Decoder([Binding(load_database(DBC))])
    samples = decoder.decode(simulation.advance(seconds * NANOSECONDS))
    assert not decoder.counts.unknown
    assert not decoder.counts.undecodable
    found = {}
    for index, signal in enumerate(decoder.signals):
        rows = samples.signal == index
        found[signal.path] = (samples.time[rows] / NANOSECONDS, samples.value[rows])
    return found


def test_what_is_decoded_is_what_a_car_does() -> None:
    signals = decoded(made(3), 120)
    _, key = signals["Vehicle.LowVoltageSystemState"]
    assert [int(state) for state in dict.fromkeys(key.tolist())] == [3, 4, 5]
    _, speed = signals["Vehicle.Speed"]
    assert speed.min() == 0.0
    assert speed.max() > 20.0
    _, volt = signals["Vehicle.LowVoltageBattery.CurrentVoltage"]
    assert 12.0 < volt[0] < 13.0
    assert 13.6 < np.median(volt) < 14.3
    _, coolant = signals[COOLANT]
    assert coolant.min() > 80
    assert coolant.max() < 100
    _, odometer = signals["Vehicle.TraveledDistance"]
    assert 8_000_000 < odometer[0] < 140_100_000


def test_sensors_at_rest_are_quiet_and_others_are_not() -> None:
    signals = decoded(made(3), 120)
    times, rpm = signals["Vehicle.Powertrain.CombustionEngine.Speed"]
    assert (rpm[times < 2.0] == 0.0).all()
    idle = rpm[(times > 4.5) & (times < 5.5)]
    assert 2.0 < idle.std() < 20.0


def test_after_the_key_is_off_control_units_fall_asleep_and_wake_with_the_next_drive() -> None:
    frames = made(3).advance(1200 * NANOSECONDS)
    seconds = frames.time / NANOSECONDS
    key_off = frames.id == 672
    off_at = seconds[key_off & (frames.payload[:, 0] & 7 == 2)][0]
    heard = {name: Counter[int]() for name in ("engine", "body")}
    for name, identifier in (("engine", 192), ("body", 672)):
        mine = seconds[(frames.id == identifier) & (seconds > off_at)]
        heard[name].update(np.floor((mine - off_at) / 10.0).astype(int).tolist())
    assert heard["engine"][0]
    assert not heard["engine"][1]
    assert heard["body"][5]
    gap = np.diff(seconds).max()
    assert 50 < gap < 130
    assert seconds[-1] > off_at + 200


def test_truth_tells_onset_and_severity_over_time() -> None:
    simulation = made(7, "coolant_leak@30", "none")
    simulation.advance(29 * NANOSECONDS)
    before = simulation.truth()
    simulation.advance(400 * NANOSECONDS)
    after = simulation.truth()
    assert [(row.fault, row.onset_s, row.severity) for row in before] == [("coolant_leak", 30.0, 0.0)]
    assert after[0].time_s == 400.0
    assert after[0].severity > 0.2
    line = json.loads(after[0].line())
    assert list(line) == ["time", "fault", "onset", "severity", "failed", "failed_at"]
    assert made(7, "none").truth() == ()


@pytest.mark.parametrize(
    ("place", "arguments"),
    [
        ("vehicle", {"vehicle": "tram"}),
        ("seed", {"seed": -1}),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(place: str, arguments: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(**({"seed": 1} | arguments))  # type: ignore[arg-type]  # wrong on purpose
    assert caught.value.place == place
    assert caught.value.remedy


def test_an_unknown_fault_and_a_missing_database_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rust"):
        Simulation(seed=1, faults=[FaultSpec("rust")])
    with pytest.raises(ConfigError, match="no such database"):
        Simulation(seed=1, database=tmp_path / "gone.dbc")


def test_run_hands_over_everything_once_and_tells_the_truth_every_ten_seconds() -> None:
    batches: list[FrameBatch] = []
    rows: list[TruthRow] = []
    run(made(7, "battery"), batches.append, duration_s=25.0, truth=rows.append)
    assert same(glued(batches), made(7, "battery").advance(25 * NANOSECONDS))
    assert [row.time_s for row in rows] == [10.0, 20.0, 25.0]


def test_run_goes_on_until_its_pace_says_stop() -> None:
    batches: list[FrameBatch] = []
    run(made(), batches.append, chunk_s=0.5, duration_s=10.0, pace=lambda until_ns: until_ns <= 3 * NANOSECONDS)
    assert batches[-1].until == 3 * NANOSECONDS
    assert len(batches) == 6


def test_a_run_without_an_end_goes_on() -> None:
    left = iter([True] * 40 + [False])
    batches: list[FrameBatch] = []
    run(made(), batches.append, chunk_s=0.25, pace=lambda _: next(left))
    assert batches[-1].until == 10 * NANOSECONDS


def test_what_is_skipped_was_lived_and_times_begin_after_it() -> None:
    orders = [parse_fault("coolant_leak@30")]
    whole = Simulation(seed=7, faults=orders, warm=True)
    whole.advance(320 * NANOSECONDS)
    late = Simulation(seed=7, faults=orders, warm=True, skip_s=300)
    frames = late.advance(20 * NANOSECONDS)
    assert 0 < frames.time[0] < frames.time[-1] < 20 * NANOSECONDS
    (row,), (late_row,) = whole.truth(), late.truth()
    assert late_row.severity == row.severity > 0.1
    assert (late_row.time_s, late_row.onset_s) == (20.0, 30.0 - 300.0)


def test_requests_are_answered_within_what_a_tester_waits_for() -> None:
    simulation = made(3)
    simulation.advance(10 * NANOSECONDS)
    asked = Frame(10 * NANOSECONDS, 0x7DF, bytes.fromhex("02010c0000000000"))
    stray = Frame(10 * NANOSECONDS, 0x123, bytes(8))
    assert simulation.hear(FrameBatch.of([asked, stray])) == 1
    assert simulation.next_answer_ns() is not None
    answers = [frame for frame in simulation.advance(11 * NANOSECONDS).frames() if frame.id in (0x7E8, 0x7E9)]
    assert {frame.id for frame in answers} == {0x7E8, 0x7E9}
    for frame in answers:
        assert frame.payload[:3] == bytes.fromhex("04410c")
        assert frame.time < 10 * NANOSECONDS + 50_000_000
