"""The compiled decoders against cantools, on databases and payloads of every shape; both must give the same bits."""

import math
import tempfile
from pathlib import Path
from time import process_time
from typing import cast

import cantools.database
import numpy as np
import pytest
from cantools.database import Database as CanDatabase
from cantools.database.can import Message as CanMessage
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.compile import LOOKS_MAX, Conversion, compiled
from edge.decode.compiled import BLOCKS_MAX, Tables, merged
from edge.decode.dbc import read_dbc
from edge.decode.flat import FlatDecoder
from edge.decode.layout import Branch, Fate, Layouts, MessageLayout, Number, SignalLayout
from edge.decode.scalar import ScalarDecoder
from tests.unit.edge.databases import MadeMessage, nested_messages, plain_messages, text_of

Found = dict[str, float | int]


def tables_of(layouts: Layouts) -> Tables:
    signals = sum(len(message.signals) for message in layouts.messages)
    tables, remarks = compiled(layouts.messages, [Conversion()] * signals)
    assert remarks == []
    return tables


def by_flat(tables: Tables, layouts: Layouts, payloads: list[bytes], message: int = 0) -> list[Found]:
    names = [signal.name for one in layouts.messages for signal in one.signals]
    width = 8 if max(map(len, payloads), default=0) <= 8 else 64
    payload = np.zeros((len(payloads), width), np.uint8)
    for row, content in enumerate(payloads):
        payload[row, : len(content)] = np.frombuffer(content, np.uint8)
    flat = FlatDecoder(tables).decode(
        np.full(len(payloads), message), payload, np.array([len(one) for one in payloads], np.uint8)
    )
    found: list[Found] = [{} for _ in payloads]
    for row, (frame, signal, value) in enumerate(zip(flat.frame, flat.signal, flat.value, strict=True)):
        found[frame][names[signal]] = flat.exact.get(row, float(value))
    return found


def by_scalar(tables: Tables, layouts: Layouts, payloads: list[bytes], message: int = 0) -> list[Found]:
    names = [signal.name for one in layouts.messages for signal in one.signals]
    decoder, found = ScalarDecoder(tables), []
    for payload in payloads:
        block, values = decoder.decode(message, payload)
        exact = decoder.exact(block, payload)
        pairs = zip(block.signals, values, strict=True)
        found.append({names[signal]: exact.get(signal, value) for signal, value in pairs if value is not None})
    return found


def of_cantools(made: MadeMessage) -> CanMessage:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "made.dbc"
        file.write_text(text_of({made.identifier: made}))
        return cast("CanDatabase", cantools.database.load_file(file, strict=False)).messages[0]


def by_cantools(message: CanMessage, payload: bytes) -> Found | None:
    """None: it decodes no such frame."""
    try:
        found = message.decode(payload, decode_choices=False, allow_truncated=True)
    except (cantools.database.DecodeError, KeyError, ValueError, NotImplementedError):
        return None
    numbers = cast("Found", found)
    return {name: value for name, value in numbers.items() if value - value == 0}


@given(plain_messages() | nested_messages(), st.data())
def test_both_decoders_say_what_cantools_says(made: MadeMessage, data: st.DataObject) -> None:
    layouts = read_dbc(text_of({made.identifier: made}).encode())
    payloads = [data.draw(st.binary(min_size=made.length, max_size=made.length)) for _ in range(3)]
    tables = tables_of(layouts)
    flat = by_flat(tables, layouts, payloads)
    assert flat == by_scalar(tables, layouts, payloads)
    theirs = of_cantools(made)
    for payload, found in zip(payloads, flat, strict=True):
        said = by_cantools(theirs, payload)
        assert said is None or (found.keys() == said.keys() and all(same(found[name], said[name]) for name in said))


def same(ours: float, theirs: float) -> bool:
    """Equal; a scaled integer above 2^53 is exact with them and a float with us."""
    return ours == theirs or (
        abs(theirs) > 2**53 and isinstance(theirs, int) and math.isclose(ours, theirs, rel_tol=4e-16)
    )


