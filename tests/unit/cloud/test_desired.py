"""What is wanted of a vehicle while somebody works on it, and how it is said."""

from datetime import UTC, datetime, timedelta

import pytest

from cloud.errors import Conflict
from cloud.fleet.desired import WORKSHOP_FOR, DesiredService
from cloud.fleet.model import Desired as Wanted
from cloud.inbox.desired import AT_ONCE_MAX, DesiredStates
from cloud.scheduling.work_order import Outcome, Report
from cloud.scheduling.work_orders import WorkOrderService
from edge.detect.ed25519 import fits
from edge.wanted import ORDER_NS
from edge.wire.bundles import Bundle, read_bundle
from edge.wire.campaigns import Campaigns, read_campaigns
from edge.wire.downlink import Desired, decode_down
from edge.wire.signed import DocumentKind, key_id, signed_text
from edge.wire.topics import Address
from tests.unit.cloud.services import Cloud, document_key, public_key
from tests.unit.cloud.test_work_orders import VAN, at_work
from tests.unit.cloud.vehicle import T0

OTHER = Address("north", "van-8")


def desired_of(cloud: Cloud) -> DesiredService:
    """What the cloud wants, told by its work orders from now on."""
    service = DesiredService(cloud.database, lambda: cloud.now)
    cloud.orders = WorkOrderService(
        cloud.database,
        cloud.security.audit,
        cloud.alerts,
        lambda: cloud.now,
        serviced=lambda *_: None,
        worked_on=service.worked_on,
    )
    return service


def everything(service: DesiredService) -> list[Wanted]:
    """What is wanted of all vehicles."""
    return service.wanted([address for address, _ in service.versions_since(None)])


def test_an_order_in_work_wants_workshop_mode_and_takes_it_away_at_once() -> None:
    with at_work() as (cloud, order):
        service = desired_of(cloud)
        assert everything(service) == []
        cloud.orders.start(order.number, by="anna")
        (wanted,) = everything(service)
        assert (wanted.address, wanted.version) == (VAN.address, int(cloud.now.timestamp()))
        assert wanted.state == {"workshop_until": (cloud.now + WORKSHOP_FOR).isoformat()}
        cloud.orders.start(order.number, by="anna")
        assert cloud.fleet.twin(VAN.address).desired == wanted
        cloud.orders.complete(order.number, Report(Outcome.NOT_FOUND), by="anna")
        (after,) = everything(service)
        assert (after.version, after.state) == (wanted.version + 1, {})


def test_an_order_that_was_never_in_work_wants_nothing() -> None:
    with at_work() as (cloud, order):
        service = desired_of(cloud)
        cloud.orders.cancel(order.number, "not needed", by="anna")
        assert everything(service) == []


def test_a_vehicle_believes_what_is_said_even_if_its_clock_is_an_hour_behind() -> None:
    assert WORKSHOP_FOR + timedelta(hours=1) < timedelta(microseconds=ORDER_NS // 1000)


def test_each_version_is_said_once_a_connection_retained_and_to_its_own_vehicle(cloud: Cloud) -> None:
    service = DesiredService(cloud.database, lambda: cloud.now)
    states = DesiredStates(service)
    assert states.due(cloud.now) == []
    with cloud.database.transaction() as connection:
        service.worked_on(connection, OTHER, is_worked_on=True)
    (said,) = states.due(cloud.now)
    assert said.retain
    assert said.topic == "telltale/v1/north/van-8/down/desired"
    assert decode_down(Desired, said.payload).version == int(cloud.now.timestamp())
    assert states.due(cloud.now) == []
    states.forget()
    assert states.due(cloud.now) == [said]


CAMPAIGNS = DocumentKind.CAMPAIGNS


def no_campaigns(version: int) -> Campaigns:
    return Campaigns(fleet="north", vehicle="van-8", version=version, campaigns=[])


def bundle(version: int) -> Bundle:
    return Bundle(fleet="north", vehicle="van-8", version=version, id=None)


def test_a_document_is_signed_for_its_vehicle_and_stays_beside_the_others(cloud: Cloud) -> None:
    service = DesiredService(cloud.database, lambda: cloud.now, document_key())
    with cloud.database.transaction() as connection:
        first = service.sign_for(connection, OTHER, CAMPAIGNS, no_campaigns)
        service.worked_on(connection, OTHER, is_worked_on=True)
        of_bundle = service.sign_for(connection, OTHER, DocumentKind.BUNDLE, bundle)
    (said,) = DesiredStates(service).due(cloud.now)
    told = decode_down(Desired, said.payload)
    assert set(told.state) == {"workshop_until"}
    assert told.version == int(cloud.now.timestamp()) + 2, "each change is a version of its own"
    campaigns, update = told.signed
    assert read_campaigns(campaigns.text) == no_campaigns(first)
    assert read_bundle(update.text) == bundle(of_bundle)
    for one in told.signed:
        key, signature = public_key(), bytes.fromhex(one.signature)
        assert fits(key, signature, signed_text(one.kind, one.text))
        assert not fits(key, signature, signed_text(one.kind, one.text + " "))
        assert one.key == key_id(key)


def test_versions_of_documents_grow_also_where_clock_or_database_go_back(cloud: Cloud) -> None:
    service = DesiredService(cloud.database, lambda: cloud.now, document_key())
    with cloud.database.transaction() as connection:
        versions = [service.sign_for(connection, OTHER, CAMPAIGNS, no_campaigns) for _ in range(3)]
        cloud.now -= timedelta(days=1)
        versions.append(service.sign_for(connection, OTHER, CAMPAIGNS, no_campaigns))
    assert versions == [int(T0.timestamp()) + n for n in range(4)]
    cloud.now += timedelta(days=2)
    restored = Address("north", "van-9")  # nothing of it is here any more
    with cloud.database.transaction() as connection:
        assert service.sign_for(connection, restored, CAMPAIGNS, no_campaigns) > max(versions)


def test_who_has_no_key_signs_nothing_and_says_how_to_get_one(cloud: Cloud) -> None:
    service = DesiredService(cloud.database, lambda: cloud.now)
    with cloud.database.transaction() as connection, pytest.raises(Conflict, match="authority --documents"):
        service.sign_for(connection, OTHER, CAMPAIGNS, no_campaigns)
    assert everything(service) == []


def test_many_are_said_bit_by_bit_and_all_of_them(cloud: Cloud) -> None:
    service = DesiredService(cloud.database, lambda: datetime(2020, 1, 1, tzinfo=UTC))
    states = DesiredStates(service)
    with cloud.database.transaction() as connection:
        for number in range(AT_ONCE_MAX + 1):
            service.worked_on(connection, Address("north", f"van-{number}"), is_worked_on=True)
    assert [len(states.due(cloud.now)) for _ in range(3)] == [AT_ONCE_MAX, 1, 0]
