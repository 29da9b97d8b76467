"""One suite for every broker: what a vehicle says is in the database once, and it is told so."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from cloud.alerts.store import alerts
from cloud.config import broker_target
from cloud.errors import UpstreamDown
from cloud.fleet.model import Presence, VehicleFilter
from cloud.inbox import aside_store
from cloud.inbox.intake import Reply
from cloud.inbox.model import Arrival
from cloud.pages import Window
from edge.wire.codec import JSON_BYTES_MAX
from edge.wire.downlink import Status, encode_down
from edge.wire.envelope import StreamClass
from edge.wire.errors import Reason
from tests.brokers import Mosquitto, mosquitto_binary
from tests.integration.cloud.embedded import running_embedded_broker
from tests.integration.cloud.running import running_link
from tests.integration.cloud.talker import Talker, by_seq, upto
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import T0, Speaker

VAN = Speaker()
ALERTS = VAN.stream(StreamClass.ALERT)
RECORDS = VAN.stream(StreamClass.RECORD)


@pytest.fixture(params=["embedded", "mosquitto"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a broker."""
    if request.param == "embedded":
        with running_embedded_broker() as url:
            yield url
        return
    if mosquitto_binary() is None:
        pytest.skip("mosquitto is not installed")
    with Mosquitto(tmp_path) as mosquitto:
        yield mosquitto.url


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with open_cloud() as opened:
        yield opened


def test_what_is_said_is_stored_and_acknowledged(broker: str, cloud: Cloud) -> None:
    with running_link(broker_target(broker), cloud.intake.take) as states, Talker(broker, VAN.address) as van:
        states.wait_for(lambda state: state.broker == "")
        van.say(*(VAN.say(says.alert(n), n) for n in range(1, 201)))
        van.wait_for(upto(ALERTS, 200), "an acknowledgement of 200 alerts")
        van.say(*(VAN.say(says.alert(n), n) for n in range(1, 201)), VAN.say(says.trip(), 1))
        van.wait_for(upto(RECORDS, 1), "an acknowledgement of what came behind the repeated")
    assert len(cloud.rows(alerts)) == 200
    counts = cloud.counts()
    assert (counts["messages_new"], counts["messages_repeated"], counts["notices"]) == (201, 200, 200)


def test_bad_messages_stop_nobody(broker: str, cloud: Cloud) -> None:
    topic = f"{VAN.address.base}/up/alert"
    bad = [
        Arrival(topic, b"\xff\x00", T0),
        Arrival(topic, b"", T0),
        Arrival(f"{VAN.address.base}/up/gossip", b"{}", T0),
        Arrival("telltale/v1/north/no name/up/alert", b"{}", T0),
        Arrival(topic, b" " * (JSON_BYTES_MAX + 1), T0),
        Arrival(VAN.address.status, b"?", T0),
    ]
    with running_link(broker_target(broker), cloud.intake.take) as states, Talker(broker, VAN.address) as van:
        states.wait_for(lambda state: state.broker == "")
        van.say(*bad, VAN.say(says.alert(), 1))
        van.wait_for(upto(ALERTS, 1), "an acknowledgement of the good one")
    held = {row["reason"] for row in cloud.rows(aside_store.quarantine)}
    assert held == {
        Reason.NOT_JSON,
        Reason.UNKNOWN_KIND,
        Reason.BAD_TOPIC,
        Reason.TOO_LARGE,
        Reason.BAD_BODY,
    }


def test_a_large_block_comes_through_whole(broker: str, cloud: Cloud) -> None:
    block = bytes(range(256)) * 2048  # 512 KiB
    message = VAN.say(says.telemetry(block), 1, block=block)
    with running_link(broker_target(broker), cloud.intake.take) as states, Talker(broker, VAN.address) as van:
        states.wait_for(lambda state: state.broker == "")
        van.say(message)
        van.wait_for(upto(VAN.stream(StreamClass.BULK), 1), "an acknowledgement of the block")
    assert [row["payload"] for row in cloud.rows(aside_store.shelf)] == [message.payload]


def test_a_message_without_a_promise_is_taken_too(broker: str, cloud: Cloud) -> None:
    with running_link(broker_target(broker), cloud.intake.take) as states, Talker(broker, VAN.address) as van:
        states.wait_for(lambda state: state.broker == "")
        van.say(VAN.say(says.alert(), 1), qos=0)
        van.wait_for(upto(ALERTS, 1), "an acknowledgement")


def test_a_number_that_is_used_twice_is_answered_with_renew(broker: str, cloud: Cloud) -> None:
    with running_link(broker_target(broker), cloud.intake.take) as states, Talker(broker, VAN.address) as van:
        states.wait_for(lambda state: state.broker == "")
        van.say(VAN.say(says.alert(1), 1))
        van.wait_for(upto(ALERTS, 1), "an acknowledgement")
        van.say(VAN.say(says.alert(2), 1))
        van.wait_for(lambda acks: acks[ALERTS].renew, "the order to begin a new stream")
    assert [int(row["id"], 16) for row in cloud.rows(alerts)] == [1]


def test_who_was_there_before_the_cloud_is_known_from_what_the_broker_kept(broker: str, cloud: Cloud) -> None:
    with Talker(broker, VAN.address) as van:
        van.say(Arrival(VAN.address.status, encode_down(Status(online=False)), T0), retain=True)
        with running_link(broker_target(broker), cloud.intake.take) as states:
            states.wait_for(lambda state: state.broker == "")
            van.say(Speaker("van-8").say(says.alert(), 1), VAN.say(says.summary(), 1))
            van.wait_for(upto(RECORDS, 1), "an acknowledgement")
            van.say(Arrival(VAN.address.status, encode_down(Status(online=False)), T0))
            van.say(VAN.say(says.summary(2), 2))
            van.wait_for(upto(RECORDS, 2), "an acknowledgement")
    vehicles = {vehicle.address.vehicle: vehicle for vehicle in cloud.fleet.vehicles(VehicleFilter(), Window()).items}
    assert set(vehicles) == {"van-7", "van-8"}
    assert cloud.fleet.presence(vehicles["van-8"]) is Presence.ONLINE


def test_nothing_is_acknowledged_while_the_database_is_away(broker: str, cloud: Cloud) -> None:
    failures = iter([UpstreamDown("database: disk full")] * 2)

    given: list[Sequence[Arrival]] = []

    def take(arrivals: Sequence[Arrival]) -> list[Reply]:
        given.append(arrivals)
        failure = next(failures, None)
        if failure is not None:
            raise failure
        return cloud.intake.take(arrivals)

    with running_link(broker_target(broker), take) as states, Talker(broker, VAN.address) as van:
        at = states.wait_for(lambda state: state.broker == "")
        van.say(*(VAN.say(says.alert(n), n) for n in range(1, 31)))
        at = states.wait_for(lambda state: state.database == "database: disk full", after=at - 1)
        states.wait_for(lambda state: state.database == "", after=at)
        van.say_until_stored(ALERTS, by_seq(VAN.say(says.alert(n), n) for n in range(1, 31)))
    assert given[0] == given[1] == given[2], "the same batch is tried until it is stored"
    assert len(cloud.rows(alerts)) == 30


def test_it_can_be_stopped_while_the_database_is_away(broker: str) -> None:
    def take(_: Sequence[Arrival]) -> list[Reply]:
        raise UpstreamDown("database: disk full")

    with running_link(broker_target(broker), take) as states, Talker(broker, VAN.address) as van:
        states.wait_for(lambda state: state.broker == "")
        van.say(VAN.say(says.alert(), 1))
        states.wait_for(lambda state: state.database != "")
