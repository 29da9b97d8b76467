"""Whether rules are written as rules are: their fields, and the language of their conditions. Pure.

Whether a vehicle has the signals that they speak of, and in which unit, only it knows: its databases name them.
"""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from cloud.errors import Refused
from edge.detect.rules.entry import RuleEntry
from edge.detect.rules.syntax import Wrong, parse
from edge.detect.rules.written import Written, rules_in
from edge.errors import ConfigError


def check_rules(name: str, text: str) -> None:
    """Let pass a file of rules.

    Args:
        name: of the file, for errors.
        text: what stands in it; it is TOML.

    Raises:
        Refused: a rule cannot be read; with its line and what to do.
    """
    try:
        rules = rules_in(Path(name), text)
    except ConfigError as error:
        raise Refused(str(error)) from error
    for rule in rules:
        _check(name, rule)


def _check(name: str, rule: Written) -> None:
    try:
        entry = RuleEntry.model_validate(dict(rule.table))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "rule"
        line = rule.line_of(str(first["loc"][0]) if first["loc"] else "")
        raise Refused(f"{_at(name, line)}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
    for field, expression in _expressions(entry):
        try:
            parse(expression)
        except Wrong as wrong:
            told = f"{_at(name, rule.line_of(field))}: rule {entry.alert}: {wrong.problem}"
            raise Refused(f"{told}. {wrong.remedy}" if wrong.remedy else told) from wrong


def _expressions(entry: RuleEntry) -> Iterator[tuple[str, str]]:
    """Each with the field that it stands in."""
    yield "expr", entry.expr
    if entry.clear is not None:
        yield "clear", entry.clear
    yield from (("steps", step.expr) for step in entry.steps if step.expr is not None)


def _at(name: str, line: int) -> str:
    return f"{name}:{line}" if line else name
