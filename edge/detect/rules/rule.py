"""Rule: one that was read and makes sense, and how a written one becomes one."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from edge.catalogue import info
from edge.detect.finding import Concern
from edge.detect.rules.checking import Known, check_condition
from edge.detect.rules.entry import RuleEntry
from edge.detect.rules.generate import Conditions
from edge.detect.rules.nodes import LOGIC, Binary, Call, Node, SignalNow, Stretch, Unary
from edge.detect.rules.spoken import AS_WRITTEN, Tongue, said
from edge.detect.rules.syntax import Wrong, parse, place
from edge.detect.rules.texts import Text, compiled
from edge.detect.rules.written import Written, read_rules
from edge.errors import ConfigError
from edge.personal import is_personal

REFUSED_MAX: Final = 500
"""Told of all files."""
LACKING_MAX: Final = 3
"""Signals that are named of a rule that cannot fire."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule that cannot be used, and what to do about it; the others run."""

    file: Path
    line: int
    """0: nobody knows."""
    rule: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else str(self.file)
        text = f"{where}: rule {self.rule}: {self.problem}"
        return f"{text}. {self.remedy}" if self.remedy else text


@dataclass(frozen=True, slots=True)
class Rule:
    """What it watches for, and when it holds."""

    concern: Concern
    conditions: Conditions
    told: tuple[Node, ...]
    """What fills the braces of its texts, in their order."""
    formats: tuple[str, ...]
    reason: str = ""
    foreign: tuple[str, ...] = ()
    """What the cab says of it in another language than its own, for want of a translation."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Signals that decide, in the order of the text."""
        return tuple(dict.fromkeys(_paths(self.conditions.when)))

    @property
    def stretches(self) -> tuple[Call, ...]:
        """Figures of stretches that decide."""
        return tuple(
            dict.fromkeys(
                one for one in self._parts() if isinstance(one, Call) and isinstance(one.arguments[-1], Stretch)
            )
        )

    @property
    def span_ns(self) -> int:
        """How far back it looks."""
        return max((one.span_ns for one in self._parts() if isinstance(one, Stretch)), default=0)

    @property
    def is_hot(self) -> bool:
        """A single sample decides, and the driver must know at once. What speaks of stretches alone waits for ticks."""
        is_timed = any(isinstance(one, Call) and one.name == "duration" for one in self._parts())
        is_urgent = self.concern.severity == "critical" and bool(self.concern.driver)
        return self.conditions.each_sample and is_urgent and not is_timed and bool(self.paths_now)

    @property
    def paths_now(self) -> frozenset[str]:
        """Signals whose newest sample it looks at, beside what others did over time."""
        return frozenset(one.path for one in self._parts() if isinstance(one, SignalNow))

    @property
    def is_personal(self) -> bool:
        """It looks at nothing but where or how somebody drives."""
        return bool(self.paths) and all(map(is_personal, self.paths))

    @property
    def told_of_persons(self) -> tuple[bool, ...]:
        """Of each number in its texts: whether it says where or how somebody drives."""
        return tuple(any(map(is_personal, _paths(node))) for node in self.told)

    def _parts(self) -> Sequence[Node]:
        return [part for node in (self.conditions.when,) for part in node.walk()]


def _paths(node: Node) -> list[str]:
    return [one.path for one in node.walk() if isinstance(one, SignalNow | Stretch)]


def load_rules(
    files: Sequence[Path], units: Mapping[str, str] | None = None, words: Tongue = AS_WRITTEN
) -> tuple[list[Rule], list[Refused]]:
    """The rules of some files, and those that cannot be used.

    `units`: of the vehicle's own signals, by path. `words`: the language of its cab.

    Raises:
        ConfigError: a file is missing, unreadable, or holds no list of rules.
    """
    known = Known(units, any_dbc=units is None)
    rules: dict[str, Rule] = {}
    refused: list[Refused] = []
    owners: dict[str, Path] = {}
    for file in files:
        for written in read_rules(file):
            made = made_of(written, known, owners, words)
            if isinstance(made, Rule):
                rules[made.concern.rule] = made
                owners[made.concern.rule] = file
            elif len(refused) < REFUSED_MAX:
                refused.append(made)
    _check_inhibits(rules.values(), owners, refused)
    return list(rules.values()), refused


def rule_of(table: Mapping[str, Any]) -> Rule:
    """A rule from its fields, for who writes one in code.

    Raises:
        ConfigError: it cannot be used.
    """
    made = made_of(Written(Path("rule"), table), Known(any_dbc=True), {})
    if isinstance(made, Refused):
        raise ConfigError(made.problem, place=f"rule {made.rule}", remedy=made.remedy)
    return made


def made_of(written: Written, known: Known, owners: Mapping[str, Path], words: Tongue = AS_WRITTEN) -> Rule | Refused:
    """What somebody wrote as a rule, or why it cannot be one. `owners`: names that are taken, by which file."""
    try:
        entry = RuleEntry.model_validate(dict(written.table))
    except ValidationError as error:
        return _wrong_field(written, error)
    if entry.alert in owners:
        return Refused(
            written.file,
            written.line_of("alert"),
            entry.alert,
            f"the name is taken by a rule in {owners[entry.alert]}",
            "Names are the identity of alerts: give it another",
        )
    drivers = [said(one, words) for one in entry.spoken]
    name = "expr"
    try:
        when = check_condition(parse(entry.expr), known)
        name = "clear"
        clear = None if entry.clear is None else check_condition(parse(entry.clear), known)
        name = "steps"
        steps = tuple(None if one.expr is None else check_condition(parse(one.expr), known) for one in entry.steps)
        texts: list[Text] = []
        for name in ("summary", "advice"):
            texts.append(compiled(getattr(entry, name), when, known, _braces(texts)))
        name = "driver"
        for one in drivers:
            texts.append(compiled(one.text, when, known, _braces(texts)))
        _check_translations(entry, when, known)
    except Wrong as wrong:
        return _wrong_text(written, entry, name, wrong)
    concern = entry.concern(*(one.template for one in texts))
    return Rule(
        concern,
        Conditions(when, clear, steps, each_sample=concern.for_ns == 0),
        tuple(node for one in texts for node in one.nodes),
        tuple(form for one in texts for form in one.formats),
        entry.reason,
        tuple(one.text for one in drivers if one.is_foreign),
    )


