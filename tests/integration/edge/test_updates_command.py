"""`telltale-edge updates`: what it tells, and an installer's way back."""

import json
from pathlib import Path

from edge.state import locked
from edge.updates.journal import Before
from edge.updates.store import Store
from tests.bundles import VERSION, asked_for, bundle_of, journal_in
from tests.programs import run


def test_what_runs_what_is_wanted_and_what_was_is_told(tmp_path: Path) -> None:
    store = asked_for(tmp_path, bundle_of(b"x"))
    store.save(store.journal.fetching("then").tries(Before()).begins("then").keeps("then"))
    newer = bundle_of(b"yy", version=VERSION + 1, name="winter")
    store.save(store.journal.wants(newer))
    store.append(newer, b"y")
    told = run("telltale-edge", "updates", "--state", tmp_path)
    assert (told.status, told.err) == (0, "")
    assert told.out.splitlines() == [
        f"runs      autumn, version {VERSION} (a)",
        f"wanted    winter, version {VERSION + 1}, 1 of 2 bytes fetched",
        f"then  autumn, version {VERSION}: fetching",
        f"then  autumn, version {VERSION}: trying",
        f"then  autumn, version {VERSION}: kept",
    ]
    as_json = json.loads(run("telltale-edge", "updates", "--state", tmp_path, "--json").out)
    assert as_json["kept"]["slot"] == "a"


def test_the_installer_goes_back_and_the_cloud_will_be_told(tmp_path: Path) -> None:
    store = asked_for(tmp_path, bundle_of(b"x"))
    store.save(store.journal.tries(Before()).keeps("then").wants(bundle_of(b"y", version=VERSION + 1)))
    with locked(tmp_path):
        held = run("telltale-edge", "updates", "--state", tmp_path, "--back")
    assert held.status == 78
    assert "another telltale-edge uses this state folder" in held.err
    back = run("telltale-edge", "updates", "--state", tmp_path, "--back")
    assert (back.status, back.err) == (0, "")
    assert "the cloud is told" in back.out
    journal = journal_in(tmp_path)
    assert (journal.kept.slot, journal.wanted, journal.trial) == (None, None, None)
    assert [(step.version, step.step) for step in journal.untold[-2:]] == [
        (VERSION + 1, "refused"),
        (VERSION, "rolled_back"),
    ]
    assert "nothing was changed" in run("telltale-edge", "updates", "--state", tmp_path, "--back").out


def test_a_state_that_is_none_and_one_that_was_never_asked(tmp_path: Path) -> None:
    absent = run("telltale-edge", "updates", "--state", tmp_path / "absent")
    assert absent.status == 78
    assert "no such folder" in absent.err
    never = run("telltale-edge", "updates", "--state", tmp_path)
    assert never.out.startswith("runs      what the installer has set up\nno bundle was ever asked for")
    assert list(tmp_path.iterdir()) == [], "looking changes nothing"


def test_a_journal_that_is_damaged_is_said_and_left(tmp_path: Path) -> None:
    asked_for(tmp_path, bundle_of(b"x"))
    file = Store(tmp_path).folder / "journal.json"
    file.write_bytes(file.read_bytes()[:-3])
    told = run("telltale-edge", "updates", "--state", tmp_path)
    assert "journal.json: cannot be read" in told.out
    assert file.exists()
