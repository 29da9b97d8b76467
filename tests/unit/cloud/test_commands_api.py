"""/vehicles/…/commands: who may ask what, and what is answered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from cloud.api.server import V1
from cloud.security.principal import Grant
from cloud.security.roles import Role
from edge.wire.commands import CommandName
from edge.wire.messages import Result, ResultState
from tests.unit.cloud.services import TOKEN, Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import Speaker, summary

VAN: Final = Speaker()
PATH: Final = f"{V1}/vehicles/north/van-7/commands"
ID: Final = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
ARGUMENTS: Final[Mapping[str, dict[str, Any]]] = {
    "log_level": {"level": "info", "minutes": 5},
    "speak": {"text": "Please call"},
}


@pytest.fixture(autouse=True)
def heard(cloud: Cloud) -> None:
    cloud.take(VAN.say(summary(1), 1))


def post(cloud: Cloud, body: Any, *, token: str = TOKEN, path: str = PATH) -> httpx.Response:
    return ask(api_of(cloud), path, method="POST", body=body, token=token)


def test_a_command_as_it_is_answered(cloud: Cloud) -> None:
    given = post(cloud, {"name": "capture", "id": ID, "expires_in_s": 60})
    assert given.status_code == 201
    assert given.json() == {
        "fleet": "north",
        "vehicle": "van-7",
        "id": ID,
        "name": "capture",
        "arguments": {},
        "by": "bootstrap",
        "issued_at": "2026-11-21T08:00:00Z",
        "expires_at": "2026-11-21T08:01:00Z",
        "state": "waiting",
        "sent_at": None,
        "times": 0,
        "answered_at": None,
        "reason": "",
        "values": None,
        "capture_trigger": f"command:{ID}",
    }
    assert ask(api_of(cloud), f"{PATH}/{ID}").json() == given.json()
    assert ask(api_of(cloud), PATH).json() == {"items": [given.json()], "after": None}
    assert post(cloud, {"name": "capture", "id": ID, "expires_in_s": 60}).json() == given.json()
    cloud.take(VAN.say(Result(command=ID, state=ResultState.DONE, reason="", values={"frames": 5.0}), 2))
    ended = ask(api_of(cloud), f"{PATH}/{ID}").json()
    assert (ended["state"], ended["values"]) == ("done", {"frames": 5.0})


@pytest.mark.parametrize("name", CommandName)
def test_every_command_can_be_asked(cloud: Cloud, name: str) -> None:
    body = {"name": name, "arguments": ARGUMENTS.get(name, {})}
    given = post(cloud, body).json()
    assert (given["name"], given["arguments"]) == (name, body["arguments"])
    assert (given["capture_trigger"] is None) == (name != "capture")
    assert given["expires_at"] == "2026-11-21T08:05:00Z"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"name": "reboot"}, 422, "name: no command is called reboot. What may be asked: capture, read_codes"),
        ({"name": "speak"}, 422, "arguments.text: field required. speak takes text"),
        ({"name": "speak", "arguments": {"text": "a\nb"}}, 422, "arguments.text: "),
        ({"name": "log_level", "arguments": {"level": "info", "minutes": 0}}, 422, "arguments.minutes: "),
        ({"name": "log_level", "arguments": {"level": "info", "minutes": True}}, 422, "arguments.minutes: "),
        ({"name": "log_level", "arguments": {"level": "info", "minutes": 10**400}}, 422, ""),
        ({"name": "capture", "arguments": {"seconds": 9}}, 422, "capture takes no arguments"),
        ({"name": "capture", "expires_in_s": 9}, 422, "expires_in_s"),
        ({"name": "capture", "expires_in_s": 86_401}, 422, "expires_in_s"),
        ({"name": "capture", "id": "mine"}, 422, "id"),
        ({"name": "capture", "urgent": True}, 422, "urgent"),
        ({}, 422, "name"),
    ],
)
def test_what_is_wrong_is_refused_with_place_and_remedy(
    cloud: Cloud, body: dict[str, Any], status: int, says: str
) -> None:
    given = post(cloud, body)
    assert given.status_code == status, given.text
    assert says in given.json()["detail"]
    assert ask(api_of(cloud), PATH).json()["items"] == []


def test_what_is_not_there(cloud: Cloud) -> None:
    other = f"{V1}/vehicles/north/van-9/commands"
    assert post(cloud, {"name": "capture"}, path=other).status_code == 404
    assert ask(api_of(cloud), other).status_code == 404
    assert ask(api_of(cloud), f"{PATH}/{ID}").status_code == 404
    assert ask(api_of(cloud), f"{PATH}/mine").status_code == 422
    assert post(cloud, {"name": "capture", "id": ID}).status_code == 201
    assert post(cloud, {"name": "self_test", "id": ID}).status_code == 409


def test_what_cannot_be_taken_back_is_for_fewer(cloud: Cloud) -> None:
    grave = {"clear_codes", "restart"}
    may = {}
    for role in Role:
        grant = Grant(role, None if role is Role.ADMIN else "north")
        _, token = cloud.security.people.make_key(role, (grant,), by="test")
        answers = {
            name: post(cloud, {"name": name, "arguments": ARGUMENTS.get(name, {})}, token=token).status_code
            for name in CommandName
        }
        assert set(answers.values()) <= {201, 403}
        cloud.now += timedelta(hours=1)  # or too much would be open
        may[role] = {name for name, status in answers.items() if status == 201}
    every = set(CommandName)
    assert may == {
        Role.OWNER: every - grave,
        Role.FLEET_MANAGER: every,
        Role.TECHNICIAN: every - grave,
        Role.EXECUTIVE: set(),
        Role.ADMIN: every,
    }


def test_who_may_in_another_fleet_alone_may_not_here(cloud: Cloud) -> None:
    grants = (Grant(Role.FLEET_MANAGER, "south"), Grant(Role.OWNER, "north"))
    _, token = cloud.security.people.make_key("both", grants, by="test")
    assert post(cloud, {"name": "restart"}, token=token).status_code == 403
    assert post(cloud, {"name": "self_test"}, token=token).status_code == 201
