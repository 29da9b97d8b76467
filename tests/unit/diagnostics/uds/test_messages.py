"""What answers of UDS say is read as the standard has it; what is cut or strange is unknown, and never an error."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.diagnostics.findings import Status
from edge.diagnostics.uds import library, messages
from edge.diagnostics.uds.identity import UnitIdentity
from edge.diagnostics.uds.messages import CodeList, Record, StatusByte
from edge.diagnostics.uds.refusals import REFUSALS, Then, refusal

NO_LENGTH = StatusByte.of(0)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def seen(told: CodeList | None) -> list[tuple[str, str | None]]:
    assert told is not None
    return [(one.code, one.failure_type) for one in told.records]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (library.ask_codes(0x0D), "19020D"),
        (library.ask_count(0x0D), "19010D"),
        (library.ask_emission_codes(0x0C, 0x1E), "1942330C1E"),
        (library.ask_permanent_codes(), "195533"),
        (library.ask_snapshots(0x403511), "1904403511FF"),
        (library.ask_extended(0x403511), "1906403511FF"),
        (library.ask_identifiers([0xF190, 0x0101, 0xFFFF]), "22F1900101FFFF"),
    ],
)
def test_questions_are_written_as_the_standard_has_them(request_: bytes, expected: str) -> None:
    assert request_ == octets(expected)


def test_codes_have_three_bytes_and_a_status() -> None:
    told = library.codes(octets("5902 FF 403511 2F C12100 08 9A0B64 04"))
    assert seen(told) == [("C0035", "11"), ("U0121", "00"), ("B1A0B", "64")]
    assert told is not None
    assert told.records[0].status == StatusByte(True, True, True, True, False, True, False, False)
    assert seen(library.codes(octets("5902 FF"))) == []


def test_a_list_that_is_cut_is_none_and_padding_is_no_code() -> None:
    assert library.codes(octets("5902 FF 403511")) is None
    assert seen(library.codes(octets("5902 FF 403511 2F 0000"))) == [("C0035", "11")]
    assert messages.emission_codes(octets("5942 33 FF 1E 04 02 030100")) is None
    assert messages.permanent_codes(octets("5955 33 FF 04 030100")) is None


def test_emission_codes_have_a_class_and_permanent_ones_four_bytes() -> None:
    told = messages.emission_codes(octets("5942 33 FF 1E 04 02 030100 AF 90 042000 2C 00 011300 08"))
    assert seen(told) == [("P0301", "00"), ("P0420", "00"), ("P0113", "00")]
    assert told is not None
    assert [one.emission_class for one in told.records] == ["A", "C", None]
    permanent = messages.permanent_codes(octets("5955 33 FF 04" + "030100AF" * 5))
    assert permanent is not None
    assert len(permanent.records) == 5


def test_where_a_unit_counts_as_trucks_do_a_code_is_spn_and_fmi() -> None:
    told = messages.emission_codes(octets("5942 33 FF 1E 02 04 6E0003 08 02 FFFFFF 08"))
    assert seen(told) == [("SPN 110 FMI 3", None), ("SPN 524287 FMI 31", None)]


@pytest.mark.parametrize(
    ("status", "available", "expected"),
    [
        (0x2F, 0xFF, {Status.PENDING, Status.CONFIRMED}),
        (0x08, 0xFF, {Status.CONFIRMED}),
        (0x04, 0xFF, {Status.PENDING}),
        (0x01, 0xFF, {Status.PENDING}),
        (0x01, 0x01, {Status.CONFIRMED}),
        (0x0C, 0x08, {Status.CONFIRMED}),
        (0x50, 0xFF, set()),
        (0x01, 0x08, set()),
    ],
)
def test_how_sure_a_unit_is_follows_from_the_flags_that_it_keeps(
    status: int, available: int, expected: set[Status]
) -> None:
    assert messages.statuses(StatusByte.of(status), StatusByte.of(available)) == expected


@given(st.integers(0, 255), st.integers(0, 255))
def test_no_code_is_of_a_kind_that_its_unit_does_not_tell(status: int, available: int) -> None:
    kept = StatusByte.of(available)
    assert messages.statuses(StatusByte.of(status), kept) <= messages.told(kept)


@given(st.dictionaries(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=9), max_size=20), st.data())
def test_a_snapshot_is_found_as_far_as_lengths_are_known(kept: dict[int, bytes], data: st.DataObject) -> None:
    body = b"".join(did.to_bytes(2, "big") + raw for did, raw in kept.items())
    answer = octets("5904 403511 2F 01") + bytes([len(kept)]) + body
    known = {did: raw for did, raw in kept.items() if data.draw(st.booleans())}
    snapshot = messages.first_snapshot(answer, lambda did, _rest: len(known[did]) if did in known else None)
    assert snapshot is not None
    found = list(kept.items())[: len(snapshot.values)]
    assert list(snapshot.values.items()) == found
    assert snapshot.rest == body[sum(2 + len(raw) for _, raw in found) :]
    whole = len(snapshot.values) == len(kept)
    assert whole or next(did for did in kept if did not in known) not in snapshot.values


def test_a_snapshot_that_is_cut_is_none() -> None:
    assert messages.first_snapshot(octets("5904 403511 2F 01 01 2001 0B"), lambda *_: 2) is None
    assert messages.first_snapshot(octets("5904 403511 2F 01 02 2001 0BB8"), lambda *_: 2) is None


@given(st.binary(max_size=40), st.sampled_from([b"", b"\x59\x02\xff", b"\x59\x04", b"\x59\x42", b"\x59\x55", b"\x62"]))
@example(b"\xf1", b"\x62")
@example(b"", b"\x62")
def test_no_answer_is_so_strange_that_it_raises(rest: bytes, head: bytes) -> None:
    answer = head + rest
    library.codes(answer)
    library.identifier(answer, 0xF190)
    messages.emission_codes(answer)
    messages.permanent_codes(answer)
    messages.first_snapshot(answer, lambda did, _: did % 5)
    identity = UnitIdentity("7E8", dict.fromkeys((*range(0xF180, 0xF198), 0xF802, 0xF804, 0xF806, 0xF80A), answer))
    assert identity.unit().ecu == "7E8"


@given(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=40))
def test_an_identifier_is_what_stands_behind_its_number(did: int, raw: bytes) -> None:
    assert library.identifier(b"\x62" + did.to_bytes(2, "big") + raw, did) == raw
    assert library.identifier(b"\x62" + (did ^ 1).to_bytes(2, "big") + raw, did) is None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"5Q0-614-517", "5Q0-614-517"),
        (b"H11   ", "H11"),
        (b"2.10\0\0", "2.10"),
        (b"\x01SC-ABS-0113", "SC-ABS-0113"),
        (b"\x00\x12\x9f\xfe", "00129FFE"),
        (b"\x02", "02"),
        (b"\xff\xff\xff", None),
        (b"", None),
        ("für".encode(), "66C3BC72"),
    ],
)
def test_identifiers_are_text_where_they_are_text_and_hex_otherwise(raw: bytes, expected: str | None) -> None:
    assert messages.text(raw) == expected


@pytest.mark.parametrize("vin", ["1HGCM82633A004352", "00000000000000000", "2T1BURHE0JC00000X", "xW8ZZZ1KZAM000001"])
@pytest.mark.parametrize("did", [0xF190, 0xF802])
def test_a_vin_comes_whole_from_either_identifier(vin: str, did: int) -> None:
    assert UnitIdentity("7E8", {did: vin.encode()}).vin == vin
    assert UnitIdentity("7E8", {did: b"\x01" + vin.encode()}).vin == vin
    assert UnitIdentity("7E8", {did: vin.encode()[:16]}).vin is None


def test_supplier_and_boot_software_are_told_besides() -> None:
    identity = UnitIdentity("768", {0xF18A: b"Bremsen GmbH", 0xF180: b"\x01BOOT 1.4"})
    assert (identity.supplier, identity.boot_software) == ("Bremsen GmbH", "BOOT 1.4")


@given(st.integers(0, 255))
def test_every_refusal_has_a_name_words_and_what_to_do(code: int) -> None:
    why = refusal(code)
    assert why.code == code
    assert why.name
    assert why.words
    assert (why.then is Then.GUARDED) == ((0x33 <= code <= 0x3A and code != 0x35) or 0x50 <= code <= 0x5D)


def test_no_two_refusals_have_one_name() -> None:
    assert len({why.name for why in REFUSALS.values()}) == len(REFUSALS)
    assert {code for code, why in REFUSALS.items() if why.then is Then.NEVER} == {0x11, 0x12, 0x13, 0x31, 0x7E, 0x7F}


def test_a_record_without_severity_has_no_class() -> None:
    assert Record(0x030100, NO_LENGTH).emission_class is None
