"""Judgement: from cells to alerts, trips and summaries; the same for any batching; no detector can stop it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

import pytest

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.detect.finding import Concern, Detector, Finding, Step, Verdict
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.rule import load_rules
from edge.errors import ModelError
from edge.frames import Frame, FrameBatch
from edge.grid import Cells, Grid
from edge.history import NOTHING, Smoothing, Window
from edge.judgement import Judgement, Outcome
from edge.modes import Modes
from edge.spans import Wants

S = 1_000_000_000
MS = 1_000_000
GRID = 100 * MS
DBC = """VERSION ""

BU_: ECU

BO_ 256 Engine: 4 ECU
 SG_ Speed : 0|16@1+ (0.1,0) [0|300] "km/h" ECU
 SG_ Temp : 16|8@1- (1,0) [-40|127] "degC" ECU
"""
MAPPING = """
[signals]
"Engine.Speed" = { path = "Vehicle.Speed" }
"Engine.Temp" = { path = "Vehicle.Exterior.AirTemperature", period_s = 0.1 }
"""
HOT = "Vehicle.Exterior.AirTemperature > 40"
RULES = """
[[rule]]
alert = "hot"
expr = "Vehicle.Exterior.AirTemperature > 40"
for = "1s"
component = "cabin"
severity = "warning"
action = "watch"
summary = "{value} {unit}"
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "car.dbc").write_text(DBC)
    (tmp_path / "car.vss.toml").write_text(MAPPING)
    (tmp_path / "rules.toml").write_text(RULES)
    return tmp_path


def judgement(
    files: Path,
    *more: Detector,
    summary_s: int = 10,
    slow: Collection[str] = (),
    stopwatch: Callable[[], int] | None = None,
) -> Judgement:
    decoder = Decoder([Binding(load_database(files / "car.dbc"))])
    rules, refused = load_rules([files / "rules.toml"])
    assert not refused
    return Judgement(
        decoder,
        [RuleDetector(rules), *more],
        vehicle="car",
        grid_ns=GRID,
        summary_ns=summary_s * S,
        summary_slow=slow,
        stopwatch=stopwatch,
    )


def drive() -> list[Frame]:
    """25 s at 20 Hz: 36 km/h, hot from 5 s to 12 s."""
    frames = []
    for tick in range(500):
        hot = 100 <= tick < 240
        payload = (360).to_bytes(2, "little") + bytes([50 if hot else 20, 0])
        frames.append(Frame(tick * 50 * MS, 256, payload))
    return frames


def run(subject: Judgement, frames: Sequence[Frame], size: int = 10_000) -> list[Outcome]:
    grid = Grid([False], grid_ns=GRID, wait_ns=0)
    outcomes: list[Outcome] = []
    for first in range(0, len(frames), size):
        grid.offer(0, FrameBatch.of(frames[first : first + size]), 0)
        if cells := grid.close(0):
            outcomes += subject.advance(cells)
    grid.end(0)
    if cells := grid.close(0):
        outcomes += subject.advance(cells)
    return [*outcomes, subject.close()]


def test_alerts_trips_and_summaries_of_a_drive(files: Path) -> None:
    outcomes = run(judgement(files), drive())
    began, ended = [alert for outcome in outcomes for alert in outcome.alerts]
    assert (began.since, began.started, began.summary) == (5 * S + GRID, 6 * S + GRID, "50 °C")
    assert (ended.id, ended.ended) == (began.id, 12 * S + GRID)
    periods = [period for outcome in outcomes for period in outcome.periods]
    assert [(period.started, period.ended) for period in periods] == [(0, 10 * S), (10 * S, 20 * S), (20 * S, 25 * S)]
    assert periods[0].figures["Vehicle.Speed"].count == 200
    [trip] = [trip for outcome in outcomes for trip in outcome.trips]
    assert trip.ended_by == "shutdown"
    assert trip.distance_m == pytest.approx(250, rel=0.01)
    assert trip.alerts == (began.id,)


def test_an_alert_carries_the_scene_and_the_trip_of_its_beginning(files: Path) -> None:
    outcomes = run(judgement(files), drive())
    began, ended = [alert for outcome in outcomes for alert in outcome.alerts]
    [trip] = [trip for outcome in outcomes for trip in outcome.trips]
    assert began.scene == ended.scene
    assert began.scene.trip == trip.id
    assert began.scene.freeze_frame == {"Vehicle.Speed": 36.0, "Vehicle.Exterior.AirTemperature": 50.0}


