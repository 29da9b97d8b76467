"""Payloads of the diagnostic groups, against bytes seen on real trucks where there are any."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ConfigError
from edge.simulator.ecu.codes import Code, Lamp, Monitor
from edge.simulator.ecu.j1939 import diagnostics as dm
from edge.simulator.ecu.j1939.diagnostics import Component, Diagnostics, trouble_code
from edge.simulator.ecu.j1939.freeze import FrozenColumns
from edge.simulator.ecu.unit import Unit
from tests.unit.simulator.ecu.j1939.faulty import AMBER, COOLANT, DPF, HOT, ONE_OF_EACH_LAMP, fail, unit_of

CODES = st.tuples(st.integers(0, 0x7FFFF), st.integers(0, 31), st.integers(0, 126))


def told(unit: Unit, *, vin: str = "", component: Component | None = None) -> Diagnostics:
    return Diagnostics(unit, vin=vin, component=component, columns=FrozenColumns())


def answer(unit: Unit, pgn: int) -> str:
    payload = told(unit).answer(pgn)
    assert payload is not None
    return payload.hex(" ").upper()


@pytest.mark.parametrize(
    ("spn", "fmi", "count", "seen"),
    [  # from logs of real trucks (github.com/Equipment-and-Tool-Institute/j1939-84, issues 1051 and 1371)
        (5749, 21, 1, "75 16 15 01"),
        (4374, 0, 1, "16 11 00 01"),
        (91, 2, 2, "5B 00 02 02"),
        (1076, 5, 1, "34 04 05 01"),
        (524287, 31, 126, "FF FF FF 7E"),
    ],
)
def test_codes_look_as_on_real_trucks(spn: int, fmi: int, count: int, seen: str) -> None:
    assert trouble_code(Code("x", "x", spn=spn, fmi=fmi), count) == bytes.fromhex(seen)


@given(CODES)
def test_every_code_can_be_read_back_by_the_standards_rule(parts: tuple[int, int, int]) -> None:
    spn, fmi, count = parts
    low, middle, third, fourth = trouble_code(Code("x", "x", spn=spn, fmi=fmi), count)
    assert (low | middle << 8 | third >> 5 << 16, third & 0x1F, fourth & 0x7F) == parts
    assert fourth & 0x80 == 0


def test_without_codes_lamps_are_off_and_the_rest_is_the_standards_filling() -> None:
    assert answer(unit_of(*ONE_OF_EACH_LAMP), dm.DM1) == "00 FF 00 00 00 00 FF FF"


def test_a_lamp_that_no_code_lights_is_not_available() -> None:
    assert answer(unit_of(COOLANT, HOT), dm.DM1) == "0F FF 00 00 00 00 FF FF"
    assert answer(unit_of(), dm.DM1) == "FF FF 00 00 00 00 FF FF"


@pytest.mark.parametrize(
    ("lamp", "state"), [(Lamp.PROTECT, "01"), (Lamp.AMBER, "04"), (Lamp.RED, "10"), (Lamp.MIL, "40")]
)
def test_each_lamp_has_its_two_bits(lamp: Lamp, state: str) -> None:
    unit = unit_of(*ONE_OF_EACH_LAMP)
    fail(unit, next(code for code in ONE_OF_EACH_LAMP if code.lamp is lamp))
    assert answer(unit, dm.DM1).startswith(f"{state} FF ")


def test_a_code_that_makes_its_lamp_flash_says_slow_flash() -> None:
    flashes = Code("SPN 1323 FMI 31", "misfire", spn=1323, fmi=31, lamp=Lamp.MIL, flashes=True, trips=1)
    unit = unit_of(flashes)
    fail(unit, flashes)
    assert answer(unit, dm.DM1) == "7F 3F 2B 05 1F 01 FF FF"


def test_one_code_fills_a_frame_and_more_need_several() -> None:
    unit = unit_of(COOLANT, AMBER)
    fail(unit, AMBER)
    assert answer(unit, dm.DM1) == "37 FF A8 00 01 01 FF FF"
    fail(unit, COOLANT)
    assert answer(unit, dm.DM1) == "77 FF 6E 00 10 01 A8 00 01 01"


def test_a_code_moves_from_pending_to_active_to_previously_active() -> None:
    twice = Code("SPN 94 FMI 18", "fuel pressure", spn=94, fmi=18, trips=2, fails_after_s=1, passes_after_s=1)
    unit, listed, none = unit_of(twice), "5E 00 12 01", "00 00 00 00"
    fail(unit, twice)
    assert [answer(unit, pgn)[6:17] for pgn in (dm.DM6, dm.DM12, dm.DM1)] == ["5E 00 12 00", none, none]
    unit.memory.cycle_begins()
    fail(unit, twice)
    seen = [answer(unit, pgn)[6:17] for pgn in (dm.DM6, dm.DM12, dm.DM1, dm.DM28, dm.DM2, dm.DM23)]
    assert seen == [none, listed, listed, listed, none, none]
    unit.memory.observe(twice.text, False)
    seen = [answer(unit, pgn)[6:17] for pgn in (dm.DM12, dm.DM1, dm.DM2, dm.DM23)]
    assert seen == [listed, none, listed, none]  # the MIL stays for three good cycles
    for _ in range(3):
        unit.memory.cycle_begins()
        unit.memory.observe(twice.text, False)
    unit.memory.cycle_ends()
    assert [answer(unit, pgn)[6:17] for pgn in (dm.DM12, dm.DM23, dm.DM28)] == [none, listed, none]


def test_a_code_that_only_flashes_its_lamp_yet_is_pending_not_active() -> None:
    flashes = Code("SPN 1323 FMI 31", "misfire", spn=1323, fmi=31, flashes=True, trips=2)
    unit = unit_of(flashes)
    fail(unit, flashes)
    assert [answer(unit, pgn) for pgn in (dm.DM6, dm.DM12)] == ["7F 3F 2B 05 1F 00 FF FF", "7F 3F 00 00 00 00 FF FF"]


def test_emission_lists_leave_other_codes_out() -> None:
    waits = Code("SPN 521 FMI 2", "x", spn=521, fmi=2, lamp=Lamp.AMBER, trips=2)
    unit = unit_of(COOLANT, AMBER, waits)
    fail(unit, AMBER, waits)
    assert unit.memory.pending() == (AMBER, waits)
    assert {answer(unit, pgn)[6:17] for pgn in (dm.DM6, dm.DM12, dm.DM23, dm.DM28)} == {"00 00 00 00"}


def test_codes_without_an_spn_are_unknown_here() -> None:
    nameless = Code("P0128", "thermostat", trips=1, fails_after_s=1)
    unit = unit_of(nameless)
    fail(unit, nameless)
    assert answer(unit, dm.DM1) == "7F FF 00 00 00 00 FF FF"
    assert answer(unit, dm.DM5)[:5] == "00 00"
    assert answer(unit, dm.DM4) == "00 00 00 00 00 FF FF FF"


def test_more_codes_than_fit_are_cut() -> None:
    many = [
        Code(f"SPN {spn} FMI 3", "x", spn=spn, fmi=3, lamp=Lamp.AMBER, trips=1, fails_after_s=1)
        for spn in range(1, 500)
    ]
    unit = unit_of(*many)
    fail(unit, *many)
    payload = told(unit).dm1()
    assert len(payload) == 2 + 4 * 445
    assert told(unit).answer(dm.DM5) == bytes([250, 0, 0x14, 0, 0, 0, 0, 0])


def test_readiness_shows_what_is_supported_and_what_has_not_run() -> None:
    codes = [
        Code(monitor.value, "x", spn=100 + place, fmi=1, monitor=monitor, fails_after_s=1, passes_after_s=1)
        for place, monitor in enumerate(Monitor)
        if monitor not in {Monitor.CATALYST, Monitor.EVAP, Monitor.O2_HEATER, Monitor.O2_SENSOR}
    ]
    unit = unit_of(*codes)
    # seen on a real truck: 00 01 14 37 E0 1E A0 1E (j1939-84, issue 839); here misfire and fuel run all the time
    assert answer(unit, dm.DM5) == "00 00 14 07 A0 1E A0 1E"
    unit.memory.cycle_begins()
    for code in codes:
        if code.monitor in {Monitor.EGR, Monitor.PM_FILTER}:
            unit.memory.observe(code.text, False)
    assert answer(unit, dm.DM5) == "00 00 14 07 A0 1E 20 1A"
    unit.memory.clear()
    assert answer(unit, dm.DM5) == "00 00 14 07 A0 1E A0 1E"


def test_two_monitors_of_one_readiness_bit_are_ready_together() -> None:
    codes = [
        Code(monitor.value, "x", spn=place, fmi=1, monitor=monitor, passes_after_s=1)
        for place, monitor in enumerate((Monitor.O2_SENSOR, Monitor.EXHAUST_SENSOR))
    ]
    unit = unit_of(*codes)
    unit.memory.cycle_begins()
    unit.memory.observe(codes[0].text, False)
    assert answer(unit, dm.DM5) == "00 00 14 00 20 00 20 00"
    unit.memory.observe(codes[1].text, False)
    assert answer(unit, dm.DM5) == "00 00 14 00 20 00 00 00"


def test_a_unit_that_is_no_part_of_obd_counts_its_codes_and_says_so() -> None:
    unit = unit_of(AMBER, obd=False)
    fail(unit, AMBER)
    assert answer(unit, dm.DM5) == "01 00 05 00 00 00 00 00"
    absent = [told(unit).answer(pgn) for pgn in (dm.DM4, dm.DM6, dm.DM12, dm.DM21, dm.DM23, dm.DM28, dm.DM19)]
    assert absent == [None] * 7


def test_a_freeze_frame_has_the_standards_order_and_scales() -> None:
    unit = unit_of(COOLANT)
    seen = {"torque_mode": 1.0, "boost_kpa": 151.0, "rpm": 1450.0, "load_percent": 87.0, "coolant_c": 112.0}
    fail(unit, COOLANT, readings=seen | {"speed_kmh": 83.5})
    assert answer(unit, dm.DM4) == "0C 6E 00 10 01 F1 4C 50 2D 57 98 80 53"
    length, code, mode, boost, rpm, load, coolant, speed = struct.unpack("<B4sBBHBBH", told(unit).answer(dm.DM4) or b"")
    assert (length, code.hex(), mode) == (12, "6e001001", 0xF1)
    assert (boost * 2, rpm / 8, load, coolant - 40, speed / 256) == (152, 1450, 87, 112, 83.5)


def test_what_a_freeze_frame_lacks_is_not_available_and_extremes_stay_valid() -> None:
    unit = unit_of(COOLANT)
    fail(unit, COOLANT, readings={"rpm": float("nan"), "coolant_c": -60.0, "boost_kpa": 9e9, "speed_kmh": 9e9})
    assert answer(unit, dm.DM4) == "0C 6E 00 10 01 FF FA FF FF FF 00 FF FA"


def test_freeze_frames_follow_one_another_and_go_with_the_codes() -> None:
    unit = unit_of(COOLANT, HOT, DPF)
    fail(unit, COOLANT, readings={"rpm": 1000.0})
    fail(unit, DPF, readings={"rpm": 2000.0})
    payload = told(unit).answer(dm.DM4) or b""
    assert [payload[place + 1 : place + 5].hex() for place in (0, 13)] == ["6e001001", "870e1001"]
    assert len(payload) == 26
    assert told(unit).clear(dm.DM11)
    assert told(unit).answer(dm.DM4) == bytes.fromhex("00 00 00 00 00 FF FF FF")


def test_a_pending_code_has_its_freeze_frame_too() -> None:
    waits = Code("SPN 94 FMI 18", "fuel pressure", spn=94, fmi=18, trips=2)
    unit = unit_of(waits)
    fail(unit, waits, readings={"rpm": 1000.0})
    assert answer(unit, dm.DM4).startswith("0C 5E 00 12 00 FF FF 40 1F")


def test_more_freeze_frames_than_fit_are_cut() -> None:
    many = [Code(f"SPN {spn} FMI 3", "x", spn=spn, fmi=3, trips=1, fails_after_s=1) for spn in range(1, 200)]
    unit = unit_of(*many)
    fail(unit, *many, readings={"rpm": 1000.0})
    assert len(told(unit).answer(dm.DM4) or b"") == 137 * 13


def test_dm3_erases_previously_active_codes_only() -> None:
    unit = unit_of(COOLANT, AMBER)
    fail(unit, COOLANT, AMBER)
    unit.memory.observe(AMBER.text, False)
    assert answer(unit, dm.DM2)[6:17] == "A8 00 01 01"
    assert told(unit).clear(dm.DM3)
    assert answer(unit, dm.DM2)[6:17] == "00 00 00 00"
    assert answer(unit, dm.DM1)[6:17] == "6E 00 10 01"


def test_dm11_erases_all_but_permanent_codes_and_what_still_fails_comes_back() -> None:
    unit = unit_of(COOLANT)
    fail(unit, COOLANT)
    for _ in range(100):
        unit.memory.second(dict, running=True, speed_kmh=80.0, coolant_c=90.0)
    assert answer(unit, dm.DM21) == "02 00 02 00 01 00 01 00"
    assert told(unit).clear(dm.DM11)
    assert answer(unit, dm.DM1) == "3F FF 00 00 00 00 FF FF"
    assert answer(unit, dm.DM28)[6:17] == "6E 00 10 00"
    assert answer(unit, dm.DM21) == "00 00 00 00 00 00 00 00"
    fail(unit, COOLANT)
    assert answer(unit, dm.DM1) == "7F FF 6E 00 10 01 FF FF"


def test_counters_stop_at_the_highest_valid_value() -> None:
    unit = unit_of(COOLANT)
    unit.memory.distance_since_clear_km = 1e9
    assert answer(unit, dm.DM21) == "00 00 FF FA 00 00 00 00"


def test_only_dm3_and_dm11_erase() -> None:
    unit = unit_of(COOLANT)
    fail(unit, COOLANT)
    assert not any(told(unit).clear(pgn) for pgn in range(0xFE00, 0xFF00) if pgn not in (dm.DM3, dm.DM11))
    assert len(unit.memory.active()) == 1


def test_calibration_vin_component_and_software() -> None:
    unit = unit_of(COOLANT, calibration_id="TT13-EU6-0417", cvn=0xA1B2C3D4)
    label = Component(
        make="TLTLE", model="13L", serial="123456", number="", software=("BOOT 1.0", "APP 4.17"), ecu=("A0014", "77")
    )
    diagnostics = told(unit, vin="WTTZZZ00000000001", component=label)
    assert diagnostics.answer(dm.DM19) == b"\xd4\xc3\xb2\xa1TT13-EU6-0417\0\0\0"
    assert diagnostics.answer(dm.VIN) == b"WTTZZZ00000000001*"
    assert diagnostics.answer(dm.COMPONENT) == b"TLTLE*13L*123456**"
    assert diagnostics.answer(dm.ECU_LABEL) == b"A0014*77*"
    assert diagnostics.answer(dm.SOFTWARE) == b"\x02BOOT 1.0*APP 4.17*"
    assert told(unit).answer(dm.SOFTWARE) == b"\x01TT13-EU6-0417*"


def test_what_a_unit_does_not_have_it_does_not_tell() -> None:
    diagnostics = told(unit_of(COOLANT))
    groups = (dm.DM19, dm.VIN, dm.COMPONENT, dm.ECU_LABEL, dm.SOFTWARE, 0xF004)
    assert [diagnostics.answer(pgn) for pgn in groups] == [None] * len(groups)


@pytest.mark.parametrize("text", ["WTT*ZZ", "WTTÄ", "WTT\n"])
def test_names_that_cannot_be_sent_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="asterisks"):
        told(unit_of(), vin=text)
    with pytest.raises(ConfigError, match="asterisks"):
        told(unit_of(), component=Component(serial=text))


def test_names_that_are_too_long_are_refused() -> None:
    with pytest.raises(ConfigError, match="16 characters"):
        told(unit_of(calibration_id="x" * 17))
    with pytest.raises(ConfigError, match="do not fit"):
        told(unit_of(), component=Component(model="x" * 1785))
