"""A day's data over a metered network: what waits, what goes, what is told of it; with a real broker."""

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from edge.link import KEPT, Allowance, Broker, Budget
from edge.outbox import Outbox
from edge.wire.topics import Kind
from tests.brokers import Mosquitto
from tests.integration.link.acker import Acker
from tests.integration.link.running import BRISK, RunningLink
from tests.unit.outbox.postings import alert, any_of, open_outbox, summary, telemetry

DAY = 20_000
QUICK = replace(BRISK, look_s=0.05)
METERED = Allowance(bytes_a_day=100_000, metered=("lo",))


def budget(outbox: Outbox, allowance: Allowance = METERED, *, days: list[int] | None = None) -> Budget:
    told = days or [DAY]
    return Budget(allowance, monotonic=time.monotonic, utc_day=lambda: told[-1], kept=outbox.recall(KEPT))


def held(running: RunningLink) -> int:
    counters = running.link.counters()
    return counters["held.record"] + counters["held.bulk"]


def test_blocks_wait_then_records_and_a_new_day_brings_them(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    days = [DAY]
    allowance = budget(outbox, days=days)
    outbox.put([telemetry(number, size=15_000) for number in range(8)])
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker, pace=QUICK, budget=allowance) as running:
        running.wait_until(lambda: running.link.counters()["held.bulk"] == 4)
        cloud.wait_until(lambda: len(cloud.once()) == 4)
        outbox.put([summary(number) for number in range(200)])
        running.link.wake()
        running.wait_until(lambda: running.link.counters()["held.record"] > 0)
        outbox.put([alert(1), any_of(Kind.DTC, 1)])
        running.link.wake()
        cloud.wait_for_alerts([1])
        cloud.wait_until(lambda: any(up.body.kind is Kind.DTC for up in cloud.delivered))
        assert 60_000 < running.link.counters()["bytes_today"] < 110_000
        running.wait_until(lambda: held(running) == outbox.waiting_messages())
        assert held(running) > 50
        assert not running.drained(0.3)
        days.append(DAY + 1)
        cloud.wait_until(lambda: sum(up.body.kind is Kind.TELEMETRY for up in cloud.once().values()) > 4)
        while not running.drained(0.5):
            days.append(days[-1] + 1)
            assert days[-1] < DAY + 10
        assert len(cloud.once()) == 8 + 200 + 2
        assert running.link.counters()["held.bulk"] == 0


def test_what_was_spent_outlives_a_restart(mosquitto: Mosquitto, broker: Broker, tmp_path: Path) -> None:
    with closing(open_outbox(tmp_path / "kept.db")) as outbox, Acker(mosquitto.port) as cloud:
        outbox.put([telemetry(number, size=20_000) for number in range(3)])
        with RunningLink(outbox, broker, pace=QUICK, budget=budget(outbox)) as running:
            assert running.drained()
        assert len(cloud.once()) == 3
    with closing(open_outbox(tmp_path / "kept.db")) as outbox, Acker(mosquitto.port):
        again = budget(outbox)
        assert again.spent > 60_000
        outbox.put([telemetry(9, size=20_000)])
        with RunningLink(outbox, broker, pace=QUICK, budget=again) as running:
            running.wait_until(lambda: running.link.counters()["held.bulk"] == 1)


def test_over_a_network_that_is_not_metered_all_goes_and_nothing_counts(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    free = budget(outbox, Allowance(bytes_a_day=1000, metered=("wwan*",)))
    outbox.put([telemetry(number, size=20_000) for number in range(5)])
    with Acker(mosquitto.port), RunningLink(outbox, broker, pace=QUICK, budget=free) as running:
        assert running.drained()
        assert running.link.counters()["bytes_today"] == 0


def test_a_session_counts_what_the_kernel_says_it_costs(mosquitto: Mosquitto, broker: Broker, outbox: Outbox) -> None:
    """More than its payloads, by the handshake, acknowledgements and headers; and not twice."""
    counting = budget(outbox, Allowance(metered=("*",)))
    outbox.put([alert(number) for number in range(50)])
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker, pace=QUICK, budget=counting) as running:
        assert running.drained()
        payloads = sum(len(up.body.model_dump_json()) for up in cloud.once().values())
        running.wait_until(lambda: running.link.counters()["bytes_today"] > payloads)
    assert payloads < counting.spent < 3 * payloads
