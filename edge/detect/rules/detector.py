"""RuleDetector: judges every rule at every tick."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from edge.detect.finding import Finding, Verdict
from edge.detect.rules.generate import LINGERS, Program, Tell, program
from edge.detect.rules.inputs import OPEN, TRUE, Input, Reader, input_of, wants_of
from edge.detect.rules.lamps import Lamp, demanded, lit
from edge.detect.rules.nodes import Node, SignalNow
from edge.detect.rules.rule import Rule
from edge.detect.rules.texts import Facts
from edge.frames import NANOSECONDS
from edge.history import Smoothing, Window
from edge.spans import Wants

_VERDICTS: Final = {TRUE: Verdict.HOLDS, OPEN: Verdict.UNKNOWN, LINGERS: Verdict.LINGERS}
PASSED_MAX_S: Final = 1.0
"""Between two ticks: what was not judged was not seen to hold."""


def compile_rules(rules: Sequence[Rule]) -> Program:
    """The rules as functions, which remember nothing."""
    return program([rule.conditions for rule in rules], [node for rule in rules for node in rule.told])


class RuleDetector:
    """Judges every rule of one vehicle; the same windows always give the same findings."""

    name = "rules"
    smoothings: Sequence[Smoothing] = ()

    def __init__(self, rules: Sequence[Rule], compiled: Program | None = None) -> None:
        """`compiled`: what `compile_rules` makes of them, where several vehicles share it."""
        self.rules = tuple(rules)
        self._program = compile_rules(self.rules) if compiled is None else compiled
        self._reader = Reader(self._program.inputs)
        self._held = [0.0] * len(self._program.durations) + [math.nan] * len(self._program.durations)
        self._place: Mapping[Input, int] = {one: place for place, one in enumerate(self._program.inputs)}
        self._decisive = [self._decides(rule) for rule in self.rules]
        self._personal = frozenset(number for number, rule in enumerate(self.rules) if rule.is_personal)
        self._hidden = [rule.told_of_persons for rule in self.rules]
        self._tellers: dict[int, Tell] = {}
        self._until: int | None = None
        self.paths: frozenset[str] = frozenset()
        """Rows are kept of none: what rules need of the past is kept by stretch."""

    @property
    def wants(self) -> Wants:
        """What has to be kept of samples."""
        return wants_of(self._program.inputs)

    def judge(self, window: Window) -> Sequence[Finding]:
        """Findings as of the window, in the order of the rules.

        In private mode what looks at personal signals alone is undecided, and no text tells one.
        """
        numbers = self._reader.read(window)
        passed = 0.0 if self._until is None else min((window.until - self._until) / NANOSECONDS, PASSED_MAX_S)
        self._until = window.until
        found = self._program.judge(numbers, self._held, passed)
        if window.private:
            found = [one for one in found if one[0] not in self._personal]
            found += [(number, OPEN, 0) for number in sorted(self._personal)]
        if not found:
            return ()
        lamps = lit(window)
        return [
            self._finding(number, verdict, step, numbers, lamps, is_private=window.private)
            for number, verdict, step in found
        ]

    def _finding(
        self, number: int, verdict: int, step: int, numbers: Sequence[float], lamps: Sequence[Lamp], *, is_private: bool
    ) -> Finding:
        rule = self.rules[number]
        values = {name: _known(numbers[place]) for name, place in self._decisive[number]}
        concern = rule.concern
        if verdict != TRUE:
            return Finding(concern, _VERDICTS[verdict], values)
        if lamps:
            steps = tuple(replace(one, action=demanded(concern, one.action, lamps)) for one in concern.steps)
            concern = replace(concern, action=demanded(concern, concern.action, lamps), steps=steps)
        facts = self._facts(number, numbers, self._hidden[number] if is_private else ())
        return Finding(concern, Verdict.HOLDS, values, facts, step, rule.span_ns)

    def _facts(self, number: int, numbers: Sequence[float], hidden: Sequence[bool]) -> Facts:
        rule = self.rules[number]
        if number not in self._tellers:
            self._tellers[number] = self._program.teller(rule.told)
        return Facts(self._tellers[number](numbers, self._held), rule.formats, hidden)

    def _decides(self, rule: Rule) -> tuple[tuple[str, int], ...]:
        """What alerts tell of the signals that decided: each by its path, a figure of a stretch as it is written."""
        parts: list[Node] = [part for part in rule.conditions.when.walk() if isinstance(part, SignalNow)]
        parts += rule.stretches
        named = ((str(part), input_of(part)) for part in dict.fromkeys(parts))
        return tuple((name, self._place[one]) for name, one in named if one is not None)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
