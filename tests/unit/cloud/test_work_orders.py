"""Work: which a cause needs, and what becomes of an order."""

import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alerts.handling import IncidentFilter, Step
from cloud.errors import ConfigError, Conflict, NotFound, Refused
from cloud.pages import Window
from cloud.scheduling.cells import CELL
from cloud.scheduling.model import Bay, Technician
from cloud.scheduling.work_order import (
    NO_FAULT,
    OVER,
    Label,
    OrderFilter,
    OrderState,
    Outcome,
    Report,
    WorkOrder,
    label_of,
)
from cloud.scheduling.work_order_store import work_orders
from cloud.scheduling.work_orders import NewOrder
from cloud.scheduling.works import INSPECTION, catalogue, read_works
from tests.shared import ROOT
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, centre, hours_after, job, week

VAN = Speaker()
REPAIRED = Report(Outcome.REPAIRED, ("Shaft leaks",), "water_pump_worn", ("water_pump",))
NAMES = st.sampled_from(["water_pump_worn", "fan_stuck"])
REPORTS = st.builds(
    Report, st.sampled_from(Outcome), st.just(()), st.none() | NAMES | st.just(NO_FAULT), st.sampled_from([(), ("x",)])
)
SHOP = {kind: Technician(kind, frozenset({kind}), week()) for kind in (
    "cooling", "electrical", "engine", "tyres", "brakes", "high_voltage",
)}  # fmt: skip


@contextmanager
def at_work() -> Iterator[tuple[Cloud, WorkOrder]]:
    """A cloud with the order of a booking."""
    with open_cloud() as cloud:
        cloud.now = MONDAY
        cloud.scheduling.put_centre(centre(), by="ada")
        cloud.take(VAN.say(says.alert(1), 1), VAN.say(says.alert(2).model_copy(update={"rule": "coolant_low"}), 2))
        yield cloud, opened(cloud)


def opened(cloud: Cloud) -> WorkOrder:
    booking = cloud.appointments.hold("a wish of mine", job(), "mitte", hours_after(2), by="ada")
    cloud.appointments.confirm(booking.id, by="ada")
    work = catalogue().find("water_pump_replacement", "cooling")
    return cloud.orders.open(NewOrder(booking.id, 1, VAN.address, "cooling", work, "water_pump_worn"), by="agent/work")


@pytest.mark.parametrize("kind", catalogue().kinds())
def test_every_kind_of_work_can_be_done_by_somebody(cloud: Cloud, kind: str) -> None:
    work = catalogue().find(kind, "cooling").work
    assert work.minutes * 60 % CELL.seconds == 0
    cloud.now = MONDAY
    parts = dict.fromkeys(work.parts, 0.0)
    bays = (Bay("1", frozenset({"lift", "high_voltage"})),)
    cloud.scheduling.put_centre(centre(technicians=tuple(SHOP.values()), bays=bays, lead_time_h=parts), by="ada")
    assert cloud.scheduling.offers(job(work=work))


def test_what_nobody_knows_is_an_inspection_by_whom_the_component_needs() -> None:
    for kind in (None, "exorcism"):
        found = catalogue().find(kind, "cooling")
        assert (found.kind, found.work.skills, found.work.parts) == (INSPECTION, frozenset({"cooling"}), frozenset())
    assert catalogue().find(None, "glove_box").work.skills == set()


def test_whatever_is_diagnosed_here_is_inspected_by_somebody_who_knows_it() -> None:
    knowledge = [tomllib.loads(file.read_text()) for file in (ROOT / "cloud" / "health" / "knowledge").glob("*.toml")]
    components = {system["component"] for system in knowledge}
    assert "traction_battery" in components, "where anybody else is in danger"
    assert [one for one in components if not catalogue().find(None, one).work.skills] == []


INSPECTED = '[inspection]\ntitle = "Look"\nminutes = 60\n'


@pytest.mark.parametrize(
    ("text", "says_so"),
    [
        ("", "inspection: there is no such kind of work"),
        ("[", "cannot be read"),
        (INSPECTED + '[a]\ntitle = "A"\nminutes = 5\nskills = ["x"]', r"a\.minutes"),
        (INSPECTED + '[a]\ntitle = "A"\nminutes = 60\nskills = ["x"]\ncolour = 1', r"a\.colour"),
        (INSPECTED + '[a]\ntitle = "A"\nminutes = 60\nskills = ["x", "x"]', "a name twice"),
        (INSPECTED + '[a]\ntitle = "A"\nminutes = 60', r"a\.skills: nobody is named"),
        (INSPECTED + '[a]\ntitle = "A"\nminutes = 60\nskills = ["x"]\nparts_value_eur = 2.0', "a value without parts"),
    ],
)
def test_a_catalogue_that_cannot_be_used_says_where(tmp_path: Path, text: str, says_so: str) -> None:
    file = tmp_path / "works.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=says_so):
        read_works(file)


