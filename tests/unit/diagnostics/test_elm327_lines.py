"""What an adapter writes is frames, its own remarks, or not to be believed; nothing it writes raises."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.diagnostics.ecu import UNITS, Ecu, unit_29
from edge.diagnostics.elm327.commands import NUMBERS, addressed, as_sent, chosen, kind_of
from edge.diagnostics.elm327.hearing import FRAMES_MAX, Hearing
from edge.diagnostics.elm327.lines import DISTRUSTED, REMARKS, Remark, read, read_volts
from edge.diagnostics.elm327.search import PAUSE_FIRST_S, Search
from edge.diagnostics.permission import Kind, Permission
from edge.diagnostics.probe import KINDS
from edge.frames import EXTENDED, NANOSECONDS, Frame

SOUND = "7E8 04 41 0C 1A F8"


def heard(*lines: str, said: str = "010C", extended: bool = False) -> tuple[list[tuple[int, str]], dict[Remark, int]]:
    found = read(lines, said=said, extended=extended, at_ns=7)
    assert all(frame.time == 7 for frame in found.frames)
    return [(frame.id, frame.payload.hex()) for frame in found.frames], dict(found.remarks)


def test_frames_are_read_with_spaces_and_without() -> None:
    assert heard(SOUND, "7E9 04410C0000") == ([(0x7E8, "04410c1af8"), (0x7E9, "04410c0000")], {})
    assert heard("18 DA F1 10 04 41 0C 1A F8", extended=True) == ([(0x18DAF110, "04410c1af8")], {})
    assert read(["18DAF11001"], said="", extended=True, at_ns=0).frames[0].flags == EXTENDED


@pytest.mark.parametrize("text", REMARKS)
def test_what_an_adapter_says_of_itself_is_known_by_its_cause(text: str) -> None:
    frames, remarks = heard(SOUND, text)
    assert remarks == {REMARKS[text]: 1}
    assert bool(frames) is (REMARKS[text] not in DISTRUSTED)


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("7E8 04 41 0C <DATA ERROR", Remark.DATA_ERROR), ("7E8 04 <RX ERROR", Remark.DATA_ERROR),
        ("BUS INIT: ...ERROR", Remark.BUS_ERROR), ("ERR94", Remark.INTERNAL),
    ],
)  # fmt: skip
def test_remarks_that_stand_beside_something_are_known_too(text: str, remark: Remark) -> None:
    assert heard(text)[1] == {remark: 1}


@pytest.mark.parametrize(
    "line",
    ["7E8 04 41 0C 1A F", "7E8", "8E8 04 41", "7E8 04 41 0C 1A F8 00 00 00 00", "7E8 0G", "SOUND", "NO DAT", "OKOK"],
)
def test_a_line_that_cannot_be_read_spoils_the_answer(line: str) -> None:
    assert heard(SOUND, line) == ([], {Remark.GARBAGE: 1})


def test_ids_of_the_other_length_are_garbage() -> None:
    assert heard("18 DA F1 10 04 41 0C 1A F8") == ([], {Remark.GARBAGE: 1})
    assert heard(SOUND, extended=True) == ([], {Remark.GARBAGE: 1})


def test_an_echo_is_no_answer_even_where_it_looks_like_one() -> None:
    assert heard("7E80", said="7E80") == ([], {Remark.ECHO: 1})
    assert heard("010C", SOUND) == ([(0x7E8, "04410c1af8")], {Remark.ECHO: 1})


def test_done_is_believed_alone() -> None:
    assert read(["OK"], said="ATH1", extended=False, at_ns=0).is_done
    assert not read(["?"], said="ATH1", extended=False, at_ns=0).is_done
    assert not read(["OK", "%&"], said="ATH1", extended=False, at_ns=0).is_done


@pytest.mark.parametrize(
    ("line", "volts"),
    [
        ("12.6V", 12.6),
        ("ATRV\r12.6V", None),
        ("9.98 v", 9.98),
        ("126V", None),
        ("12.6", None),
        ("-1.0V", None),
        ("", None),
    ],
)
def test_volts(line: str, volts: float | None) -> None:
    assert read_volts([line]) == volts


@given(st.lists(st.text(max_size=40), max_size=20), st.text(max_size=20), st.booleans())
def test_whatever_is_written_nothing_raises_and_every_line_is_something(
    lines: Sequence[str], said: str, extended: bool
) -> None:
    found = read(lines, said=said, extended=extended, at_ns=0)
    assert len(found.frames) + found.remarks.total() <= len(lines)
    assert all(1 <= len(frame.payload) <= 8 for frame in found.frames)


@given(st.integers(0, 0x7FF), st.binary(min_size=1, max_size=8), st.integers(0, 26))
def test_a_character_that_is_lost_is_noticed(identifier: int, payload: bytes, place: int) -> None:
    line = f"{identifier:03X}{payload.hex().upper()}"
    assert heard(line) == ([(identifier, payload.hex())], {})
    cut = line[: place % len(line)] + line[place % len(line) + 1 :]
    assert heard(cut)[0] == []


# what an adapter is told


def test_units_are_addressed_as_the_data_sheet_says() -> None:
    assert addressed(None, extended=False)[:2] == (("ATSH", "7DF"), ("ATCRA", ""))
    assert addressed(UNITS[2], extended=False)[:2] == (("ATSH", "7E2"), ("ATCRA", ""))
    assert addressed(Ecu(0x745, 0x765), extended=False) == (
        ("ATSH", "745"), ("ATCRA", "765"), ("ATFCSH", "745"), ("ATFCSM", "1"),
    )  # fmt: skip
    assert addressed(unit_29(0x10), extended=True)[:3] == (("ATCP", "18"), ("ATSH", "DA10F1"), ("ATCRA", ""))
    assert chosen(KINDS[2], 11) == (("ATTP", "8"), ("ATFCSD", "30000B"), ("ATFCSM", "2"))


@pytest.mark.parametrize("number", NUMBERS.values())
def test_kinds_of_bus_have_the_numbers_of_the_data_sheet(number: str) -> None:
    assert NUMBERS[kind_of(number)] == number


def test_a_protocol_that_is_not_can_is_refused() -> None:
    with pytest.raises(ValueError, match="write 6, 7, 8 or 9"):
        kind_of("3")


def test_what_an_adapter_makes_of_a_question_passes_the_list() -> None:
    frame = as_sent(b"\x09\x02", UNITS[0], extended=False, at_ns=0)
    assert (frame.id, frame.payload.hex()) == (0x7E0, "0209020000000000")
    assert Permission().check(frame) is Kind.REQUEST


# answers


def test_a_late_answer_beside_the_right_one_is_neither_told_nor_handed_on() -> None:
    hearing = Hearing(())
    question = as_sent(b"\x01\x0c", None, extended=False, at_ns=0)
    late, right, strange = (Frame(5, 0x7E8, bytes.fromhex("03410d20")), Frame(5, 0x7E8, bytes.fromhex("04410c1af8")),
                            Frame(5, 0x123, bytes.fromhex("04410cffff")))  # fmt: skip
    gathered = hearing.gather(question, None, [late, right, strange])
    assert [one.payload.hex() for one in gathered.answers.values()] == ["410c1af8"]
    assert hearing.taken_frames() == [right]
    assert hearing.taken_frames() == []
    assert (hearing.counts["late"], hearing.counts["strange_id"]) == (1, 1)


def test_half_an_answer_does_not_join_the_next_question() -> None:
    hearing = Hearing(())
    question = as_sent(b"\x09\x02", None, extended=False, at_ns=0)
    first, second = (
        Frame(1, 0x7E8, bytes.fromhex("100a490201414243")),
        Frame(2, 0x7E8, bytes.fromhex("2144454647000000")),
    )
    assert not hearing.gather(question, None, [first]).answers
    assert not hearing.gather(question, None, [second]).answers
    assert [one.payload.hex() for one in hearing.gather(question, None, [first, second]).answers.values()] == [
        "490201" + b"ABCDEFG".hex()
    ]
    assert hearing.counts["isotp_unfinished"] == 1


def test_frames_that_nobody_takes_are_bounded_and_counted() -> None:
    hearing = Hearing(())
    question = as_sent(b"\x01\x0c", None, extended=False, at_ns=0)
    for at in range(FRAMES_MAX + 3):
        hearing.gather(question, None, [Frame(at, 0x7E8, bytes.fromhex("04410c1af8"))])
    assert hearing.counts["frames_dropped"] == 3
    assert [frame.time for frame in hearing.taken_frames()] == list(range(3, FRAMES_MAX + 3))


# the search


def test_a_search_tries_each_kind_once_and_rests_ever_longer() -> None:
    search, now_ns, pauses = Search(), 0, []
    for _ in range(8):
        for kind in KINDS:
            assert search.due(now_ns) == kind
            search.missed(now_ns)
        began_ns = now_ns
        while search.due(now_ns) is None:
            now_ns += NANOSECONDS
        pauses.append((now_ns - began_ns) // NANOSECONDS)
    assert pauses == [PAUSE_FIRST_S, 20, 40, 80, 160, 300, 300, 300]
