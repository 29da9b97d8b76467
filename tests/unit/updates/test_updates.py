"""Who looks after bundles, step by step: what waits for what, and what a disk that refuses puts off."""

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from edge.outbox import Outbox
from edge.updates.bringing import SPARE_BYTES
from edge.updates.disk import Disk
from edge.updates.fetching import PATIENCE_S, STRETCH_BYTES
from edge.updates.journal import Before, Runs
from edge.updates.probation import Vitals
from edge.updates.store import Store
from edge.updates.updates import LATER_S, Around, Updates
from edge.wire.bundles import PIECE_BYTES, Bundle, Piece
from edge.wire.codec import decode
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import Fetch, Reported
from edge.wire.topics import Kind
from tests.bundles import VERSION, bundle_of, none_of, packed
from tests.unit.outbox.postings import ADDRESS, open_outbox

ARCHIVE = packed({"edge.toml": "[memory]\nsummary_s = 30\n", "dbc/x.dbc": Random(1).randbytes(6 * PIECE_BYTES)})
BUNDLE = bundle_of(ARCHIVE)
FITS = (sys.executable, "-S", "-E", "-c", "")


class OwnDisk(Disk):
    """A disk of which is said how much is free, and whether it refuses."""

    free = 1 << 30
    refuses = False

    def free_bytes(self, folder: Path) -> int:
        return min(self.free, super().free_bytes(folder))

    def write(self, file: Path, content: bytes) -> None:
        if self.refuses:
            raise OSError(28, "No space left on device")
        super().write(file, content)


@dataclass
class Box:
    """Steps as they are asked for; the time is given."""

    state: Path
    outbox: Outbox
    program: tuple[str, ...] = FITS
    disk: OwnDisk = field(default_factory=OwnDisk)
    session: int | None = 1
    is_open: bool = True
    now_s: float = 1000.0
    restarted: list[str] = field(default_factory=list)
    woken: int = 0

    def begin(self, runs: Runs | None = None) -> "Box":
        self.store = Store(self.state, disk=self.disk, now=lambda: "now")
        self.updates = Updates(
            self.store, runs or self.store.journal.kept, self.outbox, self.program, monotonic=lambda: self.now_s
        )
        self.updates.attach(Around(self, lambda: (datetime.now(UTC), Clock.SYNCED), self.restarted.append))
        return self

    def allows(self, kind: Kind, size: int, /) -> bool:
        return self.is_open and kind is Kind.FETCH and size > 0

    def wake(self) -> None:
        self.woken += 1

    def step(self, after_s: float = 1.0, **seen: object) -> None:
        self.now_s += after_s
        self.updates.look(Vitals(self.now_s, **{"judged_ago_s": 0.1, **seen}))  # type: ignore[arg-type]  # of the test
        self.updates.step()

    def bodies(self) -> list[object]:
        waiting = self.outbox.waiting(StreamClass.RECORD, 0, 1000)
        return [decode(ADDRESS.up(message.kind), message.payload).body for message in waiting]

    @property
    def asked(self) -> list[tuple[int, int]]:
        return [(body.offset, body.size) for body in self.bodies() if isinstance(body, Fetch)]

    @property
    def told(self) -> list[str]:
        return [body.update.step for body in self.bodies() if isinstance(body, Reported) and body.update]

    def send(self, bundle: Bundle, archive: bytes, *, until: int | None = None) -> None:
        """All pieces from the first byte that is not there, as fast as they are taken."""
        at = self.store.fetched(bundle)
        while at < (len(archive) if until is None else until):
            assert bundle.id is not None
            self.updates.piece(Piece(bundle=bundle.id, offset=at, content=archive[at : at + PIECE_BYTES]))
            self.step()
            at += PIECE_BYTES


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with closing(open_outbox(tmp_path / "outbox.db")) as outbox:
        yield Box(tmp_path, outbox).begin()