def test_repaired_closes_the_alerts_and_resets_the_component() -> None:
    with at_work() as (cloud, order):
        started = cloud.orders.start(order.number, 0, by="anna")
        assert (started.state, started.started_at) == (OrderState.IN_WORK, MONDAY)
        done = cloud.orders.complete(order.number, REPAIRED, 1, by="anna")
        assert (done.state, done.label, done.report) == (OrderState.DONE, Label.RIGHT, REPAIRED)
        assert cloud.orders.order(order.number) == done == cloud.orders.complete(order.number, REPAIRED, 1, by="anna")
        assert cloud.serviced == [(VAN.address, "cooling")]
        [incident] = cloud.alerts.incidents(IncidentFilter(), Window()).items
        assert incident.closed_at == MONDAY
        for n in (1, 2):
            handling = cloud.alerts.alert(VAN.address, f"{n:032x}").handled.handling
            assert (handling.step, handling.by, handling.note) == (Step.REPAIRED, "anna", "work order 1")


def test_what_is_not_repaired_leaves_the_alerts_open() -> None:
    with at_work() as (cloud, order):
        done = cloud.orders.complete(order.number, Report(Outcome.NOT_REPAIRED, found_cause="fan_stuck"), by="anna")
        assert (done.state, done.label) == (OrderState.NOT_DONE, Label.OTHER_CAUSE)
        assert cloud.serviced == []
        assert cloud.alerts.open_incidents() == 1


def test_a_repair_and_what_follows_are_there_together_or_not_at_all() -> None:
    with at_work() as (cloud, order):
        cloud.orders._serviced = lambda *_: (_ for _ in ()).throw(RuntimeError("health is broken"))
        with pytest.raises(RuntimeError):
            cloud.orders.complete(order.number, REPAIRED, by="anna")
        assert cloud.orders.order(order.number) == order
        assert cloud.alerts.open_incidents() == 1


def test_one_order_of_a_booking() -> None:
    with at_work() as (cloud, order):
        again = NewOrder(order.booking, 1, VAN.address, "cooling", catalogue().find(None, "cooling"), None)
        assert cloud.orders.open(again, by="agent/work") == order
        assert len(cloud.rows(work_orders)) == 1


def test_the_second_of_two_people_is_told() -> None:
    with at_work() as (cloud, order):
        cloud.orders.start(order.number, 0, by="anna")
        with pytest.raises(Conflict, match="changed meanwhile, it is in_work now"):
            cloud.orders.complete(order.number, REPAIRED, 0, by="otto")
        cloud.orders.complete(order.number, REPAIRED, 1, by="anna")
        with pytest.raises(Conflict, match="is done already"):
            cloud.orders.complete(order.number, Report(Outcome.NOT_FOUND), by="otto")
        with pytest.raises(Conflict, match="is done already"):
            cloud.orders.start(order.number, by="otto")
        assert cloud.orders.cancel(order.number, "late", by="otto").state is OrderState.DONE
        with pytest.raises(NotFound):
            cloud.orders.order(99)


def test_orders_are_listed_by_fleet_and_state() -> None:
    with at_work() as (cloud, order):
        assert cloud.orders.orders(OrderFilter(state=OrderState.OPENED), Window()).items == [order]
        assert cloud.orders.orders(OrderFilter(fleet="south"), Window()).items == []
        assert cloud.orders.orders(OrderFilter(within=frozenset()), Window()).items == []


def order(diagnosed: str | None = "water_pump_worn") -> WorkOrder:
    return WorkOrder(
        1, "b" * 32, 1, VAN.address, "cooling", "inspection", "Look", diagnosed, OrderState.OPENED, 0, None, None, "",
        MONDAY, None, None,
    )  # fmt: skip


@given(REPORTS, st.none() | NAMES)
def test_a_report_labels_the_prediction_or_contradicts_itself(report: Report, diagnosed: str | None) -> None:
    try:
        done = order(diagnosed).complete(report, MONDAY)
    except Refused:
        assert report.found_cause == NO_FAULT or report.outcome is Outcome.NOT_FOUND
        return
    assert done.state is (OrderState.DONE if report.outcome is Outcome.REPAIRED else OrderState.NOT_DONE)
    assert done.label is label_of(diagnosed, report)
    assert (done.label is Label.NO_VERDICT) == (diagnosed is None)
    assert (done.label is Label.RIGHT) == (
        diagnosed is not None and report.found_cause == diagnosed and report.outcome is not Outcome.NOT_FOUND
    )


@given(st.lists(st.sampled_from(["start", "complete", "cancel"]), max_size=5))
def test_what_is_over_stays_as_it_ended(acts: list[str]) -> None:
    now = order()
    does: dict[str, Callable[[WorkOrder], WorkOrder]] = {
        "start": lambda one: one.start(MONDAY),
        "complete": lambda one: one.complete(REPAIRED, MONDAY),
        "cancel": lambda one: one.cancel("sold", MONDAY),
    }
    for act in acts:
        before = now
        try:
            now = does[act](before)
        except Conflict:
            assert before.state in OVER
        if before.is_over:
            assert now == before
        assert now.sequence - before.sequence == (now != before)
