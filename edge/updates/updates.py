"""Updates: takes what is asked for, fetches, checks, has it tried, and keeps it or goes back. One thread of its own.

It is told by others what comes (`wants`, `piece`, `look`), and says what happens through the outbox. The daemon begins
anew whenever what should be run is not what runs.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge.errors import EdgeError
from edge.outbox import Outbox, Posting
from edge.updates.bringing import Bringing, Way
from edge.updates.fetching import PACE_S
from edge.updates.journal import Before, Journal, Runs
from edge.updates.probation import Probation, Verdict, Vitals
from edge.updates.readiness import why_not
from edge.updates.store import DiskRefuses, Store
from edge.wire.bundles import Bundle, Piece
from edge.wire.envelope import Clock
from edge.wire.messages import Reported

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often it is looked at what is to be done."""
LATER_S: Final = 300.0
"""What the disk refused is tried again after so long."""
STOP_S: Final = 10.0
_DIFFERS: Final = "its archive is not the one that was signed"


@dataclass(frozen=True, slots=True)
class Around:
    """What it needs of the daemon."""

    way: Way
    stamp: Callable[[], tuple[datetime, Clock]]
    """Now, as messages say it."""
    restart: Callable[[str], None]
    """Have the program end and begin anew; why."""
    known: Collection[str] = ()
    """What the present configuration cannot use."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is just now, for people."""

    runs: Runs
    is_on_trial: bool
    probation_left_s: float | None
    wanted: Bundle | None
    fetched: int | None
    """Bytes of what is wanted that are there."""
    trouble: str | None