@given(plain_messages() | nested_messages(), st.data())
def test_of_a_short_frame_both_give_what_is_there(made: MadeMessage, data: st.DataObject) -> None:
    layouts = read_dbc(text_of({made.identifier: made}).encode())
    whole = data.draw(st.binary(min_size=made.length, max_size=made.length))
    length = data.draw(st.integers(0, made.length))
    tables = tables_of(layouts)
    [short] = by_flat(tables, layouts, [whole[:length]])
    assert [short] == by_scalar(tables, layouts, [whole[:length]])
    ends = {signal.name: signal.end_byte for one in layouts.messages for signal in one.signals}
    assert all(ends[name] <= length for name in short)
    filled = whole[:length] + bytes(made.length - length)
    [all_of_it] = by_flat(tables, layouts, [filled])
    selectors = {signal.name: selectors_of(signal, layouts) for one in layouts.messages for signal in one.signals}
    there = {name for name in ends if all(ends[one] <= length for one in (name, *selectors[name]))}
    assert short == {name: value for name, value in all_of_it.items() if name in there}


def selectors_of(signal: SignalLayout, layouts: Layouts) -> list[str]:
    """Those that say whether a signal is there."""
    names = {one.name: one for message in layouts.messages for one in message.signals}
    found = []
    while signal.branch is not None:
        signal = names[signal.branch.selector]
        found.append(signal.name)
    return found


@given(st.lists(plain_messages() | nested_messages(), min_size=2, max_size=4), st.data())
def test_several_databases_as_one_give_what_each_gives(made: list[MadeMessage], data: st.DataObject) -> None:
    each = [read_dbc(text_of({one.identifier: one}).encode()) for one in made]
    whole = Layouts(tuple(message for one in each for message in one.messages), ())
    together = merged([tables_of(one) for one in each])
    for number, (one, layouts) in enumerate(zip(made, each, strict=True)):
        payloads = [data.draw(st.binary(min_size=one.length, max_size=one.length))]
        alone = by_flat(tables_of(layouts), layouts, payloads)
        assert by_flat(together, whole, payloads, number) == alone == by_scalar(together, whole, payloads, number)


def message(*signals: SignalLayout, length: int = 8, j1939: bool = False) -> Layouts:
    return Layouts((MessageLayout("M", 0x18FEF100, True, length, signals, j1939=j1939),), ())


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("number", [Number.UNSIGNED, Number.SIGNED])
def test_an_integer_of_more_bits_than_a_word_is_exact(big: bool, number: Number) -> None:
    layouts = message(SignalLayout("Vin", 7 if big else 0, 136, big, number), length=17)
    payload = bytes(range(200, 217))
    wanted = int.from_bytes(payload, "big" if big else "little", signed=number is Number.SIGNED)
    tables = tables_of(layouts)
    assert by_flat(tables, layouts, [payload]) == by_scalar(tables, layouts, [payload]) == [{"Vin": wanted}]


@pytest.mark.parametrize(("integer", "is_exact"), [(2**53, False), (2**53 + 1, True), (-(2**53) - 1, True)])
def test_an_integer_that_a_float_may_not_hold_is_kept_as_it_is(integer: int, is_exact: bool) -> None:
    layouts = message(SignalLayout("Count", 0, 64, False, Number.SIGNED))
    payload, tables = integer.to_bytes(8, "little", signed=True), tables_of(layouts)
    flat = FlatDecoder(tables).decode(
        np.zeros(1, np.intp), np.frombuffer(payload, np.uint8).reshape(1, 8), np.full(1, 8, np.uint8)
    )
    block, _ = ScalarDecoder(tables).decode(0, payload)
    assert flat.exact == ScalarDecoder(tables).exact(block, payload) == ({0: integer} if is_exact else {})


