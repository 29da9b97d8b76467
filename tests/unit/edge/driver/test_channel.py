"""The channel of the cab over real sockets: what every display is told, what is answered, what is dropped."""

import json
import re
import socket
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.driver.channel import CLIENTS_MAX, REQUESTS_MAX, Channel
from edge.driver.lines import (
    REQUEST_BYTES_MAX,
    STATE_BYTES_MAX,
    BadLine,
    read_answer,
    read_request,
    read_state,
    request_line,
    state_line,
)
from edge.driver.notice import ALERTS_MAX, CabState, Notice, Request, Shown, Telltale, Wish
from tests.shared import ROOT

TIMEOUT_S = 10.0
SHOWN = Shown("a-1", "critical", "stop_now", "Stop. नमस्ते.", 17, acknowledged=False)
RED = CabState(at=5, telltale=Telltale.RED, alerts=(SHOWN,), more=2, doing="driving", private=True, language="hi")
GREEN = CabState(at=6, telltale=Telltale.GREEN, doing="parked")


class Caller:
    """A client as a display is one."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT_S)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile("rb")

    def hear(self) -> dict[str, Any]:
        said = json.loads(self.lines.readline())
        assert isinstance(said, dict)
        return said

    def hear_state(self) -> CabState:
        state = read_state(self.lines.readline())
        assert state is not None
        return state

    def say(self, line: bytes) -> None:
        self.socket.sendall(line)

    def has_hung_up(self) -> bool:
        return self.lines.read() == b""

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


class Clock:
    """Seconds that only a test moves on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def asked() -> "Queue[Request]":
    return Queue()


@pytest.fixture
def opened(tmp_path: Path, asked: "Queue[Request]") -> Iterator[Callable[..., Channel]]:
    def take(request: Request) -> None:
        asked.put(request)

    with ExitStack() as stack:

        def open_channel(path: Path = tmp_path / "cab.sock", **settings: Any) -> Channel:
            channel = Channel(path, take, **settings)
            stack.callback(channel.close)
            return channel

        yield open_channel


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Callable[[], Caller]]:
    with ExitStack() as stack:

        def caller() -> Caller:
            return stack.enter_context(closing(Caller(tmp_path / "cab.sock")))

        yield caller


def test_a_client_is_told_the_state_at_once_and_every_change(
    opened: Callable[..., Channel], call: Callable[[], Caller]
) -> None:
    channel = opened()
    assert channel.trouble == ""
    first = call()
    assert first.hear_state() == CabState()
    channel.show(RED)
    assert first.hear_state() == RED
    second = call()
    assert second.hear_state() == RED
    channel.show(RED)  # the same again is no news
    channel.show(GREEN)
    assert [one.hear_state() for one in (first, second)] == [GREEN, GREEN]
    assert channel.counters["clients"] == 2
    assert channel.counters["states"] == 2


def test_only_owner_and_group_may_connect_and_the_socket_goes_with_the_channel(
    opened: Callable[..., Channel], tmp_path: Path
) -> None:
    channel = opened()
    path = tmp_path / "cab.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    channel.close()
    channel.close()
    assert not path.exists()


def test_wishes_are_taken_in_their_order(
    opened: Callable[..., Channel], call: Callable[[], Caller], asked: "Queue[Request]"
) -> None:
    channel = opened()
    caller = call()
    caller.hear()
    caller.say(request_line(Wish.ACKNOWLEDGE, "a-1") + request_line(Wish.PRIVATE_ON))
    caller.say(b'{"v":1,"kind":"request","wish":"workshop_off","colour":"red"}\n')
    assert [caller.hear() for _ in range(3)] == [{"v": 1, "kind": "taken"}] * 3
    wishes = [asked.get(timeout=TIMEOUT_S) for _ in range(3)]
    assert wishes == [
        Request(Wish.ACKNOWLEDGE, "display", "a-1"),
        Request(Wish.PRIVATE_ON, "display"),
        Request(Wish.WORKSHOP_OFF, "display"),
    ]
    assert channel.counters["requests"] == 3


def test_a_request_may_come_in_pieces(
    opened: Callable[..., Channel], call: Callable[[], Caller], asked: "Queue[Request]"
) -> None:
    opened()
    caller = call()
    caller.hear()
    for byte in request_line(Wish.PRIVATE_OFF):
        caller.say(bytes([byte]))
    assert caller.hear()["kind"] == "taken"
    assert asked.get(timeout=TIMEOUT_S).wish is Wish.PRIVATE_OFF


