"""Outbox, link and a real broker: everything arrives, is acknowledged and forgotten, whatever happens in between."""

import logging
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from edge.link import Broker, Pace
from edge.outbox import Limits, Outbox
from edge.wire.downlink import Ack, Command, Desired, encode_down
from edge.wire.envelope import StreamClass
from edge.wire.messages import GapCause
from edge.wire.topics import Down, Kind
from tests.brokers import Mosquitto
from tests.integration.link.acker import Acker
from tests.integration.link.running import BRISK, RunningLink
from tests.unit.outbox.postings import ADDRESS, T0, alert, open_outbox, renewing, stream_of, summary, telemetry

ALERT, RECORD, BULK = StreamClass


def nothing(_: Ack) -> Iterable[Ack]:
    return []


def test_what_is_put_arrives_once_in_order_and_is_forgotten(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    outbox.put([*(alert(n) for n in range(250)), *(summary(n) for n in range(60)), telemetry(1, size=20_000)])
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker) as running:
        assert running.drained()
        outbox.put([alert(n) for n in range(250, 300)])
        running.link.wake()
        assert running.drained()
        assert outbox.is_empty()
        assert cloud.alerts() == list(range(300))
        assert len(cloud.once()) == 361
        counters = running.link.counters()
        assert (counters["sent.alert"], counters["sent.record"], counters["sent.bulk"]) == (300, 60, 1)


def test_alerts_overtake_what_waits_longer(mosquitto: Mosquitto, broker: Broker, outbox: Outbox) -> None:
    outbox.put([*(telemetry(n) for n in range(20)), *(summary(n) for n in range(80)), *(alert(n) for n in range(20))])
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker) as running:
        assert running.drained()
        kinds = [uplink.body.kind for uplink in cloud.delivered]
    assert kinds[:20] == [Kind.ALERT] * 20
    assert Kind.TELEMETRY not in kinds[20:70]


def test_presence_is_said_and_the_brokers_word_for_a_lost_vehicle_is_left(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    with Acker(mosquitto.port) as cloud:
        with RunningLink(outbox, broker):
            cloud.wait_until(lambda: cloud.online == [True])
        cloud.wait_until(lambda: cloud.online == [True, False])
        with RunningLink(outbox, broker, client_id="one"):
            cloud.wait_until(lambda: cloud.online[2:] == [True])
            with RunningLink(outbox, broker, client_id="one"):  # throws the first off: its will is published
                cloud.wait_until(lambda: False in cloud.online[3:])


def test_a_broker_that_is_absent_at_first_is_waited_for(
    tmp_path: Path, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge.link")
    mosquitto = Mosquitto(tmp_path)
    outbox.put([alert(1)])
    with (
        Acker(mosquitto.port, is_there=False) as cloud,
        RunningLink(outbox, Broker.of(mosquitto.url)) as running,
    ):
        assert not running.drained(0.5)
        assert "refused" in running.link.trouble
        with mosquitto:
            assert running.drained()
            assert running.link.trouble == ""
        assert cloud.alerts() == [1]
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "refused" in line]) == 1, "however often it was tried"
    assert len([line for line in lines if line.endswith(": up")]) == 1


def test_a_broker_killed_again_and_again_loses_nothing(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "edge.link")
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker) as running:
        for crash in range(3):
            first = crash * 100
            outbox.put([alert(n) for n in range(first, first + 50)])
            running.link.wake()
            cloud.wait_for_alerts(range(first, first + 10))
            mosquitto.kill()
            outbox.put([alert(n) for n in range(first + 50, first + 100)])
            running.link.wake()
            mosquitto.start()
        assert running.drained()
        assert sorted(cloud.alerts()) == list(range(300))
        assert running.link.counters()["losses"] == 3
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) <= 9, "one at each change"


def test_a_long_outage_at_the_limit_is_told_as_a_gap(mosquitto: Mosquitto, broker: Broker, tmp_path: Path) -> None:
    limits = Limits(messages=50)
    with closing(open_outbox(tmp_path / "small.db", limits=limits)) as outbox, Acker(mosquitto.port) as cloud:
        with RunningLink(outbox, broker) as running:
            outbox.put([telemetry(0), summary(0)])
            running.link.wake()
            assert running.drained()
            names = {uplink.body.kind: uplink.stream for uplink in cloud.delivered}
            mosquitto.kill()
            running.wait_until(lambda: running.link.trouble != "")
            for number in range(1, 31):
                outbox.put([telemetry(number), summary(number), summary(number + 100)])
            outbox.put([alert(number) for number in range(20)])
            mosquitto.start()
            assert running.drained()
        counters = outbox.counters()
        told = {(gap.stream, gap.cause): gap.ranges for gap in cloud.gaps()}
        assert told == {
            (names[Kind.TELEMETRY], GapCause.EVICTED): [(2, 31)],
            (names[Kind.SUMMARY], GapCause.EVICTED): [(2, 31)],
        }
        assert counters["lost.evicted.telemetry"] == 30
        assert counters["lost.evicted.summary"] == 30
        assert cloud.alerts() == list(range(20))


