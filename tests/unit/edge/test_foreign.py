"""KCD, SYM and ARXML files: what is wrong with them is told as it is of DBC files."""

from pathlib import Path

import pytest

from edge.decode.check import Checked, Verdict, check
from edge.decode.layout import Fate

SPEED = '<Signal name="Speed" offset="0" length="16"/>'
ENGINE = f'<Message id="0x100" name="Engine" length="8">{SPEED}</Message>'
SYM = 'FormatVersion=6.0 // Do not edit this line!\nTitle="x"\n\n{SENDRECEIVE}\n\n'
AR = '<?xml version="1.0"?>\n<AUTOSAR xmlns="http://autosar.org/schema/r4.0">\n'
AR_FRAME = (
    "<AR-PACKAGES><AR-PACKAGE><SHORT-NAME>P</SHORT-NAME><ELEMENTS><CAN-CLUSTER><SHORT-NAME>C</SHORT-NAME>"
    "<CAN-CLUSTER-VARIANTS><CAN-CLUSTER-CONDITIONAL><PHYSICAL-CHANNELS><CAN-PHYSICAL-CHANNEL><SHORT-NAME>H</SHORT-NAME>"
    "<FRAME-TRIGGERINGS><CAN-FRAME-TRIGGERING><SHORT-NAME>T</SHORT-NAME>"
    '<FRAME-REF DEST="CAN-FRAME">/P/Nowhere</FRAME-REF><IDENTIFIER>5</IDENTIFIER></CAN-FRAME-TRIGGERING>'
    "</FRAME-TRIGGERINGS></CAN-PHYSICAL-CHANNEL></PHYSICAL-CHANNELS></CAN-CLUSTER-CONDITIONAL></CAN-CLUSTER-VARIANTS>"
    "</CAN-CLUSTER></ELEMENTS></AR-PACKAGE></AR-PACKAGES></AUTOSAR>\n"
)


def kcd(messages: str) -> str:
    return (
        '<?xml version="1.0"?>\n<NetworkDefinition xmlns="http://kayak.2codeornot2code.org/1.0">\n'
        f'<Document name="x" version="1"/>\n<Bus name="b">{messages}</Bus>\n</NetworkDefinition>\n'
    )


def message(signals: str, *, length: int = 8, identifier: str = "0x100") -> str:
    return f'<Message id="{identifier}" name="Engine" length="{length}">{signals}</Message>'


def checked(folder: Path, name: str, text: str) -> Checked:
    file = folder / name
    file.write_text(text)
    [one] = check([file])
    return one


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("cut.kcd", kcd(ENGINE)[:200], "cut.kcd, line 4: is not a CAN database that can be read: KCD"),
        ("no_id.kcd", kcd(ENGINE.replace('id="0x100"', "")), "an attribute of a message or signal is missing"),
        ("no_place.kcd", kcd(ENGINE.replace('offset="0"', "")), "an attribute of a message or signal is missing"),
        ("id.kcd", kcd(message(SPEED, identifier="0x900")), "Standard frame id 0x900 is more than 11 bits"),
        ("no_bits.kcd", kcd(ENGINE.replace('length="16"', 'length="0"')), "Speed length 0 is not greater than 0"),
        ("empty.kcd", kcd(""), "holds no CAN messages"),
        ("bad.sym", f"{SYM}[Engine]\nID=100h\nLen=8\nVar=Speed unsigned 0;16\n", "bad.sym, line 9: "),
        ("old.sym", 'FormatVersion=5.0 // Do not edit this line!\nTitle="x"\n', "Only SYM version 6.0 is supported"),
        ("cut.arxml", AR + "<AR-PACK", "cut.arxml, line 3: "),
        ("dangling.arxml", AR + AR_FRAME, "dangling reference FRAME-REF"),
        ("none.arxml", f"{AR}<AR-PACKAGES/></AUTOSAR>", "holds no CAN messages"),
        ("drive.txt", "hello", "drive.txt: .txt is no kind of CAN database that is known here. Give one of .dbc, .kcd"),
        ("drive", "hello", "a name without an ending is no kind of CAN database"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_place_and_remedy(tmp_path: Path, name: str, text: str, told: str) -> None:
    one = checked(tmp_path, name, text)
    assert one.verdict is Verdict.NOT_AT_ALL
    assert told in one.error
    assert one.error.startswith(str(tmp_path / name))
    assert ". Mend that place" in one.error or ". Give " in one.error


TWO = '<Signal name="Speed" offset="16" length="8"/>'
GOOD = '<Signal name="Good" offset="0" length="8"/>'
VALUE = '<Signal name="Odd" offset="8" length="{}"><Value {}/></Signal>'


LONGER = "it ends in byte 2 of a message of 1: only longer frames have it"
NO_FACTOR = "its factor or offset is no number that can be reckoned with"


@pytest.mark.parametrize(
    ("text", "signals", "told"),
    [
        (message(SPEED, length=1), 1, f"repaired: Engine.Speed: {LONGER}"),
        (message(SPEED + TWO), 2, "repaired: Engine.Speed: a second one of this name, so it is called Speed_2"),
        (ENGINE + ENGINE.replace("Engine", "Motor"), 1, "skipped: Motor: id 0x100 is that of Engine, which is kept"),
        (message(GOOD + VALUE.format(24, 'type="single"')), 1, "skipped: Engine.Odd: a float of 24 bits"),
        (message(GOOD + VALUE.format(8, 'slope="1e400"')), 1, f"skipped: Engine.Odd: {NO_FACTOR}"),
        (message(GOOD + VALUE.format(1500, ""), length=200), 1, "skipped: Engine.Odd: 1500 bits are no number"),
    ],
    ids=["beyond", "one name twice", "one id twice", "odd float", "no factor", "no number"],
)
def test_what_cantools_lets_pass_is_told_as_of_a_dbc_file(tmp_path: Path, text: str, signals: int, told: str) -> None:
    one = checked(tmp_path, "car.kcd", kcd(text))
    assert [remark.text for remark in one.remarks] == [told]
    assert (one.verdict, one.messages, one.signals) == (Verdict.IN_PART, 1, signals)


def test_a_whole_file_is_shown_as_it_is_loaded(tmp_path: Path) -> None:
    group = '<MuxGroup count="1"><Signal name="A" offset="8" length="8"/></MuxGroup>'
    many = f'<Multiplex name="Sel" offset="0" length="2">{group}</Multiplex>'
    for name, text, signals in (
        ("car.kcd", kcd(message(many)), 2),
        ("car.sym", f"{SYM}[Engine]\nID=100h\nLen=8\nVar=Speed unsigned 0,16 /f:0.25\n", 1),
    ):
        one = checked(tmp_path, name, text)
        assert (one.verdict, one.messages, one.signals, one.remarks) == (Verdict.WHOLE, 1, signals, ()), one.text()


def test_j1939_that_does_not_say_so_is_suspected_here_too(tmp_path: Path) -> None:
    one = checked(tmp_path, "truck.kcd", kcd(ENGINE.replace('id="0x100"', 'id="0x18FEEE00" format="extended"')))
    assert [remark.fate for remark in one.remarks] == [Fate.DOUBTFUL]
    assert "at the top of truck.vss.toml" in one.remarks[0].reason
    assert one.verdict is Verdict.WHOLE