BAD = [
    (b"", "not_json"),
    (b"hello", "not_json"),
    (b"\xff\xfe\x00", "not_json"),
    (b"[" * 900, "not_json"),
    (b"[]", "not_json"),
    (b"null", "not_json"),
    (b"{}", "bad_version"),
    (b'{"v":2,"kind":"request","wish":"private_on"}', "bad_version"),
    (b'{"v":1,"kind":"state"}', "bad_kind"),
    (b'{"v":1,"kind":"request"}', "bad_wish"),
    (b'{"v":1,"kind":"request","wish":"drive_on"}', "bad_wish"),
    (b'{"v":1,"kind":"request","wish":"acknowledge","alert":""}', "bad_alert"),
    (b'{"v":1,"kind":"request","wish":"acknowledge","alert":7}', "bad_alert"),
    (b'{"v":1,"kind":"request","wish":"acknowledge","alert":"%s"}' % (b"a" * 129), "bad_alert"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
def test_a_bad_line_is_answered_and_counted_and_the_next_one_taken(
    line: bytes, reason: str, opened: Callable[..., Channel], call: Callable[[], Caller], asked: "Queue[Request]"
) -> None:
    channel = opened()
    caller = call()
    caller.hear()
    caller.say(line + b"\n" + request_line(Wish.PRIVATE_ON))
    assert caller.hear() == {"v": 1, "kind": "refused", "reason": reason}
    assert caller.hear()["kind"] == "taken"
    assert channel.counters[f"refused.{reason}"] == 1
    assert asked.get(timeout=TIMEOUT_S).wish is Wish.PRIVATE_ON


def _judged(line: bytes) -> str:
    try:
        read_request(line)
    except BadLine as reason:
        return str(reason)
    return "taken"


@given(st.binary(max_size=200))
def test_whatever_a_line_holds_it_is_a_request_or_a_named_reason(line: bytes) -> None:
    assert _judged(line) in {"taken", *(reason for _, reason in BAD)}
    assert read_state(line) is None or b"state" in line
    read_answer(line)


@pytest.mark.parametrize("ended", [b"\n", b""])
def test_a_line_that_no_request_has_ends_the_connection(
    ended: bytes, opened: Callable[..., Channel], call: Callable[[], Caller]
) -> None:
    channel = opened()
    caller = call()
    caller.hear()
    caller.say(b" " * (REQUEST_BYTES_MAX + 1) + ended)
    assert caller.hear()["reason"] == "too_long"
    assert caller.has_hung_up()
    assert channel.counters["refused.too_long"] == 1


def test_more_than_twenty_requests_a_second_are_refused_until_the_second_is_over(
    opened: Callable[..., Channel], call: Callable[[], Caller], asked: "Queue[Request]"
) -> None:
    clock = Clock()
    channel = opened(monotonic=clock, alive_s=60.0)  # nothing but answers within the second that passes
    callers = [call(), call()]
    for caller in callers:
        caller.hear()
    for number in range(REQUESTS_MAX):
        caller = callers[number % 2]
        caller.say(request_line(Wish.PRIVATE_ON))
        assert caller.hear()["kind"] == "taken"
    callers[0].say(request_line(Wish.PRIVATE_ON))
    assert callers[0].hear()["reason"] == "too_many"
    clock.now_s += 1.0
    callers[1].say(request_line(Wish.PRIVATE_ON))
    assert callers[1].hear()["kind"] == "taken"
    assert asked.qsize() == REQUESTS_MAX + 1
    assert channel.counters["refused.too_many"] == 1


def test_a_ninth_client_is_refused_and_comes_in_when_another_has_gone(
    opened: Callable[..., Channel], call: Callable[[], Caller]
) -> None:
    channel = opened()
    callers = [call() for _ in range(CLIENTS_MAX)]
    for caller in callers:
        caller.hear()
    late = call()
    assert late.hear()["reason"] == "too_many_clients"
    assert late.has_hung_up()
    callers[0].close()
    channel.show(GREEN)
    assert callers[1].hear_state() == GREEN  # by now it has seen that the first one is gone
    assert call().hear_state() == GREEN


def test_a_client_that_does_not_read_is_dropped_and_the_others_hear_everything(
    opened: Callable[..., Channel], call: Callable[[], Caller]
) -> None:
    channel = opened()
    slow, quick = call(), call()
    slow.hear()
    assert quick.hear_state() == CabState()
    alerts = tuple(replace(SHOWN, text="x" * 500, id=f"a-{number}") for number in range(ALERTS_MAX))
    told = 0
    while "dropped.slow" not in channel.counters:
        told += 1
        assert told < 1000
        channel.show(replace(RED, at=told, alerts=alerts))
        assert quick.hear_state().at == told
    assert channel.counters["dropped.slow"] == 1
    channel.show(GREEN)
    assert quick.hear_state() == GREEN


def test_who_hears_nothing_else_hears_a_sign_of_life(
    opened: Callable[..., Channel], call: Callable[[], Caller]
) -> None:
    opened(alive_s=0.05)
    caller = call()
    assert caller.hear()["kind"] == "state"
    assert [caller.hear() for _ in range(2)] == [{"v": 1, "kind": "alive", "judged_s": 0.0}] * 2


def test_a_socket_that_a_dead_daemon_left_is_replaced(
    opened: Callable[..., Channel], call: Callable[[], Caller], tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "cab.sock"))
    channel = opened()
    assert channel.trouble == ""
    assert call().hear_state() == CabState()


def test_a_socket_where_somebody_listens_is_left_alone(
    opened: Callable[..., Channel], call: Callable[[], Caller]
) -> None:
    first = opened()
    second = opened()
    assert "another program listens there" in second.trouble
    second.show(RED)
    second.close()
    first.show(GREEN)
    assert call().hear_state() == GREEN


def a_file(folder: Path) -> Path:
    (folder / "file").write_text("kept")
    return folder / "file"


PLACES: Sequence[tuple[Callable[[Path], Path], str]] = [
    (a_file, "no socket"),
    (lambda folder: folder / "nowhere" / "cab.sock", "No such file"),
    (lambda folder: a_file(folder) / "cab.sock", "Not a directory"),
    (lambda folder: folder / ("x" * 120), "at most 107 bytes"),
    (lambda folder: folder, "no socket"),
]


@pytest.mark.parametrize(("place", "problem"), PLACES)
def test_where_nobody_can_listen_is_the_trouble_of_the_display_alone(
    place: Callable[[Path], Path], problem: str, opened: Callable[..., Channel], tmp_path: Path
) -> None:
    channel = opened(place(tmp_path))
    assert problem in channel.trouble
    assert re.search(r"\. (Move|See|Name)", channel.trouble), "a remedy"
    channel.show(RED)
    channel.say(Notice("a-1", "critical", "stop_now", "Stop.", 3, interrupts=True))
    channel.close()
    assert channel.counters == {"left_to_the_state": 1}
    assert not (tmp_path / "file").exists() or (tmp_path / "file").read_text() == "kept"


def test_a_listener_whose_wish_fails_says_so_and_hangs_up(tmp_path: Path, call: Callable[[], Caller]) -> None:
    def fail(request: Request) -> None:
        raise RuntimeError("full")

    channel = Channel(tmp_path / "cab.sock", fail)
    with closing(channel):
        caller = call()
        caller.hear()
        caller.say(request_line(Wish.PRIVATE_ON))
        assert caller.has_hung_up()
        assert "its channel failed" in channel.trouble


def test_a_state_holds_no_place_and_no_speed() -> None:
    said = json.loads(state_line(RED))["state"]
    assert said.keys() == asdict(RED).keys()
    assert not re.search(r"lat|lon|position|place|speed|km|heading|altitude", " ".join(said))


@given(
    st.builds(
        CabState,
        at=st.integers(0, 2**62),
        telltale=st.sampled_from(Telltale),
        alerts=st.lists(
            st.builds(
                Shown,
                id=st.text(max_size=40),
                severity=st.just("info"),
                action=st.just("watch"),
                text=st.text(st.characters(), max_size=120),
                started=st.integers(0, 2**62),
                acknowledged=st.booleans(),
            ),
            max_size=ALERTS_MAX,
        ).map(tuple),
        more=st.integers(0, 1000),
        doing=st.none() | st.just("parked"),
        private=st.booleans(),
        workshop=st.booleans(),
        workshop_until=st.none() | st.integers(0, 2**62),
    )
)
def test_every_state_comes_out_of_its_line_as_it_went_in_but_for_what_is_no_text(state: CabState) -> None:
    line = state_line(state)
    assert line.count(b"\n") == 1
    assert len(line) <= STATE_BYTES_MAX
    texts = [alert.text.encode("utf-8", "replace").decode() for alert in state.alerts]
    alerts = tuple(replace(alert, text=text) for alert, text in zip(state.alerts, texts, strict=True))
    assert read_state(line) == replace(state, alerts=alerts)


def test_a_newer_box_may_say_more(tmp_path: Path) -> None:
    line = state_line(GREEN).replace(b'"state":{', b'"colour":1,"state":{"mood":"fine",')
    assert read_state(line) == GREEN
    assert read_state(line.replace(b'"v":1', b'"v":2')) is None
    assert read_state(b'{"v":1,"kind":"state","state":{"telltale":"blue"}}') is None


def test_the_manual_of_the_channel_names_every_reason_and_wish() -> None:
    manual = (ROOT / "edge" / "driver" / "CHANNEL.md").read_text()
    named = set(re.findall(r"`([a-z_]+)`", manual))
    reasons = {reason for _, reason in BAD} | {"too_long", "too_many", "too_many_clients"}
    assert reasons | set(Wish) | set(asdict(RED)) | set(asdict(SHOWN)) <= named
