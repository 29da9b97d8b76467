"""Whether warranty plans make sense: every complaint with its place and what to do about it. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from cloud.scheduling.works import catalogue
from cloud.shipped_files import Complaint
from cloud.warranty.plan import Clause, Countries, Cover, Fitted, Maintenance, Misuse, Model, Plan, Rest, Wear


def lint(plans: Sequence[Plan]) -> list[Complaint]:
    """Everything that is wrong; empty when nothing is."""
    return [*_across(plans), *(complaint for plan in plans for complaint in _plan(plan))]


def _across(plans: Sequence[Plan]) -> Iterator[Complaint]:
    ids = Counter(plan.id for plan in plans)
    for plan in plans:
        if ids[plan.id] > 1:
            yield Complaint(plan.file, "id", f"{plan.id} is another plan's as well", "Rename one")
    for one, other in combinations(plans, 2):
        if any(_overlap(a, b) for a in one.applies for b in other.applies):
            problem = f"some vehicles fit {one.file} as well"
            yield Complaint(other.file, "applies", problem, "Make years or models apart: nobody can say which counts")


def _overlap(one: Model, other: Model) -> bool:
    if one.make.casefold() != other.make.casefold():
        return False
    if one.last_year < other.first_year or other.last_year < one.first_year:
        return False
    models, others = ({name.casefold() for name in model.models} for model in (one, other))
    return not models or not others or bool(models & others)


def _plan(plan: Plan) -> Iterator[Complaint]:
    ids = Counter(clause.id for clause in plan.clauses)
    for name, times in ids.items():
        if times > 1:
            yield Complaint(plan.file, f"clause {name}", "another clause has this id", "A verdict names it: rename one")
    for model in plan.applies:
        if model.last_year < model.first_year:
            yield Complaint(plan.file, "applies.years", "ends before it begins", "Swap the two")
    if [isinstance(clause, Rest) for clause in plan.clauses].count(True) != 1 or not isinstance(plan.clauses[-1], Rest):
        remedy = "End with one: it is named where no clause covers"
        yield Complaint(plan.file, "clause", "has not exactly one clause of kind rest, at its end", remedy)
    if not any(isinstance(clause, Cover) for clause in plan.clauses):
        yield Complaint(plan.file, "clause", "covers nothing", "Add a clause of kind cover")
    for clause in plan.clauses:
        yield from _clause(plan, clause)


def _clause(plan: Plan, clause: Clause) -> Iterator[Complaint]:
    place = f"clause {clause.id}"
    for work in sorted(clause.works):
        if work not in catalogue():
            problem = f"there is no kind of work {work!r}"
            yield Complaint(plan.file, place, problem, "Name one of cloud/scheduling/works.toml")
    if _is_empty(clause):
        yield Complaint(plan.file, place, "says nothing that could be decided by it", _NEEDS[type(clause)])
    if isinstance(clause, (Cover, Fitted)):
        term = clause.term
        if term.months is None and term.distance is None:
            yield Complaint(plan.file, place, "never ends", "Give months or distance")


def _is_empty(clause: Clause) -> bool:
    match clause:
        case Countries():
            return not clause.countries
        case Wear():
            return not (clause.components or clause.works)
        case Misuse():
            return not clause.circumstances
        case Maintenance():
            return clause.months is None and clause.distance is None
    return False


_NEEDS = {
    Countries: "List countries",
    Wear: "List works, or components",
    Misuse: "List circumstances",
    Maintenance: "Give months or distance",
}