def test_what_says_that_it_is_none_is_no_number() -> None:
    """SAE J1939-71: 0xFE of a byte is an error, 0xFF not available; of two bits 2 and 3; unless the file means it."""
    signals = (
        SignalLayout("Byte", 0, 8, False),
        SignalLayout("Word", 8, 16, False),
        SignalLayout("Pair", 24, 2, False),
        SignalLayout("Told", 26, 2, False, labels={2: "Reverse", 3: "NOT_AVAILABLE"}),
        SignalLayout("Lost", 28, 2, False, labels={3: "Lost"}),
        SignalLayout("Below", 32, 8, False),
        SignalLayout("Meant", 40, 2, False, labels={2: "Reverse", 3: "NOT_AVAILABLE"}),
        SignalLayout("Under", 42, 2, False, labels={3: "Lost"}),
    )
    payload = bytes.fromhex("FF00FEFEFD0A0000")
    of_trucks, of_cars = message(*signals, j1939=True), message(*signals)
    for layouts, wanted in (
        (of_trucks, numbers := {"Lost": 3.0, "Below": 253.0, "Meant": 2.0, "Under": 2.0}),
        (of_cars, {"Byte": 255.0, "Word": 65024.0, "Pair": 2.0, "Told": 3.0} | numbers),
    ):
        tables = tables_of(layouts)
        assert by_flat(tables, layouts, [payload]) == by_scalar(tables, layouts, [payload]) == [wanted]


def test_selectors_without_end_leave_what_is_always_there() -> None:
    """Fourteen selectors of one bit each: 2^14 combinations."""
    selectors = [SignalLayout(f"Sel{n}", n, 1, False, selects=True) for n in range(14)]
    chosen = [SignalLayout(f"Val{n}", 16 + n, 1, False, branch=Branch(f"Sel{n}", ((1, 1),))) for n in range(14)]
    layouts = message(*selectors, *chosen)
    tables, [remark] = compiled(layouts.messages, [Conversion()] * 28)
    assert (remark.fate, remark.what) == (Fate.SKIPPED, "M")
    assert str(BLOCKS_MAX) in remark.reason
    [found] = by_flat(tables, layouts, [b"\xff" * 8])
    assert set(found) == {one.name for one in selectors}


def chosen(number: int, *values: tuple[int, int], by: str = "Sel") -> SignalLayout:
    return SignalLayout(f"Val{number}", 32, 1, False, branch=Branch(by, values), selects=True)


MANY = 3_000
LARGE = {
    "ranges": [
        SignalLayout("Sel", 0, 16, False),
        *(chosen(n, *((2 * m, 2 * m) for m in range(MANY))) for n in range(9)),
    ],
    "signals": [SignalLayout("Sel", 0, 16, False), *(chosen(n, (n, n)) for n in range(MANY))],
    "a chain": [chosen(n, (0, 1), by=f"Val{n - 1}") for n in range(1, MANY)] + [SignalLayout("Val0", 0, 1, False)],
}


@pytest.mark.parametrize("signals", LARGE.values(), ids=LARGE)
def test_time_tables_and_depth_are_bounded(signals: list[SignalLayout]) -> None:
    begun = process_time()
    tables, [remark] = compiled(message(*signals).messages, [Conversion()] * len(signals))
    assert process_time() - begun < 10.0, "a second on an idle machine"
    assert len(tables.slots) <= LOOKS_MAX
    assert (remark.fate, remark.what) == (Fate.SKIPPED, "M")
    assert len(tables.fork) == 0, "only what is always there is left"


def test_a_value_that_selects_nothing_is_said_so() -> None:
    layouts = message(
        SignalLayout("Sel", 0, 8, False, selects=True),
        SignalLayout("One", 8, 8, False, branch=Branch("Sel", ((1, 3), (9, 9)))),
    )
    tables = tables_of(layouts)
    blocks = (
        FlatDecoder(tables)
        .decode(
            np.zeros(5, np.intp),
            np.array([[n, 7, *[0] * 6] for n in (0, 1, 3, 4, 9)], np.uint8),
            np.full(5, 8, np.uint8),
        )
        .block
    )
    assert tables.lost[blocks].tolist() == [1, 0, 0, 1, 0]
