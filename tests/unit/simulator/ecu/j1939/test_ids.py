"""29-bit ids against ones seen on real buses, and there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.simulator.ecu.j1939.ids import GLOBAL, Id, is_pdu1, pgn_bytes
from tests.unit.simulator.ecu.j1939.box import split

SEEN = [
    (0x18FECA00, Id(6, 0xFECA, GLOBAL, 0x00)),
    (0x0CF00400, Id(3, 0xF004, GLOBAL, 0x00)),
    (0x18EA00F9, Id(6, 0xEA00, 0x00, 0xF9)),
    (0x18EAFFF9, Id(6, 0xEA00, GLOBAL, 0xF9)),
    (0x18EF00F9, Id(6, 0xEF00, 0x00, 0xF9)),
    (0x18F00010, Id(6, 0xF000, GLOBAL, 0x10)),
    (0x1CECF93D, Id(7, 0xEC00, 0xF9, 0x3D)),
    (0x18D3F900, Id(6, 0xD300, 0xF9, 0x00)),
    (0x19FF0103, Id(6, 0x1FF01, GLOBAL, 0x03)),
]


@pytest.mark.parametrize(("can_id", "told"), SEEN)
def test_ids_seen_on_buses_are_taken_apart_and_put_together(can_id: int, told: Id) -> None:
    assert Id.parse(can_id) == told
    assert told.can_id == can_id


@given(st.integers(0, 0x1FFF_FFFF))
def test_every_id_survives_there_and_back_and_means_what_the_standard_says(can_id: int) -> None:
    told = Id.parse(can_id)
    assert told.can_id == can_id
    assert (told.priority, told.pgn, told.destination, told.source) == split(can_id)
    assert is_pdu1(told.pgn) == (can_id >> 16 & 0xFF < 240)


def test_a_group_stands_in_a_payload_lowest_byte_first() -> None:
    assert pgn_bytes(0xFECA) == bytes.fromhex("CA FE 00")
