"""From a work order in the cloud through a real broker to the mode that the vehicle is in."""

import random
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from cloud.config import broker_target
from cloud.inbox.desired import DesiredStates
from cloud.inbox.link import Link as Inbox
from cloud.scheduling.work_order import Outcome, Report
from cloud.scheduling.work_orders import NewOrder
from cloud.scheduling.works import catalogue
from edge.link import Broker
from edge.modes import Modes, Surroundings, Week
from edge.outbox import Outbox
from edge.wanted import Wanted
from edge.wire.topics import Address
from tests.brokers import Mosquitto
from tests.integration.link.running import RunningLink
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.test_desired import desired_of
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, centre, hours_after, job
from tests.unit.outbox.postings import ADDRESS

CAR = Speaker(ADDRESS.vehicle, ADDRESS.fleet)


@contextmanager
def inbox(cloud: Cloud, mosquitto: Mosquitto) -> Iterator[None]:
    """The cloud's side of the broker."""
    link = Inbox(
        broker_target(mosquitto.url, ca_file=None),
        cloud.intake.take,
        client_id=f"cloud-{secrets.token_hex(4)}",
        tls=None,
        now=lambda: cloud.now + timedelta(seconds=next(ticks)),
        uniform=random.uniform,
        on_change=lambda _: None,
        says=(DesiredStates(desired_of(cloud)),),
    )
    ticks = iter(range(1_000_000))
    thread = threading.Thread(target=link.run)
    thread.start()
    try:
        yield
    finally:
        link.stop()
        thread.join(20)
        link.close()


def order_of(cloud: Cloud) -> int:
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(), by="ada")
    cloud.take(CAR.say(says.alert(1), 1))
    booking = cloud.appointments.hold("a wish of mine", job(address=CAR.address), "mitte", hours_after(2), by="ada")
    cloud.appointments.confirm(booking.id, by="ada")
    work = catalogue().find("water_pump_replacement", "cooling")
    return cloud.orders.open(NewOrder(booking.id, 1, CAR.address, "cooling", work, None), by="ada").number


def in_workshop(wanted: Wanted, after_h: float = 0.5) -> bool:
    """Whether the vehicle is in workshop mode, so long after Monday morning."""
    at = int(hours_after(after_h).timestamp()) * 1_000_000_000
    until = wanted.order_until(at, ahead_ns=0, clock_is_right=True)
    return Modes().looked(at, Surroundings(order_until=until), Week()).workshop


def test_an_order_in_work_brings_workshop_mode_and_takes_it_away(
    tmp_path: Path, mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    car, again, other = Wanted(), Wanted(), Wanted()
    with open_cloud(tmp_path) as cloud:
        number = order_of(cloud)
        with (
            inbox(cloud, mosquitto),
            RunningLink(outbox, broker, client_id="other", address=Address("fleet-1", "car-2"), on_desired=other),
        ):
            with RunningLink(outbox, broker, on_desired=car) as running:
                cloud.orders.start(number, by="anna")
                running.wait_until(lambda: in_workshop(car))
                assert not in_workshop(car, 10.0)
            with RunningLink(outbox, broker, on_desired=again) as running:
                running.wait_until(lambda: in_workshop(again))
                cloud.orders.complete(number, Report(Outcome.NOT_FOUND), by="anna")
                running.wait_until(lambda: again.counters["taken"] == 2)
                assert not in_workshop(again)
            assert other.counters == {}
