"""FMS Tell Tale Status: fifteen signs in each of four blocks."""

from hypothesis import given
from hypothesis import strategies as st

from edge.simulator.ecu.j1939.telltales import Shown, Sign, Telltales, block
from tests.unit.simulator.ecu.j1939.box import MS, SECOND

STATES = st.dictionaries(st.integers(1, 60), st.sampled_from(Shown))


def test_a_block_looks_as_on_a_real_cluster() -> None:
    # seen: block 0 with five signs that are off, as fleet boxes show it, highest byte first: FF 8F 88 FF BF FF FF F0
    shown = {13: Shown.OFF, 10: Shown.OFF, 11: Shown.OFF, 7: Shown.INFO}
    assert block(0, shown)[::-1].hex(" ").upper() == "FF 8F 88 FF BF FF FF F0"


@given(STATES)
def test_every_sign_is_where_its_number_says(shown: dict[int, Shown]) -> None:
    read: dict[int, int] = {}
    for number in range(4):
        payload = block(number, shown)
        assert len(payload) == 8
        halves = [half for byte in payload for half in (byte & 0xF, byte >> 4)]
        assert halves[0] == number
        read |= {15 * number + place: half for place, half in enumerate(halves[1:], 1)}
    assert read == {sign: shown.get(sign, Shown.UNAVAILABLE) for sign in range(1, 61)}


def test_blocks_take_turns_once_a_second() -> None:
    lamps = {int(Sign.EMISSION): Shown.YELLOW}
    cluster = Telltales(lambda: lamps, 0x17)
    cluster.start(7 * MS)
    frames = cluster.due(6 * SECOND)
    assert [(time, payload[0] & 0xF) for time, _, payload in frames] == [
        (7 * MS + second * SECOND, second % 4) for second in range(6)
    ]
    assert {can_id for _, can_id, _ in frames} == {0x18FD7D17}
    assert [payload[2] & 0xF for _, _, payload in frames if payload[0] & 0xF == 2] == [Shown.YELLOW]
    assert cluster.next_ns == 7 * MS + 6 * SECOND
