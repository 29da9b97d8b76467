"""Wherever the power goes: the box comes back to something whole, reaches the same end, and says each step once."""

import sys
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.config import Config
from edge.errors import ConfigError
from edge.outbox import Outbox
from edge.updates.disk import Disk
from edge.updates.journal import Before, Journal, Runs
from edge.updates.overlay import FILE
from edge.updates.probation import Vitals
from edge.updates.starting import start
from edge.updates.store import Store
from edge.updates.unpack import unpack
from edge.updates.updates import Around, Updates
from edge.wire.bundles import PIECE_BYTES, Bundle, Piece
from edge.wire.codec import decode
from edge.wire.downlink import ack_of
from edge.wire.envelope import Clock, StreamClass
from edge.wire.messages import Fetch, Reported
from edge.wire.topics import Kind
from tests.bundles import VERSION, bundle_of, none_of, packed
from tests.unit.outbox.postings import ADDRESS, memory_folder, open_outbox
from tests.unit.updates.plug import Plug, PowerCut

PADDING: Final = Random(1).randbytes(3 * PIECE_BYTES)
Files = Mapping[str, str | bytes]
BEFORE: Final[Files] = {FILE: "[memory]\nsummary_s = 30\n", "rules/of-before.toml": ""}
GOOD: Final[Files] = {FILE: "[memory]\nsummary_s = 20\n", "rules/x.toml": "", "dbc/x.dbc": PADDING}
FLOOD: Final[Files] = {**GOOD, "rules/flood.toml": ""}
BAD: Final[Files] = {**GOOD, "rules/bad.toml": ""}
BROKEN: Final[Files] = {**GOOD, "rules/broken.toml": ""}
"""Passes its check, and cannot be started."""
CHECK: Final = (
    "import sys, pathlib\n"
    "if (pathlib.Path(sys.argv[2]) / 'rules' / 'bad.toml').exists(): sys.exit('telltale-edge: a bad rule')\n"
)
PROGRAM: Final = (sys.executable, "-S", "-E", "-c", CHECK)
BOOTS_MAX: Final = 40
STEPS_MAX: Final = 200


@dataclass
class Way:
    """A link that is up, in the session of this boot, and never minds what it costs."""

    session: int | None

    def allows(self, kind: Kind, size: int, /) -> bool:
        return kind is Kind.FETCH and size > 0

    def wake(self) -> None:
        """Who sends looks for himself."""


