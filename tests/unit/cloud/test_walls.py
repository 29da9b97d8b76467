"""Every route of the API as every role, as a stranger, and as somebody of another fleet."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from cloud.alerts.handling import IncidentFilter
from cloud.api.server import V1, guarded
from cloud.pages import Window
from cloud.scheduling.work_order import Outcome, Report
from cloud.scheduling.work_orders import NewOrder
from cloud.scheduling.works import catalogue
from cloud.security.behaviour import Kind, Suspicion
from cloud.security.principal import Grant
from cloud.security.roles import MATRIX, Permission, Role, matrix_table
from cloud.warranty.claim import Statement
from cloud.warranty.service import NewClaim
from cloud.workflow.model import Answer
from cloud.workflow.people import OwnersAnswer
from edge.wire.messages import Severity
from tests.folders import folder_for_the_run
from tests.shared import ROOT
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.bundled import add, begin, zipped
from tests.unit.cloud.collecting import ID as CAMPAIGN
from tests.unit.cloud.collecting import WINDOW
from tests.unit.cloud.collecting import window as collected
from tests.unit.cloud.fleets import fleet_with_a_bad_batch, lay_down
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_capas import ACTION
from tests.unit.cloud.test_captures import ID as CAPTURE
from tests.unit.cloud.test_captures import TRIGGER as CAPTURE_TRIGGER
from tests.unit.cloud.test_captures import said as captured
from tests.unit.cloud.test_intake import BAD
from tests.unit.cloud.test_scheduling_api import CENTRE, JOB, WISH
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, hours_after, job

P = Permission
ALERT: Final = f"{1:032x}"
COMMAND: Final = "c" * 32
CAMPAIGN_PATH: Final = f"/fleets/north/campaigns/{CAMPAIGN}"
WINDOW_PATH: Final = f"{CAMPAIGN_PATH}/windows/van-7/{WINDOW}"
COLLECTION: Final = {
    "name": "Fast",
    "vehicles": ["van-7"],
    "signals": ["Vehicle.Speed"],
    "trigger": {"kind": "condition", "when": "Vehicle.Speed > 100 km/h"},
    "expires_at": "2099-01-01T00:00:00Z",
}
CONTACT: Final = {"person": "ada@example.org", "channel": "mailto:ada@example.org"}
OPEN: Final = {
    "/healthz",
    "/readyz",
    f"{V1}/session",
    f"{V1}/session/refresh",
    f"{V1}/session/end",
    f"{V1}/enrolment",
    f"{V1}/enrolment/renewal",
}
"""Where no token is asked for."""
OWN: Final = {f"{V1}/me", f"{V1}/me/password"}
"""What everybody may who is known: it concerns only themselves."""


@dataclass(frozen=True)
class Door:
    """One method of one path: who must be let in, and how to knock."""

    permission: Permission
    path: str
    """With the names of things of fleet north."""
    body: Any = None
    content: bytes | None = None
    """In place of a body: a file."""


DOORS: Final[Mapping[tuple[str, str], Door]] = {
    ("GET", "/vehicles"): Door(P.SEE_VEHICLES, "/vehicles"),
    ("GET", "/vehicles/{fleet}/{vehicle}"): Door(P.SEE_VEHICLES, "/vehicles/north/van-7"),
    ("GET", "/vehicles/{fleet}/{vehicle}/twin"): Door(P.SEE_DRIVES, "/vehicles/north/van-7/twin"),
    ("GET", "/vehicles/{fleet}/{vehicle}/profile"): Door(P.SEE_VEHICLES, "/vehicles/north/van-7/profile"),
    ("PUT", "/vehicles/{fleet}/{vehicle}/profile"): Door(
        P.PUT_VEHICLES, "/vehicles/north/van-7/profile", {"make": "Nordwagen"}
    ),
    ("GET", "/admissions"): Door(P.LET_IN, "/admissions"),
    ("POST", "/admissions/{fleet}/{vehicle}/code"): Door(P.LET_IN, "/admissions/north/van-11/code", {}),
    ("POST", "/admissions/{fleet}/{vehicle}/revocation"): Door(P.LET_IN, "/admissions/north/van-7/revocation", {}),
    ("POST", "/broker/door"): Door(P.KEEP_BROKER, "/broker/door", {"applied": 0}),
    ("GET", "/positions"): Door(P.SEE_DRIVES, "/positions"),
    ("GET", "/alerts"): Door(P.SEE_ALERTS, "/alerts"),
    ("GET", "/alerts/{fleet}/{vehicle}/{alert}"): Door(P.SEE_ALERTS, f"/alerts/north/van-7/{ALERT}"),
    ("POST", "/alerts/{fleet}/{vehicle}/{alert}/acknowledge"): Door(
        P.HANDLE_ALERTS, f"/alerts/north/van-7/{ALERT}/acknowledge", {}
    ),
    ("POST", "/alerts/{fleet}/{vehicle}/{alert}/close"): Door(
        P.HANDLE_ALERTS, f"/alerts/north/van-7/{ALERT}/close", {"reason": "accepted"}
    ),
    ("GET", "/incidents"): Door(P.SEE_ALERTS, "/incidents"),
    ("GET", "/incidents/{number}"): Door(P.SEE_ALERTS, "/incidents/1"),
    ("GET", "/incidents/{number}/timeline"): Door(P.SEE_ALERTS, "/incidents/1/timeline"),
    ("GET", "/incidents/{number}/causes"): Door(P.SEE_HEALTH, "/incidents/1/causes"),
    ("GET", "/cohorts"): Door(P.SEE_HEALTH, "/cohorts?fleet=north"),
    ("GET", "/insights"): Door(P.SEE_HEALTH, "/insights"),
    ("GET", "/insights/{number}"): Door(P.SEE_HEALTH, "/insights/1"),
    ("POST", "/insights"): Door(P.SEEK_CAUSES, "/insights", {"fleet": "north"}),
    ("GET", "/capa"): Door(P.SEE_HEALTH, "/capa"),
    ("POST", "/capa"): Door(P.SEEK_CAUSES, "/capa", ACTION),
    ("GET", "/capa/{number}"): Door(P.SEE_HEALTH, "/capa/1"),
    ("POST", "/capa/{number}/done"): Door(P.SEEK_CAUSES, "/capa/1/done", {"sequence": 0}),
    ("POST", "/capa/{number}/close"): Door(P.SEEK_CAUSES, "/capa/1/close", {"sequence": 0, "state": "dropped"}),
    ("GET", "/analytics"): Door(P.SEE_WORK, "/analytics?fleet=north"),
    ("GET", "/trips"): Door(P.SEE_DRIVES, "/trips"),
    ("GET", "/summaries"): Door(P.SEE_DRIVES, "/summaries?fleet=north"),
    ("GET", "/captures"): Door(P.SEE_DRIVES, f"/captures?trigger={CAPTURE_TRIGGER}"),
    ("GET", "/captures/{fleet}/{vehicle}/{capture}"): Door(P.SEE_DRIVES, f"/captures/north/van-7/{CAPTURE}"),
    ("GET", "/captures/{fleet}/{vehicle}/{capture}/frames.{ending}"): Door(
        P.SEE_DRIVES, f"/captures/north/van-7/{CAPTURE}/frames.log"
    ),
    ("GET", "/captures/{fleet}/{vehicle}/{capture}/parts/{part}"): Door(
        P.SEE_DRIVES, f"/captures/north/van-7/{CAPTURE}/parts/1"
    ),
    ("GET", "/vehicles/{fleet}/{vehicle}/commands"): Door(P.COMMAND, "/vehicles/north/van-7/commands"),
    ("POST", "/vehicles/{fleet}/{vehicle}/commands"): Door(
        P.COMMAND, "/vehicles/north/van-7/commands", {"name": "self_test"}
    ),
    ("GET", "/vehicles/{fleet}/{vehicle}/commands/{command}"): Door(
        P.COMMAND, f"/vehicles/north/van-7/commands/{COMMAND}"
    ),
    ("GET", "/vehicles/{fleet}/{vehicle}/updates"): Door(P.SEE_VEHICLES, "/vehicles/north/van-7/updates"),
    ("GET", "/bundles"): Door(P.UPDATE, "/bundles"),
    ("POST", "/bundles/{fleet}"): Door(P.UPDATE, "/bundles/north?name=new", content=zipped({"dbc/new": b""})),
    ("GET", "/bundles/{fleet}/{bundle}"): Door(P.UPDATE, "/bundles/north/BUNDLE"),
    ("DELETE", "/bundles/{fleet}/{bundle}"): Door(P.UPDATE, "/bundles/north/BUNDLE"),
    ("GET", "/rollouts"): Door(P.UPDATE, "/rollouts"),
    ("POST", "/rollouts/{fleet}"): Door(P.UPDATE, "/rollouts/north", {"bundle": None, "vehicles": ["van-8"]}),
    ("GET", "/rollouts/{fleet}/{number}"): Door(P.UPDATE, "/rollouts/north/1"),
    ("GET", "/rollouts/{fleet}/{number}/vehicles"): Door(P.UPDATE, "/rollouts/north/1/vehicles"),
    ("POST", "/rollouts/{fleet}/{number}/stop"): Door(P.UPDATE, "/rollouts/north/1/stop", {}),
    ("POST", "/rollouts/{fleet}/{number}/go-on"): Door(P.UPDATE, "/rollouts/north/1/go-on", {}),
    ("GET", "/fleets/{fleet}/campaigns"): Door(P.SEE_DRIVES, "/fleets/north/campaigns"),
    ("POST", "/fleets/{fleet}/campaigns"): Door(P.COLLECT, "/fleets/north/campaigns", COLLECTION),
    ("GET", "/fleets/{fleet}/campaigns/{campaign}"): Door(P.SEE_DRIVES, CAMPAIGN_PATH),
    ("POST", "/fleets/{fleet}/campaigns/{campaign}/end"): Door(P.COLLECT, f"{CAMPAIGN_PATH}/end"),
    ("GET", "/fleets/{fleet}/campaigns/{campaign}/vehicles"): Door(P.SEE_DRIVES, f"{CAMPAIGN_PATH}/vehicles"),
    ("GET", "/fleets/{fleet}/campaigns/{campaign}/windows"): Door(P.SEE_DRIVES, f"{CAMPAIGN_PATH}/windows"),
    ("GET", "/fleets/{fleet}/campaigns/{campaign}/windows/{vehicle}/{window}"): Door(P.SEE_DRIVES, WINDOW_PATH),
    ("GET", "/fleets/{fleet}/campaigns/{campaign}/windows/{vehicle}/{window}/rows.{ending}"): Door(
        P.SEE_DRIVES, f"{WINDOW_PATH}/rows.csv"
    ),
    ("GET", "/fleets/{fleet}/campaigns/{campaign}/windows/{vehicle}/{window}/parts/{part}"): Door(
        P.SEE_DRIVES, f"{WINDOW_PATH}/parts/1"
    ),
    ("GET", "/centres"): Door(P.SEE_CENTRES, "/centres"),
    ("GET", "/centres/{centre}"): Door(P.SEE_CENTRES, "/centres/mitte"),
    ("PUT", "/centres/{centre}"): Door(P.PUT_CENTRES, "/centres/mitte", CENTRE),
    ("DELETE", "/centres/{centre}"): Door(P.PUT_CENTRES, "/centres/mitte"),
    ("POST", "/offers"): Door(P.BOOK, "/offers", JOB),
    ("POST", "/plans"): Door(P.PLAN, "/plans", {"jobs": [JOB]}),
    ("GET", "/bookings"): Door(P.SEE_BOOKINGS, "/bookings"),
    ("POST", "/bookings"): Door(
        P.BOOK, "/bookings", {**WISH, "request": "another wish", "start_at": "2026-11-26T10:00:00+01:00"}
    ),
    ("GET", "/bookings/{booking}"): Door(P.SEE_BOOKINGS, "/bookings/BOOKING"),
    ("PATCH", "/bookings/{booking}"): Door(
        P.BOOK, "/bookings/BOOKING", {"sequence": 0, "centre": "mitte", "start_at": "2026-11-25T09:00:00Z"}
    ),
    ("DELETE", "/bookings/{booking}"): Door(P.BOOK, "/bookings/BOOKING"),
    ("POST", "/bookings/{booking}/confirmation"): Door(P.BOOK, "/bookings/BOOKING/confirmation"),
    ("GET", "/bookings/{booking}/offers"): Door(P.BOOK, "/bookings/BOOKING/offers"),
    ("GET", "/bookings/{booking}/invite.ics"): Door(P.SEE_BOOKINGS, "/bookings/BOOKING/invite.ics"),
    ("GET", "/vehicles/{fleet}/{vehicle}/health"): Door(P.SEE_HEALTH, "/vehicles/north/van-7/health"),
    ("POST", "/vehicles/{fleet}/{vehicle}/health/reset"): Door(
        P.WORK, "/vehicles/north/van-7/health/reset", {"component": "cooling", "at": "2026-11-23T05:00:00Z"}
    ),
    ("GET", "/vehicles/{fleet}/{vehicle}/preferences"): Door(P.SEE_BOOKINGS, "/vehicles/north/van-7/preferences"),
    ("PUT", "/vehicles/{fleet}/{vehicle}/preferences"): Door(P.BOOK, "/vehicles/north/van-7/preferences", {}),
    ("POST", "/diagnoses"): Door(
        P.SEE_HEALTH, "/diagnoses", {"fleet": "north", "vehicle": "van-7", "component": "cooling"}
    ),
    ("GET", "/trouble-codes"): Door(P.SEE_HEALTH, "/trouble-codes"),
    ("POST", "/remaining-life"): Door(P.SEE_HEALTH, "/remaining-life", {"cycle": [1], "sensors": {}}),
    ("GET", "/contacts"): Door(P.SEE_CONTACTS, "/contacts"),
    ("GET", "/contacts/{fleet}/{contact}"): Door(P.SEE_CONTACTS, "/contacts/north/ada"),
    ("PUT", "/contacts/{fleet}/{contact}"): Door(P.PUT_CONTACTS, "/contacts/north/ada", CONTACT),
    ("DELETE", "/contacts/{fleet}/{contact}"): Door(P.PUT_CONTACTS, "/contacts/north/ada"),
    ("POST", "/contacts/{fleet}/{contact}/test"): Door(P.PUT_CONTACTS, "/contacts/north/ada/test"),
    ("GET", "/deliveries"): Door(P.SEE_CONTACTS, "/deliveries"),
    ("GET", "/work-orders"): Door(P.SEE_WORK, "/work-orders"),
    ("GET", "/work-orders/labels"): Door(P.SEE_WORK, "/work-orders/labels"),
    ("GET", "/work-orders/{number}"): Door(P.SEE_WORK, "/work-orders/1"),
    ("POST", "/work-orders/{number}/start"): Door(P.WORK, "/work-orders/1/start", {"sequence": 0}),
    ("POST", "/work-orders/{number}/complete"): Door(
        P.WORK, "/work-orders/1/complete", {"sequence": 0, "outcome": "repaired"}
    ),
    ("GET", "/claims"): Door(P.SEE_CLAIMS, "/claims"),
    ("POST", "/claims"): Door(P.CLAIM, "/claims", {"work_order": 2}),
    ("GET", "/claims/{number}"): Door(P.SEE_CLAIMS, "/claims/1"),
    ("PUT", "/claims/{number}"): Door(
        P.CLAIM, "/claims/1", {"sequence": 0, "failed_at": "2026-11-21T08:01:00Z", "odometer_km": 48200}
    ),
    ("POST", "/claims/{number}/submit"): Door(P.CLAIM, "/claims/1/submit", {"sequence": 0}),
    ("POST", "/claims/{number}/decide"): Door(
        P.DECIDE_CLAIMS, "/claims/2/decide", {"sequence": 1, "decision": "rejected", "note": "too old"}
    ),
    ("GET", "/claims/{number}/pack"): Door(P.CLAIM, "/claims/2/pack"),
    ("GET", "/warranty-plans"): Door(P.SEE_CLAIMS, "/warranty-plans"),
    ("GET", "/warranty-plans/vehicles/{fleet}/{vehicle}"): Door(P.SEE_CLAIMS, "/warranty-plans/vehicles/north/van-7"),
    ("PUT", "/warranty-plans/vehicles/{fleet}/{vehicle}"): Door(
        P.DECIDE_CLAIMS, "/warranty-plans/vehicles/north/van-7", {"plan": "example_van"}
    ),
    ("GET", "/cases"): Door(P.SEE_CASES, "/cases"),
    ("GET", "/cases/{number}"): Door(P.SEE_CASES, "/cases/1"),
    ("POST", "/cases/{number}/answer"): Door(P.ANSWER_CASES, "/cases/1/answer", {"answer": "yes"}),
    ("POST", "/cases/{number}/choice"): Door(P.ANSWER_CASES, "/cases/2/choice", {"offer": 0, "sequence": 6}),
    ("POST", "/cases/{number}/retry"): Door(P.ANSWER_CASES, "/cases/2/retry", {}),
    ("POST", "/cases/{number}/close"): Door(P.ANSWER_CASES, "/cases/1/close", {}),
    ("POST", "/chat"): Door(P.CHAT, "/chat", {"fleet": "north", "vehicle": "van-7", "text": "is it all right?"}),
    ("GET", "/chat/{conversation}"): Door(P.CHAT, "/chat/TALK"),
    ("GET", "/roles"): Door(P.SEE_PEOPLE, "/roles"),
    ("GET", "/people"): Door(P.SEE_PEOPLE, "/people"),
    ("GET", "/people/{login}"): Door(P.SEE_PEOPLE, "/people/north-owner"),
    ("PUT", "/people/{login}"): Door(P.PUT_PEOPLE, "/people/eve", {"name": "Eve", "grants": [{"role": "admin"}]}),
    ("GET", "/keys"): Door(P.SEE_PEOPLE, "/keys"),
    ("POST", "/keys"): Door(P.PUT_PEOPLE, "/keys", {"name": "eve", "grants": [{"role": "admin"}]}),
    ("DELETE", "/keys/{key}"): Door(P.PUT_PEOPLE, "/keys/KEY"),
    ("GET", "/audit"): Door(P.SEE_AUDIT, "/audit"),
    ("GET", "/findings"): Door(P.SEE_FINDINGS, "/findings"),
    ("POST", "/findings/{number}/close"): Door(P.HANDLE_FINDINGS, "/findings/1/close", {}),
    ("GET", "/gaps"): Door(P.SEE_OPERATIONS, "/gaps"),
    ("GET", "/quarantine"): Door(P.SEE_OPERATIONS, "/quarantine"),
    ("GET", "/quarantine/{message}"): Door(P.SEE_OPERATIONS, "/quarantine/1"),
    ("GET", "/counters"): Door(P.SEE_OPERATIONS, "/counters"),
}
EVERY_DOOR: Final = pytest.mark.parametrize("door", DOORS, ids=" ".join)


@dataclass
class House:
    """A cloud with everything of fleet north in it, or with nothing, and people of both fleets."""

    app: FastAPI
    tokens: Mapping[tuple[str, Role], str]
    names: Mapping[str, str]

    def knock(self, door: tuple[str, str], *, token: str | None) -> httpx.Response:
        path = DOORS[door].path
        for word, name in self.names.items():
            path = path.replace(word, name)
        body, content = DOORS[door].body, DOORS[door].content
        return ask(self.app, f"{V1}{path}", method=door[0], body=body, content=content, token=token)


@contextmanager
def house(*, furnished: bool) -> Iterator[House]:
    plan = build(furnished=furnished)
    with TemporaryDirectory() as folder:
        shutil.copyfile(plan.file, Path(folder) / plan.file.name)
        with open_cloud(Path(folder)) as cloud:
            cloud.now = MONDAY
            yield House(api_of(cloud), plan.tokens, plan.names)


class Plan(NamedTuple):
    """A house that was built once, to be copied."""

    file: Path
    tokens: Mapping[tuple[str, Role], str]
    names: Mapping[str, str]


@cache
def build(*, furnished: bool) -> Plan:
    folder = folder_for_the_run()
    with open_cloud(folder) as cloud:
        cloud.now = MONDAY
        app = api_of(cloud)
        ask(app, f"{V1}/centres/mitte", method="PUT", body=CENTRE)
        people = cloud.security.people
        tokens = {}
        for fleet in ("north", "south"):
            for role in Role:
                grants = (Grant(role, None if role is Role.ADMIN else fleet),)
                _, tokens[fleet, role] = people.make_key(f"{fleet}-{role}", grants, by="test")
        nothing = dict.fromkeys(("BOOKING", "KEY", "TALK", "BUNDLE"), "0" * 32)
        names = furnish(cloud, app) if furnished else nothing
        return Plan(cloud.database.file, tokens, names)


def furnish(cloud: Cloud, app: FastAPI) -> dict[str, str]:
    van = Speaker()
    cloud.take(
        van.say(says.alert(1), 1), van.say(says.trip(1), 1), van.say(says.summary(1), 2), captured(1), *BAD.values()
    )
    booking = ask(app, f"{V1}/bookings", method="POST", body=WISH).json()["id"]
    ask(app, f"{V1}/contacts/north/ada", method="PUT", body=CONTACT)
    ask(app, f"{V1}/vehicles/north/van-7/commands", method="POST", body={"name": "capture", "id": COMMAND})
    ask(app, f"{V1}/fleets/north/campaigns", method="POST", body={**COLLECTION, "id": CAMPAIGN})
    cloud.take(collected(1, 900))
    take_cases_on(cloud)
    claim_for(cloud)
    cloud.provisioning.add(van.address, by="test")
    lay_down(cloud, fleet_with_a_bad_batch())
    cloud.causes.scan("north", by="test")
    ask(app, f"{V1}/capa", method="POST", body=ACTION)
    people = cloud.security.people
    people.put("north-owner", "Nora", (Grant(Role.OWNER, "north"),), by="test")
    cloud.security.watch.raise_finding("nora", Suspicion(Kind.HOUR, Severity.INFO, "late"))
    key, _ = people.make_key("of-north", (Grant(Role.OWNER, "north"),), by="test")
    asked = {"fleet": "north", "vehicle": "van-7", "text": "show me the speed"}
    begin(cloud, None, "van-7", "van-10", first=1)
    talk = ask(app, f"{V1}/chat", method="POST", body=asked).json()["conversation"]
    return {"BOOKING": booking, "KEY": key.id, "TALK": talk, "BUNDLE": add(cloud).id}


def take_cases_on(cloud: Cloud) -> None:
    """Case 1 is asked, 2 is offered times, 3 is booked and has work order 1."""
    cloud.take(*(Speaker(f"van-{n}").say(says.alert(1), 1) for n in (8, 9)))
    cloud.workflow.runner.round()
    answers = cloud.workflow.service.answer
    answers(2, OwnersAnswer(Answer.YES, "test"))
    answers(3, OwnersAnswer(Answer.YES, "test", choose_for_me=True))
    cloud.workflow.runner.round()
    states = {state: number for state, number in cloud.workflow.service.open_cases().items() if number}
    assert states == {"asked": 1, "offered": 1, "booked": 1}
    assert cloud.workflow.service.case(2)[0].sequence == 6


def claim_for(cloud: Cloud) -> None:
    """Orders 2 to 4 are done; claim 1 is a draft about 3, claim 2 is submitted about 4."""
    van = Speaker("van-10")
    cloud.take(van.say(says.alert(1), 1))
    [incident] = cloud.alerts.incidents(IncidentFilter(vehicle="van-10"), Window()).items
    work = catalogue().find("inspection", "cooling")
    for hour in (78, 98, 102):
        booking = cloud.appointments.hold(f"{hour} h", job("van-10"), "mitte", hours_after(hour), by="test")
        cloud.appointments.confirm(booking.id, by="test")
        new = NewOrder(booking.id, incident.number, van.address, "cooling", work, None)
        order = cloud.orders.open(new, by="test")
        cloud.orders.complete(order.number, Report(Outcome.REPAIRED), by="test")
    for order_number in (3, 4):
        cloud.warranty.make(NewClaim(order_number, Statement(says.minute(1))), by="test")
    cloud.warranty.submit(2, by="test")


@pytest.fixture(scope="module")
def empty() -> Iterator[House]:
    """Nothing of fleet north was ever heard here."""
    with house(furnished=False) as built:
        yield built


@pytest.fixture(scope="module")
def full() -> Iterator[House]:
    """Fleet north lives here."""
    with house(furnished=True) as built:
        yield built


def test_every_route_is_a_door_below_or_open(empty: House) -> None:
    described = ask(empty.app, f"{V1}/openapi.json").json()["paths"]
    paths = {(method.upper(), path) for path, methods in described.items() for method in methods if path not in OWN}
    doors = {(method, f"{V1}{path}") for method, path in DOORS}
    assert {(method, path) for method, path in paths if path not in OPEN} == doors


@EVERY_DOOR
def test_a_role_opens_what_the_matrix_says_and_nothing_else(door: tuple[str, str], full: House) -> None:
    for role in Role:
        if DOORS[door].permission not in MATRIX[role]:
            assert full.knock(door, token=full.tokens["north", role]).status_code == 403, role
            continue
        with nullcontext(full) if door[0] == "GET" else house(furnished=True) as knocked:
            answer = knocked.knock(door, token=knocked.tokens["north", role])
        is_through = answer.is_success or "there is no learned model here" in answer.text
        assert is_through, (role, answer.text)


@EVERY_DOOR
def test_a_stranger_gets_nothing(door: tuple[str, str], empty: House) -> None:
    for token in (None, "", "not-a-token-of-ours", "ttk_0_0", "ttk_"):
        answer = empty.knock(door, token=token)
        assert (answer.status_code, answer.json()["title"]) == (401, "Who are you?")


@EVERY_DOOR
def test_to_another_fleet_it_is_as_if_this_one_were_not_there(door: tuple[str, str], full: House, empty: House) -> None:
    for role in set(Role) - {Role.ADMIN}:
        told, untold = (one.knock(door, token=one.tokens["south", role]) for one in (full, empty))
        names = dict(zip(full.names.values(), empty.names.values(), strict=True))
        text = told.text
        for name, nothing in names.items():
            text = text.replace(name, nothing)
        assert (told.status_code, text) == (untold.status_code, untold.text), role


def test_metrics_are_for_whoever_may_see_operations(full: House) -> None:
    for role in Role:
        status = ask(full.app, "/metrics", token=full.tokens["north", role]).status_code
        assert status == (200 if role is Role.ADMIN else 403)


def test_everybody_known_may_ask_who_they_are(full: House) -> None:
    me = ask(full.app, f"{V1}/me", token=full.tokens["south", Role.TECHNICIAN]).json()
    assert (me["name"], me["kind"]) == ("key/south-technician", "key")
    assert set(me["may"]) == MATRIX[Role.TECHNICIAN]
    assert me["may"]["work"] == {"everywhere": False, "fleets": ["south"]}


def test_a_route_that_asks_nobody_does_not_get_in() -> None:
    careless = APIRouter()
    careless.add_api_route("/everything", lambda: "all of it")
    with pytest.raises(TypeError, match="does not ask who is there"):
        guarded(careless)


def test_the_matrix_in_the_readme_is_the_code_s() -> None:
    assert matrix_table() in (ROOT / "cloud" / "security" / "README.md").read_text()