def test_what_is_wanted_is_asked_for_fetched_checked_and_tried(box: Box) -> None:
    box.updates.wants(BUNDLE)
    box.step()
    assert box.asked == [(0, STRETCH_BYTES)]
    assert (box.told, box.woken) == (["fetching"], 2)
    box.send(BUNDLE, ARCHIVE)
    assert box.asked[1:] == [(STRETCH_BYTES, len(ARCHIVE) - STRETCH_BYTES)]
    box.step()
    assert box.restarted == ["bundle autumn is tried"]
    assert box.updates.counters["bytes"] == len(ARCHIVE)
    assert (box.store.slot("a") / "edge.toml").read_text() == "[memory]\nsummary_s = 30\n"
    assert not list(box.store.folder.glob("*.part"))


@pytest.mark.parametrize("why", ["no session", "the budget is spent"])
def test_nothing_is_asked_for_while_nothing_may_go(box: Box, why: str) -> None:
    box.session, box.is_open = (None, True) if why == "no session" else (1, False)
    box.updates.wants(BUNDLE)
    for _ in range(5):
        box.step(1000.0)
    assert (box.asked, box.told) == ([], [])
    box.session, box.is_open = 1, True
    box.step()
    assert box.asked == [(0, STRETCH_BYTES)]


def test_a_stretch_that_does_not_come_is_asked_for_again_and_others_are_dropped(box: Box) -> None:
    box.updates.wants(BUNDLE)
    box.step()
    for _ in range(40):
        box.updates.piece(Piece(bundle="f" * 32, offset=0, content=b"x"))
    box.step(PATIENCE_S)
    counters = box.updates.counters
    assert (counters["asked"], counters["asked_again"]) == (2, 1)
    assert (counters["pieces_repeated"], counters["pieces_dropped"]) == (16, 24)
    assert box.store.fetched(BUNDLE) == 0


def test_a_newer_document_takes_the_place_of_one_that_is_fetched(box: Box) -> None:
    newer = bundle_of(packed({"edge.toml": ""}), version=VERSION + 1, id_="a" * 32)
    box.updates.wants(BUNDLE)
    box.step()
    box.send(BUNDLE, ARCHIVE[:PIECE_BYTES], until=PIECE_BYTES)
    box.updates.wants(newer)
    box.updates.wants(BUNDLE)
    box.step()
    assert box.store.journal.wanted == newer
    assert box.asked[-1] == (0, newer.size)
    assert box.store.fetched(BUNDLE) == 0, "what was fetched of it is gone"


def test_the_same_archive_under_a_newer_version_is_not_fetched_again(box: Box) -> None:
    box.updates.wants(BUNDLE)
    box.step()
    box.send(BUNDLE, ARCHIVE[:PIECE_BYTES], until=PIECE_BYTES)
    box.updates.wants(BUNDLE.model_copy(update={"version": VERSION + 1}))
    box.step()
    assert box.asked[-1][0] == PIECE_BYTES


def test_a_trial_does_not_begin_while_it_drives(box: Box) -> None:
    box.updates.wants(none_of(VERSION))
    box.store.save(box.store.journal.model_copy(update={"kept": Runs(slot="a", id="a" * 32, sha256="b" * 64)}))
    for _ in range(3):
        box.step(drives=True)
    assert box.store.journal.trial is not None, "the next start would begin it"
    assert box.restarted == []
    box.step(drives=False)
    assert box.restarted == ["bundle none is tried"]


def test_an_archive_that_differs_is_fetched_once_more_and_then_refused(box: Box) -> None:
    wrong = ARCHIVE[:-1] + bytes([ARCHIVE[-1] ^ 1])
    box.updates.wants(BUNDLE)
    box.step()
    box.send(BUNDLE, wrong)
    assert (box.told, box.updates.counters["damaged"]) == (["fetching"], 1)
    box.step()
    assert box.asked[-1] == (0, STRETCH_BYTES)
    box.send(BUNDLE, wrong)
    assert box.told == ["fetching", "refused"]
    assert box.store.journal.steps[-1].reason == "its archive is not the one that was signed"
    assert not list(box.store.folder.glob("*.part"))
    box.step(1e6)
    assert len(box.asked) == 2 * len(set(box.asked)), "and nothing more is asked for"


