"""The configuration for a real broker is closed to strangers and loses little."""

from pathlib import Path

import pytest

from cloud.broker.mosquitto import IN_FLIGHT_MAX, PACKET_BYTES_MAX, QUEUED_MAX, MosquittoSettings, mosquitto_conf
from cloud.bundles.updates import sent_at_most
from cloud.inbox.intake import PIECES_MAX
from cloud.inbox.link import BATCH_MAX
from edge.wire.bundles import BUNDLE_BYTES_MAX, PIECE_BYTES, Piece, encode_piece
from edge.wire.messages import FETCH_BYTES_MAX


def conf(*, host: str = "127.0.0.1", user: str | None = None) -> list[str]:
    return mosquitto_conf(MosquittoSettings(Path("/var/lib/telltale"), host=host, user=user)).splitlines()


def test_what_is_not_acknowledged_is_kept() -> None:
    lines = conf()
    assert f"max_inflight_messages {IN_FLIGHT_MAX}" in lines
    assert "max_queued_messages 100000" in lines
    assert "persistence true" in lines
    assert "persistence_location /var/lib/telltale/" in lines
    assert BATCH_MAX <= IN_FLIGHT_MAX, "a batch never waits for more than the broker sends"


def test_what_a_vehicle_asks_for_at_once_fits_in_what_is_kept_for_it() -> None:
    largest = encode_piece(Piece(bundle="0" * 32, offset=2**62, content=bytes(PIECE_BYTES)))
    assert f"max_packet_size {PACKET_BYTES_MAX}" in conf()
    assert len(largest) + 200 < PACKET_BYTES_MAX
    assert sent_at_most(BUNDLE_BYTES_MAX) // PIECE_BYTES < QUEUED_MAX, (
        "a vehicle that went away while it fetched misses nothing else"
    )
    assert FETCH_BYTES_MAX // PIECE_BYTES <= IN_FLIGHT_MAX, "what it asks for at once, it is sent at once"
    assert BATCH_MAX * FETCH_BYTES_MAX // PIECE_BYTES <= PIECES_MAX, "nobody waits because others ask too"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_it_lets_everyone_in(host: str) -> None:
    assert "allow_anonymous true" in conf(host=host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "broker.example"])
def test_elsewhere_it_asks_for_a_password(host: str) -> None:
    lines = conf(host=host)
    assert "allow_anonymous false" in lines
    assert "password_file /var/lib/telltale/passwords" in lines


def test_who_it_runs_as() -> None:
    assert "user somebody" in conf(user="somebody")
    assert not any(line.startswith("user ") for line in conf())