@dataclass
class Machine:
    """A box that is asked to run a bundle, and boots until that is settled."""

    state: Path
    stash: Path
    outbox: Outbox
    random: Random
    files: Files
    wanted: Bundle
    archive: bytes
    before: Runs
    cuts: list[int]
    now_s: float = 0.0
    boots: int = 0
    restarts: bool = False
    ran: list[Runs] = field(default_factory=list)
    told: list[tuple[int, str]] = field(default_factory=list)

    def live(self) -> Journal:
        """From one power cut to the next, until everything is said; the journal at the end."""
        while self.boots < BOOTS_MAX:
            self.boots += 1
            store = None
            plug = Plug(self.cuts.pop(0) if self.cuts else None, self.random, self.stash)
            with suppress(PowerCut):
                store = Store(self.state, disk=plug, now=lambda: f"boot {self.boots}")
                if self._boot(store):
                    return store.journal
        raise AssertionError(f"not settled after {BOOTS_MAX} boots")

    def _boot(self, store: Store) -> bool:
        """Whether all is settled."""
        runs, config, files = start(
            store, Config(), lambda overlay: self._configured(overlay.over), self._load_of(store), boot=str(self.boots)
        )
        self.ran.append(runs)
        assert config.memory.summary_s == {id(BEFORE): 30, id(self.files): 20}.get(id(files), 60)
        updates = Updates(store, runs, self.outbox, PROGRAM, monotonic=lambda: self.now_s)
        self.restarts = False
        updates.attach(Around(Way(self.boots), lambda: (datetime.now(UTC), Clock.SYNCED), self._restart))
        updates.wants(self.wanted)
        for _ in range(STEPS_MAX):
            self.now_s += 30.0
            alerts = 99 if files is self.files and "rules/flood.toml" in files else 0
            updates.look(Vitals(self.now_s, judged_ago_s=0.1, alerts_began=alerts, is_acknowledged=True))
            updates.step()
            self._hear(updates)
            if self.restarts:
                updates.close(ended_well=True)
                return False
            journal = store.journal
            if journal.wanted is None and journal.trial is None and not journal.untold:
                return True
        raise AssertionError("a boot that comes to no end")

    def _restart(self, why: str) -> None:
        assert why
        self.restarts = True

    def _configured(self, over: Callable[[Mapping[str, object]], dict[str, object]]) -> Config:
        return Config.model_validate(over({}))

    def _load_of(self, store: Store) -> Callable[[Config], Files]:
        """What is loaded must be whole: every file of the bundle that lies in the slot, and no other."""

        def load(config: Config) -> Files:
            if config.memory.summary_s == 60:
                return {}
            files = BEFORE if config.memory.summary_s == 30 else self.files
            runs = store.journal.trial.runs if store.journal.trial else store.journal.kept
            assert runs.slot is not None
            slot = store.slot(runs.slot)
            found = {str(one.relative_to(slot)): one.read_bytes() for one in slot.rglob("*") if one.is_file()}
            assert found == {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
            if "rules/broken.toml" in files:
                raise ConfigError("a rule that cannot be")
            return files

        return load

    def _hear(self, updates: Updates) -> None:
        """What the cloud does with what waits: pieces for who asks, and it has it."""
        for message in self.outbox.waiting(StreamClass.RECORD, 0, 100):
            body = decode(ADDRESS.up(message.kind), message.payload).body
            if isinstance(body, Fetch):
                until = body.offset + body.size
                for at in range(body.offset, until, PIECE_BYTES):
                    if self.random.random() < 0.9:
                        content = self.archive[at : min(at + PIECE_BYTES, until)]
                        updates.piece(Piece(bundle=body.bundle, offset=at, content=content))
            elif isinstance(body, Reported) and body.update:
                self.told.append((body.update.version, body.update.step))
            self.outbox.acknowledge(ack_of(message.stream, [(message.seq, message.seq)]))


def settled(
    folder: Path, files: Files, cuts: list[int], seed: int, *, has_before: bool, none: bool = False
) -> tuple[Machine, Journal]:
    """A box that ran another bundle, or none, and was asked for this one, after all that may happen to it."""
    archive = packed(files)
    wanted = none_of(VERSION + 1) if none else bundle_of(archive, version=VERSION + 1, alerts_max=5)
    store = Store(folder / "state")
    if has_before:
        other = packed(BEFORE)
        journal = store.journal.wants(bundle_of(other, id_="a" * 32, name="before"))
        store.save(journal)
        store.append(bundle_of(other), other)
        unpack(store.archive(bundle_of(other)), store.slot("a"), Disk())
        kept = journal.tries(Before()).keeps("")
        store.save(kept.model_copy(update={"steps": ()}))
        store.sweep()
    (folder / "stash").mkdir()
    with closing(open_outbox(folder / "outbox.db")) as outbox:
        machine = Machine(
            folder / "state", folder / "stash", outbox, Random(seed), files, wanted, archive, store.journal.kept, cuts
        )
        return machine, machine.live()


ENDS: Final[Mapping[str, tuple[Files, list[str]]]] = {
    "good": (GOOD, ["fetching", "trying", "kept"]),
    "flood": (FLOOD, ["fetching", "trying", "rolled_back"]),
    "broken": (BROKEN, ["fetching", "trying", "rolled_back"]),
    "bad": (BAD, ["fetching", "refused"]),
}


@pytest.mark.parametrize("has_before", [False, True])
@pytest.mark.parametrize("kind", ENDS)
def test_without_a_power_cut(tmp_path: Path, kind: str, has_before: bool) -> None:
    files, steps = ENDS[kind]
    machine, journal = settled(tmp_path, files, [], 1, has_before=has_before)
    assert machine.told == [(VERSION + 1, step) for step in steps]
    assert (journal.kept == machine.before) is (kind != "good")


@pytest.mark.parametrize("kind", ENDS)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(0, 2**32), st.booleans())
@example([20, 20, 20, 20, 20], 3, True)
@settings(max_examples=40)
def test_whenever_the_power_goes(kind: str, cuts: list[int], seed: int, has_before: bool) -> None:
    files, steps = ENDS[kind]
    with memory_folder() as folder:
        machine, journal = settled(folder, files, cuts, seed, has_before=has_before)
    told = [step for _, step in machine.told]
    assert len(set(told)) == len(told), "each step once"
    assert told == steps, "a cut is no bad start"
    is_kept = told[-1] == "kept"
    assert journal.kept == (machine.ran[-1] if is_kept else machine.before)
    assert machine.ran[-1] == journal.kept, "and that is what runs"


@given(st.lists(st.integers(0, 20), max_size=4), st.integers(0, 2**32))
@settings(max_examples=30)
def test_whenever_the_power_goes_on_the_way_back_to_what_the_installer_set_up(cuts: list[int], seed: int) -> None:
    with memory_folder() as folder:
        machine, journal = settled(folder, GOOD, cuts, seed, has_before=True, none=True)
    told = [step for _, step in machine.told]
    assert told == ["trying", "kept"]
    assert journal.kept == Runs(version=VERSION + 1)