def test_without_room_it_waits_and_says_so(box: Box) -> None:
    box.disk.free = SPARE_BYTES + len(ARCHIVE) - 1
    box.updates.wants(BUNDLE)
    box.step()
    assert box.asked == []
    assert "are free" in (box.updates.trouble or "")
    assert box.updates.standing.trouble == box.updates.trouble
    box.disk.free = 1 << 30
    box.step(LATER_S - 2)
    assert box.asked == [], "not at once"
    box.step(2)
    assert box.asked == [(0, STRETCH_BYTES)]
    assert box.updates.trouble is None


def test_what_is_wanted_is_not_forgotten_by_a_disk_that_refuses(box: Box) -> None:
    box.disk.refuses = True
    box.updates.wants(BUNDLE)
    box.step()
    assert box.store.journal.wanted is None
    assert "No space left" in (box.updates.trouble or "")
    box.disk.refuses = False
    box.step()
    assert box.asked == [(0, STRETCH_BYTES)]


def on_trial(box: Box, bundle: Bundle = BUNDLE) -> Box:
    """This start runs the trial."""
    journal = box.store.journal.wants(bundle).tries(Before(was_judging=True)).begins("now")
    box.store.save(journal)
    assert journal.trial is not None
    return box.begin(journal.trial.runs)


def test_a_flood_is_rolled_back_though_neither_disk_nor_outbox_takes_anything(box: Box) -> None:
    on_trial(box)
    box.disk.refuses = True
    box.outbox.close()
    box.step(alerts_began=11)
    assert box.restarted == ["what ran before runs again"]


def test_what_ran_well_is_kept_and_told_and_runs_on(box: Box) -> None:
    on_trial(box)
    assert box.updates.is_on_trial
    for _ in range(12):
        box.step()
    assert (box.restarted, box.updates.is_on_trial) == ([], False)
    assert box.told == ["trying", "kept"]
    assert box.updates.standing.runs.slot == "a"


def test_who_is_stopped_on_trial_goes_on_there_and_who_fails_begins_anew(box: Box) -> None:
    on_trial(box)
    for _ in range(5):
        box.step(alerts_began=2)
    box.updates.close(ended_well=True)
    trial = box.store.journal.trial
    assert trial is not None
    assert (trial.starts, trial.ran_s, trial.alerts) == (0, 4.0, 2)
    box.begin(trial.runs).step()
    box.updates.close(ended_well=False)
    assert box.store.journal.trial == trial


def test_a_trial_whose_start_could_not_be_counted_is_not_begun_by_another_start(box: Box) -> None:
    on_trial(box)
    box.begin(Runs())
    for _ in range(5):
        box.step(LATER_S)
    assert box.restarted == []
    assert "could not be written down" in (box.updates.trouble or "")


def test_a_check_that_says_no_is_a_refusal_with_its_last_line(box: Box) -> None:
    says = "import sys; print('WARNING something'); sys.exit('telltale-edge: rules/x.toml: no rule')"
    box.program = (sys.executable, "-S", "-E", "-c", says)
    box.begin()
    box.updates.wants(BUNDLE)
    box.step()
    box.send(BUNDLE, ARCHIVE)
    box.step()
    assert box.told == ["fetching", "refused"]
    assert box.store.journal.steps[-1].reason == "rules/x.toml: no rule"


@pytest.mark.parametrize(
    ("says", "reason"),
    [("import os; os.kill(os.getpid(), 9)", "its check ended with -9"), ("raise KeyError(1)", "KeyError: 1")],
)
def test_a_check_that_dies_is_a_refusal(box: Box, says: str, reason: str) -> None:
    box.program = (sys.executable, "-S", "-E", "-c", says)
    box.begin()
    box.updates.wants(BUNDLE)
    box.step()
    box.send(BUNDLE, ARCHIVE)
    assert box.store.journal.steps[-1].reason == reason


def test_a_program_that_cannot_be_started_is_tried_again(box: Box) -> None:
    box.program = ("/nowhere/python",)
    box.begin()
    box.updates.wants(BUNDLE)
    box.step()
    box.send(BUNDLE, ARCHIVE)
    assert "no child can be started" in (box.updates.trouble or "")
    assert box.store.journal.wanted == BUNDLE
