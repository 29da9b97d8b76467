"""Positions of a receiver on NMEA 2000, through the decoder that decodes everything."""

import pytest

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import EXTENDED, Frame, FrameBatch
from edge.measured import HEADING, LATITUDE, LONGITUDE
from tests.shared import ROOT

POSITION, COURSE = 0x09F80100, 0x09F80200


def told(*frames: tuple[int, str]) -> dict[str, float]:
    decoder = Decoder([Binding(load_database(ROOT / "dbc" / "nmea2000.dbc"), "")])
    batch = FrameBatch.of([Frame(1, number, bytes.fromhex(payload), flags=EXTENDED) for number, payload in frames])
    samples = decoder.decode(batch)
    paths = [decoder.signals[index].path for index in samples.signal.tolist()]
    return dict(zip(paths, samples.value.tolist(), strict=True))


@pytest.mark.parametrize("sender", [0x01, 0x23, 0xFD])
@pytest.mark.parametrize(("latitude", "longitude"), [(52.5206, 13.4098), (-33.8568, 151.2153), (38.7223, -9.1393)])
def test_whoever_sends_it_a_position_is_one(sender: int, latitude: float, longitude: float) -> None:
    payload = b"".join(round(one * 1e7).to_bytes(4, "little", signed=True) for one in (latitude, longitude)).hex()
    assert told((POSITION | sender, payload)) == {
        LATITUDE: pytest.approx(latitude, abs=1e-7),
        LONGITUDE: pytest.approx(longitude, abs=1e-7),
    }


def test_just_west_of_greenwich_all_upper_bits_are_set_and_it_is_a_place() -> None:
    assert told((POSITION | 1, "00000000ffffffff"))[LONGITUDE] == pytest.approx(-1e-7)


def test_not_available_is_no_place_on_earth() -> None:
    assert told((POSITION | 1, "ffffff7fffffff7f"))[LATITUDE] > 90.0, "and whereabouts.py counts it as no fix"


def test_a_course_is_a_heading_or_unknown() -> None:
    assert told((COURSE | 1, "00fc3d7a0000ffff")) == {HEADING: pytest.approx(179.296, abs=0.01)}
    assert told((COURSE | 1, "00fcffff0000ffff")) == {}
