"""The API: a door with one key, nouns with pages, and every error a problem document."""

import asyncio
import base64
import hashlib
import re
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI

from cloud import counters
from cloud.api.access import Services
from cloud.api.server import V1, make_api
from cloud.inbox.model import Arrival
from cloud.security.tokens import new_token
from edge.wire.envelope import StreamClass
from edge.wire.messages import AlertState
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import TOKEN, Cloud
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN = Speaker()
NOUNS: Final = (
    "vehicles", "positions", "alerts", "incidents", "trips", "summaries", "captures", "centres", "offers", "plans",
    "bookings", "contacts", "deliveries", "gaps", "quarantine",
)  # fmt: skip
Get = Callable[..., httpx.Response]


def api_of(cloud: Cloud, parts: Mapping[str, str] | None = None) -> FastAPI:
    return make_api(
        Services(
            fleet=cloud.fleet,
            profiles=cloud.profiles,
            causes=cloud.causes,
            analytics=cloud.analytics,
            capas=cloud.capas,
            incident_causes=cloud.incident_causes,
            alerts=cloud.alerts,
            health=cloud.health,
            lives=cloud.lives,
            captures=cloud.captures,
            commands=cloud.commands,
            bundles=cloud.bundles,
            rollouts=cloud.rollouts,
            updates=cloud.updates,
            campaigns=cloud.campaigns,
            aside=cloud.aside,
            scheduling=cloud.scheduling,
            appointments=cloud.appointments,
            orders=cloud.orders,
            preferences=cloud.preferences,
            workflow=cloud.workflow.service,
            warranty=cloud.warranty,
            chat=cloud.chat,
            notify=cloud.notify,
            contacts=cloud.contacts,
            counts=partial(counters.read, cloud.database),
            parts=lambda: parts or {"broker": "", "database": "", "inbox": ""},
            security=cloud.security,
            now=lambda: cloud.now,
            provisioning=cloud.provisioning,
        )
    )


