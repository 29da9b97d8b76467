"""Habits, findings, locks, agents, and the audit that nobody changes unseen."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.api.server import V1
from cloud.cli import main
from cloud.errors import Conflict, NotAllowed, NotFound, UpstreamDown
from cloud.pages import Window
from cloud.security import audit_store, watch_store
from cloud.security.agents import AgentGuard
from cloud.security.audit_model import AuditFilter, Deed, Entry, first_broken
from cloud.security.behaviour import (
    DAYS_LEARNED,
    HOURS_LEARNED,
    RATE_FLOOR,
    RATE_UNLEARNED,
    REFUSALS,
    Habit,
    Kind,
    Outcome,
    judge,
)
from cloud.security.finding import Finding, FindingFilter
from cloud.security.principal import BOOTSTRAP
from cloud.security.watch import KEEP_FOR, Watch
from edge.wire.messages import Severity
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import T0

ADA: Final = "ada@example.org"
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def note(cloud: Cloud, times: int = 1, *, principal: str = ADA, outcome: Outcome = Outcome.ALLOWED) -> None:
    for _ in range(times):
        cloud.security.watch.note(principal, "see_alerts", outcome)


def findings(cloud: Cloud, **wanted: Any) -> list[Finding]:
    return cloud.security.watch.findings(FindingFilter(**wanted), Window()).items


def live(cloud: Cloud, days: int, *, at: int = 8, per_hour: int = 50, hours: int = 3) -> None:
    """So many days of work at the same hours; the last one is yesterday."""
    counts = {
        (ADA, (T0 - day * DAY).replace(hour=at + hour), "see_alerts", Outcome.ALLOWED): per_hour
        for day in range(1, days + 1)
        for hour in range(hours)
    }
    with cloud.database.transaction() as connection:
        watch_store.add_activities(connection, counts)


@given(st.lists(st.integers(1, 10**6), max_size=60))
def test_nobody_is_accused_of_being_like_themselves(hourly: list[int]) -> None:
    habit = Habit(tuple(hourly), {8: 20}, 20)
    limit = habit.rate_limit
    if len(hourly) < HOURS_LEARNED:
        assert limit == RATE_UNLEARNED
    else:
        assert limit >= max(RATE_FLOOR, sorted(hourly)[len(hourly) // 2])
    assert judge(habit, {Outcome.ALLOWED: int(limit)}, T0) == []


@given(st.integers(1, 10**5), st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_is_never_less_suspicious(usual: int, done: int, further: int) -> None:
    habit = Habit((usual,) * 30, {8: 20}, 20)

    def worst(count: int) -> int:
        found = [one for one in judge(habit, {Outcome.ALLOWED: count}, T0) if one.kind is Kind.RATE]
        return 1 + list(Severity).index(found[0].severity) if found else 0

    assert worst(done) <= worst(done + further)


@pytest.mark.parametrize(("hour", "unusual"), [(7, False), (8, False), (9, False), (10, True), (23, True), (6, True)])
def test_an_hour_is_unusual_that_is_not_beside_a_usual_one(hour: int, unusual: bool) -> None:
    at = T0.replace(hour=hour)
    assert Habit((10,) * 30, {8: 14}, DAYS_LEARNED).is_unusual_hour(at) is unusual
    assert not Habit((10,) * 30, {8: 13}, DAYS_LEARNED - 1).is_unusual_hour(at)


def test_midnight_has_neighbours_on_both_sides() -> None:
    assert not Habit((10,), {23: 20}, 20).is_unusual_hour(T0.replace(hour=0))


def test_far_more_than_usual_is_found_once_and_locks_when_it_gets_worse(cloud: Cloud) -> None:
    live(cloud, 20)
    note(cloud, RATE_FLOOR)
    assert findings(cloud) == []
    note(cloud, 100)
    [found] = findings(cloud)
    assert (found.kind, found.severity, found.times, found.locked) == (Kind.RATE, Severity.WARNING, 1, False)
    assert found.detail == "601 actions within the hour, at most 600 expected"
    note(cloud, 2 * RATE_FLOOR)
    [found] = findings(cloud)
    assert (found.severity, found.times, found.locked) == (Severity.CRITICAL, 2, True)
    with cloud.database.snapshot() as connection, pytest.raises(NotAllowed, match="finding 1"):
        cloud.security.watch.must_be_unlocked(connection, ADA)


def test_who_was_looked_at_is_not_locked_again_in_the_same_hour_also_not_after_a_restart(cloud: Cloud) -> None:
    note(cloud, 3 * REFUSALS + 1, outcome=Outcome.REFUSED)
    [found] = findings(cloud, is_open=True)
    assert found.locked
    cloud.security.watch.close(found.id, by="root", note="a broken script")
    note(cloud, 10, outcome=Outcome.REFUSED)
    cloud.security.watch.write()
    restarted = Watch(cloud.database, cloud.security.audit, lambda: cloud.now)
    restarted.note(ADA, "see_alerts", Outcome.REFUSED)
    assert findings(cloud, is_open=True) == []
    cloud.now += HOUR
    note(cloud, REFUSALS + 1, outcome=Outcome.REFUSED)
    assert [one.severity for one in findings(cloud, is_open=True)] == [Severity.WARNING]


def test_the_counts_of_an_hour_outlast_a_restart(cloud: Cloud) -> None:
    note(cloud, REFUSALS, outcome=Outcome.REFUSED)
    cloud.security.watch.write()
    restarted = Watch(cloud.database, cloud.security.audit, lambda: cloud.now)
    restarted.note(ADA, "book", Outcome.REFUSED)
    assert [one.kind for one in findings(cloud)] == [Kind.REFUSALS]
    restarted.write()
    rows = {(row["action"], row["outcome"]): row["count"] for row in cloud.rows(watch_store.activities)}
    assert rows == {("see_alerts", "refused"): REFUSALS, ("book", "refused"): 1}


def test_at_an_hour_at_which_they_never_were(cloud: Cloud) -> None:
    live(cloud, DAYS_LEARNED)
    note(cloud)
    assert findings(cloud) == []
    cloud.now = T0.replace(hour=3) + DAY
    note(cloud, 5)
    [found] = findings(cloud)
    assert (found.kind, found.severity, found.locked) == (Kind.HOUR, Severity.INFO, False)
    assert found.detail == "active at 03:00 UTC, never before in 14 active days"


def test_counts_are_written_every_few_seconds_and_forgotten_after_months(cloud: Cloud) -> None:
    note(cloud, 3)
    assert cloud.rows(watch_store.activities) == []
    cloud.now += timedelta(seconds=5)
    note(cloud)
    assert [row["count"] for row in cloud.rows(watch_store.activities)] == [4]
    cloud.now = T0 + KEEP_FOR + HOUR
    note(cloud)
    assert [row["hour"] for row in cloud.rows(watch_store.activities)] == [cloud.now]


def test_a_database_that_is_away_stops_nobody_and_loses_no_count(cloud: Cloud) -> None:
    note(cloud)
    with closing(sqlite3.connect(cloud.database.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        cloud.now += timedelta(seconds=6)
        note(cloud)
        with pytest.raises(UpstreamDown):
            cloud.security.watch.write()
        other.execute("ROLLBACK")
    cloud.security.watch.write()
    assert [row["count"] for row in cloud.rows(watch_store.activities)] == [2]


def test_the_bootstrap_token_is_never_locked(cloud: Cloud) -> None:
    note(cloud, 3 * REFUSALS + 1, principal=BOOTSTRAP.name, outcome=Outcome.REFUSED)
    [found] = findings(cloud)
    assert (found.severity, found.locked) == (Severity.CRITICAL, False)


def test_nobody_looks_at_the_finding_about_themselves(cloud: Cloud) -> None:
    note(cloud, REFUSALS + 1, outcome=Outcome.REFUSED)
    with pytest.raises(Conflict, match="somebody else must look at it"):
        cloud.security.watch.close(1, by=ADA, note="it is all right")
    with pytest.raises(NotFound):
        cloud.security.watch.close(2, by="root", note="")
    first = cloud.security.watch.close(1, by="root", note="seen")
    assert cloud.security.watch.close(1, by="bob", note="too") == first


def test_whoever_tries_and_tries_over_http_is_locked_out_and_let_in_again(cloud: Cloud) -> None:
    app = api_of(cloud)
    key = ask(app, f"{V1}/keys", method="POST", body={"name": "eve", "grants": [{"role": "executive", "fleet": "x"}]})
    token = key.json()["token"]
    for _ in range(3 * REFUSALS + 1):
        assert ask(app, f"{V1}/people", token=token).status_code == 403
    locked = ask(app, f"{V1}/vehicles", token=token)
    assert (locked.status_code, "locked for unusual activity" in locked.json()["detail"]) == (403, True)
    [found] = ask(app, f"{V1}/findings?open=true&kind=refusals").json()["items"]
    assert (found["principal"], found["locked"]) == ("key/eve", True)
    assert (
        ask(app, f"{V1}/findings/{found['id']}/close", method="POST", body={"note": "spoke to Eve"}).status_code == 200
    )
    assert ask(app, f"{V1}/vehicles", token=token).status_code == 200
    deeds = [entry["action"] for entry in ask(app, f"{V1}/audit").json()["items"]]
    assert deeds == ["close_finding", "lock", "make_key"]


def test_an_agent_hands_over_only_where_it_may(cloud: Cloud) -> None:
    security = cloud.security
    guard = AgentGuard(cloud.database, security.watch, security.audit, frozenset({("data", "diagnosis")}))
    guard.pass_on("cases/1", "data", "diagnosis")
    assert findings(cloud) == []
    with pytest.raises(NotAllowed, match="cases/1: data may not hand over to scheduling"):
        guard.pass_on("cases/1", "data", "scheduling")
    [found] = findings(cloud)
    assert (found.principal, found.kind, found.severity) == ("agent/data", Kind.TRANSITION, Severity.CRITICAL)
    entries = security.audit.entries(AuditFilter(action="forbidden_transition"), Window()).items
    assert [entry.deed.subject for entry in entries] == ["cases/1"]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=8), st.data())
def test_whatever_is_changed_or_taken_out_breaks_the_chain(notes: list[str], data: st.DataObject) -> None:
    entries, chain = [], ""
    for n, text in enumerate(notes):
        deed = Deed(T0, ADA, "act", None, "subject", text, "")
        chain = deed.chained(chain)
        entries.append(Entry(n + 1, deed, chain))
    assert first_broken(entries) is None
    which = data.draw(st.integers(0, len(entries) - 1))
    changed = Entry(which + 1, Deed(T0, "eve", "act", None, "subject", notes[which], ""), entries[which].chain)
    assert first_broken([*entries[:which], changed, *entries[which + 1 :]]) == which + 1
    if which < len(entries) - 1:
        assert first_broken([*entries[:which], *entries[which + 1 :]]) == which + 2


def test_the_database_itself_refuses_to_change_the_past(cloud: Cloud) -> None:
    record(cloud, "one")
    for statement in ("UPDATE audit SET by = 'eve'", "DELETE FROM audit"):
        with closing(sqlite3.connect(cloud.database.file)) as other, pytest.raises(sqlite3.Error, match="only grows"):
            other.execute(statement)


def record(cloud: Cloud, *subjects: str) -> None:
    for subject in subjects:
        with cloud.database.transaction() as connection:
            cloud.security.audit.record(connection, by=ADA, action="act", subject=subject)


def test_what_is_not_done_is_not_in_the_audit(cloud: Cloud) -> None:
    def fail() -> None:
        with cloud.database.transaction() as connection:
            cloud.security.audit.record(connection, by=ADA, action="act", subject="one")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert cloud.rows(audit_store.audit) == []


@pytest.mark.parametrize(
    ("statement", "says", "status"),
    [
        ("SELECT 1", "3 entries, each follows from the one before", 0),
        ("UPDATE audit SET by = 'eve' WHERE id = 2", "entry 2 does not follow from the 1 before it", 1),
        ("DELETE FROM audit WHERE id = 1", "entry 2 does not follow from the 0 before it", 1),
    ],
)
def test_who_changes_the_file_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], statement: str, says: str, status: int
) -> None:
    with open_cloud(tmp_path) as cloud:
        record(cloud, "one", "two", "three")
        with closing(sqlite3.connect(cloud.database.file)) as other, other:
            other.execute("DROP TRIGGER audit_no_update")
            other.execute("DROP TRIGGER audit_no_delete")
            other.execute(statement)
        url = cloud.url
    assert main(["audit", "verify", "--database", url]) == status
    assert says in capsys.readouterr().out
