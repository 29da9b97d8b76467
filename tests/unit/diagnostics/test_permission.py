"""What may be sent is a list; whatever is not on it never leaves, whoever asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.ecu import Ecu
from edge.diagnostics.permission import GROUPS_READING, Forbidden, Kind, Permission
from edge.frames import BIT_RATE_SWITCH, ERROR, EXTENDED, FD, REMOTE, Frame
from tests.unit.diagnostics.harmless import is_harmless

OURS = 0x80
READS = Permission(address=OURS)
CLEARS = Permission(address=OURS, clears=True)
REQUEST_IDS = [0x7DF, *range(0x7E0, 0x7E8)]
BRAKES = Ecu(0x760, 0x768)


def frame(identifier: int, octets: str, flags: int = 0) -> Frame:
    return Frame(0, identifier, bytes.fromhex(octets), flags=flags)


@pytest.mark.parametrize(
    "octets",
    [
        "020100cccccccccc",
        "0302020000000000",
        "0103cccccccccccc",
        "0107cccccccccccc",
        "010acccccccccccc",
        "020902cccccccccc",
        "0322f190cccccccc",
        "03190208cccccccc",
        "0719060301aaffcc",
        "0719040301aaffcc",
        "04194233ffcccccc",
    ],
)
@pytest.mark.parametrize("identifier", [0x7DF, 0x7E0, 0x7E7])
def test_reading_is_allowed(identifier: int, octets: str) -> None:
    assert READS.check(frame(identifier, octets)) is Kind.REQUEST


@pytest.mark.parametrize("identifier", [0x18DB33F1, 0x18DA10F1, 0x18DAFFF1])
def test_reading_is_allowed_on_long_ids(identifier: int) -> None:
    assert READS.check(frame(identifier, "020100cccccccccc", EXTENDED)) is Kind.REQUEST


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        ("0104cccccccccccc", "clears"),
        ("0414ffffffcccccc", "clears"),
        ("021003cccccccccc", "another session"),
        ("021001cccccccccc", "even the default session"),
        ("022701cccccccccc", "security access"),
        ("0328000 1cccccccc".replace(" ", ""), "communication control"),
        ("028502cccccccccc", "code setting off"),
        ("042ef19001cccccc", "writes"),
        ("0431010203cccccc", "routine"),
        ("023e80cccccccccc", "tester present"),
        ("021101cccccccccc", "reset"),
        ("0219828800000000", "answers suppressed"),
        ("020801cccccccccc", "control of a system"),
        ("0103", "not padded"),
        ("00cccccccccccccc", "nothing"),
        ("101422f190f18c01", "longer than a frame"),
        ("21cccccccccccccc", "goes on with something longer"),
        ("33cccccccccccccc", "a flow status that there is not"),
    ],
)
def test_everything_else_is_refused(octets: str, what: str) -> None:
    del what
    for identifier in REQUEST_IDS:
        with pytest.raises(Forbidden, match="is not sent"):
            READS.check(frame(identifier, octets))
    with pytest.raises(Forbidden):
        READS.check(frame(0x18DA10F1, octets, EXTENDED))


def test_clearing_needs_a_permission_of_its_own() -> None:
    for octets in ("0104cccccccccccc", "0414ffffffcccccc"):
        assert CLEARS.check(frame(0x7E0, octets)) is Kind.CLEARING
    with pytest.raises(Forbidden):
        CLEARS.check(frame(0x7E0, "021003cccccccccc"))
    with pytest.raises(Forbidden, match="04"):
        CLEARS.check(frame(0x7DF, "020401cccccccccc"))


def test_flow_control_goes_to_one_unit_never_to_everybody() -> None:
    assert READS.check(frame(0x7E0, "300005cccccccccc")) is Kind.FLOW
    for identifier, flags in ((0x7DF, 0), (0x18DB33F1, EXTENDED)):
        with pytest.raises(Forbidden):
            READS.check(frame(identifier, "300005cccccccccc", flags))


def test_a_unit_of_the_profile_is_read_by_uds_alone() -> None:
    permission = Permission(units=frozenset({BRAKES}))
    assert permission.check(frame(0x760, "0322f190cccccccc")) is Kind.REQUEST
    for octets in ("020100cccccccccc", "0104cccccccccccc"):
        with pytest.raises(Forbidden):
            permission.check(frame(0x760, octets))
    with pytest.raises(Forbidden, match="no tester"):
        READS.check(frame(0x760, "0322f190cccccccc"))


@pytest.mark.parametrize("flags", [FD, REMOTE, ERROR, BIT_RATE_SWITCH])
def test_only_classic_frames_of_data_are_sent(flags: int) -> None:
    with pytest.raises(Forbidden, match="classic"):
        READS.check(frame(0x7DF, "020100cccccccccc", flags))


def test_groups_are_requested_from_a_list() -> None:
    for group in GROUPS_READING:
        asked = Frame(0, 0x18EAFF00 | OURS, group.to_bytes(3, "little"), flags=EXTENDED)
        assert READS.check(asked) is Kind.REQUEST


@pytest.mark.parametrize("group", [65228, 65235])
def test_groups_that_erase_are_refused_but_to_who_clears(group: int) -> None:
    asked = Frame(0, 0x18EA0000 | OURS, group.to_bytes(3, "little"), flags=EXTENDED)
    with pytest.raises(Forbidden, match=str(group)):
        READS.check(asked)
    assert CLEARS.check(asked) is Kind.CLEARING
    with pytest.raises(Forbidden):
        Permission(address=OURS + 1, clears=True).check(asked)


IDENTIFIERS = st.one_of(
    st.sampled_from([*REQUEST_IDS, 0x760]).map(lambda one: (one, 0)),
    st.integers(0, 255).map(lambda unit: (0x18DA00F1 | unit << 8, EXTENDED)),
    st.just((0x18DB33F1, EXTENDED)),
    st.tuples(st.sampled_from([0xEA, 0xEB, 0xEC, 0xEE, 0xEF, 0xFE]), st.integers(0, 255)).map(
        lambda pair: (0x18000000 | pair[0] << 16 | pair[1] << 8 | OURS, EXTENDED)
    ),
    st.integers(0, 0x7FF).map(lambda one: (one, 0)),
    st.integers(0, 0x1FFFFFFF).map(lambda one: (one, EXTENDED)),
)
PAYLOADS = st.one_of(
    st.binary(max_size=8),
    st.tuples(st.integers(1, 7), st.sampled_from([1, 2, 3, 4, 0x10, 0x14, 0x19, 0x22, 0x27, 0x2E, 0x31, 0x85])).flatmap(
        lambda pair: st.binary(min_size=6, max_size=6).map(lambda rest: bytes(pair) + rest)
    ),
    st.sampled_from([65226, 65228, 65235, 54016]).map(lambda group: group.to_bytes(3, "little")),
)


@given(IDENTIFIERS, PAYLOADS)
def test_whatever_is_tried_what_passesis_harmless(where: tuple[int, int], payload: bytes) -> None:
    tried = Frame(0, where[0], payload, flags=where[1])
    try:
        Permission(units=frozenset({BRAKES}), address=OURS).check(tried)
    except Forbidden:
        return
    assert is_harmless(tried)
