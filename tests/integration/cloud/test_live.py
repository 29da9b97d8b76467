"""Listening to what changes, over a real WebSocket of a real service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.connection import Connection
from websockets.typing import Subprotocol

from edge.wire.envelope import StreamClass
from edge.wire.messages import AlertState
from tests.integration.cloud.service import DEADLINE_S, TOKEN, Service, serving
from tests.integration.cloud.talker import Talker, upto
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import Speaker

EMBEDDED = ("--embedded-broker", "--broker-port", "0")
SPEED = "Vehicle.Speed"
VAN = Speaker()
CAR = Speaker("car-1", "south", "aaaaaaaaaaaaaaaa")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path, *EMBEDDED) as running:
        yield running


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that many knock at and nobody changes."""
    with serving(tmp_path_factory.mktemp("door"), *EMBEDDED) as running:
        yield running


@contextmanager
def listening(service: Service, token: str | None = TOKEN, **asked: str) -> Iterator[Connection]:
    url = f"{service.api.replace('http', 'ws', 1)}/api/v1/live?{urlencode({'every_s': '0.2', **asked})}"
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with connect(url, additional_headers=headers, open_timeout=DEADLINE_S, proxy=None) as socket:
        yield socket


@contextmanager
def hearing(service: Service, token: str = TOKEN, **asked: str) -> Iterator[Connection]:
    """From the moment on at which everything is told."""
    with listening(service, token, **asked) as socket:
        assert heard(socket)["kind"] == "alive"
        yield socket


def heard(socket: Connection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(socket.recv(timeout=DEADLINE_S))
    return told


def refusal(socket: Connection) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=DEADLINE_S)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def post(service: Service, path: str, body: object) -> Any:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = httpx.post(f"{service.api}/api/v1{path}", json=body, headers=headers, timeout=DEADLINE_S)
    assert answer.is_success, answer.text
    return answer.json()


def key(service: Service, name: str, role: str, fleet: str) -> str:
    token: str = post(service, "/keys", {"name": name, "grants": [{"role": role, "fleet": fleet}]})["token"]
    return token


def test_what_happens_is_heard_once_and_who_comes_back_hears_what_they_missed(service: Service) -> None:
    alert = f"/alerts/north/van-7/{says.alert().id}"
    with Talker(service.broker, VAN.address) as van:
        with hearing(service, signals=f"{SPEED},Vehicle.Nothing") as socket:
            van.say(VAN.say(says.alert(), 1))
            began = heard(socket)
            assert (began["kind"], began["alert"]["id"]) == ("alert", says.alert().id)
            assert began["alert"]["handling"]["step"] == "began"
            van.say(VAN.say(says.summary(1), 1))
            signals = heard(socket)
            assert (signals["kind"], signals["vehicle"], signals["values"]) == ("signals", "van-7", {SPEED: 48.0})
            post(service, f"{alert}/acknowledge", {})
            seen = heard(socket)
            assert seen["alert"]["handling"]["by"] == "bootstrap"
        post(service, f"{alert}/close", {"reason": "repaired"})
        with hearing(service, after=seen["cursor"]) as socket:
            assert heard(socket)["alert"]["handling"]["step"] == "repaired"
            van.say(VAN.say(says.alert(2), 2))
            van.say(VAN.say(says.alert(2, AlertState.RESOLVED), 3))
            assert heard(socket)["alert"]["id"] == says.alert(2).id


def test_everybody_hears_only_of_their_own_fleet_and_what_their_role_may(service: Service) -> None:
    owner, technician = key(service, "owner", "owner", "north"), key(service, "tech", "technician", "north")
    with (
        hearing(service, owner, signals=SPEED) as first,
        hearing(service, technician, signals=SPEED) as second,
        Talker(service.broker, CAR.address) as car,
        Talker(service.broker, VAN.address) as van,
    ):
        car.say(CAR.say(says.alert(7), 1))
        car.say(CAR.say(says.summary(), 1))
        van.say(VAN.say(says.summary(), 1))
        assert heard(first)["vehicle"] == "van-7"
        van.say(VAN.say(says.alert(), 1))
        assert heard(first)["alert"]["vehicle"] == heard(second)["alert"]["vehicle"] == "van-7"


@pytest.mark.parametrize(
    ("token", "asked", "code", "says_why"),
    [
        (None, {}, 4401, "a token is needed"),
        ("another-token-of-some-length", {}, 4401, "not known here"),
        (TOKEN, {"every_s": "0.01"}, 4422, "every_s"),
        (TOKEN, {"after": "nonsense"}, 4422, "no cursor of /live"),
        (TOKEN, {"after": "WzEsMl0"}, 4422, "no cursor of /live"),
        (TOKEN, {"signals": ",".join(f"S{n}" for n in range(51))}, 4422, "signals"),
    ],
)
def test_who_is_not_let_in_is_told_why(
    door: Service, token: str | None, asked: dict[str, str], code: int, says_why: str
) -> None:
    with listening(door, token, **asked) as socket:
        got, why = refusal(socket)
    assert (got, says_why in why) == (code, True), why


def test_a_key_that_may_hear_nothing_is_refused(door: Service) -> None:
    wish = {"name": "planner", "grants": [{"role": "owner", "fleet": "north"}], "only": ["book"]}
    with listening(door, post(door, "/keys", wish)["token"]) as socket:
        assert refusal(socket)[0] == 4403


def test_a_browser_shows_its_token_as_a_subprotocol(service: Service) -> None:
    url = f"{service.api.replace('http', 'ws', 1)}/api/v1/live?every_s=0.2"
    names = [Subprotocol("telltale.v1"), Subprotocol(f"bearer.{TOKEN}")]
    with connect(url, subprotocols=names, open_timeout=DEADLINE_S, proxy=None) as socket:
        assert socket.subprotocol == "telltale.v1"
        assert heard(socket)["kind"] == "alive"
        with Talker(service.broker, VAN.address) as van:
            van.say(VAN.say(says.alert(), 1))
        assert heard(socket)["kind"] == "alert"


def test_the_service_ends_while_somebody_listens(service: Service) -> None:
    with hearing(service) as socket:
        assert service.stop() == 0
        assert refusal(socket)[0] == 1012
    assert "Traceback" not in service.log


def test_more_than_can_be_told_at_once_is_said_so(service: Service) -> None:
    with Talker(service.broker, VAN.address) as van:
        with hearing(service) as socket:
            van.say(VAN.say(says.alert(), 1))
            cursor = heard(socket)["cursor"]
        messages = [VAN.say(says.alert(n, AlertState.RESOLVED), n) for n in range(2, 204)]
        van.say(*messages)
        van.wait_for(upto(VAN.stream(StreamClass.ALERT), 203), "an acknowledgement of all")
    with hearing(service, after=cursor) as socket:
        kinds = [heard(socket)["kind"] for _ in range(201)]
    assert kinds == ["alert"] * 200 + ["skipped"]
