"""Overlays of Kuksa: each leaf is used or told with its reason, and what is used comes to what its rules say."""

import json
import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from edge.decode.arithmetic import NotALine, line_of
from edge.decode.database import Database, load_database
from edge.decode.decoder import Binding
from edge.decode.overlay import Leaf, Overlay, load_overlay
from edge.errors import ConfigError
from edge.frames import Frame
from tests.fuzz.decoding import compare_ways
from tests.fuzz.dice import Dice
from tests.fuzz.scratch import check_refusal, scratch
from tests.fuzz.texts import HEAD

TEXT: Final = HEAD + (
    'BO_ 256 A: 8 ECU\n SG_ Which M : 0|8@1+ (1,0) [0|0] "" ECU\n SG_ One m1 : 8|16@1+ (0.5,0) [0|0] "km/h" ECU\n'
    ' SG_ Two m2 : 8|16@1- (0.1,-40) [0|0] "degC" ECU\n SG_ Lever : 24|3@1- (1,0) [0|0] "" ECU\n\n'
    'BO_ 257 B: 8 ECU\n SG_ One : 0|32@1+ (1e-3,0) [0|0] "mph" ECU\n SG_ Wide : 0|64@1+ (1e290,0) [0|0] "" ECU\n'
    'VAL_ 256 Which 1 "One" 2 "Two" ;\nVAL_ 256 Lever 1 "P" 2 "R" 4 "D" ;\n'
)
SIGNALS: Final = ("One", "Which", "Two", "Lever", "Wide", "Sped", "", "x" * 300, 7, None)
MESSAGES: Final[tuple[object, ...]] = ("A", "B", "C", None, 0, [])
NAMES: Final = (
    "Speed", "IsOn", "ECT", "CombustionEngine", "Powertrain", "TravelledDistance", "A.B", "a b", "", "\ud800", "\n",
    "Vehicle", "Gear", "x" * 300, "²",
)  # fmt: skip
UNITS: Final = ("km/h", "mph", "celsius", "K", "", "kPa", "oddity", "\ud800", "\n", 5, None, "u" * 300)
VALUES: Final[tuple[object, ...]] = (
    "P", "R", "D", "Q", "One", "", 1, -1, 0, 1.5, True, False, None, [], {}, 10**400, -(10**300), math.nan, math.inf,
    "1e999", "nan", "9" * 5_000, "\ud800",
)  # fmt: skip
MATHS: Final = (
    "floor(x)", "x*x", "x if x else 1", "0*x", "x/0", "x//2", "x**2", "(" * 190 + "x", "-" * 199 + "x", "1_0*x", "xx",
    "x*1e999", "x*1e-400", "0x10*x", "x*1j", "x*True", "x\x00", "x = 1", "lambda: x", "9" * 198 + "*x", "x*",
    "\uff58*2", "[x for x in x]", "f'{x}'", "x.real", "\ud800", " x ", "1 is x", "x#", "x\n", "'a'()",
)  # fmt: skip
NUMBERS: Final = ("2", "0.1", "1e3", "1e-9", "3.75", "1e300", "1e-300", "0", "7.0")
OPERATORS: Final = ((" + ", operator.add), ("-", operator.sub), ("*", operator.mul), (" / ", operator.truediv))
POINTS: Final = (Fraction(0), Fraction(1), Fraction(-7, 3))
FRAMES: Final = tuple(
    Frame(step, 256 + step % 2, bytes((1 + step % 3, 17 * step % 256, 255, step % 8 * 32 + step % 8, 0, 9, 240, step)))
    for step in range(12)
)


def read_any_overlay(content: bytes) -> None:
    """The first byte says whether the rest is the file, arithmetic, or choices of which a tree is made."""
    dice = Dice(content)
    kind = dice.number(255)
    if kind % 4 == 3:
        _check_arithmetic(dice)
        return
    text = dice.rest() if kind % 4 == 2 else json.dumps(_tree(dice, 4)).encode()
    file = scratch() / "any.vss_dbc.json"
    file.write_bytes(text)
    try:
        overlay = load_overlay(file)
    except ConfigError as error:
        check_refusal(error, file)
        return
    _check_overlay(overlay)
    try:
        database = load_database(_database(), file)
    except ConfigError as error:
        check_refusal(error, file)
        return
    _check_database(database, overlay)


@lru_cache(maxsize=1)
def _database() -> Path:
    file = scratch() / "overlaid.dbc"
    file.write_text(TEXT)
    return file


def _check_overlay(overlay: Overlay) -> None:
    for leaf in overlay.leaves:
        one = leaf.mapped
        assert leaf.signal
        assert one.path.startswith("Vehicle."), f"a leaf beside the tree: {one.path!r}"
        assert (one.path + one.unit).isprintable(), "what cannot be written down"
        assert one.factor != 0
        assert math.isfinite(one.factor)
        assert math.isfinite(one.offset)
        assert all(map(math.isfinite, one.cases.values())), f"no numbers: {one.cases}"
    for remark in overlay.remarks:
        _check_told(remark.what, remark.reason)


