"""Rules: any text is a rule that judges whatever is heard, or is refused with its place."""

from typing import Any, Final

import numpy as np

from edge.catalogue import CATALOGUE
from edge.detect.rules.checking import Known
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.functions import FUNCTIONS
from edge.detect.rules.rule import Refused, Rule, made_of
from edge.detect.rules.written import Written
from edge.history import History
from edge.signals import Signal, SignalBatch
from tests.fuzz.dice import Dice
from tests.fuzz.scratch import scratch

GRID_NS: Final = 100_000_000
DEPTH: Final = 4
PATHS: Final = ("Vehicle.Speed", "Vehicle.OBD.EngineLoad", "Vehicle.Exterior.AirTemperature", "dbc.A.B")
WORDS: Final = (
    *PATHS, *PATHS, "Vehicle.LowVoltageSystemState", '"ON"', '"driving"', '"P03*"', '"SPN 110 FMI 0"', "and", "or",
    "unless", "not", "(", ")", "(", ")", ",", "<", "<=", ">", ">=", "==", "!=", "+", "-", "*", "/", "0", "1", "2.5",
    "1e300", "0.9", "km/h", "mph", "Celsius", "%", "V", "[1s]", "[500ms]", "[1h]", "#", "\n", "{", "}", "=", "é",
    *(f"{name}(" for name in FUNCTIONS),
)  # fmt: skip
VALUES: Final = (0.0, 1.0, -1.0, 4.0, 1e300, 5e-324, 100.0)
_KNOWN: Final = Known({"dbc.A.B": "V"})
_FIELDS: Final = {"component": "x", "severity": "info", "action": "watch", "alert": "any"}


def judge_by_any_rule(content: bytes) -> None:
    """The first bytes choose words of `expr`, `clear` and `summary`, then values that are heard."""
    dice = Dice(content)
    kind = dice.number(7)
    expr = _condition(dice, DEPTH) if kind > 3 else _text(dice)
    if kind == 3:
        expr = dice.rest().decode("utf-8", "replace")
    table: dict[str, Any] = {**_FIELDS, "expr": expr, "summary": "{value}" if kind == 1 else "s"}
    if kind == 2:
        table["clear"] = _text(dice)
    if kind == 5:
        table |= {"clear": _condition(dice, 2), "for": "300ms"}
    if kind == 6:
        table["steps"] = [{"expr": _condition(dice, 2), "severity": "critical", "action": "stop_now"}]
    made = made_of(Written(scratch() / "any.toml", table, 7, {"expr": 8}), _KNOWN, {})
    if isinstance(made, Refused):
        assert made.problem
        assert made.line >= 7 or not made.line
        return
    _judge(made, dice)


def _text(dice: Dice) -> str:
    return " ".join(dice.pick(WORDS) for _ in range(1 + dice.number(15)))


def _condition(dice: Dice, depth: int) -> str:
    """One that makes sense."""
    kind = dice.number(9) if depth else 8 + dice.number(1)
    if kind < 3:
        operator = ("and", "or", "unless")[kind]
        return f"({_condition(dice, depth - 1)} {operator} {_condition(dice, depth - 1)})"
    if kind == 3:
        return f"not {_condition(dice, depth - 1)}"
    if kind == 4:
        return f"unknown({_condition(dice, depth - 1)})"
    if kind == 5:
        return f"duration({_condition(dice, depth - 1)}) >= 0.2"
    if kind == 6:
        return dice.pick(('state("driving")', 'dtc("P0301")', f"unknown({_number(dice, depth - 1)})"))
    sign = dice.pick(("<", "<=", ">", ">=", "==", "!="))
    return f"({_number(dice, depth and depth - 1)} {sign} {_number(dice, depth and depth - 1)})"


def _number(dice: Dice, depth: int) -> str:
    """One whose unit is that of any other."""
    path = PATHS[3]
    kind = dice.number(6) if depth else dice.number(3)
    if kind < 2:
        return (path, dice.pick(("0", "1", "-1", "4", "0.5")))[kind]
    if kind < 4:
        over = dice.pick(("avg", "min", "max", "sum", "stddev"))
        return dice.pick((f"{over}_over_time({path}[300ms])", f"last({path})", f"delta({path}[500ms])"))
    if kind == 4:
        return f"abs({_number(dice, depth - 1)})"
    if kind == 5:
        return f"{dice.pick(('min', 'max'))}({_number(dice, depth - 1)}, {_number(dice, depth - 1)})"
    sign = dice.pick(("+", "-"))
    return f"({_number(dice, depth - 1)} {sign} {_number(dice, depth - 1)})"


def _judge(rule: Rule, dice: Dice) -> None:
    """Every verdict is one of three, whatever is heard, and the same once more."""
    drive = [[(path, dice.pick(VALUES)) for path in PATHS if dice.number(1)] for _ in range(12)]
    assert _verdicts(rule, drive) == _verdicts(rule, drive)


def _verdicts(rule: Rule, drive: list[list[tuple[str, float]]]) -> list[str]:
    detector = RuleDetector([rule])
    signals = [Signal(path, CATALOGUE[path].unit if path in CATALOGUE else "V", "A", path, 0.1) for path in PATHS]
    history = History(signals, grid_ns=GRID_NS, wants=detector.wants)
    found: list[str] = []
    with np.errstate(all="ignore"):
        for tick, heard in enumerate(drive, 1):
            samples = [(tick * GRID_NS - 1, PATHS.index(path), value) for path, value in heard]
            history.absorb(SignalBatch.of(samples), tick * GRID_NS)
            for finding in detector.judge(history.window()):
                said = finding.concern.summary.format_map(finding.facts) if finding.facts else ""
                found.append(f"{tick} {finding.verdict} {said} {sorted(finding.values)}")
    return found