def test_an_alert_of_the_first_cell_is_on_the_trip_that_begins_with_it(files: Path) -> None:
    (files / "rules.toml").write_text(RULES.replace('for = "1s"', ""))
    hot = [Frame(tick * 50 * MS, 256, (360).to_bytes(2, "little") + bytes([50, 0])) for tick in range(20)]
    outcomes = run(judgement(files), hot)
    [alert] = [alert for outcome in outcomes for alert in outcome.alerts]
    [trip] = [trip for outcome in outcomes for trip in outcome.trips]
    assert (alert.started, alert.scene.trip, trip.alerts) == (GRID, trip.id, (alert.id,))


def test_a_trip_tells_what_the_signals_did_on_it(files: Path) -> None:
    [trip] = [trip for outcome in run(judgement(files), drive()) for trip in outcome.trips]
    air, speed = trip.figures["Vehicle.Exterior.AirTemperature"], trip.figures["Vehicle.Speed"]
    assert (air.min, air.max, air.last, speed.mean) == (20.0, 50.0, 20.0, 36.0)
    assert speed.count == 498, "500 frames without those of its first cell"


def test_what_seemed_to_be_the_end_of_a_trip_counts_to_it_only_if_it_was_not(files: Path) -> None:
    speeds = [36] * 100 + [0] * 200 + [36] * 100 + [0] * 2600  # of 50 ms each: driven, halted, driven, parked
    frames = [
        Frame(tick * 50 * MS, 256, (speed * 10).to_bytes(2, "little") + bytes([20, 0]))
        for tick, speed in enumerate(speeds)
    ]
    [trip] = [trip for outcome in run(judgement(files), frames) for trip in outcome.trips]
    assert trip.ended == 20 * S
    speed = trip.figures["Vehicle.Speed"]
    assert speed.count == 400
    assert speed.mean == 36.0 * 198 / 400, "without its first cell, with the one in which it was seen to stand"


class Scripted:
    """Finds whatever it is told to find."""

    name = "scripted"
    smoothings: Sequence[Smoothing] = ()
    paths: Collection[str] = ()
    wants: Wants = NOTHING

    def __init__(self, concern: Concern, step_at: int | None = None) -> None:
        self._concern = concern
        self._step_at = step_at

    def judge(self, window: Window) -> Sequence[Finding]:
        step = int(self._step_at is not None and window.until >= self._step_at)
        return [Finding(self._concern, Verdict.HOLDS, step=step)]


SILENT = Concern("silent", "bus", "info", "watch", "Nothing is heard", "Look at the cable")


def test_an_alert_that_gets_worse_is_one_alert_of_its_trip(files: Path) -> None:
    concern = replace(SILENT, steps=(Step("warning", "next_service"),))
    outcomes = run(judgement(files, Scripted(concern, 20 * S)), drive())
    told = [alert for outcome in outcomes for alert in outcome.alerts if alert.concern.rule == "silent"]
    assert [(alert.severity, alert.is_worse) for alert in told] == [("info", False), ("warning", True)]
    [trip] = [trip for outcome in outcomes for trip in outcome.trips]
    assert trip.alerts.count(told[0].id) == 1


def test_a_silence_that_the_grid_skipped_is_no_time_in_which_a_condition_was_known_to_hold(files: Path) -> None:
    subject = judgement(files, Scripted(replace(SILENT, for_ns=700 * S)))
    run(subject, [*drive(), Frame(900 * S, 256, bytes(4))])
    assert subject.book.firing == ()
    assert subject.book.counters["alerts_pending"] == 1


def test_what_is_slow_is_told_once_in_ten_minutes_and_of_the_trip(files: Path) -> None:
    slow = "Vehicle.Exterior.AirTemperature"
    outcomes = run(judgement(files, summary_s=1, slow=[slow]), drive())
    periods = [period for outcome in outcomes for period in outcome.periods]
    assert [place for place, period in enumerate(periods) if slow in period.figures] == [0, 10, 20]
    assert all("Vehicle.Speed" in period.figures for period in periods)
    [trip] = [trip for outcome in outcomes for trip in outcome.trips]
    assert slow in trip.figures


