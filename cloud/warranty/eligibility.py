"""Whether a plan covers a repair: one verdict, the one clause that decides, and why. Pure.

Three answers to each clause: it holds, it does not, or it cannot be said. What is definite decides before what is not:
a brake pad is not covered wherever the vehicle is registered. Records that contradict each other decide first of all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from cloud.warranty.facts import Claimed, Known, Lack, conflicts
from cloud.warranty.maintenance import missed
from cloud.warranty.plan import (
    Clause,
    Countries,
    Cover,
    Edge,
    Fitted,
    Maintenance,
    Misuse,
    Plan,
    Rest,
    Term,
    Wear,
    months_after,
)


class Decision(StrEnum):
    """What a plan says of a repair."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    CANNOT_BE_SAID = "cannot_be_said"
    """Something is missing or in conflict; `lacks` says what."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a plan says of a repair, and why."""

    decision: Decision
    clause: str
    """The id of the one that decides; "": none was reached."""
    text: str
    """What it says."""
    reason: str
    lacks: tuple[Lack, ...] = ()
    """What is missing or in conflict; in the order of Lack."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one clause says: True it covers, False it excludes, None it cannot be said."""

    clause: Clause
    says: bool | None
    reason: str
    lacks: frozenset[Lack] = frozenset()
    ends_on: date = date.max
    """Of a term that ran out: when; the last one is named."""


@dataclass(frozen=True, slots=True)
class _Begin:
    """From when and where a term counts."""

    day: date | None
    km: float | None
    lack: Lack
    """What is missing where the day is."""


def judge(plan: Plan | None, claimed: Claimed, known: Known) -> Verdict:
    """What the plan says. The same facts always give the same verdict."""
    found = conflicts(claimed, known)
    if found:
        reason = "The records contradict each other: " + "; ".join(found.values())
        return _verdict(Decision.CANNOT_BE_SAID, None, reason, frozenset(lack for pair in found for lack in pair))
    if plan is None:
        reason = "No warranty plan is known for this vehicle: give its profile make, model and year, or assign a plan"
        return _verdict(Decision.CANNOT_BE_SAID, None, reason, frozenset({Lack.PLAN}))
    exclusions = list(_exclusions(plan, claimed, known))
    covers = list(_covers(plan, claimed, known))
    decided = next((one for one in exclusions if one.says is False), None) or _uncovered(covers)
    if decided is not None:
        return _verdict(Decision.NOT_ELIGIBLE, decided.clause, decided.reason)
    covered = next((one for one in covers if one.says), None)
    open_ends = [one for one in exclusions if one.says is None]
    if covered is None:
        open_ends += [one for one in covers if one.says is None]
    if open_ends or covered is None:
        lacks = frozenset(lack for one in open_ends for lack in one.lacks)
        return _verdict(Decision.CANNOT_BE_SAID, open_ends[0].clause, open_ends[0].reason, lacks)
    return _verdict(Decision.ELIGIBLE, covered.clause, covered.reason)


def _verdict(decision: Decision, clause: Clause | None, reason: str, lacks: frozenset[Lack] = frozenset()) -> Verdict:
    name, text = ("", "") if clause is None else (clause.id, clause.text)
    return Verdict(decision, name, text, reason, tuple(lack for lack in Lack if lack in lacks))


def _exclusions(plan: Plan, claimed: Claimed, known: Known) -> Iterator[_Answer]:
    """What the excluding clauses say that are about this repair, in the plan's order."""
    for clause in plan.clauses:
        if not clause.concerns(claimed.component, claimed.work):
            continue
        match clause:
            case Countries():
                yield _country(clause, known)
            case Wear():
                yield _Answer(clause, says=False, reason=f"The work is {claimed.work}, which the clause names")
            case Misuse():
                named = sorted(clause.circumstances & claimed.circumstances)
                if named:
                    yield _Answer(clause, says=False, reason=f"The claim says: {', '.join(named)}")
            case Maintenance():
                yield _Answer(clause, *missed(clause, plan, claimed, known))


def _covers(plan: Plan, claimed: Claimed, known: Known) -> Iterator[_Answer]:
    """What the covers say that are about this repair; where the part was fitted later, its own in their place."""
    own = _own_term(plan, claimed, known)
    if own is not None:
        yield own
        return
    for clause in plan.clauses:
        if isinstance(clause, Cover) and clause.concerns(claimed.component, claimed.work):
            yield _term(clause, plan, claimed, _Begin(known.in_service_on, 0.0, Lack.IN_SERVICE_ON))
        elif isinstance(clause, Rest):
            reason = f"No clause of {plan.title} is about {claimed.component}"
            yield _Answer(clause, says=False, reason=reason, ends_on=date.min)


