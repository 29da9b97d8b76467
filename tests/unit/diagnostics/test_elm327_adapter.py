"""An adapter that is slow, silent, gone or lying costs its question two seconds at most, and comes back by itself."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from edge.diagnostics.elm327.asker import ElmAsker
from edge.diagnostics.elm327.conversation import Conversation
from edge.diagnostics.elm327.opening import open_elm327
from edge.diagnostics.line import NotNow
from edge.diagnostics.permission import Permission
from edge.diagnostics.probe import KINDS, Kind
from edge.diagnostics.watch import Manners, Signs, Silence
from edge.errors import BusDown, ConfigError
from edge.frames import NANOSECONDS
from edge.simulator.elm327 import Defect, Elm327
from tests.shared import ROOT
from tests.unit.diagnostics.askers import VIN, Scripted, driven, network, skip_without_python_obd
from tests.unit.diagnostics.sockets import CHARGING, RETURNS_S, Socket, spoil

RPM = bytes.fromhex("010c")
REVS = "410c1af8"
LONG = bytes.fromhex("0902")
GIVES_UP_S = 2.0


@pytest.fixture
def plugs(tmp_path: Path) -> Iterator[Socket]:
    skip_without_python_obd()
    with Socket(tmp_path) as plugs:
        yield plugs


@contextmanager
def asking(plugs: Socket, *, kind: Kind | None = KINDS[0], asks: bool = True) -> Iterator[ElmAsker]:
    asker = ElmAsker(Conversation(str(plugs.path)), Permission(), Manners(asks=asks), kind=kind)
    try:
        yield asker
    finally:
        asker.close()


def timed(asker: ElmAsker, request: bytes = RPM) -> tuple[float, dict[str, str] | str]:
    """Seconds, and the answers, or why there are none."""
    began = time.monotonic()
    try:
        answers: dict[str, str] | str = {one.ecu.name: one.payload.hex() for one in asker.ask(request)}
    except (BusDown, NotNow) as error:
        answers = str(error)
    return time.monotonic() - began, answers


def until_answered(asker: ElmAsker, request: bytes = RPM) -> float:
    """Seconds until it answers; each question meanwhile gives up in time."""
    began = time.monotonic()
    while True:
        took_s, answers = timed(asker, request)
        assert took_s <= GIVES_UP_S
        if answers == {"7E8": REVS} and request == RPM:
            return time.monotonic() - began
        assert time.monotonic() - began < 2 * RETURNS_S, answers


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_silent_adapter_costs_two_seconds_and_is_back_within_ten(plugs: Socket) -> None:
    adapter = plugs.plug_in()
    with asking(plugs) as asker:
        until_answered(asker)
        spoil(adapter, Defect.SILENT)
        gave_up_s, answers = timed(asker)
        assert "said nothing" in str(answers)
        assert gave_up_s <= GIVES_UP_S
        while not asker.counters["adapter_silent"]:
            again_s, answers = timed(asker)
            assert again_s <= GIVES_UP_S
            assert isinstance(answers, str)
        spoil(adapter, Defect.NONE)
        back_s = until_answered(asker)
        print(f"silent: gave up after {gave_up_s:.2f} s, answered {back_s:.2f} s after its return")
        assert back_s <= RETURNS_S
        assert asker.counters["adapter_late"] >= 1
        assert asker.counters["adapter_restarts"] >= 1


def test_an_adapter_pulled_out_in_mid_answer_is_noticed_and_back_within_ten_seconds(plugs: Socket) -> None:
    adapter = plugs.plug_in()
    with asking(plugs) as asker:
        until_answered(asker)
        spoil(adapter, Defect.UNPLUGGED)
        gave_up_s, answers = timed(asker)
        assert gave_up_s <= GIVES_UP_S
        assert isinstance(answers, str)
        plugs.pull()
        assert isinstance(timed(asker)[1], str)
        adapter = plugs.plug_in()
        back_s = until_answered(asker)
        assert not adapter.settings.automatic, "it is told anew what it has forgotten"
        print(f"unplugged: noticed after {gave_up_s:.2f} s, answered {back_s:.2f} s after its return")
        assert back_s <= RETURNS_S
        assert asker.counters["adapter_unplugged"] >= 1


def test_an_adapter_that_is_plugged_in_later_is_found(plugs: Socket) -> None:
    with asking(plugs) as asker:
        for _ in range(3):
            took_s, answers = timed(asker)
            assert took_s <= GIVES_UP_S
            assert "obd" in str(answers)
        plugs.plug_in()
        assert until_answered(asker) <= RETURNS_S


def test_a_slow_adapter_answers_or_is_late_and_never_answers_for_another_question(plugs: Socket) -> None:
    adapter = plugs.plug_in(delay_s=0.25)
    with asking(plugs) as asker:
        until_answered(asker)
        spoil(adapter, Defect.SLOW)
        assert timed(asker)[1] == {"7E8": REVS}
        adapter._delay_ns = 3 * NANOSECONDS
        took_s, answers = timed(asker)
        assert "said nothing" in str(answers)
        assert took_s <= GIVES_UP_S
        spoil(adapter, Defect.NONE)
        assert until_answered(asker) <= RETURNS_S


def test_a_bad_line_costs_answers_and_gives_none_that_is_only_half_read(plugs: Socket) -> None:
    adapter = plugs.plug_in(seed=11)
    with asking(plugs) as asker:
        until_answered(asker)
        spoil(adapter, Defect.GARBAGE)
        for _ in range(6):
            took_s, answers = timed(asker, LONG)
            assert took_s <= GIVES_UP_S
            assert isinstance(answers, str) or answers in ({}, {"7E8": "490201" + VIN.encode().hex()})
        counters = asker.counters
        assert counters["elm_garbage"] + counters["adapter_late"] + counters["adapter_garbage"] >= 2
        spoil(adapter, Defect.NONE)
        assert until_answered(asker) <= RETURNS_S


def test_an_echo_that_cannot_be_switched_off_is_said(plugs: Socket) -> None:
    plugs.plug_in(Defect.ECHO)
    with asking(plugs) as asker:
        answers = [timed(asker)[1] for _ in range(4)]
        assert "keeps repeating" in str(answers[-1])
        assert asker.counters["adapter_echo"] >= 1


def test_an_echo_that_comes_later_is_counted_and_no_answer(plugs: Socket) -> None:
    adapter = plugs.plug_in()
    with asking(plugs) as asker:
        until_answered(asker)
        spoil(adapter, Defect.ECHO)
        assert timed(asker)[1] == {"7E8": REVS}
        assert asker.counters["elm_echo"] >= 1


def test_a_bus_that_takes_nothing_is_a_bad_installation_after_three_questions(plugs: Socket) -> None:
    plugs.plug_in(Defect.WRONG_PROTOCOL)
    with asking(plugs) as asker:
        answers = [timed(asker)[1] for _ in range(8)]
        assert "the adapter says can_error" in answers
        assert asker.counters["elm_can_error"] == 3
        assert asker.why_silent() is Silence.BAD_INSTALL
        assert "does not take what the adapter sends" in str(asker.watch.bad_install)


def test_a_clone_that_cuts_long_answers_gives_none_instead(plugs: Socket) -> None:
    plugs.plug_in(Defect.CLONE)
    with asking(plugs) as asker:
        until_answered(asker)
        assert timed(asker, LONG)[1] == {}
        assert asker.counters["isotp_unfinished"] == 1
        assert timed(asker)[1] == {"7E8": REVS}


class Babbler(Elm327):
    """Writes on and on what looks like an answer, and never a prompt."""

    babbles = False

    def receive(self, chars: bytes, now_ns: int) -> bytes:
        left = super().receive(chars, now_ns)
        return b"7E8 04 41 0C 11 11 \r" * 20 if self.babbles else left

    def next_ns(self) -> int | None:
        return 0 if self.babbles else super().next_ns()


def test_an_adapter_that_never_ends_is_given_up_and_nothing_of_it_is_believed(plugs: Socket) -> None:
    adapter = plugs.plug_in(kind=Babbler)
    assert isinstance(adapter, Babbler)
    with asking(plugs) as asker:
        until_answered(asker)
        adapter.babbles = True
        for _ in range(3):
            took_s, answers = timed(asker)
            assert took_s <= GIVES_UP_S
            assert isinstance(answers, str)
        adapter.babbles = False
        assert until_answered(asker) <= RETURNS_S


def test_after_who_says_later_nobody_else_is_waited_for_longer(plugs: Socket) -> None:
    plugs.plug_in()
    with asking(plugs) as asker:
        until_answered(asker)
        plugs.vehicle.units = Scripted((5, 0x7E8, "037f0178"), (700, 0x7E8, "04410c1af8"))
        assert timed(asker)[1] == {"7E8": REVS}
        plugs.vehicle.units = Scripted((5, 0x7E8, "04410c1af8"))
        took_s, answers = timed(asker)
        assert answers == {"7E8": REVS}
        assert took_s < 0.7


def test_frames_of_answers_are_there_for_the_decoder(plugs: Socket) -> None:
    plugs.plug_in()
    with asking(plugs) as asker:
        until_answered(asker)
        asker.taken_frames()
        before_ns = asker.now_ns()
        assert timed(asker, LONG)[1] == {"7E8": "490201" + VIN.encode().hex()}
        frames = asker.taken_frames()
        assert [(frame.id, frame.payload[0]) for frame in frames] == [(0x7E8, 0x10), (0x7E8, 0x21), (0x7E8, 0x22)]
        assert all(before_ns < frame.time <= asker.now_ns() for frame in frames)
        assert asker.taken_frames() == []


# manners


def test_a_vehicle_at_rest_is_not_asked_until_something_shows_that_it_is_in_use(plugs: Socket) -> None:
    plugs.volts = 12.6
    plugs.plug_in()
    with asking(plugs) as asker:
        _wait_for_the_adapter(asker)
        assert asker.volts() == 12.6
        assert asker.why_silent() is Silence.ASLEEP
        assert "asleep" in str(timed(asker)[1])
        assert plugs.vehicle.heard == []
        asker.tell(Signs(asker.now_ns(), engine_rpm=850.0))
        assert timed(asker)[1] == {"7E8": REVS}


def test_a_weak_battery_is_left_alone_whatever_else_shows_life(plugs: Socket) -> None:
    plugs.volts = 11.6
    plugs.plug_in()
    with asking(plugs) as asker:
        _wait_for_the_adapter(asker)
        asker.tell(Signs(asker.now_ns(), engine_rpm=850.0, volts=13.9))
        assert "low_voltage" in str(timed(asker)[1])
        assert plugs.vehicle.heard == []


@pytest.mark.parametrize(("quiet", "said"), [({"workshop": True}, "workshop"), ({"parked": True}, "asleep")])
def test_a_charged_battery_does_not_overrule_who_wants_silence(
    plugs: Socket, quiet: dict[str, bool], said: str
) -> None:
    plugs.plug_in()
    with asking(plugs) as asker:
        _wait_for_the_adapter(asker)
        assert asker.volts() == CHARGING
        asker.tell(
            Signs(asker.now_ns(), engine_rpm=850.0, workshop=quiet.get("workshop", False), parked="parked" in quiet)
        )
        assert said in str(timed(asker)[1])
        assert plugs.vehicle.heard == []


def test_who_may_not_ask_measures_the_supply_and_sends_nothing(plugs: Socket) -> None:
    plugs.plug_in()
    with asking(plugs, asks=False) as asker:
        _wait_for_the_adapter(asker)
        assert "listen_only" in str(timed(asker)[1])
        assert asker.volts() == CHARGING
        assert plugs.vehicle.heard == []


def _wait_for_the_adapter(asker: ElmAsker) -> None:
    until = time.monotonic() + RETURNS_S
    while time.monotonic() < until:
        with suppress(BusDown):
            asker.listen(0.1)
            return
    pytest.fail("the adapter is not found")


# the search


def test_the_kind_of_bus_is_found_with_one_question_each(plugs: Socket) -> None:
    plugs.units = lambda: network(driven(), extended=True)
    plugs.plug_in()
    with asking(plugs, kind=None) as asker:
        answers = _asked(asker, times=4)
        assert answers[-1] == {"18DAF110": REVS}
        assert asker.extended
        assert [frame.id for frame in plugs.vehicle.heard[:3]] == [0x7DF, 0x18DB33F1, 0x18DB33F1]


def test_a_search_ends_at_the_first_error(plugs: Socket) -> None:
    plugs.units = Scripted
    plugs.plug_in()
    with asking(plugs, kind=None) as asker:
        _asked(asker, times=8)  # nobody answers at 500 kbit/s, and the simulated bus has no other rate
        assert [frame.id for frame in plugs.vehicle.heard] == [0x7DF, 0x18DB33F1]
        assert "finds no bus of 250k/11" in str(asker.watch.bad_install)
        assert asker.why_silent() is Silence.BAD_INSTALL


def _asked(asker: ElmAsker, *, times: int) -> list[dict[str, str] | str]:
    _wait_for_the_adapter(asker)
    seen = [timed(asker) for _ in range(times)]
    assert max(took_s for took_s, _ in seen) <= GIVES_UP_S
    return [answers for _, answers in seen]


# the child


def test_no_child_is_left_when_the_asker_is_closed(plugs: Socket) -> None:
    adapter = plugs.plug_in()
    seen: set[int] = set()
    with asking(plugs) as asker:
        until_answered(asker)
        seen.add(asker.child or 0)
        spoil(adapter, Defect.SILENT)
        for _ in range(3):
            timed(asker)
            seen.add(asker.child or 0)
    asker.close()
    assert len(seen - {0}) >= 2
    assert not [pid for pid in seen - {0} if is_running(pid)]


PARENT = """
import sys
from edge.diagnostics.elm327.conversation import Conversation
conversation = Conversation(sys.argv[1])
conversation.wait(1.5)
print(conversation.pid, flush=True)
conversation.wait(60.0)
"""


@pytest.mark.parametrize("defect", [Defect.NONE, Defect.SILENT])
def test_a_child_ends_when_its_parent_is_killed(plugs: Socket, defect: Defect) -> None:
    plugs.plug_in(defect)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(plugs.path)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait(5.0)
    until = time.monotonic() + 2.0
    while is_running(child) and time.monotonic() < until:
        os.sched_yield()
    assert not is_running(child)


# what is written about it


def test_the_readme_names_every_counter(tmp_path: Path) -> None:
    asker = ElmAsker(Conversation(str(tmp_path / "obd")), Permission(), Manners(asks=True))
    try:
        counters = set(asker.counters)
    finally:
        asker.close()
    readme = (ROOT / "edge" / "diagnostics" / "elm327" / "README.md").read_text()
    rows = readme.partition("| counter | what |")[2]
    named = {
        name
        for row in rows.splitlines()
        for name in re.findall(r"`([a-z_…]+)`", row.partition("| ")[2].partition(" |")[0])
    }
    families = {name.removesuffix("…") for name in named if name.endswith("…")}
    assert {name for name in counters if not name.startswith(tuple(families))} == {
        name for name in named if not name.endswith("…")
    }


def test_the_readme_names_every_file() -> None:
    folder = ROOT / "edge" / "diagnostics" / "elm327"
    named = set(re.findall(r"^\| `(\w+\.py)` \|", (folder / "README.md").read_text(), re.MULTILINE))
    assert named == {file.name for file in folder.glob("*.py")} - {"__init__.py"}


def test_a_protocol_that_is_none_is_refused_with_the_remedy() -> None:
    skip_without_python_obd()
    with pytest.raises(ConfigError, match="write 6, 7, 8 or 9"):
        open_elm327("/dev/rfcomm0", Manners(asks=True), protocol="1")
