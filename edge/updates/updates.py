"""Updates: takes what is asked for, fetches, checks, has it tried, and keeps it or goes back. One thread of its own.

It is told by others what comes (`wants`, `piece`, `look`), and says what happens through the outbox. The daemon begins
anew whenever what should be run is not what runs.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from edge.errors import EdgeError
from edge.outbox import Outbox, Posting
from edge.updates.checking import NotChecked, checked
from edge.updates.fetching import Fetching
from edge.updates.journal import Before, Journal, Runs
from edge.updates.probation import Probation, Verdict, Vitals
from edge.updates.store import DiskRefuses, Store
from edge.updates.unpack import BadArchive, unpack, unpacked_bytes
from edge.wire.bundles import Bundle, Piece
from edge.wire.envelope import Clock
from edge.wire.messages import Fetch, Reported
from edge.wire.topics import Kind

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often it is looked at what is to be done."""
LATER_S: Final = 300.0
"""What the disk refused is tried again after so long."""
PIECES_MAX: Final = 16
"""That wait to be written; what is more is asked for again."""
SPARE_BYTES: Final = 16_000_000
"""Of the disk, that a bundle leaves to others."""
STOP_S: Final = 10.0


class Way(Protocol):
    """What it needs of the link."""

    @property
    def session(self) -> int | None:
        """Number of the present session; None: there is none."""

    def allows(self, kind: Kind, size: int, /) -> bool:
        """Whether so many bytes may go by the data budget."""

    def wake(self) -> None:
        """Something new waits in the outbox."""


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
        later_s: float = LATER_S,
    ) -> None:
        """`runs`: what this start runs; `program`: what runs the daemon, to have a bundle checked."""
        self._store, self._runs, self._outbox, self._program = store, runs, outbox, program
        self._desired_version, self._monotonic, self._later_s = desired_version, monotonic, later_s
        self._around: Around | None = None
        self._lock = threading.Lock()
        self._asked: Bundle | None = None
        self._pieces: deque[Piece] = deque()
        self._seen: Vitals | None = None
        self._counts: Counter[str] = Counter()
        self._stop, self._news = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._fetching: Fetching | None = None
        self._not_before_s = 0.0
        self._restarts = False
        trial = store.journal.trial
        self._probation = Probation(trial) if trial is not None and trial.runs == runs else None
        self._is_held = trial is not None and self._probation is None
        """The trial's start could not be counted: another start may."""
        self.trouble: str | None = store.note or None
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
            return dict(self._counts)

    @property
    def standing(self) -> Standing:
        """How it is; any thread may ask."""
        journal, probation, fetching = self._store.journal, self._probation, self._fetching
        return Standing(
            runs=self._runs,
            is_on_trial=probation is not None,
            probation_left_s=None if probation is None else probation.left_s,
            wanted=journal.wanted,
            fetched=None if fetching is None else fetching.have,
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
        with self._lock:
            if len(self._pieces) < PIECES_MAX:
                self._pieces.append(piece)
            else:
                self._counts["pieces_dropped"] += 1
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
            except EdgeError as error:  # the disk, as a rule
                self._put_off(str(error))
            self._news.wait(LOOK_S)

    def step(self) -> None:
        """Do what is to be done now.

        Raises:
            EdgeError: the disk refuses; it may be done again.
        """
        self._take_wishes()
        self._tell()
        if self._restarts or self._around is None:
            return
        journal = self._store.journal
        if self._probation is not None:
            self._judge(self._probation)
        elif journal.trial is not None:
            self._begin_trial()
        elif journal.wanted is not None and self._seen is not None and self._monotonic() >= self._not_before_s:
            self._prepare(journal.wanted)
            self.trouble = None
        self._tell()

    def _take_wishes(self) -> None:
        with self._lock:
            asked, self._asked = self._asked, None
        if asked is None:
            return
        try:
            self._save(self._store.journal.wants(asked))
        except DiskRefuses:
            with self._lock:
                if self._asked is None:
                    self._asked = asked
            raise
        self._not_before_s, self.trouble = 0.0, None

    def _prepare(self, wanted: Bundle) -> None:
        """One step from what is asked for to a trial."""
        self._save(self._store.journal.adopted(self._store.now()))
        if self._store.journal.wanted is None:
            return
        if wanted.id is None:
            self._try()
            return
        if self._fetching is None or self._fetching.bundle != wanted:
            self._store.sweep(wanted)
            self._fetching = Fetching(wanted, self._store.fetched(wanted))
        self._take_pieces(self._fetching)
        if self._fetching.is_whole:
            self._look_at(wanted)
        else:
            self._ask(self._fetching)

    def _ask(self, fetching: Fetching) -> None:
        around = self._around
        stretch = None if around is None else fetching.next(self._monotonic(), around.way.session)
        if around is None or stretch is None or not around.way.allows(Kind.FETCH, stretch.size):
            return
        wanted, session = fetching.bundle, around.way.session
        self._must_have_room(wanted.size - fetching.have)
        self._save(self._store.journal.fetching(self._store.now()))
        self._tell()
        if session is None or wanted.id is None:
            return
        again = fetching.asked_again
        self._post(Posting(Fetch(bundle=wanted.id, offset=stretch.offset, size=stretch.size), *around.stamp()))
        fetching.ask(stretch, self._monotonic(), session)
        self._count(asked=1, asked_again=fetching.asked_again - again)

    def _take_pieces(self, fetching: Fetching) -> None:
        while True:
            with self._lock:
                if not self._pieces:
                    return
                piece = self._pieces.popleft()
            new = fetching.new_in(piece)
            if not new:
                self._count(pieces_repeated=1)
                continue
            self._store.append(fetching.bundle, new)
            fetching.took(len(new), self._monotonic())
            self._count(pieces=1, bytes=len(new))

    def _look_at(self, wanted: Bundle) -> None:
        """The archive is there: is it what was signed, and can it be run?"""
        if not self._store.is_whole(wanted):
            self._store.sweep()
            self._fetching = None
            self._count(damaged=1)
            self._end(self._store.journal.was_damaged("its archive is not the one that was signed", self._store.now()))
            return
        why = self._why_not(wanted)
        if why:
            self._end(self._store.journal.refused(why, self._store.now()))
        else:
            self._try()

    def _why_not(self, wanted: Bundle) -> str:
        """Why it cannot be run; empty: it lies in the free slot, and can."""
        archive, slot = self._store.archive(wanted), self._store.slot(self._store.journal.free_slot)
        try:
            self._must_have_room(unpacked_bytes(archive))
            unpack(archive, slot, self._store.disk)
            known = () if self._around is None else self._around.known
            return checked(self._program, slot.resolve(), known, self._stop).replace(f"{slot.resolve()}/", "")
        except BadArchive as error:
            return str(error)
        except NotChecked as error:
            raise DiskRefuses(str(error)) from error
        except OSError as error:
            raise DiskRefuses(f"{slot}: cannot be written: {error.strerror}") from error

    def _must_have_room(self, size: int) -> None:
        room = self._store.room()
        if room is not None and room < size + SPARE_BYTES:
            raise DiskRefuses(f"{size} bytes are needed beside {SPARE_BYTES} for others, and {room} are free")

    def _end(self, journal: Journal) -> None:
        """It is refused, or fetched once more."""
        is_over = journal.wanted is None
        self._save(journal)
        if is_over:
            log.error("an update is refused: %s", journal.steps[-1].reason)
            self._count(refused=1)
            self._fetching = None
            self._store.sweep()

    def _try(self) -> None:
        if (seen := self._seen) is None:
            return
        before = Before(off=tuple(seen.off), was_judging=seen.is_judging, was_acknowledged=seen.is_acknowledged)
        self._save(self._store.journal.tries(before))
        self._fetching = None
        self._store.sweep()
        self._begin_trial()

    def _begin_trial(self) -> None:
        """Not while it drives: the next start begins it in any case."""
        if self._is_held or (self._seen is not None and self._seen.drives):
            return
        trial = self._store.journal.trial
        self._restart(f"bundle {trial.runs.name} is tried" if trial else "")

    def _judge(self, probation: Probation) -> None:
        seen, self._seen = self._seen, None
        if seen is None:
            return
        verdict = probation.look(seen)
        if verdict is Verdict.KEPT:
            self._save(self._store.journal.keeps(self._store.now()))
            self._runs, self._probation = self._store.journal.kept, None
            self._count(kept=1)
            log.info("bundle %s is kept", self._runs.name)
        elif verdict is Verdict.ROLLED_BACK:
            log.error("bundle %s is rolled back: %s", self._runs.name, probation.why)
            with suppress(DiskRefuses):  # its next start cannot be counted either, and so runs what is kept
                self._save(self._store.journal.rolled_back(probation.why, self._store.now()))
            self._tell_in_peace()
            self._restart("what ran before runs again")

    def _restart(self, why: str) -> None:
        if self._around is not None:
            self._restarts = True
            self._around.restart(why)

    def _tell(self) -> None:
        """Have the outbox take what happened, each once."""
        if self._around is None:
            return
        for step in self._store.journal.untold:
            body = Reported(desired_version=self._desired_version(), state={}, refusals=[], update=step.report())
            self._post(Posting(body, *self._around.stamp(), key=step.key))
            self._save(self._store.journal.told(step))

    def _tell_in_peace(self) -> None:
        with suppress(EdgeError):  # the next start tells it
            self._tell()

    def _post(self, posting: Posting) -> None:
        self._outbox.put([posting])
        if self._around is not None:
            self._around.way.wake()

    def _save(self, journal: Journal) -> None:
        self._store.save(journal)

    def _put_off(self, why: str) -> None:
        if self._stop.is_set():
            return
        if why != self.trouble:
            log.warning("an update waits: %s", why)
        self.trouble = why
        self._not_before_s = self._monotonic() + self._later_s
        self._count(put_off=1)

    def _count(self, **counted: int) -> None:
        with self._lock:
            self._counts.update(counted)