def ask(
    app: FastAPI,
    path: str,
    *,
    token: str | None = TOKEN,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as client:
            shown = dict(headers or {}) | ({} if token is None else {"Authorization": f"Bearer {token}"})
            as_it_is = {"json": body} if content is None else {"content": content}
            return await client.request(method, path, headers=httpx.Headers(shown, encoding="utf-8"), **as_it_is)

    return asyncio.run(once())


@pytest.fixture
def get(cloud: Cloud) -> Get:
    """Ask for something under /api/v1, with the token."""
    app = api_of(cloud)
    return lambda path: ask(app, f"{V1}{path}")


def problem(response: httpx.Response) -> dict[str, Any]:
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    assert set(document) >= {"type", "title", "status", "detail", "instance"}
    return document


def test_every_route_under_v1_is_closed_to_strangers(cloud: Cloud, get: Get) -> None:
    described = get("/openapi.json").json()["paths"]
    doors = [(method.upper(), path) for path, operations in described.items() for method in operations]
    doors.append(("GET", f"{V1}/openapi.json"))
    app = api_of(cloud)
    opened = [path for method, path in doors if ask(app, path, token=None, method=method).status_code != 401]
    open_to_all = {"/healthz", "/readyz", *(f"{V1}/session{end}" for end in ("", "/refresh", "/end"))}
    open_to_all |= {f"{V1}/enrolment", f"{V1}/enrolment/renewal"}
    assert set(opened) == open_to_all
    assert len(doors) > 20


@pytest.mark.parametrize("token", [None, "", "another-token-of-some-length", TOKEN[:-1], TOKEN + "x", "ü"])
def test_a_stranger_gets_nothing(cloud: Cloud, token: str | None) -> None:
    response = ask(api_of(cloud), f"{V1}/vehicles", token=token)
    assert problem(response)["type"] == "urn:telltale:problem:not-authenticated"
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


def test_tokens_are_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(len(token) for token in tokens) >= 32


def test_who_watches_the_service_needs_no_token(cloud: Cloud) -> None:
    assert ask(api_of(cloud), "/healthz", token=None).json() == {"alive": True}
    ready = ask(api_of(cloud), "/readyz", token=None)
    assert ready.json() == {"ready": True, "parts": {"broker": "", "database": "", "inbox": ""}}


def test_not_ready_says_which_part_and_why(cloud: Cloud) -> None:
    parts = {"broker": "mqtt://b:1883 cannot be reached", "database": "", "inbox": ""}
    response = ask(api_of(cloud, parts), "/readyz", token=None)
    document = problem(response)
    assert response.status_code == 503
    assert document["parts"] == parts
    assert document["detail"] == "broker: mqtt://b:1883 cannot be reached"


def test_vehicles_and_twins(cloud: Cloud, get: Get) -> None:
    cloud.take(VAN.say(says.health(), 1), VAN.say(says.reported(2), 2), VAN.say(says.summary(1), 3))
    [vehicle] = get("/vehicles").json()["items"]
    assert vehicle == {
        "fleet": "north",
        "vehicle": "van-7",
        "presence": "online",
        "quiet_until": None,
        "first_seen_at": "2026-11-21T08:00:00Z",
        "last_seen_at": "2026-11-21T08:00:00Z",
    }
    assert get("/vehicles/north/van-7").json() == vehicle
    assert get("/vehicles?fleet=south").json()["items"] == []
    twin = get("/vehicles/north/van-7/twin").json()
    assert twin["vehicle"] == vehicle
    assert twin["reported"]["desired_version"] == 2
    assert twin["reported"]["observed_at"] == "2026-11-21T08:00:00Z"
    assert twin["health"]["counters"] == {"frames": 2**63 - 1}
    assert twin["health"]["clock"] == "synced"
    assert twin["latest"]["signals"]["Vehicle.Speed"]["last"] == 48.0


def test_where_vehicles_are(cloud: Cloud, get: Get) -> None:
    other = Speaker("van-8")
    cloud.take(
        VAN.say(says.position(52.5, 13.4), 1), VAN.say(says.position(52.6, 13.5), 3), other.say(says.health(), 1)
    )
    cloud.take(VAN.say(says.position(52.0, 13.0), 2))
    [place] = get("/positions").json()["items"]
    assert (place["vehicle"], place["latitude_deg"], place["longitude_deg"]) == ("van-7", 52.6, 13.5)
    assert get("/vehicles/north/van-7/twin").json()["position"]["latitude_deg"] == 52.6
    assert get("/vehicles/north/van-8/twin").json()["position"] is None
    assert get("/positions?fleet=south").json()["items"] == []
    cloud.take(other.say(says.position(), 2))
    first = get("/positions?limit=1").json()
    [second] = get(f"/positions?limit=1&after={first['after']}").json()["items"]
    assert (first["items"][0]["vehicle"], second["vehicle"]) == ("van-7", "van-8")


def test_an_unknown_state_is_null(cloud: Cloud, get: Get) -> None:
    cloud.take(VAN.say(says.alert(), 1))
    twin = get("/vehicles/north/van-7/twin").json()
    assert (twin["reported"], twin["health"], twin["latest"]) == (None, None, None)


def test_alerts_and_one_alert_with_its_timeline(cloud: Cloud, get: Get) -> None:
    cloud.take(VAN.say(says.alert(1), 1), VAN.say(says.alert(2), 2))
    cloud.take(VAN.say(says.alert(1, AlertState.RESOLVED), 3, observed_at=minute(2), received_at=minute(3)))
    items = get("/alerts").json()["items"]
    assert [(item["id"], item["state"]) for item in items] == [(f"{2:032x}", "firing"), (f"{1:032x}", "resolved")]
    assert get("/alerts?state=firing&fleet=north&vehicle=van-7").json()["items"] == items[:1]
    assert get("/alerts?since=2026-11-21T10:02:00%2B02:00").json()["items"] == items[:1]
    one = get(f"/alerts/north/van-7/{1:032x}").json()
    assert {name: one[name] for name in items[1]} == items[1]
    assert one["values"] == {"Vehicle.Speed": 50.0, "Vehicle.Cabin.Name": "ü", "unknown": None}
    assert one["freeze_frame"] == {"Vehicle.Speed": 50.0, "Vehicle.Powertrain.CombustionEngine.Speed": 1800.0}
    assert (one["window_s"], one["flapping"], one["trip"]) == (30.0, True, f"{1:032x}")
    assert [(entry["state"], entry["received_at"]) for entry in one["timeline"]] == [
        ("firing", "2026-11-21T08:00:00Z"),
        ("resolved", "2026-11-21T08:03:00Z"),
    ]


def test_trips_summaries_gaps_counters(cloud: Cloud, get: Get) -> None:
    stream = VAN.stream(StreamClass.ALERT)
    cloud.take(VAN.say(says.trip(), 1), VAN.say(says.summary(), 2), VAN.say(says.gap(stream, (3, 9)), 3))
    [trip] = get("/trips?vehicle=van-7").json()["items"]
    assert (trip["distance_m"], trip["fuel_used_l"], trip["ended_by"]) == (1200.0, None, "ignition_off")
    [summary] = get("/summaries?fleet=north").json()["items"]
    assert summary["signals"]["Vehicle.Speed"]["unit"] == "km/h"
    [gap] = get("/gaps?fleet=north&vehicle=van-7").json()["items"]
    assert (gap["stream"], gap["first"], gap["last"], gap["cause"]) == (stream, 3, 9, "evicted")
    assert get("/gaps?vehicle=van-8").json()["items"] == []
    assert get("/counters").json() == {"gaps": 1, "messages_new": 3}


def test_gaps_page_from_the_newest(cloud: Cloud, get: Get) -> None:
    cloud.take(VAN.say(says.gap(VAN.stream(StreamClass.ALERT), (1, 1), (3, 3), (5, 5)), 1))
    newest = get("/gaps?limit=2").json()
    oldest = get(f"/gaps?limit=2&after={newest['after']}").json()
    assert [gap["first"] for gap in [*newest["items"], *oldest["items"]]] == [5, 3, 1]
    assert oldest["after"] is None


def test_the_quarantine_can_be_looked_into(cloud: Cloud, get: Get) -> None:
    for n in range(3):
        cloud.take(Arrival("telltale/v1/north/van-7/up/alert", b"{" * (n + 1), T0))
    listed = get("/quarantine?limit=2").json()
    assert [item["size"] for item in listed["items"]] == [3, 2]
    [oldest] = get(f"/quarantine?limit=2&after={listed['after']}").json()["items"]
    one = get(f"/quarantine/{oldest['id']}").json()
    assert base64.b64decode(one["payload"]) == b"{"
    assert one["reason"] == "not_json"
    assert get("/quarantine?reason=bad_body").json()["items"] == []
    assert problem(get("/quarantine/99"))["detail"] == "no message 99 is in quarantine"


def test_pages_lead_through_everything(cloud: Cloud, get: Get) -> None:
    cloud.take(*(VAN.say(says.alert(n), n) for n in range(1, 8)))
    seen, path = [], "/alerts?limit=3"
    while True:
        page = get(path).json()
        seen.append([int(item["id"], 16) for item in page["items"]])
        if page["after"] is None:
            break
        path = f"/alerts?limit=3&after={page['after']}"
    assert seen == [[7, 6, 5], [4, 3, 2], [1]]


@pytest.mark.parametrize(
    ("path", "status", "says_so"),
    [
        ("/vehicles/north/none", 404, "nothing was ever heard of vehicle 'none' in fleet 'north'"),
        ("/vehicles/north/a%20b", 404, "'a b' is no name"),
        ("/alerts/north/van-7/x", 404, "has no alert 'x'"),
        ("/nothing", 404, "Not Found"),
        ("/alerts?limit=501", 422, "query.limit"),
        ("/alerts?limit=0", 422, "query.limit"),
        ("/alerts?state=open", 422, "query.state"),
        ("/alerts?since=2026-01-01T00:00:00", 422, "query.since"),
        ("/alerts?since=0001-01-01T00:00:00%2B14:00", 422, "years 1 to 9999"),
        ("/alerts?after=nonsense", 422, "`after` is no cursor"),
        ("/quarantine/x", 422, "path.message"),
        ("/quarantine/99999999999999999999", 422, "path.message"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_document(get: Get, path: str, status: int, says_so: str) -> None:
    response = get(path)
    document = problem(response)
    assert response.status_code == status
    assert says_so in document["detail"]
    assert document["instance"] == f"{V1}{path}".partition("?")[0].replace("%20", " ")


def test_a_wrong_method_is_a_problem_document(cloud: Cloud) -> None:
    response = ask(api_of(cloud), f"{V1}/alerts", method="DELETE")
    assert problem(response)["type"] == "urn:telltale:problem:method-not-allowed"
    assert response.headers["allow"] == "GET"


def test_a_database_that_is_away_is_503(cloud: Cloud, get: Get) -> None:
    with sqlite3.connect(cloud.url.removeprefix("sqlite:///")) as connection:
        connection.execute("DROP TABLE trips")
    connection.close()
    response = get("/trips")
    assert response.status_code == 503
    assert "no such table: trips" in problem(response)["detail"]


def test_a_mistake_of_ours_tells_nothing_to_strangers(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> dict[str, str]:
        raise ZeroDivisionError("a secret")

    app = api_of(cloud)
    app.add_api_route("/broken", broken)
    document = problem(ask(app, "/broken"))
    assert (document["status"], document["detail"]) == (500, "the reason is in the cloud's log")
    assert "a secret" in caplog.text


def test_the_page_that_shows_the_api_is_open_and_runs_only_its_own_script(cloud: Cloud) -> None:
    page = ask(api_of(cloud), f"{V1}/docs", token=None)
    assert page.headers["content-type"].startswith("text/html")
    [script] = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page.headers["content-security-policy"]
    assert "//" not in page.text.replace("</", ""), "nothing is loaded from elsewhere"


def test_openapi_describes_every_answer_with_examples(cloud: Cloud, get: Get) -> None:
    document = get("/openapi.json").json()
    assert {f"{V1}/{noun}" for noun in NOUNS} <= set(document["paths"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            [(status, ok)] = ((code, told) for code, told in operation["responses"].items() if code.startswith("2"))
            if status == "204":
                continue
            assert all(content.get("schema") for kind, content in ok["content"].items() if kind.endswith("json")), path
            assert ok["content"], path
            if path.startswith(V1) and not path.startswith((f"{V1}/session", f"{V1}/enrolment")):
                assert operation["security"] == [{"HTTPBearer": []}]
                assert "application/problem+json" in operation["responses"]["401"]["content"]
    forms = document["components"]["schemas"]
    assert forms["AlertForm"]["properties"]["rule"]["examples"] == ["coolant_hot"]
    assert "Null while it fires" in str(forms["AlertForm"]["properties"]["ended_at"])
