"""PIDs of SAE J1979: formulas held against a database of others, answers of many PIDs, and what is not understood."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import cantools
import pytest
from cantools.database import Database
from cantools.database.can.signal import Signal
from hypothesis import given
from hypothesis import strategies as st

from edge.catalogue import CATALOGUE
from edge.decode import pids
from edge.decode.pids import LENGTHS, QUANTITIES, Told, Unread
from edge.decode.quantity import Quantity

FACTORS = {("A", "mA"): 1000.0, ("m", "km"): 0.001}
"""From our unit into theirs, where they differ."""
NOT_THEIRS = {0x1E, 0x66, 0x67, 0x68, 0x78, 0x79, 0x7C, 0x7F, 0x8D}
"""PIDs that the database has no formula for."""
OTHERS = {0x32}
"""That it has wrong: the pressure may be below that of the air outside, as the simulated car's (0.25 Pa, signed)."""


@pytest.fixture(scope="module")
def theirs(shared: Path) -> Mapping[int, list[Signal]]:
    database = cast("Database", cantools.database.load_file(shared / "data" / "dbc" / "OBD-v4.4.dbc", strict=False))
    found: dict[int, list[Signal]] = {}
    for signal in database.get_message_by_name("OBD_RX").signals:
        if name := re.match(r"S01PID([0-9A-F]{2})_", signal.name):
            found.setdefault(int(name[1], 16), []).append(signal)
    return found


def test_every_formula_is_that_of_the_open_database(theirs: Mapping[int, list[Signal]]) -> None:
    compared, missing = 0, []
    for pid, quantities in QUANTITIES.items():
        for quantity in quantities:
            same = [one for one in theirs.get(pid, []) if _place(one) == (quantity.begin, quantity.bits)]
            if pid in NOT_THEIRS | OTHERS or (0x06 <= pid <= 0x09 and quantity.begin):
                missing.append(quantity.path)
                continue
            [signal] = same
            factor = FACTORS.get((quantity.unit, signal.unit or ""), 1.0)
            assert (signal.scale, signal.offset) == pytest.approx(
                (quantity.scale * factor, quantity.offset * factor), rel=1e-4
            ), f"{pid:02X}"
            compared += 1
    print(f"{compared} formulas are those of OBD-v4.4.dbc; {len(missing)} are not in it")
    assert compared == 114
    assert len(missing) == 23


def _place(signal: Signal) -> tuple[int, int]:
    """The first bit behind length, service and PID, from the left, and how many."""
    return 8 * (signal.start // 8) + 7 - signal.start % 8 - 24, signal.length


def test_every_quantity_is_in_the_unit_of_the_catalogue_and_within_its_pid() -> None:
    assert QUANTITIES.keys() <= LENGTHS.keys()
    for pid, quantities in QUANTITIES.items():
        for quantity in quantities:
            assert quantity.unit == CATALOGUE[quantity.path].unit
            assert quantity.end <= max(LENGTHS[pid]), f"{pid:02X}"


@pytest.mark.parametrize(
    ("answer", "values"),
    [
        ("0C1AF8", {"Speed": 1726.0}),
        ("0D50", {"Speed": 80.0}),
        ("057B", {"Temperature": 83.0}),
        ("0A64", {"FuelPressure": 300.0}),
        ("0682", {"ShortTermFuelTrim1": 1.5625}),
        ("0682C0", {"ShortTermFuelTrim1": 1.5625, "ShortTermFuelTrim3": 50.0}),
        ("155AFF", {"Voltage": 0.45}),
        ("155A80", {"Voltage": 0.45, "ShortTermFuelTrim": 0.0}),
        ("32FFF0", {"EVAPVaporPressure": -4.0}),
        ("3480008000", {"Lambda": 1.0, "Current": 0.0}),
        ("4236B0", {"ControlModuleVoltage": 14.0}),
        ("A60012D687", {"TraveledDistance": 123_456_700.0}),
        ("67017B00", {"Temperature": 83.0}),
        ("67000000", {}),
        ("66010C800C80", {"MAF": 100.0}),
        ("7F0100000E10" + "00" * 8, {"EngineHours": 1.0}),
        ("1E01", {"IsPTOActive": 1.0}),
    ],
)  # fmt: skip
def test_a_known_answer_says_what_is_known(answer: str, values: Mapping[str, float]) -> None:
    [told], why = pids.current(bytes.fromhex(answer))
    found = {one.path.rpartition(".")[2]: value for one, value in pids.values(told.pid, told.content)}
    assert found == pytest.approx(values)
    assert why is None


PIDS = st.sampled_from(sorted(pid for pid, lengths in LENGTHS.items() if len(lengths) == 1))


@given(st.lists(PIDS, min_size=1, max_size=6), st.data())
def test_an_answer_of_many_pids_is_all_of_them(numbers: list[int], data: st.DataObject) -> None:
    told = [Told(pid, data.draw(st.binary(min_size=LENGTHS[pid][0], max_size=LENGTHS[pid][0]))) for pid in numbers]
    payload = b"".join(bytes([one.pid]) + one.content for one in told)
    assert pids.current(payload) == (told, None)
    cut = payload[:-1]
    assert pids.current(cut) == (told[:-1], Unread.SHORT)


def test_an_unknown_pid_ends_the_walk_and_what_came_before_it_counts() -> None:
    assert 0xFD not in LENGTHS
    assert pids.current(bytes.fromhex("0D50FD01020C1AF8")) == ([Told(0x0D, b"\x50")], Unread.UNKNOWN_PID)


@given(st.binary(max_size=40))
def test_any_bytes_give_values_or_a_reason(payload: bytes) -> None:
    told, why = pids.current(payload)
    assert (sum(1 + len(one.content) for one in told) == len(payload)) == (why is None)
    for one in told:
        assert all(isinstance(value, float) for _, value in pids.values(one.pid, one.content))


def test_a_bitmap_names_the_next_thirty_two() -> None:
    assert pids.supported(0x00, bytes.fromhex("80000001")) == {0x01, 0x20}
    assert pids.supported(0x20, bytes.fromhex("40000000")) == {0x22}
    assert pids.supported(0xE0, bytes.fromhex("00000001")) == {0x100}
    assert pids.supported(0x0C, bytes.fromhex("80000001")) == frozenset()
    assert pids.supported(0x00, b"\x80") == frozenset()


@given(st.integers(-(2**15), 2**15 - 1), st.booleans(), st.integers(0, 5))
def test_a_signed_word_is_read_in_either_order(raw: int, little: bool, before: int) -> None:
    quantity = Quantity("dbc.A.B", "", 8 * before, 16, 0.5, -3.0, signed=True, little=little)
    content = bytes(before) + raw.to_bytes(2, "little" if little else "big", signed=True)
    assert quantity.value(content + b"\xee") == raw * 0.5 - 3.0
    assert quantity.value(content[:-1]) is None
