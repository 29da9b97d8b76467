"""Starting: what this start runs. That of a trial is counted before anything of it is read; what fails falls back."""

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from edge.config import Config
from edge.errors import ConfigError
from edge.updates.journal import Journal, Runs
from edge.updates.overlay import Overlay, read_overlay
from edge.updates.store import DiskRefuses, Store

log = logging.getLogger(__name__)

Loaded = TypeVar("Loaded")
INSTALLED: Final = Runs()


def start(
    store: Store,
    installed: Config,
    configured: Callable[[Overlay], Config],
    load: Callable[[Config], Loaded],
    *,
    boot: str = "",
) -> tuple[Runs, Config, Loaded]:
    """What is run, its configuration, and what loading it gave. `boot`: of the machine, by which a start that was cut
    off with it is told from one that ended by itself.

    A trial that cannot be loaded is rolled back, and what ran before is loaded instead; a kept bundle that cannot be
    loaded any more gives way to what the installer has set up.

    Raises:
        ConfigError: what the installer has set up cannot be used.
    """
    while True:
        runs = _begun(store, boot)
        try:
            config = installed if runs.slot is None else configured(read_overlay(store.slot(runs.slot)))
            return runs, config, load(config)
        except ConfigError as error:
            if not _fell(store, runs, str(error)):
                raise


def rolls_back(store: Store, runs: Runs, reason: str) -> bool:
    """What was loaded cannot be started all the same: of a trial, whether it is over, and something else is to run."""
    trial = store.journal.trial
    return trial is not None and trial.runs == runs and _fell(store, runs, reason)


def _begun(store: Store, boot: str) -> Runs:
    """What this start is to run; what cannot be counted is not tried."""
    journal = store.journal.begins(store.now(), boot)
    try:
        store.save(journal)
    except DiskRefuses as error:
        log.error("the update waits: %s", error)  # noqa: TRY400  # one line
        return store.journal.kept
    return journal.kept if journal.trial is None else journal.trial.runs


def _fell(store: Store, runs: Runs, reason: str) -> bool:
    """Something else is to be run; False where there is nothing else."""
    before = store.journal
    at, trial = store.now(), before.trial
    if trial is not None and trial.runs == runs:
        after = before.rolled_back(f"it cannot be started: {reason}", at)
    elif runs.slot is not None:
        after = before.given_up(f"it cannot be started any more: {reason}", at)
    else:
        return False
    log.error("bundle %s is not run: %s", runs.name, reason)
    _save_or_hold(store, after)
    return True


def _save_or_hold(store: Store, journal: Journal) -> None:
    """A disk that refuses must not have a start fail again and again: this run goes by it all the same."""
    try:
        store.save(journal)
    except DiskRefuses as error:
        log.error("it will be tried once more: %s", error)  # noqa: TRY400  # one line
        store.journal = journal
