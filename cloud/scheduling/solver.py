"""The only room that knows OR-Tools: each task picks one choice, and nothing is taken twice (CP-SAT).

A pure 0/1 model: one literal per choice, one per resource that it may use, and for each resource and cell at most one.
One worker, a fixed seed and a limit in the solver's own deterministic time: the same tasks always get the same answer.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_EFFORT: Final = 5.0
"""Deterministic time: ten seconds or less of an ordinary processor."""
_SEED: Final = 1


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to do a task: it costs so much and takes one resource of each group for these cells."""

    cents: int
    cells: range
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """The choice of a task, by its index, and the resources that it takes, one of each group."""

    choice: int
    resources: tuple[str, ...]


def solve(tasks: Sequence[Sequence[Choice]], known: Sequence[Pick]) -> tuple[list[Pick], bool]:
    """The cheapest picks that take nothing twice, and whether that is proved.

    Args:
        tasks: the choices of each task, at least one each.
        known: picks that take nothing twice; the answer is not worse.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415 - brings pandas along: seconds, only for who plans

    model = cp_model.CpModel()
    literals = _Literals(model, tasks)
    model.minimize(sum(choice.cents * own for choice, own in literals.priced()))
    literals.hint(known)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = _SEED
    solver.parameters.max_deterministic_time = _EFFORT
    status = solver.solve(model)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return list(known), False
    picks = literals.picked(solver)
    if _cents(tasks, picks) > _cents(tasks, known):  # a hint is no promise
        return list(known), False
    return picks, status == cp_model.OPTIMAL


def _cents(tasks: Sequence[Sequence[Choice]], picks: Sequence[Pick]) -> int:
    return sum(choices[pick.choice].cents for choices, pick in zip(tasks, picks, strict=True))


class _Literals:
    """The model's variables: which choice each task picks, and which resources it takes for it."""

    def __init__(self, model: "cp_model.CpModel", tasks: Sequence[Sequence[Choice]]) -> None:
        self._model = model
        self._tasks = tasks
        self._choices = [[model.new_bool_var("") for _ in choices] for choices in tasks]
        self._uses: list[list[list[list[cp_model.IntVar]]]] = []
        """By task, choice, group and resource."""
        takers: defaultdict[tuple[str, int], list[cp_model.IntVar]] = defaultdict(list)
        for choices, literals in zip(tasks, self._choices, strict=True):
            model.add_exactly_one(literals)
            self._uses.append([self._use(choice, own, takers) for choice, own in zip(choices, literals, strict=True)])
        for literals in takers.values():
            model.add_at_most_one(literals)

    def _use(
        self, choice: Choice, own: "cp_model.IntVar", takers: defaultdict[tuple[str, int], list["cp_model.IntVar"]]
    ) -> list[list["cp_model.IntVar"]]:
        used = []
        for group in choice.groups:
            literals = [own] if len(group) == 1 else [self._model.new_bool_var("") for _ in group]
            if len(group) > 1:
                self._model.add(sum(literals) == own)
            for resource, literal in zip(group, literals, strict=True):
                for cell in choice.cells:
                    takers[resource, cell].append(literal)
            used.append(literals)
        return used

    def priced(self) -> list[tuple[Choice, "cp_model.IntVar"]]:
        """Each choice with its literal."""
        return [
            pair
            for choices, own in zip(self._tasks, self._choices, strict=True)
            for pair in zip(choices, own, strict=True)
        ]

    def hint(self, known: Sequence[Pick]) -> None:
        """Begin the search at picks that are known to do."""
        for literals, pick in zip(self._choices, known, strict=True):
            for index, literal in enumerate(literals):
                self._model.add_hint(literal, index == pick.choice)

    def picked(self, solver: "cp_model.CpSolver") -> list[Pick]:
        """The solver's answer."""
        picks = []
        for choices, literals, uses in zip(self._tasks, self._choices, self._uses, strict=True):
            index = next(n for n, literal in enumerate(literals) if solver.boolean_value(literal))
            resources = tuple(
                next(name for name, literal in zip(group, used, strict=True) if solver.boolean_value(literal))
                for group, used in zip(choices[index].groups, uses[index], strict=True)
            )
            picks.append(Pick(index, resources))
        return picks
