"""The same with the real cloud at the other end: what is in its database is what was put, once."""

import base64
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.link import Broker
from edge.outbox import Limits
from edge.wire.codec import decode
from edge.wire.downlink import ACK_RANGES_MAX
from edge.wire.topics import Kind
from tests.brokers import Mosquitto
from tests.integration.cloud.service import Service, serving
from tests.integration.link.running import BRISK, RunningLink
from tests.unit.outbox.postings import alert, any_of, numbers, open_outbox, summary, telemetry


def listed(service: Service, path: str) -> list[dict[str, Any]]:
    """Every item of a listing, page after page."""
    page = service.get(f"/api/v1/{path}?limit=200")
    items: list[dict[str, Any]] = page["items"]
    while page["after"]:
        page = service.get(f"/api/v1/{path}?limit=200&after={page['after']}")
        items += page["items"]
    return items


def alert_numbers(service: Service) -> list[int]:
    return sorted(int(item["id"], 16) for item in listed(service, "alerts"))


def test_broker_and_cloud_are_killed_and_everything_is_stored_once(
    tmp_path: Path, mosquitto: Mosquitto, broker: Broker
) -> None:
    with (
        serving(tmp_path, "--broker", mosquitto.url) as cloud,
        closing(open_outbox(tmp_path / "edge.db")) as outbox,
        RunningLink(outbox, broker) as running,
    ):
        outbox.put([*(alert(n) for n in range(150)), *(summary(n) for n in range(30)), telemetry(1, size=5000)])
        running.link.wake()
        mosquitto.kill()
        outbox.put([alert(n) for n in range(150, 300)])
        mosquitto.start()
        cloud.kill()
        outbox.put([alert(n) for n in range(300, 350)])
        running.link.wake()
        cloud.start()
        assert running.drained()
        assert alert_numbers(cloud) == list(range(350))
        assert len(listed(cloud, "summaries")) == 30
        assert cloud.get("/api/v1/counters")["messages_new"] == 350 + 30 + 1


def test_a_backlog_of_many_kinds_leaves_no_hole_and_no_wait(
    tmp_path: Path, mosquitto: Mosquitto, broker: Broker
) -> None:
    """Summaries go before positions, so that more numbers stand alone than an acknowledgement can name. Who had to wait
    for what is sent again would not be done in time, however slow the machine."""
    waiting = [any_of(kind, n) for n in range(ACK_RANGES_MAX + 100) for kind in (Kind.POSITION, Kind.SUMMARY)]
    with (
        serving(tmp_path, "--broker", mosquitto.url) as cloud,
        closing(open_outbox(tmp_path / "edge.db")) as outbox,
    ):
        outbox.put([*waiting, *(telemetry(n) for n in range(20))])
        with RunningLink(outbox, broker, pace=replace(BRISK, resend_s=600.0, resend_max_s=600.0)) as running:
            assert running.drained(200.0)
            assert "resent.record" not in running.link.counters()
        assert cloud.get("/api/v1/counters")["messages_new"] == len(waiting) + 20


def test_what_an_outage_cost_is_listed_among_the_gaps(tmp_path: Path, mosquitto: Mosquitto, broker: Broker) -> None:
    limits = Limits(messages=20)
    with (
        serving(tmp_path, "--broker", mosquitto.url) as cloud,
        closing(open_outbox(tmp_path / "edge.db", limits=limits)) as outbox,
    ):
        outbox.put([*(summary(n) for n in range(30)), *(alert(n) for n in range(5))])
        with RunningLink(outbox, broker) as running:
            assert running.drained()
        [gap] = listed(cloud, "gaps")
        assert (gap["first"], gap["last"], gap["cause"]) == (1, 15, "evicted")
        assert gap["stream"].startswith("record-")
        assert len(listed(cloud, "summaries")) == 15


def test_two_copies_of_a_card_lose_nothing_of_each_other(tmp_path: Path, mosquitto: Mosquitto, broker: Broker) -> None:
    """A card is copied with messages waiting on it; then each copy has its own to tell, under the same numbers."""
    first_path, second_path = tmp_path / "first.db", tmp_path / "second.db"
    with closing(open_outbox(first_path)) as first:
        first.put([alert(n) for n in range(10)])
    shutil.copy(first_path, second_path)
    with (
        serving(tmp_path, "--broker", mosquitto.url) as cloud,
        closing(open_outbox(first_path, start=1000)) as first,
        closing(open_outbox(second_path, start=2000)) as second,
    ):
        for outbox, new in ((first, range(100, 110)), (second, range(200, 215)), (first, range(300, 320))):
            outbox.put([alert(n) for n in new])
            with RunningLink(outbox, broker, client_id=outbox.client_id) as running:
                assert running.drained()
        assert (first.counters()["renewed.alert"], second.counters()["renewed.alert"]) == (1, 1)
        stored = set(alert_numbers(cloud))
        everything = {*range(10), *range(100, 110), *range(200, 215), *range(300, 320)}
        assert stored | quarantined_numbers(cloud) == everything
        assert everything - stored <= set(range(200, 210)), "what used a number before anybody knew of two cards"


def quarantined_numbers(service: Service) -> set[int]:
    """The alerts that were set aside because their number was another's."""
    found = [service.get(f"/api/v1/quarantine/{item['id']}") for item in listed(service, "quarantine")]
    assert {item["reason"] for item in found} == {"seq_reused"}
    return set(numbers(decode(item["topic"], base64.b64decode(item["payload"])) for item in found))
