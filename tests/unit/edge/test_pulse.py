"""Health is told when there is something to tell, or when the vehicle would fall silent."""

from itertools import pairwise

from edge.health import LOOK_S, SILENCE_S, WHOLE_S, Pulse, Quiet, health_body
from edge.wire.messages import Health

QUIET_S = 10_800.0
OFFLINE_AFTER_S = 180.0
"""Of the cloud, unless configured."""


def health(down: str | None = None) -> Health:
    return health_body(
        uptime_s=1.0,
        buses={"can0": down},
        askers={},
        switched_off={},
        learning={},
        cab={},
        counters={"ring": {"frames": 7}},
    )


def told_in(minutes: int, *, posts_every_s: float | None) -> list[int]:
    """At which minutes health is told by a vehicle that says something else so often, or never."""
    pulse, posted_s, told = Pulse(quiet_s=QUIET_S), 0.0, []
    for minute in range(1, minutes + 1):
        now_s = minute * LOOK_S
        if posts_every_s is not None:
            posted_s = max(posted_s, now_s // posts_every_s * posts_every_s)
        if pulse.of(health(), now_s=now_s, posted_s=posted_s):
            told.append(minute)
            posted_s = now_s
    return told


def test_a_vehicle_that_says_nothing_else_gives_a_sign_of_life_before_it_counts_as_offline() -> None:
    told = told_in(60, posts_every_s=None)
    assert max(after - before for before, after in pairwise(told)) * 60.0 < OFFLINE_AFTER_S
    assert len(told) <= 30


def test_a_vehicle_that_is_heard_anyway_tells_it_four_times_an_hour() -> None:
    assert told_in(60, posts_every_s=60.0) == [1, 16, 31, 46]


def test_a_part_that_changes_is_told_at_the_next_look() -> None:
    pulse = Pulse(quiet_s=QUIET_S)
    assert pulse.of(health(), now_s=60.0, posted_s=60.0) == health()
    assert pulse.of(health(), now_s=120.0, posted_s=120.0) is None
    assert pulse.of(health("no cable"), now_s=180.0, posted_s=180.0) == health("no cable")
    assert pulse.of(health("no cable"), now_s=240.0, posted_s=240.0) is None
    assert pulse.of(health(), now_s=300.0, posted_s=300.0) == health()


def test_a_sign_of_life_tells_no_counters_but_they_are_told_every_quarter_of_an_hour() -> None:
    pulse, posted_s, wholes = Pulse(quiet_s=QUIET_S), 0.0, []
    for minute in range(1, 61):
        told = pulse.of(health(), now_s=minute * LOOK_S, posted_s=posted_s)
        posted_s = minute * LOOK_S if told else posted_s
        if told and told.counters:
            assert told == health()
            wholes.append(minute)
        elif told:
            assert told == health().model_copy(update={"counters": {}})
    assert wholes == [1, 15, 29, 43, 57]


def test_a_parked_vehicle_says_so_and_then_little() -> None:
    pulse, posted_s, told = Pulse(quiet_s=QUIET_S), 0.0, []
    for minute in range(1, 25 * 60):
        body = pulse.of(health(), now_s=minute * LOOK_S, posted_s=posted_s, is_quiet=minute >= 10)
        if body is not None and minute >= 10:
            told.append((minute, body))
        posted_s = minute * LOOK_S if body else posted_s
    assert {body.quiet_s for _, body in told} == {QUIET_S}
    assert [bool(body.counters) for _, body in told] == [True] + [False] * 8
    minutes = [minute for minute, _ in told]
    assert minutes[0] == 10
    assert all((after - before) * LOOK_S <= QUIET_S for before, after in pairwise(minutes)), "it keeps its word"


def test_a_vehicle_that_wakes_says_so_at_once() -> None:
    pulse = Pulse(quiet_s=QUIET_S)
    assert pulse.of(health(), now_s=60.0, posted_s=0.0, is_quiet=True) is not None
    assert pulse.of(health(), now_s=61.0, posted_s=60.0, is_quiet=False) == health()


def test_a_vehicle_is_parked_when_nothing_was_heard_for_ten_minutes() -> None:
    quiet, seen = Quiet(100.0, after_s=600.0), []
    for now_s, is_heard in (
        (699.0, False),
        (699.5, True),
        (1299.0, False),
        (1299.5, False),
        (5000.0, True),
        (5000.1, True),
    ):
        woken = is_heard and quiet.heard(now_s)
        quiet.look(now_s)
        seen.append((quiet.is_quiet, woken))
    assert seen == [(False, False), (False, False), (False, False), (True, False), (False, True), (False, False)]


def test_silence_is_shorter_than_two_looks() -> None:
    assert LOOK_S < SILENCE_S < 2 * LOOK_S < WHOLE_S


def test_an_output_of_the_cab_that_fails_is_told_as_one_and_not_as_a_detector() -> None:
    told = health_body(
        uptime_s=1.0, buses={}, askers={}, switched_off={"rules": "too slow"}, learning={}, cab={"speech": "no voice"},
        counters={},
    )  # fmt: skip
    assert {name: (part.state, part.reason) for name, part in told.parts.items()} == {
        "detector.rules": ("off", "too slow"),
        "cab.speech": ("off", "no voice"),
    }


def test_a_bundle_that_waits_is_a_part_of_its_own() -> None:
    told = health_body(
        uptime_s=1.0, buses={}, askers={}, switched_off={}, learning={}, cab={}, counters={}, updates="no room"
    )
    assert {name: (part.state, part.reason) for name, part in told.parts.items()} == {
        "updates": ("degraded", "no room")
    }