def test_without_the_clouds_word_no_more_than_the_window_is_sent(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    pace = Pace(alerts=7, records=3, blocks=2, resend_s=0.1, resend_max_s=0.1)
    outbox.put([posting for n in range(30) for posting in (alert(n), summary(n), telemetry(n))])
    with Acker(mosquitto.port, answer=nothing) as cloud, RunningLink(outbox, broker, pace=pace) as running:
        cloud.wait_until(lambda: len(cloud.delivered) >= 60)
        assert {place for place in cloud.once() if place[0].startswith("alert")} == {
            (stream_of(outbox, ALERT), seq) for seq in range(1, 8)
        }
        assert len(cloud.once()) == 12
        assert outbox.waiting_messages() == 90
        counters = running.link.counters()
        assert (counters["sent.alert"], counters["sent.record"], counters["sent.bulk"]) == (7, 3, 2)
        assert counters["resent.alert"] > 7


def test_lost_and_repeated_acknowledgements_cost_only_repetitions(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    said: list[Ack] = []

    def unreliable(ack: Ack) -> Iterable[Ack]:
        said.append(ack)
        return [] if len(said) % 3 else [ack, *said[:2], ack]

    outbox.put([alert(n) for n in range(50)])
    with Acker(mosquitto.port, answer=unreliable) as cloud, RunningLink(outbox, broker) as running:
        assert running.drained()
        assert cloud.alerts() == list(range(50))
        assert outbox.is_empty()
    said.clear()
    outbox.put([alert(100)])
    with Acker(mosquitto.port, answer=unreliable) as cloud, RunningLink(outbox, broker) as running:
        assert running.drained()
        assert cloud.repeated() == 1


def test_a_renewed_stream_brings_everything_that_waits_under_its_new_name(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    outbox.put([alert(n) for n in range(30)])
    old = stream_of(outbox, ALERT)

    def two_cards(ack: Ack) -> Iterable[Ack]:
        return [renewing(old)] if ack.stream == old else [ack]

    with Acker(mosquitto.port, answer=two_cards) as cloud, RunningLink(outbox, broker) as running:
        assert running.drained()
        streams = {stream for stream, _ in cloud.once()}
        [new] = streams - {old}
        renewed = {seq: up.body for (stream, seq), up in cloud.once().items() if stream == new}
        assert sorted(renewed) == list(range(1, 31))
        assert [renewed[seq] for seq in sorted(renewed)] == [alert(n).body for n in range(30)]
        assert outbox.counters()["renewed.alert"] == 1


def test_what_comes_down_and_makes_no_sense_is_counted(mosquitto: Mosquitto, broker: Broker, outbox: Outbox) -> None:
    command = Command(id="0" * 32, name="report", arguments={}, issued_at=T0, expires_at=T0)
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker) as running:
        cloud.wait_until(lambda: cloud.online == [True])
        for nonsense in (b"", b"\xff\xfe", b"{}", b'{"schema":"ack/2","stream":"alert-0","upto":1}', b"[" * 5000):
            cloud.say(ADDRESS.down(Down.ACK), nonsense)
        cloud.say(ADDRESS.down(Down.ACK), encode_down(Ack(stream="alert-ffffffffffffffff", upto=2**63 - 1)))
        cloud.say(ADDRESS.down(Down.COMMAND), encode_down(command))
        cloud.say(ADDRESS.down(Down.DESIRED), encode_down(Desired(version=1, state={})))
        outbox.put([alert(1)])
        running.link.wake()
        assert running.drained()
        counters = running.link.counters()
        assert (counters["acks.unreadable"], counters["received.command"], counters["received.desired"]) == (5, 1, 1)
        assert outbox.counters()["acks.unknown_stream"] == 1


def test_a_restarted_vehicle_sends_what_its_last_run_could_not(
    mosquitto: Mosquitto, broker: Broker, tmp_path: Path
) -> None:
    with closing(open_outbox(tmp_path / "kept.db")) as outbox:
        outbox.put([alert(n) for n in range(5)])
        with Acker(mosquitto.port, answer=nothing) as cloud, RunningLink(outbox, broker):
            cloud.wait_for_alerts(range(5))
    with closing(open_outbox(tmp_path / "kept.db")) as outbox:
        outbox.put([alert(n) for n in range(5, 8)])
        with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker) as running:
            assert running.drained()
            assert cloud.alerts() == list(range(8))


def test_a_disk_that_takes_nothing_more_does_not_stop_what_is_on_it(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    outbox.put([alert(n) for n in range(250)])
    outbox._disk.db.execute("PRAGMA query_only = ON")
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker) as running:
        cloud.wait_for_alerts(range(250))
        running.wait_until(lambda: running.link.counters().get("acks.unwritten", 0) > 0)
        outbox._disk.db.execute("PRAGMA query_only = OFF")
        cloud.say(ADDRESS.down(Down.ACK), encode_down(Ack(stream=stream_of(outbox, ALERT), upto=250)))
        assert running.drained()


def test_a_renewal_that_cannot_be_written_is_tried_again_after_a_pause(
    mosquitto: Mosquitto, broker: Broker, outbox: Outbox
) -> None:
    outbox.put([alert(1)])
    old = stream_of(outbox, ALERT)

    def two_cards(ack: Ack) -> Iterable[Ack]:
        return [renewing(old)] if ack.stream == old else [ack]

    outbox._disk.db.execute("PRAGMA query_only = ON")
    with Acker(mosquitto.port, answer=two_cards), RunningLink(outbox, broker) as running:
        running.wait_until(lambda: running.link.counters().get("losses", 0) >= 2)
        assert "readonly" in running.link.trouble
        outbox._disk.db.execute("PRAGMA query_only = OFF")
        assert running.drained()


def test_an_outbox_that_cannot_be_read_is_the_links_trouble_not_its_end(
    mosquitto: Mosquitto, broker: Broker, tmp_path: Path
) -> None:
    with closing(open_outbox(tmp_path / "closed.db")) as outbox:
        outbox.close()
        with RunningLink(outbox, broker) as running:
            running.wait_until(lambda: running.link.counters().get("losses", 0) >= 2)
            assert "closed.db" in running.link.trouble


def test_waking_a_link_that_does_not_run_does_nothing(broker: Broker, outbox: Outbox) -> None:
    running = RunningLink(outbox, broker, pace=BRISK)
    running.link.wake()
    with running:
        running.link.wake()
    running.link.wake()