class Updates:
    """`wants`, `piece` and `look` may be called by any thread, at any time."""

    def __init__(
        self,
        store: Store,
        runs: Runs,
        outbox: Outbox,
        program: Sequence[str],
        *,
        desired_version: Callable[[], int] = lambda: 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`runs`: what this start runs; `program`: what runs the daemon, to have a bundle checked."""
        self._store, self._runs, self._outbox, self._program = store, runs, outbox, program
        self._desired_version, self._monotonic = desired_version, monotonic
        self._bringing = Bringing(store, monotonic)
        self._around: Around | None = None
        self._lock = threading.Lock()
        self._asked: Bundle | None = None
        self._seen: Vitals | None = None
        self._counts: Counter[str] = Counter()
        self._stop, self._news = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._not_before_s = 0.0
        self._restarts = False
        trial = store.journal.trial
        self._probation = Probation(trial) if trial is not None and trial.runs == runs else None
        self._is_held = trial is not None and self._probation is None
        """The trial's start could not be counted: another start may."""
        self.trouble: str | None = (
            "the trial's start could not be written down" if self._is_held else store.note or None
        )
        """What keeps it from going on."""

    @property
    def is_on_trial(self) -> bool:
        """What runs may be rolled back: what it learns of the vehicle is not kept."""
        return self._probation is not None

    @property
    def counters(self) -> Mapping[str, int]:
        """`pieces` and `bytes` taken, `pieces_repeated`, `pieces_dropped`; `asked` and `asked_again` stretches;
        `damaged` archives, `refused` and `kept` bundles; `put_off` by a disk that refuses."""
        with self._lock:
            return {**self._bringing.counters, **self._counts}

    @property
    def standing(self) -> Standing:
        """How it is; any thread may ask."""
        probation = self._probation
        return Standing(
            runs=self._runs,
            is_on_trial=probation is not None,
            probation_left_s=None if probation is None else probation.left_s,
            wanted=self._store.journal.wanted,
            fetched=self._bringing.fetched,
            trouble=self.trouble,
        )

    def wants(self, bundle: Bundle) -> None:
        """The cloud wants this to be run, and has signed it."""
        with self._lock:
            if self._asked is None or bundle.version > self._asked.version:
                self._asked = bundle
        self._news.set()

    def piece(self, piece: Piece) -> None:
        """A piece has come."""
        self._bringing.hand_in(piece)
        self._news.set()

    def look(self, seen: Vitals) -> None:
        """The daemon has looked at itself."""
        self._seen = seen
        self._news.set()

    def attach(self, around: Around) -> None:
        """From now on `step` does something."""
        self._around = around

    def start(self, around: Around) -> None:
        """Begin to work, in a thread of its own."""
        self.attach(around)
        self._thread = threading.Thread(target=self._run, name="updates", daemon=True)
        self._thread.start()

    def close(self, *, ended_well: bool) -> None:
        """The program ends; a trial that `ended_well` does so by being told to."""
        self._stop.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join(STOP_S)
        probation, journal = self._probation, self._store.journal
        if ended_well and probation is not None and journal.trial is not None and not self._restarts:
            with suppress(DiskRefuses):  # it then counts as one that did not
                self._store.save(journal.ends_well(probation.ran_s, probation.alerts))

    def _run(self) -> None:
        while not self._stop.is_set():
            self._news.clear()
            try:
                self.step()
            except Exception as error:  # whatever it is, the next bundle may be a better one
                log.exception("updates fail")
                self._put_off(f"{type(error).__name__}: {error}")
            self._news.wait(PACE_S if self._bringing.is_busy else LOOK_S)

    def step(self) -> None:
        """Do what is to be done now; what a disk refuses is put off. A trial is judged whatever the disk says."""
        if self._around is None or self._restarts:
            return
        if self._probation is not None:
            self._patiently(self._judge, self._probation)
        self._patiently(self._take_wishes)
        self._patiently(self._tell)
        journal = self._store.journal
        if self._probation is None and journal.trial is not None:
            self._begin_trial(journal.trial.runs)
        elif self._probation is None and journal.wanted is not None and self._seen is not None:
            self._patiently(self._prepare, journal.wanted, self._around, self._seen)
            self._patiently(self._tell)

    def _patiently(self, act: Callable[..., None], *arguments: object) -> None:
        try:
            act(*arguments)
        except EdgeError as error:  # the disk, as a rule
            self._put_off(str(error))

    def _take_wishes(self) -> None:
        with self._lock:
            asked = self._asked
        if asked is None:
            return
        before = self._store.journal
        self._store.save(before.wants(asked))
        with self._lock:
            self._asked = None if self._asked is asked else self._asked
        if self._store.journal != before:
            self._not_before_s, self.trouble = 0.0, None

    def _prepare(self, wanted: Bundle, around: Around, seen: Vitals) -> None:
        """One step from what is asked for to a trial."""
        if self._monotonic() < self._not_before_s:
            return
        self._store.save(self._store.journal.adopted(self._store.now()))
        if self._store.journal.wanted is None:
            self._bringing.forget()
        elif wanted.id is None:
            self._try(seen)
        elif self._bringing.is_there(wanted):
            self._look_at(wanted, around, seen)
        else:
            self._ask(around)
        self.trouble = None

    def _ask(self, around: Around) -> None:
        fetch = self._bringing.asked(around.way)
        if fetch is not None:
            self._store.save(self._store.journal.fetching(self._store.now()))
            self._tell()
            self._post(Posting(fetch, *around.stamp()))

    def _look_at(self, wanted: Bundle, around: Around, seen: Vitals) -> None:
        """The archive is there: is it what was signed, and can it be run?"""
        journal, now = self._store.journal, self._store.now
        if not self._store.is_whole(wanted):
            self._bringing.forget()
            self._count("damaged")
            self._end(journal.was_damaged(_DIFFERS, now()))
        elif why := why_not(self._store, wanted, self._program, around.known, self._stop):
            self._end(journal.refused(why, now()))
        else:
            self._try(seen)

    def _end(self, journal: Journal) -> None:
        """It is refused, or fetched once more."""
        self._store.save(journal)
        if journal.wanted is None:
            log.error("an update is refused: %s", journal.steps[-1].reason)
            self._count("refused")
            self._bringing.forget()

    def _try(self, seen: Vitals) -> None:
        before = Before(off=tuple(seen.off), was_judging=seen.is_judging, was_acknowledged=seen.is_acknowledged)
        self._store.save(self._store.journal.tries(before))
        self._bringing.forget()

    def _begin_trial(self, runs: Runs) -> None:
        """Not while it drives: the next start begins it in any case."""
        if not self._is_held and not (self._seen is not None and self._seen.drives):
            self._restart(f"bundle {runs.name} is tried")

    def _judge(self, probation: Probation) -> None:
        seen, self._seen = self._seen, None
        if seen is None:
            return
        verdict = probation.look(seen)
        if verdict is Verdict.KEPT:
            self._store.save(self._store.journal.keeps(self._store.now()))
            self._runs, self._probation = self._store.journal.kept, None
            self._count("kept")
            log.info("bundle %s is kept", self._runs.name)
        elif verdict is Verdict.ROLLED_BACK:
            log.error("bundle %s is rolled back: %s", self._runs.name, probation.why)
            with suppress(DiskRefuses):  # its next start cannot be counted either, and so runs what is kept
                self._store.save(self._store.journal.rolled_back(probation.why, self._store.now()))
            with suppress(EdgeError):  # the next start tells it
                self._tell()
            self._restart("what ran before runs again")

    def _restart(self, why: str) -> None:
        if self._around is not None:
            self._restarts = True
            self._around.restart(why)

    def _tell(self) -> None:
        """Have the outbox take what happened, each once."""
        for step in self._store.journal.untold:
            if self._around is not None:
                body = Reported(desired_version=self._desired_version(), state={}, refusals=[], update=step.report())
                self._post(Posting(body, *self._around.stamp(), key=step.key))
                self._store.save(self._store.journal.told(step))

    def _post(self, posting: Posting) -> None:
        self._outbox.put([posting])
        if self._around is not None:
            self._around.way.wake()

    def _put_off(self, why: str) -> None:
        if self._stop.is_set():
            return
        if why != self.trouble:
            log.warning("an update waits: %s", why)
        self.trouble = why
        self._not_before_s = self._monotonic() + LATER_S
        self._count("put_off")

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1
