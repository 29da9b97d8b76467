"""Pieces of a bundle come through a real broker; what is none is counted, and asking for them waits where blocks do."""

import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from edge.link import Allowance, Broker, Budget
from edge.outbox import Outbox
from edge.wire.bundles import PIECE_BYTES, Piece, encode_piece
from edge.wire.topics import Down, Kind
from tests.brokers import Mosquitto
from tests.integration.link.acker import Acker
from tests.integration.link.running import RunningLink
from tests.unit.outbox.postings import ADDRESS, any_of

PIECE = Piece(bundle="b" * 32, offset=3, content=bytes(range(256)) * (PIECE_BYTES // 256))


def test_a_piece_is_handed_on_and_what_is_none_is_counted(mosquitto: Mosquitto, broker: Broker, outbox: Outbox) -> None:
    came: list[Piece] = []
    topic = ADDRESS.down(Down.PIECE)
    with RunningLink(outbox, broker, on_piece=came.append) as running:
        running.wait_until(lambda: running.link.session == 1)
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", mosquitto.port)
        client.loop_start()
        for payload in (b"TTB1", b"", encode_piece(PIECE)[:-PIECE_BYTES], encode_piece(PIECE)):
            client.publish(topic, payload, 1)
        running.wait_until(lambda: bool(came))
        client.disconnect()
        client.loop_stop()
        assert came == [PIECE]
        counters = running.link.counters()
        assert (counters["received.piece"], counters["piece.unreadable"]) == (4, 3)


def test_what_asks_for_pieces_waits_where_blocks_do(mosquitto: Mosquitto, broker: Broker, outbox: Outbox) -> None:
    allowance = Allowance(metered=("lo",), bulk_when_metered=False)
    budget = Budget(allowance, monotonic=time.monotonic, utc_day=lambda: None)
    outbox.put([any_of(Kind.FETCH, 1), any_of(Kind.POSITION, 1), any_of(Kind.TELEMETRY, 1)])
    with Acker(mosquitto.port) as cloud, RunningLink(outbox, broker, budget=budget) as running:
        cloud.wait_until(lambda: bool(cloud.once()))
        running.wait_until(lambda: running.link.counters()["held.record"] == 1)
        assert [up.body.kind for up in cloud.once().values()] == [Kind.POSITION]
        assert not running.link.allows(Kind.FETCH, PIECE_BYTES)
        assert running.link.allows(Kind.POSITION, PIECE_BYTES)
