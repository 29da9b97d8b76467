"""What the cloud asks for is done at most once and answered once, whatever comes how often; nothing else is done."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.commands import OVER_MAX, WAITING_MAX, Answer, Commands, Order, Stamp
from edge.config_parts import CommandSettings
from edge.outbox import Outbox
from edge.timekeeping import Hour
from edge.wire.commands import CommandName
from edge.wire.downlink import Command, decode_down, encode_down
from edge.wire.envelope import Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.messages import Result, ResultState
from edge.wire.times import Correction
from tests.unit.outbox.postings import everything, memory_folder, open_outbox

NOW: Final = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
"""By the axis of a box that was never set."""
TRUE: Final = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
STAMP: Final[Stamp] = (NOW, Clock.UNSYNCED)
HOUR: Final = Hour(
    Clock.UNSYNCED, 0, Correction(offset_s=(TRUE - NOW).total_seconds(), since=NOW - timedelta(minutes=4))
)
NOBODY_KNOWS: Final = Hour(Clock.UNSYNCED, 0, None)
ALLOWED: Final = frozenset(CommandSettings().allow)
PLAIN: Final = sorted(ALLOWED - {CommandName.LOG_LEVEL, CommandName.SPEAK})


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        yield outbox


def asked(
    number: int, name: str = "self_test", *, lasts_s: float = 300.0, age_s: float = 1.0, **arguments: Any
) -> Command:
    issued = TRUE - timedelta(seconds=age_s)
    expires = issued + timedelta(seconds=lasts_s)
    return Command(id=f"{number:032x}", name=name, arguments=arguments, issued_at=issued, expires_at=expires)


def results(outbox: Outbox) -> list[Result]:
    return [up.body for up in everything(outbox, StreamClass.RECORD) if isinstance(up.body, Result)]


def states(outbox: Outbox) -> dict[int, ResultState]:
    return {int(one.command, 16): one.state for one in results(outbox)}


def taken(commands: Commands, hour: Hour = HOUR) -> list[int]:
    return [int(order.id, 16) for order in commands.take(hour, STAMP)]


def done(commands: Commands, number: int) -> None:
    commands.answer(f"{number:032x}", Answer(ResultState.DONE, values={"n": float(number)}), STAMP)


def test_a_command_that_is_said_again_is_done_and_answered_once(outbox: Outbox) -> None:
    commands = Commands(outbox, ALLOWED)
    commands(asked(1))
    commands(asked(1))
    assert taken(commands) == [1]
    commands(asked(1))
    assert taken(commands) == []
    done(commands, 1)
    commands(asked(1))
    assert taken(commands) == []
    [result] = results(outbox)
    assert (result.state, result.values) == (ResultState.DONE, {"n": 1.0})
    assert commands.counters["repeated"] == 3


def test_while_nobody_knows_the_time_nothing_is_begun(outbox: Outbox) -> None:
    commands = Commands(outbox, ALLOWED)
    commands(asked(1))
    assert taken(commands, NOBODY_KNOWS) == []
    assert commands.counters["waiting"] == 1
    assert taken(commands) == [1]


@pytest.mark.parametrize(
    ("command", "state", "reason"),
    [
        (asked(1, age_s=300.5), ResultState.EXPIRED, "it had expired at 2026-11-30T05:59:59Z"),
        (asked(1, age_s=-600), ResultState.REFUSED, "its times cannot be"),
        (asked(1, lasts_s=90_001), ResultState.REFUSED, "its times cannot be"),
        (asked(1, "clear_codes"), ResultState.REFUSED, "clear_codes is not allowed on this vehicle"),
        (asked(1, "reboot"), ResultState.REFUSED, "name: no command is called reboot. What may be asked: capture, "),
        (asked(1, "capture", now=True), ResultState.REFUSED, "arguments.now: "),
        (asked(1, "speak"), ResultState.REFUSED, "arguments.text: "),
        (asked(1, "speak", text="a\nb"), ResultState.REFUSED, "arguments.text: "),
        (asked(1, "log_level", level="debug", minutes=0.5), ResultState.REFUSED, "arguments.minutes: "),
    ],
)
def test_what_is_not_done_is_answered_with_the_reason(
    outbox: Outbox, command: Command, state: ResultState, reason: str
) -> None:
    commands = Commands(outbox, ALLOWED)
    commands(command)
    assert taken(commands) == []
    [result] = results(outbox)
    assert result.state is state
    assert result.reason.startswith(reason)
    commands(command)
    assert taken(commands) == []
    assert len(results(outbox)) == 1


def test_an_installer_may_allow_what_is_off(outbox: Outbox) -> None:
    commands = Commands(outbox, ALLOWED | {CommandName.CLEAR_CODES})
    commands(asked(1, "clear_codes"))
    assert taken(commands) == [1]


def test_what_was_begun_when_the_program_ended_is_answered_and_not_begun_again(tmp_path: Path) -> None:
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        commands = Commands(outbox, ALLOWED)
        for number, name in enumerate(("capture", "restart", "self_test")):
            commands(asked(number, name))
        assert taken(commands) == [0, 1, 2]
        done(commands, 2)
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        commands = Commands(outbox, ALLOWED)
        for number, name in enumerate(("capture", "restart", "self_test")):
            commands(asked(number, name))
        commands.left_over(STAMP)
        assert taken(commands) == []
        assert states(outbox) == {0: ResultState.FAILED, 1: ResultState.DONE, 2: ResultState.DONE}


def test_more_than_anybody_asks_for_is_dropped_and_counted(outbox: Outbox) -> None:
    commands = Commands(outbox, ALLOWED)
    for number in range(WAITING_MAX + 5):
        commands(asked(number))
    assert commands.counters["dropped"] == 5
    assert len(taken(commands)) == WAITING_MAX


def test_what_is_known_of_the_past_is_bounded(outbox: Outbox) -> None:
    commands = Commands(outbox, ALLOWED)
    for number in range(OVER_MAX + 40):
        commands(asked(number))
        assert taken(commands) == [number]
        done(commands, number)
    kept = json.loads(outbox.recall("commands") or b"")
    assert (len(kept["over"]), kept["begun"]) == (OVER_MAX, {})


def test_what_an_earlier_version_kept_is_no_error(outbox: Outbox) -> None:
    outbox.put([], remember={"commands": b"[1, 2]"})
    commands = Commands(outbox, ALLOWED)
    commands(asked(1))
    assert taken(commands) == [1]


STEPS = st.lists(st.tuples(st.sampled_from(["say", "tick", "finish", "die"]), st.integers(0, 5)), max_size=60)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_at_most_once_and_answered_once_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """Commands are said, begun, finished and repeated in any order, and the program dies in between."""
    begun: Counter[int] = Counter()
    with memory_folder() as folder:
        outbox = open_outbox(folder / "edge.db")
        commands = Commands(outbox, ALLOWED)
        under_way: set[int] = set()
        for step, number in steps:
            if step == "say":
                commands(asked(number))
            elif step == "tick":
                new = taken(commands)
                begun.update(new)
                under_way |= set(new)
            elif step == "finish" and number in under_way:
                under_way.discard(number)
                done(commands, number)
            elif step == "die":
                outbox.close()
                outbox = open_outbox(folder / "edge.db")
                commands = Commands(outbox, ALLOWED)
                commands.left_over(STAMP)
                under_way.clear()
        commands.left_over(STAMP)
        answers = Counter(int(one.command, 16) for one in results(outbox))
        outbox.close()
    assert set(begun.values()) <= {1}
    assert answers == begun


WORDS: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 1e300, "", "restart", "clear_codes", "rm -rf /", "x" * 9000, [], {}, {"text": "hello"},
    {"level": "debug", "minutes": 9}, "2026-11-30T06:00:00Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "command/2",
)  # fmt: skip


def noise(rng: random.Random, whole: bytes) -> bytes:
    """Something like a command: other words in its places, or other bytes."""
    if rng.random() < 0.7:
        told = json.loads(whole)
        for _ in range(rng.randrange(1, 3)):
            told[rng.choice([*told, "more"])] = rng.choice(WORDS)
        return json.dumps(told).encode()
    damaged = bytearray(whole)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(damaged))
        damaged[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    return bytes(damaged)


def test_ten_thousand_damaged_messages_do_nothing_that_was_not_asked_for(outbox: Outbox) -> None:
    rng = random.Random(13)
    commands, orders, read = Commands(outbox, ALLOWED), list[Order](), dict[str, Command]()
    named = [asked(1, name) for name in PLAIN] + [asked(1, "speak", text="hello"), asked(1, "clear_codes")]
    for number in range(10_000):
        whole = rng.choice(named).model_copy(update={"id": f"{number:032x}"})
        try:
            command = decode_down(Command, noise(rng, encode_down(whole)))
        except WireError:
            continue
        read[command.id] = command
        commands(command)
        orders += commands.take(HOUR, STAMP)
    assert len(read) > 500
    for order in orders:
        asked_for = read[order.id]
        assert order.name in ALLOWED
        assert order.name == asked_for.name
        assert asked_for.expires_at > TRUE
        assert order.arguments.model_dump() == asked_for.arguments
    answered = {one.command for one in results(outbox)}
    assert answered.isdisjoint(order.id for order in orders)
    assert {one.state for one in results(outbox)} <= {ResultState.REFUSED, ResultState.EXPIRED}
