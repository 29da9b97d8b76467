"""Centres, offers, plans and bookings over HTTP, as a dispatcher's program would ask for them."""

from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest

from cloud.api.server import V1
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask, problem
from tests.unit.cloud.workshop import MONDAY

Ask = Callable[..., httpx.Response]
WEEK: Final = [{"weekday": day, "opens": "08:00:00", "closes": "17:00:00"} for day in range(5)]
CENTRE: Final[dict[str, Any]] = {
    "name": "Workshop Mitte",
    "email": "mitte@example.org",
    "place": {"latitude_deg": 52.52, "longitude_deg": 13.405},
    "zone": "Europe/Berlin",
    "hours": WEEK,
    "closed_on": ["2026-12-25"],
    "bays": [{"id": "1", "equipment": ["lift"]}],
    "technicians": [{"id": "anna", "skills": ["brakes", "cooling"], "shifts": WEEK}],
    "lead_time_h": {"water_pump": 0.0},
}
JOB: Final[dict[str, Any]] = {
    "fleet": "north",
    "vehicle": "van-7",
    "component": "cooling",
    "work": {"minutes": 90, "skills": ["cooling"], "equipment": ["lift"], "parts": ["water_pump"]},
    "action": "finish_shift",
    "ready_at": "2026-11-23T07:00:00+01:00",
    "life": {"fails_from": "2026-11-24T00:00:00Z", "fails_by": "2026-12-24T00:00:00Z"},
    "place": {"latitude_deg": 52.5, "longitude_deg": 13.3},
    "preferences": {"weekdays": [1, 2], "after": "09:00", "before": "16:00", "distance_max_km": 50},
}
WISH: Final[dict[str, Any]] = {
    "request": "3f2c9b1e-7f65", "job": JOB, "centre": "mitte", "start_at": "2026-11-24T10:00:00+01:00"
}  # fmt: skip


@pytest.fixture
def api(cloud: Cloud) -> Ask:
    """Ask for something under /api/v1, with the token; there is one centre."""
    cloud.now = MONDAY
    app = api_of(cloud)

    def asked(method: str, path: str, body: object = None) -> httpx.Response:
        return ask(app, f"{V1}{path}", method=method, body=body)

    assert asked("PUT", "/centres/mitte", CENTRE).json() == {"lost": []}
    return asked


def changed(form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**form, **changes}


def test_a_centre_comes_back_as_it_was_put(api: Ask) -> None:
    assert api("GET", "/centres/mitte").json() == {"id": "mitte", **CENTRE}
    assert api("GET", "/centres").json() == {"items": [{"id": "mitte", **CENTRE}], "after": None}


def test_from_an_offer_to_a_calendar(api: Ask) -> None:
    offers = api("POST", "/offers", JOB).json()["offers"]
    assert [offer["kind"] for offer in offers] == ["least_cost", "soonest", "nearest"]
    best = offers[0]
    assert best["slot"]["start_at"] == "2026-11-24T08:00:00Z", "Tuesday, not before nine"
    assert best["cost"]["cents"] == sum(best["cost"]["charges"].values())
    assert "About 10 km away" in best["reasons"]
    held = api("POST", "/bookings", changed(WISH, start_at=best["slot"]["start_at"]))
    assert held.status_code == 201
    booking = held.json()
    assert booking["state"] == "held"
    assert booking["hold_until"] == "2026-11-23T06:10:00Z"
    path = f"/bookings/{booking['id']}"
    booked = api("POST", f"{path}/confirmation").json()
    assert (booked["state"], booked["sequence"], booked["hold_until"]) == ("booked", 1, None)
    moved = api("PATCH", path, {"sequence": 1, "centre": "mitte", "start_at": "2026-11-25T09:00:00Z"}).json()
    assert moved["slot"]["start_at"] == "2026-11-25T09:00:00Z"
    assert api("GET", path).json() == moved
    assert api("GET", "/bookings?state=booked&vehicle=van-7").json()["items"] == [moved]
    invitation = api("GET", f"{path}/invite.ics?attendee=o@example.org")
    assert invitation.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "METHOD:REQUEST" in invitation.text
    assert api("GET", f"{path}/offers").json()["offers"][0]["slot"]["start_at"] == "2026-11-24T08:00:00Z"
    cancelled = api("DELETE", f"{path}?reason=sold").json()
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "sold")
    assert "METHOD:CANCEL" in api("GET", f"{path}/invite.ics").text


def test_a_plan_gives_each_job_a_time_or_the_reasons(api: Ask) -> None:
    other = changed(JOB, vehicle="van-8", work={"minutes": 60, "skills": ["gearbox"]})
    plan = api("POST", "/plans", {"jobs": [JOB, other]}).json()
    first, second = plan["visits"]
    assert first["slot"]["centre"] == "mitte"
    assert second == {"slot": None, "cost": None, "reasons": {"mitte": "no_technician"}}
    assert plan["cents"] == first["cost"]["cents"]
    assert plan["proved"] is True


