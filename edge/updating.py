"""What `telltale-edge updates` tells of the bundles of a box, and the installer's way back to what he has set up."""

import json
from pathlib import Path
from typing import Final

from edge.errors import ConfigError
from edge.state import locked
from edge.updates.journal import Journal, Runs, Trial
from edge.updates.store import FOLDER, Store

BY_HAND: Final = "somebody at the box went back to what the installer has set up"


def listing(state: Path, *, as_json: bool = False) -> str:
    """What runs, what is tried, what is asked for, and what happened before; oldest first.

    Raises:
        ConfigError: there is no such state.
    """
    store = _store(state)
    if as_json:
        return json.dumps(store.journal.model_dump(mode="json", by_alias=True), indent=2) + "\n"
    return "\n".join([*([store.note] if store.note else []), *_lines(store)]) + "\n"


def go_back(state: Path) -> str:
    """Have the next start run what the installer has set up; what happens next, for people.

    What the cloud asked for so far is not tried again; what it asks for from now on is.

    Raises:
        ConfigError: there is no such state, a daemon runs on it, or the disk refuses.
        EdgeError: the disk refuses.
    """
    store = _store(state)
    with locked(state):
        journal = Store(state).journal
        after = _without_any(journal, store.now())
        if after == journal:
            return "No bundle runs, is tried or asked for: nothing was changed.\n"
        store.save(after)
    return "From the next start on what the installer has set up runs, and the cloud is told.\n"


def _without_any(journal: Journal, at: str) -> Journal:
    return journal.rolled_back(BY_HAND, at).refused(BY_HAND, at).given_up(BY_HAND, at)


def _store(state: Path) -> Store:
    if not state.is_dir():
        raise ConfigError("no such folder", file=state, remedy="Give the state folder of the daemon with --state")
    return Store(state, is_looked_at=True)


def _lines(store: Store) -> list[str]:
    journal = store.journal
    lines = [f"runs      {_named(journal.kept)}"]
    if journal.trial is not None:
        lines.append(f"on trial  {_tried(journal.trial)}")
    if journal.wanted is not None:
        wanted = journal.wanted
        fetched = f", {store.fetched(wanted):,} of {wanted.size:,} bytes fetched" if wanted.id else ""
        lines.append(f"wanted    {wanted.name}, version {wanted.version}{fetched}")
    lines += [
        f"{step.at}  {step.name}, version {step.version}: {step.step}{f' ({step.reason})' if step.reason else ''}"
        for step in journal.steps
    ]
    return lines if journal != Journal() else [*lines, f"no bundle was ever asked for ({store.folder.parent / FOLDER})"]


def _named(runs: Runs) -> str:
    return (
        "what the installer has set up" if runs.slot is None else f"{runs.name}, version {runs.version} ({runs.slot})"
    )


def _tried(trial: Trial) -> str:
    ran = f"{trial.ran_s:.0f} of {trial.probation_s} s in runs that ended well, {trial.starts} starts that did not"
    return f"{_named(trial.runs)}: {ran}"