def _own_term(plan: Plan, claimed: Claimed, known: Known) -> _Answer | None:
    """The term of a part that was fitted later; None where it is the vehicle's own, or the plan has no such clause."""
    part = known.part
    fitting = (clause for clause in plan.clauses if isinstance(clause, Fitted))
    clause = next((one for one in fitting if one.concerns(claimed.component, claimed.work)), None)
    if part is None or clause is None:
        return None
    if part.fitted_on is None:
        if not part.fitted_km:
            return None
        reason = f"The part was fitted at {part.fitted_km:g} km, and nobody wrote down when"
        return _Answer(clause, says=None, reason=reason, lacks=frozenset({Lack.FITTED_ON}))
    if known.in_service_on is None:
        reason = "Whether the part was fitted later is unknown without the day of going into service"
        return _Answer(clause, says=None, reason=reason, lacks=frozenset({Lack.IN_SERVICE_ON}))
    if part.fitted_on <= known.in_service_on:
        return None
    return _term(clause, plan, claimed, _Begin(part.fitted_on, part.fitted_km, Lack.FITTED_ON))


def _term(clause: Cover | Fitted, plan: Plan, claimed: Claimed, begin: _Begin) -> _Answer:
    term = clause.term
    in_time, time_told, ends_on = _in_time(term, claimed.failed_on, begin.day)
    in_reach, reach_told = _in_reach(term, plan, claimed.odometer_km, begin.km)
    told = "; ".join(text for text in (time_told, reach_told) if text) or "The clause sets no limit"
    if in_time is False or in_reach is False:
        decisive = time_told if in_time is False else reach_told
        return _Answer(clause, says=False, reason=decisive, ends_on=ends_on)
    lacks = {begin.lack} if in_time is None else set()
    if in_reach is None:
        lacks.add(Lack.ODOMETER if claimed.odometer_km is None else Lack.FITTED_KM)
    return _Answer(clause, None if lacks else True, told, frozenset(lacks))


def _in_time(term: Term, failed_on: date, begin: date | None) -> tuple[bool | None, str, date]:
    if term.months is None:
        return True, "", date.max
    if begin is None:
        return None, f"From which day its {term.months} months count is unknown", date.max
    ends_on = months_after(begin, term.months)
    is_in = failed_on <= ends_on if term.last_day is Edge.INCLUDED else failed_on < ends_on
    relation = "within" if is_in else "after"
    span = f"{term.months} months from {begin}, to {ends_on} ({_EDGE_DAY[term.last_day]})"
    return is_in, f"It failed on {failed_on}, {relation} {span}", ends_on


def _in_reach(term: Term, plan: Plan, odometer_km: float | None, begin_km: float | None) -> tuple[bool | None, str]:
    if term.distance is None:
        return True, ""
    if odometer_km is None or begin_km is None:
        which = "at the failure" if odometer_km is None else "at the fitting"
        return None, f"The odometer {which} is unknown"
    ran = plan.of_unit(odometer_km - begin_km)
    is_in = ran <= term.distance if term.last_distance is Edge.INCLUDED else ran < term.distance
    relation = "within" if is_in else "beyond"
    limit = f"{term.distance:g} {plan.unit} ({_EDGE_DISTANCE[term.last_distance]})"
    return is_in, f"it had run {ran:.10g} {plan.unit}, {relation} {limit}"


_EDGE_DAY: Final = {Edge.INCLUDED: "that day included", Edge.EXCLUDED: "that day not included"}
_EDGE_DISTANCE: Final = {Edge.INCLUDED: "included", Edge.EXCLUDED: "not included"}


def _country(clause: Countries, known: Known) -> _Answer:
    if known.country is None:
        return _Answer(clause, None, "Where the vehicle is registered is unknown", frozenset({Lack.COUNTRY}))
    is_listed = known.country in clause.countries
    told = f"The vehicle is registered in {known.country}"
    return _Answer(clause, says=is_listed, reason=told if is_listed else f"{told}, which is not listed")


def _uncovered(covers: list[_Answer]) -> _Answer | None:
    """The clause for which nothing covers: of the terms that ran out the one that lasted longest."""
    if any(one.says is not False for one in covers):
        return None
    return max(covers, key=lambda one: one.ends_on)