def test_what_is_taken_or_gone_is_a_problem_with_a_way_on(api: Ask) -> None:
    booking = api("POST", "/bookings", WISH).json()
    other = changed(WISH, request="another wish", job=changed(JOB, vehicle="van-8"))
    taken = problem(api("POST", "/bookings", other))
    assert (taken["type"], taken["status"]) == ("urn:telltale:problem:slot-taken", 409)
    assert "ask for new offers" in taken["detail"]
    [lost] = api("DELETE", "/centres/mitte").json()["lost"]
    assert (lost["id"], lost["state"], lost["reason"]) == (booking["id"], "centre_gone", "the centre was removed")
    assert problem(api("POST", f"/bookings/{booking['id']}/confirmation"))["status"] == 409
    nothing = problem(api("POST", "/offers", JOB))
    assert (nothing["type"], nothing["status"], nothing["reasons"]) == ("urn:telltale:problem:no-slot", 422, {})
    assert problem(api("GET", "/centres/mitte"))["status"] == 404


def test_no_time_says_of_each_centre_why(api: Ask) -> None:
    nothing = problem(api("POST", "/offers", changed(JOB, work={"minutes": 60, "parts": ["clutch"]})))
    assert nothing["reasons"] == {"mitte": "part_unknown"}
    assert nothing["detail"] == "mitte: part unknown"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zone": "Mars/Olympus"}, "body.zone"),
        ({"zone": "/etc/passwd"}, "body.zone"),
        ({"hours": [{"weekday": 0, "opens": "17:00", "closes": "08:00"}]}, "opens must be before closes"),
        ({"hours": [{"weekday": 7, "opens": "08:00", "closes": "17:00"}]}, "body.hours.0.weekday"),
        ({"hours": [{"weekday": 0, "opens": "08:00Z", "closes": "17:00"}]}, "has no zone"),
        ({"bays": [{"id": "1"}, {"id": "1"}]}, "same id"),
        ({"bays": [{"id": "a b"}]}, "body.bays.0.id"),
        ({"email": "nobody"}, "body.email"),
        ({"name": "two\nlines"}, "body.name"),
        ({"lead_time_h": {"water_pump": -1}}, "body.lead_time_h.water_pump"),
        ({"colour": "red"}, "body.colour"),
    ],
)
def test_a_centre_that_cannot_be(api: Ask, change: dict[str, Any], says: str) -> None:
    answer = problem(api("PUT", "/centres/mitte", changed(CENTRE, **change)))
    assert answer["status"] == 422
    assert says in answer["detail"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"work": {"minutes": 0}}, "body.work.minutes"),
        ({"work": {"minutes": 10**6}}, "body.work.minutes"),
        ({"action": "panic"}, "body.action"),
        ({"ready_at": "2026-11-23T07:00:00"}, "body.ready_at"),
        ({"life": {"fails_from": "2026-11-24T00:00:00Z", "fails_by": "2026-11-24T00:00:00Z"}}, "must be before"),
        ({"place": {"latitude_deg": 91, "longitude_deg": 0}}, "body.place.latitude_deg"),
    ],
)
def test_a_job_that_cannot_be(api: Ask, change: dict[str, Any], says: str) -> None:
    answer = problem(api("POST", "/offers", changed(JOB, **change)))
    assert answer["status"] == 422
    assert says in answer["detail"]


def test_what_is_sent_must_be_named_rightly(api: Ask) -> None:
    assert problem(api("POST", "/offers", changed(JOB, vehicle="a b")))["status"] == 404
    assert problem(api("PUT", "/centres/a%20b", CENTRE))["status"] == 422
    assert problem(api("POST", "/plans", {"jobs": []}))["status"] == 422
    assert problem(api("POST", "/bookings", changed(WISH, request="short")))["status"] == 422
    assert problem(api("POST", "/bookings", changed(WISH, start_at="2026-11-24T10:05:00Z")))["status"] == 422
    assert problem(api("PATCH", f"/bookings/{'0' * 32}", {"sequence": 0}))["status"] == 422
    assert problem(api("DELETE", f"/bookings/{'0' * 32}"))["status"] == 404


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1960-01-01T00:00:00Z"])
def test_moments_far_away_are_no_mistake_of_ours(api: Ask, moment: str) -> None:
    for form in (
        changed(JOB, ready_at=moment), changed(JOB, latest_at=moment),
        changed(JOB, life={"fails_from": moment, "fails_by": "9999-12-31T23:59:59.9Z"}),
    ):  # fmt: skip
        assert api("POST", "/offers", form).status_code in {200, 422}
    assert api("POST", "/bookings", changed(WISH, start_at=moment)).status_code == 422
