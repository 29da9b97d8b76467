"""Letting a vehicle run: into a file, as rows, and on a bus where somebody talks to it, with a clock wound by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from edge.frames import NANOSECONDS, Frame, FrameBatch
from edge.simulator.faults import parse_fault
from edge.simulator.life import TruthRow
from edge.simulator.running import TICK_S, Talk, run, run_tables
from edge.simulator.simulation import Simulation
from edge.simulator.table import Rows, Tables

P2_NS = 50_000_000
"""ISO 15765-4: within so much a control unit answers."""
BEGAN_NS = 5_000 * NANOSECONDS
START_NS = 1_790_000_000 * NANOSECONDS
TICK_NS = round(TICK_S * NANOSECONDS)


def made(seed: int = 7, *faults: str, start_ns: int = 0) -> Simulation:
    return Simulation(faults=[parse_fault(fault) for fault in faults], seed=seed, warm=True, start_ns=start_ns)


def ids_and_times(batches: Sequence[FrameBatch]) -> list[tuple[int, int, bytes]]:
    return [(frame.id, frame.time, frame.payload) for batch in batches for frame in batch.frames()]


def test_run_hands_over_everything_once_and_tells_the_truth_every_ten_seconds() -> None:
    batches: list[FrameBatch] = []
    rows: list[TruthRow] = []
    run(made(7, "battery"), batches.append, duration_s=25.0, truth=rows.append)
    assert ids_and_times(batches) == ids_and_times([made(7, "battery").advance(25 * NANOSECONDS)])
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


def table(*faults: str) -> Tables:
    return Tables(faults=[parse_fault(fault) for fault in faults], seed=7, warm=True)


def test_tables_are_handed_over_whole_up_to_the_end_that_was_asked_for() -> None:
    parts: list[Rows] = []
    told: list[TruthRow] = []
    run_tables(table("battery"), parts.append, duration_s=24.25, pace=lambda _: True, truth=told.append)
    whole = table("battery").advance(25)
    time_s = np.concatenate([part.time_s for part in parts])
    assert time_s.max() == pytest.approx(24.2)
    assert np.array_equal(time_s, whole.time_s[: len(time_s)])
    for part in parts:
        assert part.values.shape == (len(part.time_s), len(table().columns))
    assert [row.time_s for row in told] == [10.0, 20.0, 25.0]


def test_tables_end_when_their_pace_says_so() -> None:
    parts: list[Rows] = []
    run_tables(table(), parts.append, duration_s=1e9, pace=lambda until_ns: until_ns <= 30 * NANOSECONDS)
    assert parts[-1].time_s.max() < 30.0


@dataclass
class Wire:
    """A bus with a clock that moves only while somebody waits; testers send what they were told to, when they were."""

    requests: list[Frame] = field(default_factory=list)
    """With the moment (monotonic ns) at which they are sent."""
    now_ns: int = BEGAN_NS
    cost_ns: int = 0
    """Of sending a frame."""
    waited_s: float = 0.0
    sent: list[tuple[int, FrameBatch]] = field(default_factory=list)

    def clock(self) -> int:
        return self.now_ns

    def heard(self, wait_s: float) -> FrameBatch:
        self.waited_s += wait_s
        until_ns = self.now_ns + round(wait_s * NANOSECONDS)
        due = [frame for frame in self.requests if frame.time <= until_ns][:1]
        self.now_ns = max(self.now_ns, due[0].time) if due else until_ns
        self.requests = self.requests[len(due) :]
        return FrameBatch.of(due, until=self.now_ns)

    def send(self, batch: FrameBatch) -> None:
        self.now_ns += self.cost_ns * len(batch)
        self.sent.append((self.now_ns, batch))

    def frames(self) -> list[tuple[int, Frame]]:
        return [(at_ns, frame) for at_ns, batch in self.sent for frame in batch.frames()]

    def answers(self) -> list[tuple[int, Frame]]:
        return [(at_ns, frame) for at_ns, frame in self.frames() if 0x7E8 <= frame.id <= 0x7EF]


def asked(at_s: float, *payload: int, arbitration_id: int = 0x7DF) -> Frame:
    return Frame(BEGAN_NS + round(at_s * NANOSECONDS), arbitration_id, bytes(payload).ljust(8, b"\0"))


def talk(wire: Wire, *vehicles: Simulation, speed: float | None = 1.0) -> Talk:
    return Talk(vehicles or [made(start_ns=START_NS)], wire, START_NS, speed=speed, monotonic_ns=wire.clock)


def until(wire: Wire, seconds: float) -> bool:
    return wire.now_ns >= BEGAN_NS + round(seconds * NANOSECONDS)


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0])
def test_every_frame_leaves_when_it_is_due(speed: float) -> None:
    wire = Wire()
    talk(wire, speed=speed).run(duration_s=12.0, stopped=lambda: False)
    assert ids_and_times([batch for _, batch in wire.sent]) == ids_and_times(
        [made(start_ns=START_NS).advance(START_NS + 12 * NANOSECONDS)]
    )
    late_ns = [at_ns - BEGAN_NS - (frame.time - START_NS) / speed for at_ns, frame in wire.frames()]
    assert min(late_ns) >= 0.0
    assert max(late_ns) <= TICK_NS + 2
    assert wire.now_ns == pytest.approx(BEGAN_NS + 12.0 / speed * NANOSECONDS, abs=10)


def test_a_question_is_answered_when_the_answer_is_due_and_not_at_the_next_tick() -> None:
    times_s = [3.0 + 0.3137 * number for number in range(20)]
    wire = Wire([asked(at_s, 2, 1, 0) for at_s in times_s])
    conversation = talk(wire)
    conversation.run(duration_s=12.0, stopped=lambda: False)
    answers = wire.answers()
    assert len(answers) >= len(times_s) == conversation.requests
    for asked_s, (at_ns, frame) in zip(times_s, answers[:: len(answers) // len(times_s)], strict=True):
        assert frame.payload[1:3] == b"\x41\x00"
        delay_ns = at_ns - BEGAN_NS - asked_s * NANOSECONDS
        assert 0.0 <= delay_ns <= P2_NS
        assert at_ns - BEGAN_NS == pytest.approx(frame.time - START_NS, abs=10_000)


def test_what_is_asked_changes_nothing_of_what_is_sent_unasked() -> None:
    quiet, busy = Wire(), Wire([asked(1.0 + 0.01 * number, 2, 1, 0x0C) for number in range(500)])
    for wire in (quiet, busy):
        talk(wire).run(duration_s=8.0, stopped=lambda: False)
    answers = {frame.time for _, frame in busy.answers()}
    unasked = [frame for _, frame in busy.frames() if frame.time not in answers or not 0x7E8 <= frame.id <= 0x7EF]
    assert len(answers) > 400
    assert unasked == [frame for _, frame in quiet.frames()]


def test_chatter_that_is_not_meant_for_the_vehicle_costs_it_no_time() -> None:
    wire = Wire([asked(0.001 * number, 1, 2, arbitration_id=0x123) for number in range(5000)])
    conversation = talk(wire)
    conversation.run(duration_s=4.0, stopped=lambda: False)
    assert conversation.requests == 0
    assert len(wire.sent) <= 4.0 / TICK_S + 1, "frames are still sent by the tick"
    assert max(at_ns - BEGAN_NS - (frame.time - START_NS) for at_ns, frame in wire.frames()) <= TICK_NS + 2


def test_as_fast_as_it_goes_nobody_waits_and_questions_are_still_answered() -> None:
    wire = Wire([asked(0.0, 2, 1, 0)])
    talk(wire, speed=None).run(duration_s=30.0, stopped=lambda: False)
    assert wire.waited_s == 0.0
    assert wire.answers()


def test_a_machine_that_is_too_slow_goes_on_in_order_and_still_answers() -> None:
    """Some 300 frames a second at 10 ms each."""
    wire = Wire([asked(30.0, 2, 1, 0)], cost_ns=10_000_000)
    talk(wire).run(duration_s=60.0, stopped=lambda: until(wire, 40.0))
    assert until(wire, 40.0)
    assert not until(wire, 42.0), "it can be stopped at any time"
    times = [frame.time for _, frame in wire.frames()]
    assert times == sorted(times)
    [(at_ns, answer), *_] = wire.answers()
    assert answer.payload[1:3] == b"\x41\x00"
    assert at_ns - BEGAN_NS < 33 * NANOSECONDS, "it is not put off until the simulation has come so far"


def test_it_ends_when_it_is_told_to() -> None:
    wire = Wire()
    talk(wire).run(duration_s=None, stopped=lambda: until(wire, 3.0))
    assert wire.now_ns == pytest.approx(BEGAN_NS + 3 * NANOSECONDS, abs=TICK_NS)


def test_vehicles_on_one_bus_are_all_heard_and_all_asked() -> None:
    wire = Wire([asked(3.0, 2, 1, 0)])
    vehicles = [made(7, start_ns=START_NS), made(8, start_ns=START_NS)]
    conversation = talk(wire, *vehicles)
    conversation.run(duration_s=4.0, stopped=lambda: False)
    assert conversation.requests == 2
    assert all(vehicle.answers for vehicle in vehicles)
    alone = [
        frame for seed in (7, 8) for frame in made(seed, start_ns=START_NS).advance(START_NS + NANOSECONDS).frames()
    ]
    together = [frame for _, frame in wire.frames() if frame.time < START_NS + NANOSECONDS]
    assert sorted(together, key=str) == sorted(alone, key=str)


def test_the_truth_is_told_every_ten_seconds_and_at_the_end() -> None:
    wire = Wire()
    told: list[TruthRow] = []
    conversation = talk(wire, made(7, "battery", start_ns=START_NS), speed=100.0)
    conversation = replace(conversation, truths=[told.append])
    conversation.run(duration_s=25.0, stopped=lambda: False)
    assert [row.time_s - START_NS / NANOSECONDS for row in told] == [10.0, 20.0, 25.0]
