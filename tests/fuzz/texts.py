"""DBC texts as a fuzzer wants them: sound ones, nearly sound ones, and ones that no tool would write."""

from typing import Final

from tests.fuzz.dice import Dice

HEAD: Final = 'VERSION ""\n\nNS_ :\n\nBS_:\n\nBU_: ECU\n\n'
EXTENDED: Final = 0x8000_0000
IDENTIFIERS: Final = (
    256, 257, 0x7FF, EXTENDED | 0x18FEF100, EXTENDED | 0x0CEF2A17, EXTENDED | 0x18FEE300, EXTENDED | 0x1FFFFFFF,
    EXTENDED | 0x18EA0000, EXTENDED | 0x1CEC0000, 0,
)  # fmt: skip
LENGTHS: Final = (8, 1, 2, 3, 64, 12, 0, 39, 1785)
SCALES: Final = ("1", "0.1", "-1", "0.00390625", "1e-3", "7", "2.5e-05", "0", "1e250", "-1e288", "4e-320")
OFFSETS: Final = ("0", "-40", "0.25", "1000", "1e300", "-1.7e308")
MUXES: Final = ("", "M", "m0", "m1", "m2M", "m3", "m255", "m7M")
TEXT_MAX: Final = 4_000
"""Characters, so that there are many inputs; long files are in tests/unit/edge/test_dbc_reader.py."""
ODDITIES: Final = (
    "", '"', ";", "\n", " " * 400, "1" * 5000, "²", "٣", "0x", "010", ":", "|", "@", '\\"', "\x00", "ÿ", "1e999",
    "-", "M", "m", "SG_ ", "BO_ ", 'CM_ "', "VAL_ ", "[", "(", ",", "Vector__XXX", "\u2028", "\x0c", "1.5", "_",
)  # fmt: skip
FORMATS: Final = '"StandardCAN","ExtendedCAN","reserved","J1939PG"'


def database(dice: Dice, *, sound: bool) -> str:
    """A file of some messages and what is said of them; where it is not sound, with damages."""
    lines = [HEAD]
    numbers: list[int] = []
    for _ in range(1 + dice.number(2)):
        numbers.append(dice.pick(IDENTIFIERS) + dice.number(3) * dice.number(1))
        lines += _message(dice, numbers[-1], sound=sound)
    if dice.chance(2):
        lines += [f'BA_DEF_ BO_ "VFrameFormat" ENUM {FORMATS};', 'BA_DEF_DEF_ "VFrameFormat" "J1939PG";']
    for _ in range(dice.number(3)):
        lines.append(_said(dice, dice.pick(numbers)))
    if not sound:
        lines = _damaged(dice, lines)
    return "\n".join(lines)[:TEXT_MAX] + "\n"


def _message(dice: Dice, number: int, *, sound: bool) -> list[str]:
    length = dice.pick(LENGTHS)
    names = [f"S{place}" for place in range(1 + dice.number(4))]
    lines = [f"BO_ {number} M{number & 0xFFFF}: {length} ECU"]
    said = []
    for name in names:
        mux = dice.pick(MUXES)
        lines.append(_signal(dice, name, mux, length, sound=sound))
        if dice.chance(6):
            said.append(f"SIG_VALTYPE_ {number} {name} : {1 + dice.number(1)};")
        if mux.startswith("m") and dice.chance(2):
            low = dice.number(300)
            said.append(f"SG_MUL_VAL_ {number} {name} {dice.pick(names)} {low}-{low + dice.number(9)}, 7-7;")
    return [*lines, "", *said]


def _signal(dice: Dice, name: str, mux: str, length: int, *, sound: bool) -> str:
    bits = max(1, 8 * length)
    size = (1, 8, 16, 2, 3, 12, 32, 64, 57, 33, 80, 1023)[dice.number(11)]
    if sound:
        size = min(size, bits)
    begin = dice.number(max(0, bits - size))
    big = dice.chance(3)
    start = 8 * (begin // 8) + 7 - begin % 8 if big else begin
    place = f"{start}|{size}@{'0' if big else '1'}{'-' if dice.chance(3) else '+'}"
    return f' SG_ {name} {mux}: {place} ({dice.pick(SCALES)},{dice.pick(OFFSETS)}) [0|0] "km/h" ECU'


def _said(dice: Dice, number: int) -> str:
    return (
        'VAL_ {0} S0 0 "Off" 1 "On" 254 "Error" ;',
        'BA_ "GenMsgCycleTime" BO_ {0} 20;',
        'BA_ "VFrameFormat" BO_ {0} 3;',
        'BA_ "SystemSignalLongSymbol" SG_ {0} S0 "TheLongNameOfS0";',
        'BA_ "SystemMessageLongSymbol" BO_ {0} "TheLongNameOfM";',
        "BO_TX_BU_ {0} : ECU,TCU;",
        'CM_ SG_ {0} S0 "With ; and\nBO_ 1 in it";',
        'VAL_TABLE_ Onoff 1 "On" 0 "Off";\nVAL_ {0} S1 Onoff;',
        'BA_ "ProtocolType" "J1939";',
        "SG_MUL_VAL_ {0} S1 S0 0-3;",
    )[dice.number(9)].format(number)


def _damaged(dice: Dice, lines: list[str]) -> list[str]:
    """Lines cut, joined, repeated, moved, or with something in them that does not belong there."""
    for _ in range(1 + dice.number(5)):
        at = dice.number(len(lines) - 1)
        line, what = lines[at], dice.number(6)
        place = dice.number(max(0, min(len(line), 255)))
        if what == 0:
            lines[at] = line[:place]
        elif what == 1:
            lines[at] = line[:place] + dice.pick(ODDITIES) + line[place + dice.number(3) :]
        elif what == 2:
            lines[at] = line[:place] + dice.take(1 + dice.number(7)).decode("latin-1") + line[place:]
        elif what == 3:
            lines[at:at] = [line] * dice.pick((1, 3, 20))
        elif what == 4:
            lines[at:at] = _family(dice, dice.pick((5, 40)))
        elif what == 5:
            lines.append(lines.pop(at))
        else:
            times = 3_000 if dice.chance(32) else dice.pick((30, 300))
            lines[at] = dice.pick((" ", "1", "1-1,", '0 "a" ', "m1", '"', "x:")) * times
    return lines


def _family(dice: Dice, count: int) -> list[str]:
    """Many lines that differ in a number: signals of one message, a chain of selectors, labels, ranges."""
    form = (
        ' SG_ F{0} : 0|8@1+ (1,0) [0|0] "" ECU',
        ' SG_ F{0} m{0}: 8|8@1+ (1,0) [0|0] "" ECU',
        ' SG_ F{0} m1M : {1}|1@1+ (1,0) [0|0] "" ECU',
        "BO_ {0} F{0}: 8 ECU",
        "SG_MUL_VAL_ 256 F{0} F{2} 0-1;",
        "SG_MUL_VAL_ 256 F{0} F{2} 1-1, 3-9;",
        'VAL_ 256 F{0} {0} "On";',
        'CM_ "open {0}',
    )[dice.number(7)]
    return [form.format(number, number % 64, max(0, number - 1)) for number in range(count)]
