"""The journal of updates: what this box runs, what it tries, what it is asked for, what it has to tell. Pure.

Every change gives a new journal, which is written whole (store.py) before anything is done that follows from it. So
whoever finds it after a power cut knows what to do next, and does nothing twice.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from edge.wire.bundles import PROBATION_S_MAX, PROBATION_S_MIN, Bundle
from edge.wire.messages import HexId, Text, UpdateReport, UpdateStep

STARTS_MAX: Final = 3
"""Of a trial that do not end well; one more, and it is rolled back before anything of it is read."""
CUTS_MAX: Final = 10
"""And so often a trial may be cut off because the machine went down with it: a vehicle's supply is not the bundle's
fault, but what brings machines down might be."""
STEPS_MAX: Final = 50
"""That are remembered."""
DAMAGED_MAX: Final = 2
"""Archives that are not what was signed; then the bundle is refused."""
REASON_MAX: Final = 1000
_TEXT_MAX: Final = 200

Slot = Literal["a", "b"]
Count = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Runs(_Part):
    """What is run: a bundle in a slot, or what the installer has set up and nothing else."""

    slot: Slot | None = None
    id: HexId | None = None
    name: Annotated[str, Field(max_length=_TEXT_MAX)] = "none"
    sha256: str = ""
    version: Count = 0
    """Of the document that asked for it; 0: none did."""


class Before(_Part):
    """How the daemon was before a trial, which may be no worse with it."""

    off: tuple[str, ...] = ()
    """Parts that were not well, by name."""
    was_judging: bool = False
    was_acknowledged: bool = False
    """The cloud had acknowledged something in that run."""


class Trial(_Part):
    """A bundle on probation."""

    runs: Runs
    probation_s: Annotated[int, Field(ge=PROBATION_S_MIN, le=PROBATION_S_MAX)]
    alerts_max: Count
    before: Before = Before()
    starts: Count = 0
    """That did not end well though the machine went on, the one that goes on among them."""
    cuts: Count = 0
    """Starts that ended because the machine went down."""
    boot: Annotated[str, Field(max_length=_TEXT_MAX)] = ""
    """In which the last start was, of those that have not ended well; empty where nobody knows."""
    ran_s: Annotated[float, Field(ge=0)] = 0.0
    """Of the probation, in runs that ended well."""
    alerts: Count = 0
    """That began in them."""


class Step(_Part):
    """Something that happened to a bundle."""

    bundle: HexId | None
    name: Annotated[str, Field(max_length=_TEXT_MAX)]
    version: Count
    step: UpdateStep
    reason: Text = ""
    at: str
    """By the wall clock, which may be wrong."""
    is_told: bool = False
    """The outbox has it."""

    @property
    def key(self) -> str:
        """What it is told under, once."""
        return f"update:{self.version}:{self.step}"

    def report(self) -> UpdateReport:
        """As it is told."""
        return UpdateReport(bundle=self.bundle, version=self.version, step=self.step, reason=self.reason)


class Journal(_Part):
    """All that outlives a restart. `at` of its changes is a time for people."""

    schema_: Literal["updates/1"] = Field(default="updates/1", alias="schema")
    newest: Count = 0
    """Version of the newest document that was taken in."""
    kept: Runs = Runs()
    trial: Trial | None = None
    wanted: Bundle | None = None
    """What is asked for and neither refused nor tried."""
    damaged: Count = 0
    """Archives of it that were not what was signed."""
    steps: Annotated[tuple[Step, ...], Field(max_length=STEPS_MAX)] = ()
    """The last ones, oldest first."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @property
    def free_slot(self) -> Slot:
        """The one that nothing of what is kept lies in."""
        return "b" if self.kept.slot == "a" else "a"

    @property
    def untold(self) -> tuple[Step, ...]:
        """What the outbox does not have yet, oldest first."""
        return tuple(step for step in self.steps if not step.is_told)

    def wants(self, bundle: Bundle) -> Self:
        """This is asked for; the same or an older version changes nothing."""
        if bundle.version <= self.newest:
            return self
        return self._with(newest=bundle.version, wanted=bundle, damaged=0)

    def adopted(self, at: str) -> Self:
        """Where what is asked for is what is kept already, it is kept for this version as well."""
        wanted, kept = self.wanted, self.kept
        if wanted is None or self.trial is not None or (wanted.id, wanted.sha256) != (kept.id, kept.sha256):
            return self
        runs = kept.model_copy(update={"version": wanted.version, "name": _short(wanted.name)})
        return self._after(UpdateStep.KEPT, runs, at, kept=runs, wanted=None)

    def fetching(self, at: str) -> Self:
        """It begins to be fetched; said once."""
        wanted = self.wanted
        if wanted is None or any(
            (one.version, one.step) == (wanted.version, UpdateStep.FETCHING) for one in self.steps
        ):
            return self
        return self._after(UpdateStep.FETCHING, runs_of(wanted, None), at)

    def was_damaged(self, reason: str, at: str) -> Self:
        """An archive was fetched that is not what was signed: fetched once more, then refused."""
        if self.damaged + 1 >= DAMAGED_MAX:
            return self.refused(reason, at)
        return self._with(damaged=self.damaged + 1)

    def refused(self, reason: str, at: str) -> Self:
        """What is asked for is not tried; what runs goes on."""
        if self.wanted is None:
            return self
        return self._after(UpdateStep.REFUSED, runs_of(self.wanted, None), at, reason, wanted=None)

    def tries(self, before: Before) -> Self:
        """The next start runs what was asked for, which lies in the free slot."""
        wanted = self.wanted
        if wanted is None or self.trial is not None:
            return self
        slot = None if wanted.id is None else self.free_slot
        trial = Trial(
            runs=runs_of(wanted, slot), probation_s=wanted.probation_s, alerts_max=wanted.alerts_max, before=before
        )
        return self._with(trial=trial, wanted=None)

    def begins(self, at: str, boot: str = "") -> Self:
        """A start: of a trial it is counted, or it is one too many and the trial is over. `boot`: of the machine."""
        trial = self.trial
        if trial is None:
            return self
        if trial.boot and boot and trial.boot != boot:
            trial = trial.model_copy(update={"starts": trial.starts - 1, "cuts": trial.cuts + 1})
        if trial.starts >= STARTS_MAX:
            return self.rolled_back(f"it was started {trial.starts} times, and none of them ended well", at)
        if trial.cuts >= CUTS_MAX:
            return self.rolled_back(f"the machine went down {trial.cuts} times while it was tried", at)
        begun = trial.model_copy(update={"starts": trial.starts + 1, "boot": boot})
        if any((one.version, one.step) == (trial.runs.version, UpdateStep.TRYING) for one in self.steps):
            return self._with(trial=begun)
        return self._after(UpdateStep.TRYING, trial.runs, at, trial=begun)

    def ends_well(self, ran_s: float, alerts: int) -> Self:
        """The program that runs the trial is told to end: the next start goes on there."""
        trial = self.trial
        if trial is None:
            return self
        return self._with(
            trial=trial.model_copy(
                update={
                    "starts": max(trial.starts - 1, 0),
                    "boot": "",
                    "ran_s": trial.ran_s + ran_s,
                    "alerts": trial.alerts + alerts,
                }
            )
        )

    def keeps(self, at: str) -> Self:
        """The trial has run well."""
        if self.trial is None:
            return self
        return self._after(UpdateStep.KEPT, self.trial.runs, at, kept=self.trial.runs, trial=None)

    def rolled_back(self, reason: str, at: str) -> Self:
        """The trial has not: what ran before runs again."""
        if self.trial is None:
            return self
        return self._after(UpdateStep.ROLLED_BACK, self.trial.runs, at, reason, trial=None)

    def given_up(self, reason: str, at: str) -> Self:
        """What is kept cannot be run, or a person does not want it: what the installer has set up runs."""
        if self.kept.slot is None:
            return self
        return self._after(UpdateStep.ROLLED_BACK, self.kept, at, reason, kept=Runs())

    def told(self, step: Step) -> Self:
        """The outbox has it."""
        steps = tuple(one.model_copy(update={"is_told": True}) if one == step else one for one in self.steps)
        return self._with(steps=steps)

    def _after(self, step: UpdateStep, runs: Runs, at: str, reason: str = "", **changes: object) -> Self:
        """With a step that is to be told, and what else has changed."""
        new = Step(bundle=runs.id, name=runs.name, version=runs.version, step=step, reason=reason[:REASON_MAX], at=at)
        return self._with(steps=(*self.steps, new)[-STEPS_MAX:], **changes)

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)


def runs_of(bundle: Bundle, slot: Slot | None) -> Runs:
    """A bundle as what is run."""
    return Runs(slot=slot, id=bundle.id, name=_short(bundle.name), sha256=bundle.sha256, version=bundle.version)


def _short(name: str) -> str:
    return name[:_TEXT_MAX]
