"""/bundles, /rollouts and /vehicles/…/updates: what is answered, and what is never read."""

import asyncio
import os
from collections.abc import MutableMapping
from typing import Any, Final

import httpx
import pytest

from cloud.api.server import V1
from cloud.security.principal import Grant
from cloud.security.roles import Role
from edge.wire.bundles import BUNDLE_BYTES_MAX
from edge.wire.messages import UpdateStep
from tests.unit.cloud.bundled import look, said, tell, vans, zipped
from tests.unit.cloud.services import TOKEN, Cloud
from tests.unit.cloud.test_api import api_of, ask, problem

T0: Final = "2026-11-21T08:00:00Z"


def post(cloud: Cloud, path: str, body: Any = None, content: bytes | None = None) -> httpx.Response:
    return ask(api_of(cloud), f"{V1}{path}", method="POST", body=body, content=content)


def get(cloud: Cloud, path: str) -> Any:
    return ask(api_of(cloud), f"{V1}{path}").json()


def test_a_bundle_as_it_is_answered(cloud: Cloud) -> None:
    content = zipped({"dbc/car.dbc": b"abc"})
    given = post(cloud, "/bundles/north?name=winter%20rules", content=content)
    assert given.status_code == 201
    told = given.json()
    assert told == {
        "fleet": "north",
        "id": told["id"],
        "name": "winter rules",
        "size": len(content),
        "sha256": told["sha256"],
        "files": [{"name": "dbc/car.dbc", "size": 3}],
        "added_at": T0,
        "by": "bootstrap",
    }
    assert get(cloud, f"/bundles/north/{told['id']}") == told
    assert get(cloud, "/bundles?fleet=north") == {"items": [told], "after": None}
    assert get(cloud, "/bundles?fleet=south") == {"items": [], "after": None}
    assert post(cloud, "/bundles/north?name=winter%20rules", content=content).json() == told
    assert ask(api_of(cloud), f"{V1}/bundles/north/{told['id']}", method="DELETE").status_code == 204
    assert get(cloud, "/bundles")["items"] == []


def test_a_bundle_may_be_larger_than_any_other_request(cloud: Cloud) -> None:
    content = zipped({"models/m/model.onnx": os.urandom(2**20)})
    assert post(cloud, "/bundles/north?name=large", content=content).json()["size"] == len(content)
    assert problem(post(cloud, "/rollouts/north", content=content))["status"] == 413


@pytest.mark.parametrize(
    ("path", "content", "status", "why"),
    [
        ("/bundles/north?name=x", b"no archive", 422, "no zip archive"),
        ("/bundles/north?name=x", b"", 422, "no zip archive"),
        ("/bundles/north?name=x", zipped({"etc/passwd": b""}), 422, "'etc/passwd' has no place in a bundle"),
        ("/bundles/north", zipped(), 422, "name"),
        ("/bundles/north?name=", zipped(), 422, "name"),
        ("/bundles/-x?name=x", zipped(), 422, "fleet"),
        ("/bundles/north?name=taken", zipped({"dbc/other": b""}), 409, "the name of another bundle"),
    ],
)
def test_what_is_refused_says_why(cloud: Cloud, path: str, content: bytes, status: int, why: str) -> None:
    post(cloud, "/bundles/north?name=taken", content=zipped())
    answer = problem(post(cloud, path, content=content))
    assert answer["status"] == status
    assert why in answer["detail"]


def sent_slowly(cloud: Cloud, token: str | None, part: bytes, parts: int) -> tuple[int, int]:
    """Send a body part by part; the status, and how many parts were read."""
    app, read, answered = api_of(cloud), 0, 0

    async def receive() -> MutableMapping[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": part, "more_body": read < parts}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal answered
        answered = message.get("status", answered)

    headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": f"{V1}/bundles/north",
        "raw_path": f"{V1}/bundles/north".encode(),
        "query_string": b"name=large",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("cloud", 80),
    }
    asyncio.run(app(scope, receive, send))
    return answered, read


