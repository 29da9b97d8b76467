"""What a start runs: a trial is counted first, what cannot be loaded falls back, the last is the installer's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Config
from edge.errors import ConfigError
from edge.updates.disk import Disk
from edge.updates.journal import Before, Runs
from edge.updates.overlay import FILE, Overlay
from edge.updates.starting import INSTALLED, rolls_back, start
from edge.updates.store import Store
from tests.bundles import VERSION, bundle_of, none_of
from tests.unit.updates.test_updates import OwnDisk

OWN = Config()
BUNDLE = bundle_of(b"x")


def configured(overlay: Overlay) -> Config:
    return Config.model_validate(overlay.over({}))


def loads(*bad: int) -> Callable[[Config], int]:
    """A loader that cannot load configurations with these lengths of a summary."""

    def load(config: Config) -> int:
        if config.memory.summary_s in bad:
            raise ConfigError(f"summaries of {config.memory.summary_s} s")
        return config.memory.summary_s

    return load


def store_with(state: Path, disk: Disk | None = None, *, kept: bool = False, trial: bool = True) -> Store:
    """Slot a sets 11 s, and is kept or on trial; with both, b sets 22 s and is on trial."""
    store = Store(state, disk=disk, now=lambda: "now")
    for slot, length in (("a", 11), ("b", 22)):
        folder = store.folder / "slots" / slot
        folder.mkdir(parents=True)
        (folder / FILE).write_text(f"[memory]\nsummary_s = {length}\n")
    if kept:
        store.save(store.journal.wants(BUNDLE).tries(Before()).keeps("then"))
    if trial:
        store.save(store.journal.wants(bundle_of(b"y", version=VERSION + 1)).tries(Before()))
    return store


def steps(store: Store) -> list[str]:
    return [step.step for step in store.journal.steps]


def test_without_any_bundle_the_installers_own_runs_and_nothing_is_written(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert start(store, OWN, configured, loads()) == (INSTALLED, OWN, 60)
    assert list(tmp_path.iterdir()) == []


def test_a_trial_is_run_and_counted(tmp_path: Path) -> None:
    store = store_with(tmp_path, kept=True)
    runs, config, loaded = start(store, OWN, configured, loads())
    assert (runs.slot, config.memory.summary_s, loaded) == ("b", 22, 22)
    again = Store(tmp_path).journal.trial
    assert again is not None
    assert again.starts == 1


def test_a_trial_that_cannot_be_loaded_gives_way_to_what_was_kept(tmp_path: Path) -> None:
    store = store_with(tmp_path, kept=True)
    runs, _, loaded = start(store, OWN, configured, loads(22))
    assert (runs.slot, loaded) == ("a", 11)
    assert steps(Store(tmp_path)) == ["kept", "trying", "rolled_back"]
    assert Store(tmp_path).journal.steps[-1].reason == "it cannot be started: summaries of 22 s"


def test_what_is_kept_and_cannot_be_loaded_any_more_gives_way_to_the_installers_own(tmp_path: Path) -> None:
    store = store_with(tmp_path, kept=True)
    (store.slot("a") / FILE).write_bytes(b"\xff")
    assert start(store, OWN, configured, loads(22)) == (INSTALLED, OWN, 60)
    assert steps(Store(tmp_path)) == ["kept", "trying", "rolled_back", "rolled_back"]
    assert "any more" in Store(tmp_path).journal.steps[-1].reason


def test_the_installers_own_mistake_is_the_installers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="summaries of 60 s"):
        start(store_with(tmp_path), OWN, configured, loads(11, 60))


def test_a_way_back_that_leads_nowhere_is_rolled_back(tmp_path: Path) -> None:
    store = store_with(tmp_path, kept=True, trial=False)
    store.save(store.journal.wants(none_of(VERSION + 1)).tries(Before()))
    runs, _, loaded = start(store, OWN, configured, loads(60))
    assert (runs.slot, loaded) == ("a", 11)
    assert steps(store)[-1] == "rolled_back"


def test_a_start_that_cannot_be_counted_is_none_of_the_trial(tmp_path: Path) -> None:
    disk = OwnDisk()
    store = store_with(tmp_path, disk, kept=True)
    disk.refuses = True
    for _ in range(5):
        runs, _, loaded = start(store, OWN, configured, loads())
        assert (runs.slot, loaded) == ("a", 11)
    disk.refuses = False
    assert start(store, OWN, configured, loads())[0].slot == "b"


def test_on_a_disk_that_refuses_what_cannot_be_loaded_is_left_out_all_the_same(tmp_path: Path) -> None:
    disk = OwnDisk()
    store = store_with(tmp_path, disk, kept=True, trial=False)
    disk.refuses = True
    assert start(store, OWN, configured, loads(11))[0] == Runs()


def test_what_cannot_be_started_after_it_was_loaded_is_rolled_back_only_while_it_is_tried(tmp_path: Path) -> None:
    store = store_with(tmp_path, kept=True)
    runs, *_ = start(store, OWN, configured, loads())
    assert rolls_back(store, runs, "no such pin")
    assert Store(tmp_path).journal.steps[-1].reason == "it cannot be started: no such pin"
    assert not rolls_back(store, store.journal.kept, "no such certificate"), "the installer's affair"
    assert store.journal.kept.slot == "a"