def _check_told(what: str, reason: str) -> None:
    assert what.strip()
    assert reason.strip()
    assert (what + reason).isprintable(), f"what no terminal shows: {what!r}: {reason!r}"
    assert len(what) + len(reason) < 2_000, "more than anyone reads"


def _check_database(database: Database, overlay: Overlay) -> None:
    """A leaf whose signal is there gives samples, or is told."""
    paths = {signal.path for signal in database.signals}
    told = " ".join(remark.what for remark in database.remarks)
    for leaf in overlay.leaves:
        assert leaf.mapped.path in paths or leaf.mapped.path[:100] in told, (
            f"{leaf.mapped.path} is neither used nor told"
        )
    for remark in database.remarks:
        _check_told(remark.what, remark.reason)
    assert len(database.signals) <= 6 + len(overlay.leaves) * 2
    compare_ways([Binding(database)], FRAMES)
    _check_values(database, overlay.leaves)


def _check_values(database: Database, leaves: list[Leaf]) -> None:
    """Labels are of numbers, and a place is named as the leaf names it."""
    names = {leaf.mapped.path: leaf.mapped.names for leaf in leaves}
    for signal in database.signals:
        assert all(map(math.isfinite, signal.labels)), f"labels of no number: {signal.labels}"
        if wanted := names.get(signal.path):
            assert signal.labels == wanted


def _tree(dice: Dice, depth: int) -> Any:
    """Leaves and branches below `Vehicle`, now and then something that is neither."""
    children = _children(dice, depth)
    if dice.chance(16):
        return dice.pick(({}, [], 1, None, children))
    return {"Vehicle": {"type": "branch", "children": children}}


def _children(dice: Dice, depth: int) -> dict[str, Any]:
    return {dice.pick(NAMES): _node(dice, depth - 1) for _ in range(1 + dice.number(3))}


def _node(dice: Dice, depth: int) -> Any:
    if dice.chance(24):
        return dice.pick(VALUES)
    node: dict[str, Any] = {"datatype": dice.pick(("float", "string", "boolean", 3))}
    if depth and dice.chance(3):
        node["children"] = _children(dice, depth)
    if dice.chance(2):
        node["unit"] = dice.pick(UNITS)
    if dice.chance(3):
        node["allowed"] = [dice.pick(VALUES) for _ in range(dice.number(4))]
    rule: dict[str, Any] = {"signal": dice.pick(SIGNALS), "interval_ms": 100}
    if dice.chance(2):
        rule["message"] = dice.pick(MESSAGES)
    if dice.chance(2):
        rule["transform"] = _transform(dice)
    return {**node, dice.pick(("dbc2vss", "dbc", "vss2dbc")): rule}


def _transform(dice: Dice) -> Any:
    kind = dice.number(7)
    if kind < 3:
        return {"math": _expression(dice, 3)[0]}
    if kind == 3:
        return {"math": dice.pick((*MATHS, 5, None))}
    if kind == 4:
        return dice.pick(({}, [], "x", {"math": "x", "mapping": []}, {"mapping": 3}))
    rules: list[Any] = [{"from": dice.pick(VALUES), "to": dice.pick(VALUES)} for _ in range(dice.number(4))]
    return {"mapping": [*rules, dice.pick(VALUES)] if dice.chance(12) else rules}


def _check_arithmetic(dice: Dice) -> None:
    """What is taken for a straight line is one, and gives what exact arithmetic gives; anything else is refused."""
    if dice.chance(4):
        text, exact = dice.rest().decode("latin-1"), None
    elif dice.chance(3):
        text, exact = dice.pick(MATHS), None
    else:
        text, exact = _expression(dice, 4)
    try:
        factor, offset = line_of(text)
    except NotALine as why:
        _check_told("math", str(why))
        return
    assert math.isfinite(factor)
    assert math.isfinite(offset)
    if exact is not None:
        _check_line(exact, factor, offset)


def _check_line(exact: Callable[[Fraction], Fraction], factor: float, offset: float) -> None:
    zero, one, far = map(exact, POINTS)
    assert float(zero) == offset, "another offset"
    assert float(one - zero) == factor or (one - zero and not factor), "another factor"
    assert far - zero == (one - zero) * POINTS[2], "it bends"


def _expression(dice: Dice, depth: int) -> tuple[str, Callable[[Fraction], Fraction]]:
    """An expression in x and, told apart from it, what it comes to."""
    kind = dice.number(6) if depth else dice.number(1)
    if kind == 0:
        return "x", lambda x: x
    if kind == 1:
        number = dice.pick(NUMBERS)
        return number, lambda _: Fraction(number)
    left, of_left = _expression(dice, depth - 1)
    if kind == 2:
        return f"-({left})", lambda x: -of_left(x)
    right, of_right = _expression(dice, depth - 1)
    sign, act = OPERATORS[kind - 3]
    return f"({left}{sign}({right}))", lambda x: act(of_left(x), of_right(x))