def driven_and_parked() -> list[Frame]:
    """25 s of 36 km/h, 165 s of standing, 20 s of 36 km/h again, at 20 Hz."""
    kmh = [36] * 500 + [0] * 3300 + [36] * 400
    return [
        Frame(tick * 50 * MS, 256, (speed * 10).to_bytes(2, "little") + bytes([20, 0]))
        for tick, speed in enumerate(kmh)
    ]


def test_a_vehicle_that_stands_is_told_of_less_often(files: Path) -> None:
    periods = [period for outcome in run(judgement(files), driven_and_parked()) for period in outcome.periods]
    told = [(period.started // S, period.ended // S) for period in periods]
    assert told == [(0, 10), (10, 20), (20, 30), (30, 50), (50, 100), (100, 150), (150, 190), (190, 200), (200, 210)]
    speeds = [period.figures["Vehicle.Speed"] for period in periods]
    assert [(speed.count, speed.max) for speed in speeds[3:]] == [
        *((400, 0.0), (1000, 0.0), (1000, 0.0), (800, 0.0), (200, 36.0), (200, 36.0))
    ]


def test_where_nothing_tells_whether_it_is_in_use_every_minute_is_told(files: Path) -> None:
    (files / "car.vss.toml").write_text(MAPPING.replace('"Engine.Speed" = { path = "Vehicle.Speed" }', ""))
    periods = [period for outcome in run(judgement(files), driven_and_parked()) for period in outcome.periods]
    assert [(period.started // S, period.ended // S) for period in periods] == [
        (begin, begin + 10) for begin in range(0, 210, 10)
    ]


def test_a_car_that_charges_stands_also_where_nothing_tells_whether_it_is_on(files: Path) -> None:
    (files / "car.dbc").write_text(DBC.replace('"degC"', '""'))
    path = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"
    (files / "car.vss.toml").write_text(f'[signals]\n"Engine.Temp" = {{ path = "{path}", period_s = 0.1 }}\n')
    (files / "rules.toml").write_text(RULES.replace("Vehicle.Exterior.AirTemperature", path))
    frames = [Frame(tick * 100 * MS, 256, bytes([0, 0, 1, 0])) for tick in range(1000)]
    periods = [period for outcome in run(judgement(files), frames) for period in outcome.periods]
    assert [(period.started // S, period.ended // S) for period in periods] == [(0, 50), (50, 100)]


@pytest.mark.parametrize("size", [1, 37, 1000])
def test_summaries_of_a_vehicle_that_stands_are_the_same_whatever_the_batches(files: Path, size: int) -> None:
    frames = driven_and_parked()
    assert run(judgement(files), frames, size) == run(judgement(files), frames)


@pytest.mark.parametrize("size", [1, 7, 160])
def test_batching_changes_nothing(files: Path, size: int) -> None:
    assert run(judgement(files), drive(), size) == run(judgement(files), drive())


class Failing:
    """A detector that cannot go on."""

    name = "broken"
    smoothings: Sequence[Smoothing] = ()
    paths: Collection[str] = ()
    wants = NOTHING

    def judge(self, window: Window) -> Sequence[Finding]:
        raise ModelError(f"no at {window.until}")


def test_a_detector_that_cannot_go_on_is_switched_off_and_the_rest_runs(files: Path) -> None:
    subject = judgement(files, Failing())
    outcomes = run(subject, drive())
    assert [alert.concern.rule for outcome in outcomes for alert in outcome.alerts] == ["hot", "hot"]
    assert subject.judges.switched_off == {"broken": f"no at {GRID}"}


@dataclass
class Moody:
    """Finds that it is hot at every tick, or does what it is told to."""

    mood: Callable[[int], None]
    name: str = "moody"
    smoothings: Sequence[Smoothing] = ()
    paths: Collection[str] = ()
    wants: Wants = NOTHING
    asked: list[int] = field(default_factory=list)

    def judge(self, window: Window) -> Sequence[Finding]:
        self.asked.append(window.until)
        self.mood(window.until)
        concern = Concern("moody", "x", "warning", "watch", "s", "a")
        return [Finding(concern, Verdict.HOLDS)]


def idle(seconds: float) -> list[Frame]:
    return [Frame(tick * 100 * MS, 256, bytes(4)) for tick in range(round(10 * seconds))]


def test_a_mistake_in_a_detector_rests_it_and_its_alerts_stay_as_they_are(
    files: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(at: int) -> None:
        if 10 * S < at < 200 * S:
            raise ZeroDivisionError("by nothing")

    subject = Moody(fails)
    alerts = [alert for outcome in run(judgement(files, subject), idle(400)) for alert in outcome.alerts]
    assert [(alert.concern.rule, alert.ended) for alert in alerts] == [("moody", None)]
    tries = [at for at in subject.asked if 10 * S < at < 300 * S]
    assert tries[:3] == [10 * S + GRID, 70 * S + GRID, 190 * S + GRID]
    assert subject.asked[subject.asked.index(tries[2]) + 1 :] == []
    assert caplog.text.count("is switched off: ZeroDivisionError: by nothing") == 1


def test_a_detector_that_is_well_again_goes_on(files: Path) -> None:
    def fails(at: int) -> None:
        if at == 5 * S:
            raise ModelError("once")

    judged = judgement(files, subject := Moody(fails))
    run(judged, idle(100))
    assert judged.judges.switched_off == {}
    assert judged.judges.rests == 1
    assert len(subject.asked) == 1000 - 599


def test_a_detector_that_is_too_slow_rests_and_one_that_was_slow_once_does_not(files: Path) -> None:
    now = 0

    def slow_from(at: int) -> None:
        nonlocal now
        now += 60 * MS if at == 2 * S or 5 * S < at < 50 * S else 1

    subject = judgement(files, Moody(slow_from), stopwatch=lambda: now)
    run(subject, idle(10))
    assert subject.judges.switched_off == {"moody": "takes 60 ms a tick"}


def test_a_long_silence_closes_the_period_where_it_ended(files: Path) -> None:
    frames = [*drive(), Frame(5000 * S, 256, bytes(4))]
    periods = [period for outcome in run(judgement(files), frames) for period in outcome.periods]
    assert [(period.started, period.ended) for period in periods] == [
        (0, 10 * S),
        (10 * S, 20 * S),
        (20 * S, 30 * S),
        (5000 * S, 5000 * S + GRID),
    ]


def test_nothing_heard_gives_nothing_to_tell(files: Path) -> None:
    last = judgement(files).close()
    assert (last.alerts, last.trips, last.periods) == ((), [], [])


def modes_of(outcomes: Sequence[Outcome]) -> list[tuple[float, bool, bool]]:
    """When (s) private and workshop mode changed, and to what."""
    told = [(one.at / S, one.situation) for one in outcomes if one.situation]
    modes = [(at, now.private, now.workshop_until is not None) for at, now in told]
    return [mode for before, mode in pairwise([(0.0, False, False), *modes]) if mode[1:] != before[1:]]


def test_what_the_vehicle_does_is_told_when_it_changes(files: Path) -> None:
    told = [one.situation for one in run(judgement(files), drive()) if one.situation]
    assert [(one.doing, one.moves, one.in_trip, one.is_heard) for one in told] == [("driving", True, True, True)]


def test_in_private_mode_an_alert_tells_nothing_personal_and_there_is_no_summary(files: Path) -> None:
    text = RULES.replace("{value} {unit}", "{value} {unit} at {Vehicle.Speed}")
    (files / "rules.toml").write_text(text + RULES.replace('"hot"', '"fast"').replace(HOT, "Vehicle.Speed > 30"))
    subject = judgement(files)
    subject.wish(subject.modes.with_private(private=True))
    outcomes = run(subject, drive())
    began, _ended = [alert for outcome in outcomes for alert in outcome.alerts]
    assert (began.concern.rule, began.summary) == ("hot", "50 °C at unknown")
    assert began.scene.freeze_frame == {"Vehicle.Exterior.AirTemperature": 50.0}
    assert not any(outcome.periods for outcome in outcomes)
    assert subject.summaries_withheld == 3
    [trip] = [trip for outcome in outcomes for trip in outcome.trips]
    assert (trip.private, trip.speed_max_kmh, trip.figures, trip.alerts) == (True, None, {}, (began.id,))
    assert modes_of(outcomes) == [(0.1, True, False)]


def test_a_trip_and_a_summary_that_were_private_for_a_second_are_withheld(files: Path) -> None:
    subject = judgement(files)
    frames = drive()
    outcomes = run_until(subject, frames, 12 * S)
    subject.wish(subject.modes.with_private(private=True))
    outcomes += run_until(subject, frames, 13 * S, 12 * S)
    subject.wish(subject.modes.with_private(private=False))
    outcomes += [*run_until(subject, frames, 25 * S, 13 * S), subject.close()]
    assert [period.started / S for one in outcomes for period in one.periods] == [0.0, 20.0]
    assert [trip.private for one in outcomes for trip in one.trips] == [True]


ROAD = """VERSION ""

BU_: ECU

BO_ 256 Engine: 2 ECU
 SG_ Speed : 0|16@1+ (0.1,0) [0|300] "km/h" ECU

BO_ 257 Place: 8 ECU
 SG_ Latitude : 0|32@1- (1E-006,0) [-90|90] "deg" ECU
 SG_ Longitude : 32|32@1- (1E-006,0) [-180|180] "deg" ECU
"""
ROAD_MAPPING = """
[signals]
"Engine.Speed" = { path = "Vehicle.Speed" }
"Place.Latitude" = { path = "Vehicle.CurrentLocation.Latitude" }
"Place.Longitude" = { path = "Vehicle.CurrentLocation.Longitude" }
"""


def north(since: int, until: int) -> list[Frame]:
    """Seconds of driving north at 36 km/h, a position each."""
    frames = []
    for second in range(since, until):
        latitude = (50_000_000 + second * 90).to_bytes(4, "little")
        frames += [
            Frame(second * S, 256, (360).to_bytes(2, "little")),
            Frame(second * S + 1, 257, latitude + (8_000_000).to_bytes(4, "little")),
        ]
    return frames


@pytest.mark.parametrize("is_restarted", [False, True])
def test_where_a_private_trip_ended_is_not_where_the_next_begins_nor_after_a_restart(
    files: Path, *, is_restarted: bool
) -> None:
    (files / "car.dbc").write_text(ROAD)
    (files / "car.vss.toml").write_text(ROAD_MAPPING)
    (files / "rules.toml").write_text("")
    subject = judgement(files)
    subject.wish(subject.modes.with_private(private=True))
    outcomes = run_until(subject, north(0, 30), 30 * S)
    assert subject.modes.withholds
    subject.wish(subject.modes.with_private(private=False))
    if is_restarted:
        subject, before = judgement(files), subject
        subject.take_up(Modes.taken_up(before.modes.kept))
    begin = 30 * S
    for leg in (900, 1800):  # a silence ends a trip
        outcomes += run_until(subject, north(leg, leg + 60), (leg + 61) * S, begin)
        begin = (leg + 61) * S
    outcomes += [subject.close()]
    first, *_, last = [trip for one in outcomes for trip in one.trips if not trip.private]
    assert (first.start, first.moved_off_m) == (None, None)
    assert last.start is not None
    assert not subject.modes.withholds


def run_until(subject: Judgement, frames: Sequence[Frame], until: int, begin: int = 0) -> list[Outcome]:
    """Some of the frames, cell by cell."""
    outcomes: list[Outcome] = []
    for end in range(begin + GRID, until + 1, GRID):
        own = [frame for frame in frames if end - GRID <= frame.time < end]
        outcomes += subject.advance(Cells(FrameBatch.of(own), [end], [len(own)]))
    return outcomes


def test_what_begins_while_somebody_works_on_it_says_so_and_is_told_anew_when_it_is_given_back(files: Path) -> None:
    subject, frames = judgement(files), drive()
    session = Frame(2 * S, 0x7E0, bytes.fromhex("02 10 03"))
    outcomes = run_until(subject, sorted([*frames, session], key=lambda frame: frame.time), 8 * S)
    subject.wish(subject.modes.ended())
    outcomes += run_until(subject, frames, 25 * S, 8 * S)
    told = [(one.at / S, alert.scene.workshop, alert.is_new, alert.ended) for one in outcomes for alert in one.alerts]
    assert told == [(6.1, True, True, None), (8.1, False, False, None), (12.1, False, False, 12 * S + GRID)]
    assert modes_of(outcomes) == [(3.0, False, True), (8.1, False, False)]
    [trip] = [subject.close().trips[0]]
    assert len(trip.alerts) == 1


def test_a_recording_of_a_tester_gives_the_same_whatever_the_batches(files: Path) -> None:
    session = Frame(2 * S, 0x7E0, bytes.fromhex("02 10 03"))
    frames = sorted([*drive(), session], key=lambda frame: frame.time)
    assert run(judgement(files), frames, 7) == run(judgement(files), frames, 300) == run(judgement(files), frames)