def test_nothing_is_read_of_who_may_not_and_no_more_than_a_bundle_of_who_may(cloud: Cloud) -> None:
    _, owner = cloud.security.people.make_key("owner", (Grant(Role.OWNER, "north"),), by="test")
    megabyte = bytes(2**20)
    assert sent_slowly(cloud, None, megabyte, 100) == (401, 0)
    assert sent_slowly(cloud, owner, megabyte, 100) == (403, 0)
    assert sent_slowly(cloud, TOKEN, megabyte, 100) == (413, BUNDLE_BYTES_MAX // 2**20 + 1)


def test_one_file_at_a_time_is_in_memory(cloud: Cloud) -> None:
    app = api_of(cloud)

    async def two() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as client:
            started, go_on = asyncio.Event(), asyncio.Event()

            async def slowly() -> Any:
                started.set()
                yield zipped()[:10]
                await go_on.wait()
                yield zipped()[10:]

            headers = {"Authorization": f"Bearer {TOKEN}"}
            path = f"{V1}/bundles/north?name=x"
            first = asyncio.create_task(client.post(path, content=slowly(), headers=headers))
            await started.wait()
            second = await client.post(path, content=zipped(), headers=headers)
            go_on.set()
            return [await first, second]

    one, other = asyncio.run(two())
    assert (one.status_code, other.status_code) == (201, 429)
    assert int(other.headers["Retry-After"]) == 10


def test_a_rollout_as_it_is_answered(cloud: Cloud) -> None:
    speakers = vans(cloud, 3)
    bundle = post(cloud, "/bundles/north?name=winter", content=zipped()).json()["id"]
    given = post(cloud, "/rollouts/north", {"bundle": bundle, "first": 1, "probation_s": 60})
    assert given.status_code == 201
    told = given.json()
    assert told == {
        "fleet": "north",
        "number": 1,
        "bundle": bundle,
        "name": "winter",
        "first": 1,
        "probation_s": 60,
        "alerts_max": 10,
        "state": "first",
        "why": "",
        "by": "bootstrap",
        "at": T0,
        "changed_at": T0,
        "vehicles": {"due": 1, "held": 2},
        "newcomers": False,
    }
    document = look(cloud)["van-3"]
    tell(cloud, speakers[2], 10, said(document, UpdateStep.ROLLED_BACK, "12 alerts began"))
    told = get(cloud, "/rollouts/north/1")
    assert (told["state"], told["why"]) == ("stopped", "vehicle van-3 rolled back: 12 alerts began")
    assert told["vehicles"] == {"left_out": 2, "rolled_back": 1}
    assert get(cloud, "/rollouts?fleet=north")["items"] == [told]
    members = get(cloud, "/rollouts/north/1/vehicles")["items"]
    assert [(one["vehicle"], one["is_first"], one["standing"]) for one in members] == [
        ("van-1", False, "left_out"),
        ("van-2", False, "left_out"),
        ("van-3", True, "rolled_back"),
    ]
    assert members[2]["reason"] == "12 alerts began"
    assert members[2]["version"] == document.version
    assert problem(post(cloud, "/rollouts/north/1/go-on", {}))["status"] == 409
    post(cloud, "/rollouts/north", {"bundle": None, "vehicles": ["van-1", "van-2"], "first": 1})
    assert post(cloud, "/rollouts/north/2/stop", {"why": "not today"}).json()["why"] == "not today"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"bundle": "x"}, 422),
        ({"bundle": "0" * 32}, 404),
        ({"bundle": None, "vehicles": []}, 422),
        ({"bundle": None, "vehicles": ["van-9"]}, 404),
        ({"bundle": None, "first": 0}, 422),
        ({"bundle": None, "probation_s": 5}, 422),
        ({"bundle": None, "unknown": 1}, 422),
        ({"bundle": None, "vehicles": ["van-1"], "newcomers": True}, 422),
    ],
)
def test_a_plan_that_cannot_be_met_is_refused(cloud: Cloud, body: dict[str, Any], status: int) -> None:
    vans(cloud, 1)
    assert problem(post(cloud, "/rollouts/north", body))["status"] == status
    assert get(cloud, "/rollouts")["items"] == []


def test_a_vehicle_s_updates_as_they_are_answered(cloud: Cloud) -> None:
    [van] = vans(cloud, 1)
    path = "/vehicles/north/van-1/updates"
    assert get(cloud, path) == {"items": [], "after": None, "runs": None, "wanted": None}
    bundle = post(cloud, "/bundles/north?name=winter", content=zipped()).json()["id"]
    post(cloud, "/rollouts/north", {"bundle": bundle})
    document = look(cloud)["van-1"]
    for seq, step in enumerate((UpdateStep.TRYING, UpdateStep.KEPT), start=10):
        tell(cloud, van, seq, said(document, step))
    told = get(cloud, path)
    running = {"bundle": bundle, "name": "winter", "version": document.version, "at": T0}
    assert (told["runs"], told["wanted"]) == (running, running)
    assert [step["step"] for step in told["items"]] == ["kept", "trying"]
    assert told["items"][1] == {
        "step": "trying",
        "reason": "",
        "bundle": bundle,
        "name": "winter",
        "version": document.version,
        "observed_at": T0,
        "clock": "synced",
        "received_at": T0,
    }
    page = get(cloud, f"{path}?limit=1")
    assert [step["step"] for step in get(cloud, f"{path}?after={page['after']}")["items"]] == ["trying"]
    assert problem(ask(api_of(cloud), f"{V1}/vehicles/north/van-2/updates"))["status"] == 404
