"""A child that says nothing, nonsense or too much is replaced, ever more slowly, and takes no memory."""

import itertools
import os
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from edge.diagnostics.elm327.conversation import PATIENCE_S, RETRY_MAX_S, Conversation, State
from edge.diagnostics.elm327.words import LINE_MAX
from edge.errors import BusDown
from edge.frames import NANOSECONDS

OPENS = 'print(\'{"kind":"open"}\', flush=True);'
CHILDREN = {
    "ends at once": "",
    "says nonsense": "print('hello', flush=True); input()",
    "says a word that there is not": 'print(\'{"kind":"closed"}\', flush=True); input()',
    "says more than a word": f"print('x' * {2 * LINE_MAX}, end='', flush=True); input()",
    "never stops": "while True: print('x' * 1000)",
}


class Clock:
    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


def conversation(program: str, clock: Clock | None = None) -> Conversation:
    return Conversation("nowhere", program=(sys.executable, "-c", program), monotonic_ns=clock or time.monotonic_ns)


@pytest.fixture
def talk(request: pytest.FixtureRequest) -> Iterator[Conversation]:
    talk = conversation(request.param)
    yield talk
    talk.close()


@pytest.mark.parametrize("talk", CHILDREN.values(), indirect=True, ids=CHILDREN)
def test_a_bad_child_is_never_open_and_replaced(talk: Conversation) -> None:
    give_up = time.monotonic() + 60.0
    while not talk.counts["restarts"] and time.monotonic() < give_up:  # a slow machine takes seconds to begin one
        assert not talk.is_open(0.7)
    assert 1 <= talk.counts["restarts"] <= 2
    with pytest.raises(BusDown, match="nowhere: the child"):
        talk.say("ATRV", 1.0)
    assert len(talk._buffer) <= LINE_MAX


def test_a_child_without_a_word_is_replaced_and_ever_more_seldom(clock: Clock) -> None:
    talk = conversation("input()", clock)
    starts: list[int] = []
    try:
        for _ in range(120):
            before = talk.pid
            talk.is_open(0.0)
            if talk.pid is not None and talk.pid != before:
                starts.append(clock.now_ns)
            clock.now_ns += NANOSECONDS // 2
    finally:
        talk.close()
    gaps = [(after - before) / NANOSECONDS for before, after in itertools.pairwise(starts)]
    patience_s = PATIENCE_S[State.STARTED]
    assert len(gaps) >= 4
    assert all(patience_s < gap <= patience_s + RETRY_MAX_S + 1.5 for gap in gaps)
    assert talk.counts["late"] == talk.counts["restarts"] >= len(gaps)


@pytest.mark.parametrize("talk", ["import time; time.sleep(1.0);" + OPENS + "input()"], indirect=True)
def test_a_child_that_loads_slowly_is_waited_for_by_who_has_just_plugged_it_in(talk: Conversation) -> None:
    assert talk.arrives(0.0), "its second of loading is not the adapter's"


@pytest.mark.parametrize("talk", [CHILDREN["ends at once"], CHILDREN["says nonsense"]], indirect=True)
def test_who_waits_for_a_child_that_is_bad_is_told_soon(talk: Conversation) -> None:
    assert not talk.arrives(0.0)
    assert talk.counts["restarts"] == 1


@pytest.mark.parametrize("talk", [OPENS + "import sys; [sys.stdin.readline() for _ in range(9)]"], indirect=True)
def test_a_child_that_does_not_answer_a_command_is_replaced(talk: Conversation) -> None:
    assert talk.is_open(5.0)
    pid = talk.pid
    with pytest.raises(BusDown, match=r"said nothing for 0\.2 s"):
        talk.say("ATRV", 0.2)
    assert talk.counts["late"] == 1
    assert talk.is_open(5.0)
    assert talk.pid != pid


OLD_ANSWERS = (
    OPENS
    + """
import json
for line in open(0):
    number = json.loads(line)["number"]
    for old in (number - 1, number):
        print(json.dumps({"kind": "said", "number": old, "lines": [f"answer {old}"]}), flush=True)
"""
)


@pytest.mark.parametrize("talk", [OLD_ANSWERS], indirect=True)
def test_an_answer_to_an_earlier_command_is_none_to_this(talk: Conversation) -> None:
    assert talk.is_open(5.0)
    assert [talk.say("ATRV", 2.0) for _ in range(3)] == [["answer 1"], ["answer 2"], ["answer 3"]]


def test_after_the_end_nothing_is_started(clock: Clock) -> None:
    talk = conversation(OPENS + "input()", clock)
    talk.is_open(0.0)
    assert talk.pid is not None
    talk.close()
    talk.close()
    clock.now_ns += 60 * NANOSECONDS
    assert not talk.is_open(0.0)
    assert talk.pid is None


def test_a_program_that_cannot_be_started_is_tried_again(clock: Clock) -> None:
    talk = Conversation("nowhere", program=("/nowhere/to/be/found",), monotonic_ns=clock)
    for _ in range(8):
        assert not talk.is_open(0.0)
        clock.now_ns += NANOSECONDS
    assert 4 <= talk.counts["restarts"] <= 6
    with pytest.raises(BusDown, match="cannot be started: No such file"):
        talk.say("ATRV", 1.0)


@pytest.mark.parametrize("talk", [OPENS + "input()"], indirect=True)
def test_looking_without_waiting_is_enough_to_bring_it_up_and_to_notice_its_end(talk: Conversation) -> None:
    while not talk.is_open(0.0):
        os.sched_yield()
    assert talk.counts["openings"] == 1
    os.kill(talk.pid or 0, signal.SIGKILL)
    while talk.is_open(0.0):
        os.sched_yield()
    assert talk.counts["restarts"] == 1


@pytest.mark.parametrize("talk", [OPENS + "import time; [time.sleep(1) for _ in range(60)]"], indirect=True)
def test_a_child_that_heeds_nothing_is_gone_at_the_end(talk: Conversation) -> None:
    assert talk.is_open(5.0)
    pid = talk.pid or 0
    os.kill(pid, 0)
    talk.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
