"""Whether the tests of the shipped rule packs notice when a rule says something else.

    python -m tests.study.mutants [PACK…] [--list]

Each rule is changed in one place at a time: an operator, a constant, a window, a duration, a side of `and` or `or` left
out. The tests of the pack that are about it must fail. Changes that cannot be noticed because they mean the same stand
in EQUIVALENT, with the reason.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from edge import assets
from edge.detect.rules.nodes import Binary, Call, Node, Number, Stretch, Unary
from edge.detect.rules.rule import Rule, load_rules, rule_of
from edge.detect.rules.syntax import parse, parse_duration
from edge.detect.rules.written import read_rules
from edge.errors import ConfigError
from edge.trial import TestEntry, try_out
from edge.trying import read_tests

PACKS: Final = Path(assets.__file__).parent / "detect" / "packs"
OTHERS: Final[Mapping[str, tuple[str, ...]]] = {
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",),
    "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",), "and": ("or",), "or": ("and",), "unless": ("and",),
}  # fmt: skip
FACTORS: Final = (0.9, 1.1)
"""Of constants: what a person mistypes or tunes is rarely less."""
SPANS: Final = (0.5, 2.0)
"""Of windows and durations."""
EQUIVALENT: Final[Mapping[tuple[str, str], str]] = {
    ("code_stored", "expr: 1 to 0.9"): "codes are counted in whole numbers",
}
"""(rule, change as it is listed): why nobody can notice."""


@dataclass(frozen=True)
class Mutant:
    """A rule with one change."""

    rule: str
    change: str
    table: Mapping[str, Any]


def mutants(table: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every change of a rule."""
    name = str(table["alert"])
    for field in ("expr", "clear"):
        if field in table:
            for change, tree in changed(parse(str(table[field]))):
                yield Mutant(name, f"{field}: {change}", {**table, field: str(tree)})
    if "clear" in table:
        yield Mutant(name, "clear left out", {key: value for key, value in table.items() if key != "clear"})
    for field in ("for", "keep_firing_for", "cooldown"):
        if field in table:
            for span in SPANS:
                yield Mutant(name, f"{field} x {span:g}", {**table, field: scaled(str(table[field]), span)})
    for place, step in enumerate(table.get("steps", ())):
        yield from of_step(name, table, place, step)


def of_step(name: str, table: Mapping[str, Any], place: int, step: Mapping[str, Any]) -> Iterator[Mutant]:
    """Every change of how it gets worse."""

    def other(**fields: str) -> Mapping[str, Any]:
        steps = [dict(one) for one in table["steps"]]
        steps[place] |= fields
        return {**table, "steps": steps}

    if "expr" in step:
        for change, tree in changed(parse(str(step["expr"]))):
            yield Mutant(name, f"step {place + 1}: {change}", other(expr=str(tree)))
    else:
        for span in SPANS:
            yield Mutant(name, f"step {place + 1} after x {span:g}", other(after=scaled(str(step["after"]), span)))


def scaled(duration: str, span: float) -> str:
    """A duration, longer or shorter."""
    return f"{parse_duration(duration) * span / 1e6:.0f}ms"


def changed(node: Node) -> Iterator[tuple[str, Node]]:
    """What is changed, and the tree with it."""
    yield from _here(node)
    if isinstance(node, Unary):
        yield from ((change, replace(node, of=part)) for change, part in changed(node.of))
    elif isinstance(node, Binary):
        yield from ((change, replace(node, left=part)) for change, part in changed(node.left))
        yield from ((change, replace(node, right=part)) for change, part in changed(node.right))
    elif isinstance(node, Call):
        for place, argument in enumerate(node.arguments):
            for change, part in changed(argument):
                arguments = (*node.arguments[:place], part, *node.arguments[place + 1 :])
                yield change, replace(node, arguments=arguments)


def _here(node: Node) -> Iterator[tuple[str, Node]]:
    match node:
        case Number(value=value):
            others = {float(f"{value * factor:.6g}") for factor in FACTORS} if value else {0.1, -0.1}
            yield from ((f"{node} to {other:g}", replace(node, value=other)) for other in sorted(others))
        case Stretch(span_ns=span_ns):
            for span in SPANS:
                longer = replace(node, span_ns=round(span_ns * span))
                yield f"{node} to {longer}", longer
        case Unary(operator="not"):
            yield f"{node} without not", node.of
        case Binary(operator=operator):
            yield from ((f"{node} with {other}", replace(node, operator=other)) for other in OTHERS[operator])
            if operator in {"and", "or", "unless"}:
                yield f"{node.left} alone", node.left
                yield f"{node.right} alone", node.right


def survives(mutant: Mutant, others: Sequence[Rule], tests: Sequence[TestEntry]) -> bool:
    """Whether no test notices; a change that makes no rule is noticed when it is loaded."""
    try:
        rule = rule_of(mutant.table)
    except ConfigError:
        return False
    return not any(try_out([*others, rule], test) for test in tests)


def judged(pack: str, name: str) -> list[tuple[Mutant, bool]]:
    """Every mutant of a rule, and whether it survives."""
    file = PACKS / f"{pack}.toml"
    rules, _ = load_rules([file])
    others = [rule for rule in rules if rule.concern.rule != name]
    tests = [one for one in read_tests(PACKS / "tests" / f"{pack}.toml").test if name in (one.only or [name])]
    table = next(one.table for one in read_rules(file) if one.table["alert"] == name)
    return [(mutant, survives(mutant, others, tests)) for mutant in mutants(table)]


def main() -> int:
    """Status 1 where fewer than 95 % are noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packs", nargs="*", default=sorted(file.stem for file in PACKS.glob("*.toml")), metavar="PACK")
    parser.add_argument("--list", action="store_true", help="every mutant that is not noticed")
    options = parser.parse_args()
    noticed = tried = 0
    with ProcessPoolExecutor(2) as pool:
        for pack in options.packs:
            names = [str(one.table["alert"]) for one in read_rules(PACKS / f"{pack}.toml")]
            found = [one for each in pool.map(judged, [pack] * len(names), names) for one in each]
            real = [(one, lives) for one, lives in found if (one.rule, one.change) not in EQUIVALENT]
            alive = [one for one, lives in real if lives]
            tried, noticed = tried + len(real), noticed + len(real) - len(alive)
            print(f"{pack}: {len(names)} rules, {len(real)} changes, {len(real) - len(alive)} noticed", flush=True)
            if options.list:
                sys.stdout.writelines(f"  {one.rule}: {one.change}\n" for one in alive)
    print(f"{noticed} of {tried} noticed ({noticed / max(tried, 1):.1%}), {len(EQUIVALENT)} mean the same")
    return int(noticed < 0.95 * tried)


if __name__ == "__main__":
    sys.exit(main())