def _braces(texts: Sequence[Text]) -> int:
    return sum(len(one.nodes) for one in texts)


def _check_translations(entry: RuleEntry, when: Node, known: Known) -> None:
    """Those that this cab does not say must be right too: the fleet has others."""
    for one in entry.spoken:
        for code, text in one.items() if isinstance(one, Mapping) else ():
            try:
                compiled(text, when, known, 0)
            except Wrong as wrong:
                raise Wrong(f"{code}: {wrong.problem}", wrong.at, wrong.remedy) from None


def _wrong_field(written: Written, error: ValidationError) -> Refused:
    errors = error.errors()
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    parts = [str(part + 1 if isinstance(part, int) else part) for part in first["loc"]]
    field = parts[0] if parts else ""
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = [one.alias or name for name, one in RuleEntry.model_fields.items()]
        like = difflib.get_close_matches(field, known, 1, 0.5)
        problem, remedy = (
            f"there is no field {field!r}",
            f"Did you mean {like[0]}?" if like else f"There are {', '.join(known)}",
        )
    else:
        problem = f"{'.'.join(parts)}: {problem}" if parts else problem
        remedy = "See edge/README.md, rules"
    name = written.table.get("alert")
    return Refused(written.file, written.line_of(field), str(name)[:64] if name else "without a name", problem, remedy)


def _wrong_text(written: Written, entry: RuleEntry, name: str, wrong: Wrong) -> Refused:
    text = getattr(entry, name)
    line, column = place(text, wrong.at) if isinstance(text, str) else (1, 1)
    first = written.line_of(name)
    where = f"{name}, column {column}" if name in {"expr", "clear"} else name
    return Refused(
        written.file, first + line - 1 if first else 0, entry.alert, f"{where}: {wrong.problem}", wrong.remedy
    )


def _check_inhibits(rules: Collection[Rule], owners: Mapping[str, Path], refused: list[Refused]) -> None:
    """A rule that inhibits one that is not there still runs; it is said."""
    names = {rule.concern.rule for rule in rules} | {one.rule for one in refused}
    for rule in rules:
        for name in rule.concern.inhibits:
            if name not in names and len(refused) < REFUSED_MAX:
                problem = f"inhibits {name}, which is no rule here (it runs without that)"
                refused.append(Refused(owners[rule.concern.rule], 0, rule.concern.rule, problem, ""))


def untranslated(rules: Sequence[Rule]) -> list[str]:
    """A line for each rule that speaks to the driver in another language than the cab's."""
    return [
        f"rule {rule.concern.rule} has no translation for the cab of {text!r} (add it to a catalogue, or to the rule)"
        for rule in rules
        for text in rule.foreign
    ]


def unheard(rules: Sequence[Rule], paths: Collection[str], answered: Collection[str] = ()) -> list[str]:
    """A line for each rule that can never fire here, because the vehicle's databases lack signals of it.

    `answered`: what control units tell whom asks them, which this box does not; such a rule waits for another tester.
    """
    return [line for rule in rules if (line := _why_never(rule, paths, answered))]


def can_fire(rule: Rule, lacking: Collection[str]) -> bool:
    """Whether its condition can become true while these signals are unknown."""
    return _can_be(rule.conditions.when, frozenset(lacking), wanted=True)


def _why_never(rule: Rule, paths: Collection[str], answered: Collection[str]) -> str:
    lacking = [path for path in rule.paths if path not in paths and info(path) is not None]
    if not lacking or _can_be(rule.conditions.when, frozenset(lacking), wanted=True):
        return ""
    never = [path for path in lacking if path not in answered]
    if never and not _can_be(rule.conditions.when, frozenset(never), wanted=True):
        return f"rule {rule.concern.rule} cannot fire: no database gives {_some(never)}"
    return f'rule {rule.concern.rule} waits for a tester (or ask = "obd"): no database gives {_some(lacking)}'


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - LACKING_MAX} more" if len(paths) > LACKING_MAX else ""
    return ", ".join(paths[:LACKING_MAX]) + more


def _can_be(node: Node, lacking: frozenset[str], *, wanted: bool) -> bool:
    """Whether a condition can become true (or false) while these signals are unknown for ever."""
    if isinstance(node, Unary) and node.operator == "not":
        return _can_be(node.of, lacking, wanted=not wanted)
    if isinstance(node, Binary) and node.operator in LOGIC:
        right = wanted if node.operator != "unless" else not wanted
        sides = _can_be(node.left, lacking, wanted=wanted), _can_be(node.right, lacking, wanted=right)
        return any(sides) if (node.operator == "or") == wanted else all(sides)
    if isinstance(node, Call) and node.name == "unknown":
        return True
    return not any(isinstance(part, SignalNow | Stretch) and part.path in lacking for part in node.walk())
