"""Reading DBC: a broken line costs what it is about, with a remark, and nothing makes the reader fail."""

from random import Random
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decode.dbc import read_dbc
from edge.decode.layout import Branch, Fate, MessageLayout, Number, pgn_of
from tests.unit.edge.databases import HEAD, MadeMessage, nested_messages, plain_messages, text_of

GOOD = ' SG_ Speed : 0|16@1+ (0.25,0) [0|16000] "rpm" ECU\n'


def sg(text: str) -> str:
    return f' SG_ {text} [0|0] "" ECU\n'


def read(text: str) -> tuple[tuple[MessageLayout, ...], list[tuple[int, Fate, str, str]]]:
    layouts = read_dbc((HEAD + text).encode())
    head = HEAD.count("\n")
    return layouts.messages, [(one.line - head, one.fate, one.what, one.reason) for one in layouts.remarks]


A = "BO_ 256 A: 8 ECU\n"
BROKEN: dict[str, tuple[str, list[str], tuple[int, Fate, str, str] | None]] = {
    "good": (A + GOOD, ["Speed"], None),
    "signals of no message": (f"BO_ 3221225472 VECTOR__INDEPENDENT_SIG_MSG: 0 Vector__XXX\n{GOOD}", [], None),
    "wide id": (f"BO_ 2048 A: 8 ECU\n{GOOD}", ["Speed"], (1, Fate.REPAIRED, "A", "more than 11 bits")),
    "wider id": (f"BO_ 4294967295 A: 8 ECU\n{GOOD}", [], (1, Fate.SKIPPED, "A", "more than 29 bits")),
    "no id": (f"BO_ x A: 8 ECU\n{GOOD}", [], (1, Fate.SKIPPED, "a message", "no id, name and length")),
    "id twice": (f"{A}{GOOD}BO_ 256 B: 8 ECU\n{GOOD}", ["Speed"], (3, Fate.SKIPPED, "B", "that of A, which is kept")),
    "two words": (f"BO_ 256 Two words: 8 ECU\n{GOOD}", ["Speed"], (1, Fate.REPAIRED, "Two words", "not written as")),
    "long": (f"BO_ 256 A: 9999 ECU\n{GOOD}", [], (1, Fate.SKIPPED, "A", "more than any transport")),
    "name twice": (A + GOOD + GOOD, ["Speed", "Speed_2"], (3, Fate.REPAIRED, "A.Speed", "called Speed_2")),
    "spaces in a name": (A + sg("My Speed : 0|16@1+ (1,0)"), ["My Speed"], (2, Fate.REPAIRED, "A.My Speed", "not wri")),
    "decimal comma": (A + sg("Speed : 0|16@1+ (0,25,0)"), ["Speed"], (2, Fate.REPAIRED, "A.Speed", "not written")),
    "spaces": (A + " SG_ Speed : 0|16 @1 + (1,0)\n", ["Speed"], (2, Fate.REPAIRED, "A.Speed", "not written")),
    "no place": (A + " SG_ Speed = 3\n", [], (2, Fate.SKIPPED, "a signal of A", "no name and no place")),
    "no bits": (A + sg("Speed : 0|0@1+ (1,0)"), [], (2, Fate.SKIPPED, "A.Speed", "no bits")),
    "beyond": (
        "BO_ 256 A: 1 ECU\n" + GOOD,
        ["Speed"],
        (2, Fate.REPAIRED, "A.Speed", "ends in byte 2 of a message of 1"),
    ),
    "no selector": (A + sg("S m1 : 0|16@1+ (1,0)"), [], (2, Fate.SKIPPED, "A.S", "nothing says which signal selects")),
    "selector gone": (
        f"{A}{GOOD}SG_MUL_VAL_ 256 Speed Gone 1-1;\n",
        [],
        (2, Fate.SKIPPED, "A.Speed", "Gone, which is"),
    ),
    "label of none": (f'{A}{GOOD}VAL_ 256 Sped 1 "On" ;\n', ["Speed"], (3, Fate.SKIPPED, "A.Sped", "is not there")),
    "short float": (
        f"{A}{sg('S : 0|20@1- (1,0)')}SIG_VALTYPE_ 256 S : 1;\n",
        [],
        (2, Fate.SKIPPED, "A.S", "float of 20"),
    ),
    "id with zeros before": (f"BO_ 0256 A: 8 ECU\n{GOOD}", ["Speed"], None),
    "id without end": (f"BO_ {'1' * 5000} A: 8 ECU\n{GOOD}", [], (1, Fate.SKIPPED, "1" * 200, "more than 29 bits")),
    "place without end": (A + sg(f"S : {'1' * 5000}|8@1+ (1,0)"), [], (2, Fate.SKIPPED, "a signal of A", "no place")),
    "digits of others": (f'{A}{GOOD}VAL_ \u00b2\u0663 Speed 1 "On" ;\n', ["Speed"], None),
    "no name": (A + sg(" : 0|16@1+ (1,0)"), [], (2, Fate.SKIPPED, "a signal of A", "no name")),
    "beyond numbers": (A + sg("S : 0|16@1+ (1e304,0)"), [], (2, Fate.SKIPPED, "A.S", "no number that can be")),
    "wide beyond numbers": (A + sg("S : 0|64@1+ (1e289,1e308)"), [], (2, Fate.SKIPPED, "A.S", "no number that can be")),
    "line of an editor": ('CM_ "one\x0cline\u2028of\x85it";\nBO_ ?\n', [], (2, Fate.SKIPPED, "a message", "no id")),
    "open quote": (f'{A}{GOOD}CM_ "never closed\n', ["Speed"], (3, Fate.SKIPPED, "CM_", "it has no end")),
}


