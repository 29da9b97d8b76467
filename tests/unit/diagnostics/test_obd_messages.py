"""What answers of SAE J1979 say; what is cut or malformed is unknown, and nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics import obd_messages as messages
from edge.diagnostics.findings import Monitor, Readiness

ENDS = ["0", "1", "2", "x", "X"]


@given(st.frozensets(st.integers(1, 32)))
def test_what_a_unit_supports_is_what_its_bits_say(pids: frozenset[int]) -> None:
    mask = sum(1 << 32 - pid for pid in pids)
    assert messages.support(b"\x41\x00" + mask.to_bytes(4, "big")) == pids
    assert messages.support(b"\x42\x00\x00" + mask.to_bytes(4, "big")) == pids


def test_several_bitmaps_in_one_answer_are_understood() -> None:
    assert messages.support(bytes.fromhex("4100 80000001 20 80000000")) == {1, 0x20, 0x21}


@pytest.mark.parametrize(
    ("octets", "codes"),
    [("4300", ()), ("4302 0301 0420", ("P0301", "P0420")), ("4301 c100", ("U0100",)), ("4302 0000 8123", ("B0123",))],
)
def test_codes_are_those_of_j2012(octets: str, codes: tuple[str, ...]) -> None:
    assert messages.codes(bytes.fromhex(octets)) == codes


@pytest.mark.parametrize("octets", ["43", "4302 0301", "4301 03"])
def test_fewer_codes_than_are_announced_are_unknown(octets: str) -> None:
    assert messages.codes(bytes.fromhex(octets)) is None


def test_readiness_of_spark_and_compression() -> None:
    spark = messages.readiness(bytes.fromhex("4101 83 07 25 04"))
    assert spark == Readiness(
        mil=True,
        codes=3,
        monitors=(
            *(Monitor(name, complete=True) for name in ("misfire", "fuel_system", "components", "catalyst")),
            Monitor("evaporative_system", complete=False),
            Monitor("oxygen_sensor", complete=True),
        ),
    )
    diesel = messages.readiness(bytes.fromhex("4101 00 2e 0a 02"))
    assert diesel is not None
    assert [(one.name, one.complete) for one in diesel.monitors] == [
        ("fuel_system", False), ("components", True), ("nox_aftertreatment", False), ("boost_pressure", True)
    ]  # fmt: skip
    this_cycle = messages.readiness(bytes.fromhex("4141 00 07 25 04"))
    assert this_cycle is not None
    assert (this_cycle.mil, this_cycle.codes) == (None, None)
    assert messages.readiness(bytes.fromhex("4101 83 07 25")) is None


@pytest.mark.parametrize("first", ENDS)
@pytest.mark.parametrize("last", ENDS)
def test_a_vin_is_what_its_bytes_are(first: str, last: str) -> None:
    text = f"{first}HGCM82633A00435{last}"
    assert messages.vin(b"\x49\x02\x01" + text.encode()) == text
    assert messages.vin(b"\x49\x02\x01\0\0\0" + text.encode()) == text
    assert messages.vin(b"\x49\x02\x01" + text.encode()[:16]) is None
    assert messages.vin(b"\x49\x02\x01" + b"\xff" * 17) is None


def test_the_check_digit_is_that_of_north_america() -> None:
    assert messages.check_digit_fits("1HGCM82633A004352")
    assert messages.check_digit_fits("1M8GDM9AXKP042788")
    assert not messages.check_digit_fits("1HGCM82643A004352")
    assert not messages.check_digit_fits("1HGCM8263IA004352")
    assert not messages.is_vin("1HGCM82633A00435")


@given(st.binary(min_size=1, max_size=60))
def test_nothing_that_is_answered_raises(answer: bytes) -> None:
    for read in (messages.support, messages.codes, messages.readiness, messages.vin, messages.calibrations,
                 messages.verifications, messages.unit_name):  # fmt: skip
        read(answer)
    messages.whole_number(answer, 2)
