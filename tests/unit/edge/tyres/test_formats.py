"""Advertisements as people have recorded them, and as nobody would."""

from hypothesis import given
from hypothesis import strategies as st

from edge.tyres.formats import BR_SERVICE, CAP_COMPANY, told
from edge.tyres.told import Advertisement
from tests.bluez import cap

CAP_ADDRESS = "80:EA:CA:10:8A:78"


def br(said: str, **known: object) -> Advertisement:
    """As BlueZ has it: the first two bytes are taken for a company."""
    data = bytes.fromhex(said)
    company = int.from_bytes(data[:2], "little")
    return Advertisement("38:89:00:00:36:02", {company: data[2:]}, **known)  # type: ignore[arg-type]  # name, services


def test_a_cap_as_it_was_recorded() -> None:
    """000180EACA108A78E36D0000E60A00005B00, of the README of ra6070/BLE-TPMS."""
    data = bytes.fromhex("80EACA108A78E36D0000E60A00005B00")
    said = told(Advertisement(CAP_ADDRESS, {CAP_COMPANY: data}))
    assert said is not None
    assert (said.kind, said.pressure_kpa, said.temperature_c, said.battery_percent) == ("cap", 28.131, 27.9, 91.0)


def test_a_br_as_two_people_recorded_it() -> None:
    """281d130105a376: 2.9 V, 19 °C, 11.6 psi (andi38); 801e180097a492: 3.0 V, 24 °C, 0.6 psi (matthewgream)."""
    first, second = told(br("281d130105a376", name="BR")), told(br("801e180097a492", services=frozenset({BR_SERVICE})))
    assert first is not None
    assert second is not None
    assert (first.kind, first.battery_v, first.temperature_c) == ("br", 2.9, 19.0)
    assert (second.battery_v, second.temperature_c) == (3.0, 24.0)
    psi = 6.894757
    assert abs(first.pressure_kpa / psi - 11.6) < 0.3, "they take 14.5 psi for the air around, we what ISO 2533 has"
    assert abs(second.pressure_kpa / psi - 0.6) < 0.3


def test_what_a_br_says_of_frost_is_unknown_and_its_pressure_known() -> None:
    said = told(br("281dF60105a376", name="BR"))
    assert said is not None
    assert said.temperature_c is None
    assert said.pressure_kpa > 70.0


def test_what_only_looks_alike_is_no_tyre() -> None:
    [(company, data)] = cap(CAP_ADDRESS, 230.0).items()
    assert told(Advertisement(CAP_ADDRESS, {company: data})) is not None
    assert told(Advertisement("80:EA:CA:10:8A:79", {company: data})) is None, "another's address"
    assert told(Advertisement(CAP_ADDRESS, {company + 1: data})) is None
    assert told(Advertisement(CAP_ADDRESS, {company: data[:-1]})) is None
    assert told(Advertisement(CAP_ADDRESS, {company: data + b"\0"})) is None
    assert told(br("281d130105a376")) is None, "five bytes are not enough"
    assert told(br("281d130105a376", name="BRX")) is None
    both = {0x1D28: bytes(5), 0x1D29: bytes(5)}
    assert told(Advertisement("38:89:00:00:36:02", both, "BR")) is None, "which of both is new?"


def test_a_battery_beyond_a_hundred_percent_is_unknown() -> None:
    said = told(Advertisement(CAP_ADDRESS, cap(CAP_ADDRESS, 230.0, percent=255)))
    assert said is not None
    assert said.battery_percent is None


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**31), 2**31 - 1))
def test_a_cap_is_read_as_it_was_written(pascal: int, centidegrees: int) -> None:
    said = told(Advertisement(CAP_ADDRESS, cap(CAP_ADDRESS, pascal / 1000, centidegrees / 100)))
    assert said is not None
    assert (round(said.pressure_kpa * 1000), round((said.temperature_c or 0.0) * 100)) == (pascal, centidegrees)


@given(
    st.text(max_size=20),
    st.dictionaries(st.integers(0, 65_535) | st.just(CAP_COMPANY), st.binary(max_size=40), max_size=4),
    st.sampled_from(["", "BR", "TPMS1_108A78"]),
    st.frozensets(st.just(BR_SERVICE)),
)
def test_whatever_is_advertised_nothing_is_raised(
    address: str, manufacturer: dict[int, bytes], name: str, services: frozenset[str]
) -> None:
    said = told(Advertisement(address, manufacturer, name, services))
    assert said is None or isinstance(said.pressure_kpa, float)
