"""Alerts live on in the cloud: one open of a kind, every step with its reason, incidents that follow."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloud.alerts.handling import (
    CLOSED_BY_PEOPLE,
    REOPENS_WITHIN,
    Handling,
    HandlingState,
    IncidentFilter,
    Step,
    begun,
    history,
    superseded,
)
from cloud.alerts.handling_store import handling_steps, handlings, incidents
from cloud.alerts.service import HandledAlert
from cloud.api.bounds import BODY_BYTES_MAX
from cloud.api.server import V1
from cloud.database import Database, _alembic
from cloud.errors import Conflict, NotFound, UpstreamDown
from cloud.fleet.service import FleetService, FleetSettings
from cloud.inbox.intake import Intake
from cloud.pages import Window
from edge.wire import messages
from edge.wire.messages import AlertState
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import SETTINGS, TOKEN, Cloud, alerts_on, open_cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import T0, Speaker, minute

VAN = Speaker()
RESOLVED = AlertState.RESOLVED
FIRST = f"{1:032x}"
PATH = f"/alerts/north/van-7/{FIRST}"


def told(
    n: int, *, begins: float, ends: float | None = None, rule: str = "coolant_hot", workshop: bool = False
) -> messages.Alert:
    """Alert `n` of the van, by minutes of its clock."""
    return says.alert(n, AlertState.FIRING if ends is None else RESOLVED).model_copy(
        update={
            "rule": rule,
            "started_at": minute(begins),
            "since_at": minute(begins),
            "ended_at": None if ends is None else minute(ends),
            "workshop": workshop,
        }
    )


def handled(cloud: Cloud, n: int = 1) -> HandledAlert:
    return cloud.alerts.alert(VAN.address, f"{n:032x}").handled


def standing(cloud: Cloud, n: int = 1) -> tuple[HandlingState, Step]:
    handling = handled(cloud, n).handling
    return handling.state, handling.step


FIRING_NOW = begun(started_at=T0, before_ended_at=None, at=T0)
BACK = begun(started_at=T0, before_ended_at=T0, at=T0)
SEEN = FIRING_NOW.acknowledged(by="Ada", at=T0)


@pytest.mark.parametrize("handling", [FIRING_NOW, BACK])
def test_what_fires_can_be_acknowledged_once(handling: Handling) -> None:
    seen = handling.acknowledged(by="Ada", at=minute(1), note="called")
    assert seen == Handling(HandlingState.ACKNOWLEDGED, Step.SEEN, minute(1), "Ada", "called")
    assert seen.acknowledged(by="Bob", at=minute(2)) == seen


@pytest.mark.parametrize("handling", [FIRING_NOW, BACK, SEEN])
@pytest.mark.parametrize("step", sorted(CLOSED_BY_PEOPLE))
def test_people_close_for_a_reason_and_the_vehicle_does_not_undo_it(handling: Handling, step: Step) -> None:
    closed = handling.closed(step, by="Ada", at=minute(1))
    assert (closed.state, closed.step, closed.by) == (HandlingState.RESOLVED, step, "Ada")
    assert closed.closed(step, by="Bob", at=minute(2)) == closed
    assert closed.all_clear(minute(2)) == closed
    for other in CLOSED_BY_PEOPLE - {step}:
        with pytest.raises(Conflict, match=step):
            closed.closed(other, by="Bob", at=minute(2))


@pytest.mark.parametrize("over", [SEEN.all_clear(T0), superseded(T0), history(T0)])
def test_what_is_over_can_be_neither_acknowledged_nor_closed(over: Handling) -> None:
    with pytest.raises(Conflict, match="over"):
        over.acknowledged(by="Ada", at=T0)
    with pytest.raises(Conflict, match="over"):
        over.closed(Step.REPAIRED, by="Ada", at=T0)
    assert over.all_clear(minute(1)) == over


@pytest.mark.parametrize("step", sorted(set(Step) - CLOSED_BY_PEOPLE))
def test_people_cannot_say_what_is_the_vehicles_word(step: Step) -> None:
    with pytest.raises(ValueError, match=step):
        FIRING_NOW.closed(step, by="Ada", at=T0)


@pytest.mark.parametrize(
    ("pause", "state", "step"),
    [
        (None, HandlingState.FIRING, Step.BEGAN),
        (timedelta(0), HandlingState.REOPENED, Step.CAME_BACK),
        (REOPENS_WITHIN, HandlingState.REOPENED, Step.CAME_BACK),
        (REOPENS_WITHIN + timedelta(seconds=1), HandlingState.FIRING, Step.BEGAN),
    ],
)
def test_the_same_trouble_soon_again_is_reopened(pause: timedelta | None, state: HandlingState, step: Step) -> None:
    ended_at = None if pause is None else minute(9) - pause
    assert begun(started_at=minute(9), before_ended_at=ended_at, at=T0) == Handling(state, step, T0)


def test_a_life_with_its_steps(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1, received_at=minute(2)))
    cloud.now = minute(3)
    cloud.alerts.acknowledge(VAN.address, FIRST, by="Ada", note="The driver has been called")
    cloud.take(VAN.say(told(1, begins=1, ends=5), 2, received_at=minute(6)))
    whole = cloud.alerts.alert(VAN.address, FIRST)
    assert whole.steps == [
        Handling(HandlingState.FIRING, Step.BEGAN, minute(2)),
        Handling(HandlingState.ACKNOWLEDGED, Step.SEEN, minute(3), "Ada", "The driver has been called"),
        Handling(HandlingState.RESOLVED, Step.ALL_CLEAR, minute(6)),
    ]
    assert whole.handled.handling == whole.steps[-1]
    incident, alerts = cloud.alerts.incident(whole.handled.incident or 0)
    assert (incident.opened_at, incident.closed_at, incident.reopened) == (minute(2), minute(6), 0)
    assert alerts == [whole.handled]


def test_an_alert_that_comes_back_reopens_its_incident(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1), VAN.say(told(1, begins=1, ends=5), 2), VAN.say(told(2, begins=20), 3))
    assert standing(cloud, 2) == (HandlingState.REOPENED, Step.CAME_BACK)
    assert handled(cloud, 1).incident == handled(cloud, 2).incident
    [incident] = cloud.alerts.incidents(IncidentFilter(is_open=True), Window()).items
    assert incident.reopened == 1
    cloud.take(VAN.say(told(2, begins=20, ends=21), 4), VAN.say(told(3, begins=21 + 61), 5))
    assert standing(cloud, 3) == (HandlingState.FIRING, Step.BEGAN)
    assert handled(cloud, 3).incident != incident.number


def test_two_alerts_of_one_component_are_one_incident_until_the_last_is_over(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1), VAN.say(told(2, begins=2, rule="coolant_low"), 2))
    assert handled(cloud, 1).incident == handled(cloud, 2).incident
    cloud.take(VAN.say(told(1, begins=1, ends=3), 3))
    assert len(cloud.alerts.incidents(IncidentFilter(is_open=True), Window()).items) == 1
    cloud.alerts.close(VAN.address, f"{2:032x}", Step.REPAIRED, by="Ada")
    assert cloud.alerts.incidents(IncidentFilter(is_open=True), Window()).items == []
    assert len(cloud.alerts.incidents(IncidentFilter("north", "van-7", is_open=False), Window()).items) == 1
    assert cloud.alerts.incidents(IncidentFilter(fleet="south"), Window()).items == []


def test_an_end_that_was_never_told_is_superseded_in_either_order(cloud: Cloud) -> None:
    bus = Speaker("bus-1")
    cloud.take(VAN.say(told(1, begins=1), 1), VAN.say(told(2, begins=20), 2))
    cloud.take(bus.say(told(2, begins=20), 1), bus.say(told(1, begins=1), 2))
    for speaker in (VAN, bus):
        older, newer = (cloud.alerts.alert(speaker.address, f"{n:032x}").handled for n in (1, 2))
        assert older.handling.step is Step.SUPERSEDED
        assert newer.handling.is_open


def test_what_was_over_when_it_was_heard_of_is_history_and_wakes_no_incident(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1, ends=5), 1))
    assert standing(cloud) == (HandlingState.RESOLVED, Step.HISTORY)
    assert handled(cloud).incident is None
    cloud.take(VAN.say(told(1, begins=1), 2))
    assert standing(cloud) == (HandlingState.RESOLVED, Step.HISTORY)
    assert cloud.rows(incidents) == []


def test_closed_by_a_person_it_stays_closed_until_the_vehicle_begins_another(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1))
    cloud.alerts.close(VAN.address, FIRST, Step.FALSE_ALARM, by="Ada")
    cloud.take(VAN.say(told(1, begins=1, ends=5), 2))
    assert standing(cloud) == (HandlingState.RESOLVED, Step.FALSE_ALARM)
    cloud.take(VAN.say(told(2, begins=7), 3))
    assert standing(cloud, 2) == (HandlingState.REOPENED, Step.CAME_BACK)


def test_a_message_that_comes_twice_is_one_step(cloud: Cloud) -> None:
    message = VAN.say(told(1, begins=1), 1)
    cloud.take(message, message)
    cloud.take(message, VAN.say(told(1, begins=1), 2, observed_at=minute(2)))
    assert len(cloud.rows(handling_steps)) == 1


def test_an_alert_that_nobody_told_of_cannot_be_handled(cloud: Cloud) -> None:
    with pytest.raises(NotFound, match="van-7"):
        cloud.alerts.acknowledge(VAN.address, FIRST, by="Ada")
    with pytest.raises(NotFound, match="17"):
        cloud.alerts.incident(17)


class Lives(RuleBasedStateMachine):
    """Whatever vehicles say and people do, in any order: what must hold does."""

    RULES = ("coolant_hot", "coolant_low")

    def __init__(self) -> None:
        super().__init__()
        self._opened = open_cloud()
        self.cloud = self._opened.__enter__()
        self.seq = count(1)
        self.known: dict[int, tuple[float, str]] = {}

    def teardown(self) -> None:
        self._opened.__exit__(None, None, None)

    @rule(n=st.integers(1, 5), begins=st.integers(1, 300), kind=st.sampled_from(RULES), workshop=st.booleans())
    def begins(self, n: int, begins: float, kind: str, workshop: bool) -> None:
        begins, kind = self.known.setdefault(n, (begins, kind))
        self.cloud.take(VAN.say(told(n, begins=begins, rule=kind, workshop=workshop), next(self.seq)))

    @rule(n=st.integers(1, 5), begins=st.integers(1, 300), kind=st.sampled_from(RULES), workshop=st.booleans())
    def ends(self, n: int, begins: float, kind: str, workshop: bool) -> None:
        begins, kind = self.known.setdefault(n, (begins, kind))
        self.cloud.take(VAN.say(told(n, begins=begins, ends=begins + 1, rule=kind, workshop=workshop), next(self.seq)))

    @precondition(lambda self: self.known)
    @rule(data=st.data(), step=st.sampled_from(sorted(CLOSED_BY_PEOPLE)), close=st.booleans())
    def somebody_acts(self, data: st.DataObject, step: Step, close: bool) -> None:
        n = data.draw(st.sampled_from(sorted(self.known)))
        before = handled(self.cloud, n).handling
        try:
            if close:
                self.cloud.alerts.close(VAN.address, f"{n:032x}", step, by="Ada")
            else:
                self.cloud.alerts.acknowledge(VAN.address, f"{n:032x}", by="Ada")
        except Conflict:
            assert not before.is_open

    @invariant()
    def at_most_one_of_a_kind_is_open(self) -> None:
        kinds = [row["rule"] for row in self.cloud.rows(handlings) if row["state"] != HandlingState.RESOLVED]
        assert len(kinds) == len(set(kinds))

    @invariant()
    def an_incident_is_open_while_one_of_its_alerts_is(self) -> None:
        in_use = {row["incident"] for row in self.cloud.rows(handlings) if row["state"] != HandlingState.RESOLVED}
        unclosed = {row["number"] for row in self.cloud.rows(incidents) if row["closed_at"] is None}
        assert in_use == unclosed
        assert len(unclosed) <= 1

    @invariant()
    def what_only_a_workshop_told_of_is_open_for_nobody(self) -> None:
        for n in self.known:
            one = handled(self.cloud, n)
            assert not one.alert.workshop or (one.incident is None and not one.handling.is_open)

    @invariant()
    def the_last_step_is_how_it_stands(self) -> None:
        for n in self.known:
            whole = self.cloud.alerts.alert(VAN.address, f"{n:032x}")
            assert whole.steps[-1] == whole.handled.handling


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


def insist(take: Callable[[], object]) -> None:
    """Give it again while another writer holds the database, as the inbox does."""
    for _ in range(100):
        with suppress(UpstreamDown):
            take()
            return
    raise AssertionError("the database was held for ever")


def test_one_alert_delivered_by_a_hundred_at_once_is_one_alert(tmp_path: Path) -> None:
    """Each with an inbox and connections of its own, as several clouds on one database would."""
    with open_cloud(tmp_path) as cloud:
        clouds = [Database(cloud.url) for _ in range(100)]

        def deliver(n: int) -> None:
            database = clouds[n]
            fleet = FleetService(database, FleetSettings(timedelta(minutes=3), 100), lambda: T0)
            intake = Intake(
                database,
                replace(cloud.features, fleet=fleet, alerts=alerts_on(database)),
                SETTINGS,
                lambda: T0,
            )
            # Another number each time: the receipts know nothing of it, only what the alert is.
            insist(lambda: intake.take([VAN.say(told(1, begins=1), n + 1)]))

        with ThreadPoolExecutor(100) as pool:
            list(pool.map(deliver, range(100)))
        for database in clouds:
            database.close()
        assert cloud.counts()["messages_new"] == 100
        assert [(row["state"], row["step"]) for row in cloud.rows(handlings)] == [("firing", "began")]
        assert len(cloud.rows(handling_steps)) == len(cloud.rows(incidents)) == 1


def test_the_database_itself_lets_only_one_of_a_kind_be_open(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1), VAN.say(told(2, begins=2, ends=3), 2))
    again = sa.update(handlings).values(state=HandlingState.FIRING)
    with pytest.raises(sa.exc.IntegrityError, match="UNIQUE"), cloud.database.transaction() as connection:
        connection.execute(again)


def test_people_act_over_http(cloud: Cloud) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1))
    app = api_of(cloud)

    def post(path: str, body: object) -> httpx.Response:
        return ask(app, f"{V1}{path}", method="POST", body=body)

    seen = post(f"{PATH}/acknowledge", {"note": "Called\nthe driver"})
    assert seen.status_code == 200
    number = seen.json()["incident"]
    assert seen.json()["handling"] == {
        "state": "acknowledged",
        "step": "seen",
        "at": "2026-11-21T08:00:00Z",
        "by": "bootstrap",
        "note": "Called\nthe driver",
    }
    assert ask(app, f"{V1}/incidents?open=true").json()["items"] == [
        {
            "number": number,
            "fleet": "north",
            "vehicle": "van-7",
            "component": "cooling",
            "opened_at": "2026-11-21T08:00:00Z",
            "closed_at": None,
            "reopened": 0,
        }
    ]
    assert post(f"{PATH}/close", {"reason": "repaired"}).json()["handling"]["state"] == "resolved"
    assert post(f"{PATH}/close", {"reason": "repaired"}).json()["handling"]["by"] == "bootstrap"
    for refused in (
        post(f"{PATH}/acknowledge", {}),
        post(f"{PATH}/close", {"reason": "accepted"}),
    ):
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:telltale:problem:conflict"
    one = ask(app, f"{V1}/incidents/{number}").json()
    assert one["closed_at"] == "2026-11-21T08:00:00Z"
    assert [alert["id"] for alert in one["alerts"]] == [FIRST]
    assert [step["step"] for step in ask(app, f"{V1}{PATH}").json()["steps"]] == ["began", "seen", "repaired"]


@pytest.mark.parametrize("token", [TOKEN, None])
def test_a_body_without_end_is_not_read_whoever_sends_it(cloud: Cloud, token: str | None) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1))
    path, note = f"{V1}{PATH}/acknowledge", "n" * BODY_BYTES_MAX
    answer = ask(api_of(cloud), path, method="POST", body={"note": note}, token=token)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert (answer.json()["type"], answer.json()["instance"]) == ("urn:telltale:problem:too-large", path)
    assert answer.headers["x-request-id"]
    assert standing(cloud) == (HandlingState.FIRING, Step.BEGAN)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("acknowledge", {"by": "somebody else"}),
        ("acknowledge", {"note": "n" * 2001}),
        ("acknowledge", {"note": "\x00"}),
        ("acknowledge", [1]),
        ("close", {}),
        ("close", {"reason": "all_clear"}),
    ],
)
def test_what_nobody_can_say_is_refused_and_changes_nothing(cloud: Cloud, action: str, body: object) -> None:
    cloud.take(VAN.say(told(1, begins=1), 1))
    answer = ask(api_of(cloud), f"{V1}{PATH}/{action}", method="POST", body=body)
    assert answer.status_code == 422
    assert standing(cloud) == (HandlingState.FIRING, Step.BEGAN)


def test_alerts_from_before_get_a_handling_that_follows_from_their_state(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/old.db")
    with database._engine.execution_options(telltale_writes=True).begin() as connection:
        command.upgrade(_alembic(connection), "0001")
        connection.execute(
            sa.text(
                "INSERT INTO vehicles (fleet, vehicle, first_seen_at, last_seen_at) VALUES ('north', 'van-7', :t, :t)"
            ),
            {"t": str(T0)[:26]},
        )
        for n, (name, begins, state) in enumerate(
            [
                ("hot", 1, "firing"),
                ("hot", 2, "firing"),
                ("hot", 3, "resolved"),
                ("low", 4, "firing"),
                ("old", 5, "resolved"),
            ]
        ):
            row = {"id": f"{n:032x}", "rule": name, "state": state, "t": minute(begins).isoformat(" ")[:19] + ".000000"}
            connection.execute(
                sa.text(
                    "INSERT INTO alerts VALUES ('north', 'van-7', :id, :rule, 'cooling', 'warning', 'watch', :state,"
                    " :t, NULL, :t, '', '', '', '{}', :t, 'synced')"
                ),
                row,
            )
    database.migrate()
    alerts = alerts_on(database)
    steps = [alerts.alert(VAN.address, f"{n:032x}").handled for n in range(5)]
    assert [one.handling.step for one in steps] == [
        Step.SUPERSEDED,
        Step.BEGAN,
        Step.ALL_CLEAR,
        Step.BEGAN,
        Step.ALL_CLEAR,
    ]
    [incident] = alerts.incidents(IncidentFilter(), Window()).items
    assert (incident.component, incident.opened_at, incident.closed_at) == ("cooling", minute(2), None)
    assert [one.incident for one in steps] == [None, incident.number, None, incident.number, None]
    database.close()