@pytest.mark.parametrize(("text", "signals", "remark"), BROKEN.values(), ids=BROKEN)
def test_a_broken_line_costs_what_it_is_about_and_is_told(
    text: str, signals: list[str], remark: tuple[int, Fate, str, str] | None
) -> None:
    messages, remarks = read(text)
    assert [signal.name for message in messages for signal in message.signals] == signals
    if remark is None:
        assert remarks == []
    else:
        line, fate, what, reason = remark
        assert any(one[:3] == (line, fate, what) and reason in one[3] for one in remarks), remarks


def test_what_follows_a_broken_line_is_read() -> None:
    messages, remarks = read(f'BO_ 256 A: 8 ECU\n SG_ ???\n{GOOD}BO_ ???\n{GOOD}BO_ 257 B: 8 ECU\n{GOOD}CM_ "open\n')
    assert [(one.name, [signal.name for signal in one.signals]) for one in messages] == [
        ("A", ["Speed"]),
        ("B", ["Speed"]),
    ]
    assert [one[0] for one in remarks] == [2, 4, 5, 8]


def test_everything_that_is_said_of_a_message_is_kept() -> None:
    [one], remarks = read(
        'BO_ 2566844672 Long: 8 ECU\n SG_ Sel M : 0|8@1+ (1,0) [0|3] "" ECU\n'
        ' SG_ Real m1 : 16|32@1- (1,0) [0|0] "Nm" ECU\n SG_ Sub m2 : 55|7@0- (0.5,-4) [-10|10] "\u00b0C" A,B\n'
        'BO_TX_BU_ 2566844672 : ECU,TCU;\nCM_ SG_ 2566844672 Sel "With ; and\nBO_ 1 in it";\n'
        'BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";\n'
        'BA_DEF_DEF_ "VFrameFormat" "J1939PG";\nBA_DEF_DEF_ "GenMsgCycleTime" 100;\n'
        'BA_ "SystemSignalLongSymbol" SG_ 2566844672 Sub "SubstituteOfManyLetters";\n'
        'VAL_TABLE_ Onoff 1 "On" 0 "Off";\nVAL_ 2566844672 Sel 0 "Off" 1 "A \\"big\\" one" ;\n'
        "SIG_VALTYPE_ 2566844672 Real : 1;\nSG_MUL_VAL_ 2566844672 Sub Sel 2-2, 5-7;\n"
    )
    assert remarks == []
    assert (one.name, one.id, one.extended, one.j1939, one.cycle_s) == ("Long", 0x18FEF100, True, True, 0.1)
    assert one.senders == ("ECU", "TCU")
    select, real, sub = one.signals
    assert (select.selects, select.labels) == (True, {0: "Off", 1: 'A "big" one'})
    assert (real.number, real.branch, real.unit) == (Number.FLOAT, Branch("Sel", ((1, 1),)), "Nm")
    assert (sub.name, sub.big, sub.number, sub.branch) == (
        "SubstituteOfManyLetters",
        True,
        Number.SIGNED,
        Branch("Sel", ((2, 2), (5, 7))),
    )
    assert (sub.scale, sub.offset, sub.minimum, sub.maximum, sub.unit) == (0.5, -4.0, -10.0, 10.0, "°C")
    assert one.pgn == 0xFEF1


def test_a_group_leaves_out_priority_sender_and_a_destination() -> None:
    assert pgn_of(0x18FEF1AB) == 0xFEF1, "to everybody"
    assert pgn_of(0x0CEF2A17) == 0xEF00, "to 2A"
    assert pgn_of(0x19FEF1AB) == 0x1FEF1, "data page 1"


N = 50_000
LONG: dict[str, str] = {
    "spaces in a signal": f"{A} SG_ {' ' * N}x\n",
    "spaces after a name": f"{A} SG_ S{' ' * N}x\n",
    "spaces before a bracket": f"{A} SG_ S : 0|8@1+ ({' ' * N}x\n",
    "spaces in a message": f"BO_ 1{' ' * N}x\n",
    "digits of a scale": f"{A} SG_ S : 0|8@1+ ({'1' * N}x\n",
    "digits of a label": f"{A}{GOOD}VAL_ 256 Speed {'1' * N} ;\n",
    "digits of ranges": f"{A}{GOOD}SG_MUL_VAL_ 256 Speed Speed {'1' * N};\n",
    "letters of a multiplexer": f"{A} SG_ {'m1' * N}: 0|8@1+\n",
    "signals of one name": A + GOOD * (N // 10),
    "senders": f"{A}BO_TX_BU_ 256 : {','.join(f'E{number}' for number in range(N // 5))};\n",
    "open quotes": A + 'CM_ "x\n' * (N // 10),
    "words in quotes": f'CM_ "{"x " * N}',
}
"""What once took minutes, or would have."""


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_the_time_to_read_grows_with_the_length_and_no_faster(text: str) -> None:
    begun = process_time()
    read_dbc(text.encode())
    assert process_time() - begun < 5.0, "a second or less on an idle machine"


@given(st.lists(plain_messages(300) | nested_messages(301), max_size=2), st.randoms(use_true_random=False))
def test_no_text_at_all_makes_it_fail(made: list[MadeMessage], dice: Random) -> None:
    """Whatever letters are changed, what is read can be looked at."""
    letters = list(text_of(dict(enumerate(made))))
    for _ in range(20):
        letters[dice.randrange(len(letters))] = dice.choice(list('0123456789|@+-"(),;:[] \nmMSGBO_ÿ'))
    layouts = read_dbc("".join(letters).encode("utf-8"))
    assert all(signal.length > 0 for message in layouts.messages for signal in message.signals)


@given(st.binary(max_size=400))
def test_nor_any_bytes(content: bytes) -> None:
    read_dbc(content)
