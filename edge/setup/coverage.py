"""Coverage: what a vehicle gives this box and what not, what is in the way, which rules watch over it. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge.detect.rules.rule import Rule, can_fire
from edge.status.arming import NEVER_HEARD, NO_DATABASE
from edge.status.told import RULES_MAX, Status
from edge.status.verdict import findings, wrong

HEALTHY: Final = "healthy"
UNKNOWN: Final = "unknown"
LACKS_MAX: Final = 3


@dataclass(frozen=True, slots=True)
class Sleeping:
    """A rule that cannot fire as things are."""

    rule: str
    why: str
    """As the status has it: no_database, never_heard, stale, switched_off, private."""
    lacks: tuple[str, ...]
    """Signals, at most LACKS_MAX."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The report of a setup."""

    heard: tuple[str, ...]
    """Signals with a value, by VSS path or `dbc.<Message>.<Signal>`."""
    missing: tuple[str, ...]
    """Known to a database or an answer, and not heard."""
    blocked: tuple[str, ...]
    """What keeps signals away, in words."""
    armed: tuple[str, ...]
    """Rules that can fire."""
    unarmed: tuple[Sleeping, ...]
    refused: tuple[str, ...]
    """Rules and models that cannot be used, and why."""
    verdict: str
    """healthy, `wrong: …`, or `unknown: …`."""

    @property
    def is_wrong(self) -> bool:
        """Whether something has to be done."""
        return not self.verdict.startswith((HEALTHY, UNKNOWN))


@dataclass(frozen=True, slots=True)
class Known:
    """What the configuration brings, and what setup found in the way."""

    paths: Collection[str]
    """Signals that databases, and answers where there are any, can give."""
    rules: Sequence[Rule]
    refused: Sequence[str]
    blocked: Sequence[str]


def of_frames(known: Known, heard: Collection[str], why_no_verdict: str) -> Coverage:
    """Of what was heard by setup itself, where no daemon tells more."""
    return _coverage(known, heard, tuple(_asleep(known, heard)), f"{UNKNOWN}: {why_no_verdict}")


def of_daemon(known: Known, status: Status) -> Coverage:
    """Of what a daemon that runs has heard since it began.

    It names RULES_MAX rules that cannot fire; where there are more, the rest is worked out from what it has heard.
    """
    heard = {one.path for one in status.signals.values}
    named = {one.rule: Sleeping(one.rule, one.why, tuple(one.lacks)) for one in status.rules.named}
    more = _asleep(known, heard) if sum(status.rules.unarmed.values()) > RULES_MAX else ()
    unarmed = {**{one.rule: one for one in more}, **named}
    told = "; ".join(f"{one.what}. {one.remedy}" if one.remedy else one.what for one in wrong(findings(status)))
    if status.daemon.judged_ago_s is None:
        told = told or "nothing was judged yet"
    given = replace(known, blocked=[*known.blocked, *_in_the_way(status)])
    return _coverage(given, heard, tuple(unarmed.values()), f"wrong: {told}" if told else HEALTHY)


def _coverage(known: Known, heard: Collection[str], unarmed: tuple[Sleeping, ...], verdict: str) -> Coverage:
    asleep = {one.rule for one in unarmed}
    return Coverage(
        heard=tuple(sorted(heard)),
        missing=tuple(sorted(set(known.paths) - set(heard))),
        blocked=tuple(dict.fromkeys(known.blocked)),
        armed=tuple(rule.concern.rule for rule in known.rules if rule.concern.rule not in asleep),
        unarmed=unarmed,
        refused=tuple(known.refused),
        verdict=verdict,
    )


def _asleep(known: Known, heard: Collection[str]) -> Iterator[Sleeping]:
    for rule in known.rules:
        lacks: Mapping[str, str] = {
            path: NEVER_HEARD if path in known.paths else NO_DATABASE for path in rule.paths if path not in heard
        }
        if not can_fire(rule, lacks):
            why = NO_DATABASE if NO_DATABASE in lacks.values() else NEVER_HEARD
            causing = [path for path, one in lacks.items() if one == why]
            yield Sleeping(rule.concern.rule, why, tuple(causing[:LACKS_MAX]))


def _in_the_way(status: Status) -> Iterator[str]:
    for asker in status.diagnostics:
        if asker.trouble:
            yield f"diagnostics of {asker.bus}: {asker.trouble}"
        elif asker.silent_because:
            yield f"diagnostics of {asker.bus} are silent: {asker.silent_because.replace('_', ' ')}"
    if status.signals.withheld:
        yield f"{status.signals.withheld} signals are not told here: where and how is driven is nobody's business"
