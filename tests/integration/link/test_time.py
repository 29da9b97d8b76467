"""A box that boots in 1970: the cloud says what time it is, and what waits is told by it."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.link import Broker
from edge.outbox import Outbox, Posting
from edge.timekeeping import Timekeeping
from edge.wire.downlink import Ack
from edge.wire.envelope import Clock
from edge.wire.messages import Alert
from edge.wire.topics import Kind
from tests.brokers import Mosquitto
from tests.integration.cloud.service import serving
from tests.integration.link.acker import Acker
from tests.integration.link.running import BRISK, RunningLink
from tests.integration.link.test_with_the_cloud import listed
from tests.unit.outbox.postings import alert, any_of, open_outbox

PACE = replace(BRISK, ask_s=20.0)


class Box:
    """An outbox and clocks, of which the wall clock was never set."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.time = Timekeeping(outbox.correct, realtime_ns=lambda: 45_000_000_000, state=lambda: Clock.UNSYNCED)

    @property
    def is_wanted(self) -> bool:
        return self.time.is_wanted

    def ask(self) -> None:
        """As the daemon does."""
        self.put(any_of(Kind.HEALTH, 1))

    def heard(self, at: datetime, sent_s: float, received_s: float) -> None:
        self.time.heard(at, sent_s, received_s)

    def put(self, posting: Posting) -> None:
        """Something happens now."""
        now = self.time.now()
        body = posting.body
        if isinstance(body, Alert):
            body = body.model_copy(update={"started_at": now, "since_at": now})
        self.outbox.put([replace(posting, body=body, observed_at=now, clock=self.time.look().clock)])


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with closing(open_outbox(tmp_path / "edge.db")) as outbox:
        yield Box(outbox)


def test_alerts_of_1970_are_stored_at_their_time(
    tmp_path: Path, mosquitto: Mosquitto, broker: Broker, box: Box
) -> None:
    before = datetime.now(UTC)
    for n in range(200):
        box.put(alert(n))
    assert box.time.now().year == 1970
    with (
        serving(tmp_path, "--broker", mosquitto.url) as cloud,
        RunningLink(box.outbox, broker, timekeeper=box, pace=PACE) as running,
    ):
        assert running.drained()
        box.put(alert(200))
        running.link.wake()
        assert running.drained()
        alerts = listed(cloud, "alerts")
        assert len(alerts) == 201
        for one in alerts:
            started = datetime.fromisoformat(one["started_at"])
            assert before - timedelta(seconds=2) <= started <= datetime.now(UTC) + timedelta(seconds=2)
            assert cloud.get(f"/api/v1/alerts/fleet-1/car-1/{one['id']}")["clock"] == "corrected"
        assert box.outbox.counters()["corrected"] == 200


def test_nothing_but_the_question_goes_out_before_the_answer(mosquitto: Mosquitto, broker: Broker, box: Box) -> None:
    box.put(alert(1))
    held = threading.Event()

    def late(ack: Ack) -> list[Ack]:
        """The first answer is a lost one; the second, to the question sent again, tells."""
        if not held.is_set():
            held.set()
            return []
        return [ack.model_copy(update={"at": datetime.now(UTC)})]

    with (
        Acker(mosquitto.port, answer=late) as cloud,
        RunningLink(box.outbox, broker, timekeeper=box, pace=PACE) as link,
    ):
        assert link.drained()
        kinds = [uplink.kind for uplink in cloud.delivered]
    assert kinds == [Kind.HEALTH, Kind.HEALTH, Kind.ALERT]
    assert [uplink.clock for uplink in cloud.delivered] == [Clock.UNSYNCED] * 3
    assert [uplink.correction is not None for uplink in cloud.delivered] == [False, False, True]


def test_a_cloud_that_says_no_time_holds_nothing_up(mosquitto: Mosquitto, broker: Broker, box: Box) -> None:
    box.put(alert(1))
    with Acker(mosquitto.port) as cloud, RunningLink(box.outbox, broker, timekeeper=box, pace=PACE) as running:
        assert running.drained(10.0)
        assert [uplink.correction for uplink in cloud.delivered] == [None, None]
    assert box.is_wanted


def test_a_cloud_that_is_not_there_holds_the_rest_up_for_a_moment_only(
    mosquitto: Mosquitto, broker: Broker, box: Box
) -> None:
    box.put(alert(1))
    mute = replace(BRISK, ask_s=0.5)
    with (
        Acker(mosquitto.port, answer=lambda _: []) as cloud,
        RunningLink(box.outbox, broker, timekeeper=box, pace=mute) as _,
    ):
        cloud.wait_until(lambda: Kind.ALERT in {uplink.kind for uplink in cloud.delivered})
