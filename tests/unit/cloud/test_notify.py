"""Told once for each reason, in turn, not in quiet hours, not in a storm, and never by two at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cloud.database import Database
from cloud.errors import Conflict, NotFound, Refused, UpstreamDown
from cloud.notify import delivery_store, store
from cloud.notify.delivery import LATE_AFTER, LEASE, PENDING, SEEN, UNANSWERED, Delivery, DeliveryFilter, State
from cloud.notify.dispatch import GATHER_FOR, Answer, Dispatch
from cloud.notify.model import CONTACTS_MAX, Notice
from cloud.notify.sending import NotTaken
from cloud.notify.service import TIDY_EVERY
from cloud.pages import Window
from edge.wire.messages import Severity
from tests.unit.cloud.services import NOTIFY, PER_HOUR, Cloud, open_cloud
from tests.unit.cloud.telling import (
    ADA,
    BOB,
    EVE,
    NIGHT,
    deliveries,
    fail,
    notice,
    post,
    send,
    settle,
    states,
    take,
)
from tests.unit.cloud.vehicle import T0

LATER = NOTIFY.escalate_after
MINUTE = timedelta(minutes=1)


@pytest.fixture
def three(cloud: Cloud) -> Cloud:
    """Ada is told first, then Bob, then Eve."""
    for contact in (EVE, ADA, BOB):
        cloud.contacts.put(contact, by="ada")
    return cloud


def test_a_reason_is_told_once(three: Cloud) -> None:
    assert post(three, notice()) == [True]
    assert post(three, notice(), notice(text="something else")) == [False, False]
    assert send(three) == ["ada"]
    assert send(three) == []
    assert three.counts()["notices"] == 1


def test_the_same_reason_in_another_fleet_is_another(three: Cloud) -> None:
    three.contacts.put(replace(ADA, fleet="south"), by="ada")
    assert post(three, notice(), notice(fleet="south")) == [True, True]
    assert len({letter.key for letter in take(three)}) == 2


def test_what_is_rolled_back_is_not_told(three: Cloud) -> None:
    with pytest.raises(LookupError), three.database.transaction() as connection:  # noqa: PT012 - the block is the point
        three.notify.post(connection, notice())
        raise LookupError
    assert send(three) == []
    assert post(three, notice()) == [True]


def test_the_next_are_told_when_nobody_has_seen_it(three: Cloud) -> None:
    post(three, notice())
    assert send(three) == ["ada"]
    three.now += LATER - MINUTE
    assert send(three) == []
    three.now += MINUTE
    assert send(three) == ["bob"]
    three.now += LATER
    assert send(three) == ["eve"]
    three.now += 10 * LATER
    assert send(three) == []


def test_who_has_seen_it_spares_the_others(three: Cloud) -> None:
    post(three, notice())
    send(three)
    settle(three)
    three.now += 10 * LATER
    assert send(three) == []
    assert states(three) == {"ada": State.SENT, "bob": State.SUPERSEDED, "eve": State.SUPERSEDED}
    assert deliveries(three)["bob"].why == SEEN
    before = three.rows(store.notices)
    settle(three)
    settle(three, "alert/of-which-nobody-heard")
    assert three.rows(store.notices) == before, "safe to repeat"


def test_what_is_seen_while_it_is_sent_is_not_sent_again(three: Cloud) -> None:
    post(three, notice())
    [letter] = take(three)
    settle(three)
    three.dispatch.answer(Answer(letter, NotTaken("away")))
    three.now += LATER
    assert take(three) == []
    assert states(three)["ada"] is State.SUPERSEDED


def test_who_cannot_be_reached_at_all_makes_the_next_come_at_once(three: Cloud) -> None:
    post(three, notice())
    assert fail(three, "550 no such person", for_good=True) == 1
    assert send(three) == ["bob"]
    assert states(three) == {"ada": State.FAILED, "bob": State.SENT, "eve": State.WAITING}
    assert deliveries(three)["ada"].why == "550 no such person"


def test_while_somebody_of_the_rank_can_be_reached_the_next_wait(three: Cloud) -> None:
    three.contacts.put(replace(ADA, id="ada-2"), by="ada")
    post(three, notice())
    [first, second] = take(three)
    three.dispatch.answer(Answer(first, NotTaken("no", for_good=True)))
    three.dispatch.answer(Answer(second))
    assert take(three) == []


def test_a_channel_that_is_away_is_tried_until_it_is_back(three: Cloud) -> None:
    post(three, notice(escalates=False))
    keys = set()
    for _ in range(5):
        [letter] = take(three)
        keys.add(letter.key)
        three.dispatch.answer(Answer(letter, NotTaken("connection refused")))
        assert states(three) == {"ada": State.RETRYING}
        three.now = deliveries(three)["ada"].due_at
    assert send(three) == ["ada"]
    assert len(keys) == 1, "whoever gets it twice can tell"
    whys = [one.why for one in deliveries(three)["ada"].attempts]
    assert whys == ["connection refused"] * 5 + [""]
    assert three.counts()["deliveries_retrying"] == 5


def test_what_is_given_up_is_seen(three: Cloud) -> None:
    post(three, notice(escalates=False))
    for _ in range(100):
        if not fail(three):
            break
        three.now = max(three.now, deliveries(three)["ada"].due_at)
    assert states(three) == {"ada": State.FAILED}


def test_quiet_hours_hold(cloud: Cloud) -> None:
    cloud.now = datetime.fromisoformat("2026-11-21T23:30+01:00")
    cloud.contacts.put(replace(ADA, quiet=NIGHT), by="ada")
    cloud.contacts.put(replace(BOB, quiet=NIGHT, critical_always=True, rank=0), by="ada")
    post(cloud, notice(1), notice(2, severity=Severity.CRITICAL))
    assert send(cloud) == ["bob"]
    assert Counter(row["state"] for row in cloud.rows(delivery_store.deliveries)) == {"held": 3, "sent": 1}
    cloud.now = datetime.fromisoformat("2026-11-22T06:59:59+01:00")
    assert send(cloud) == []
    cloud.now += timedelta(seconds=1)
    assert sorted(send(cloud)) == ["ada", "ada", "bob"]


def test_who_sleeps_does_not_keep_the_next_from_being_told(cloud: Cloud) -> None:
    cloud.now = datetime.fromisoformat("2026-11-21T23:30+01:00")
    cloud.contacts.put(replace(ADA, quiet=NIGHT), by="ada")
    cloud.contacts.put(BOB, by="ada")
    post(cloud, notice())
    cloud.now += LATER
    assert send(cloud) == ["bob"]
    settle(cloud)
    cloud.now += timedelta(hours=12)
    assert send(cloud) == []
    assert states(cloud) == {"ada": State.SUPERSEDED, "bob": State.SENT}


def test_what_waited_for_days_without_a_service_wakes_nobody(three: Cloud) -> None:
    post(three, notice())
    three.now += LATE_AFTER + MINUTE
    assert send(three) == ["bob", "eve"], "those whose turn came later are not late yet"
    assert states(three)["ada"] is State.DROPPED_LATE
    assert three.counts()["deliveries_dropped_late"] == 1


def test_who_is_gone_or_switched_off_meanwhile_is_not_told(three: Cloud) -> None:
    post(three, notice())
    three.contacts.remove("north", "ada", by="ada")
    three.contacts.put(replace(BOB, enabled=False), by="ada")
    three.now += LATER
    assert send(three) == []
    assert "removed or switched off" in deliveries(three)["ada"].why
    assert states(three) == {"ada": State.SUPERSEDED, "bob": State.SUPERSEDED, "eve": State.WAITING}


def test_what_nobody_wants_to_hear_is_counted(cloud: Cloud) -> None:
    cloud.contacts.put(replace(ADA, severity_min=Severity.CRITICAL), by="ada")
    assert post(cloud, notice()) == [False]
    assert cloud.counts()["notices_to_nobody"] == 1


def test_a_storm_is_gathered(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    post(cloud, *(notice(n) for n in range(PER_HOUR + 4)))
    assert send(cloud) == ["ada"] * PER_HOUR
    counted = Counter(row["state"] for row in cloud.rows(delivery_store.deliveries))
    assert counted == {"sent": PER_HOUR, "gathered": 4, "waiting": 1}
    settle(cloud, f"alert/van-7/{PER_HOUR}")
    cloud.now += GATHER_FOR / 2
    post(cloud, notice(99, severity=Severity.CRITICAL))
    assert send(cloud) == []
    cloud.now += GATHER_FOR / 2
    [digest] = take(cloud)
    assert digest.title == "4 more notices of fleet north"
    assert digest.severity is Severity.CRITICAL
    assert digest.text.splitlines() == [
        *(f"warning: van-7: too hot ({PER_HOUR + n}) (van-7)" for n in (1, 2, 3)),
        "critical: van-7: too hot (99) (van-7)",
    ]
    cloud.dispatch.answer(Answer(digest))
    assert {one.digest for one in gathered(cloud)} == {digest.delivery}
    settle(cloud, f"alert/van-7/{PER_HOUR + 1}")
    assert len(gathered(cloud)) == 4, "what was told is not undone"
    cloud.now += timedelta(hours=1)
    post(cloud, notice(100))
    assert send(cloud) == ["ada"], "an hour later single notices come again"


def gathered(cloud: Cloud) -> list[Delivery]:
    listed = cloud.notify.deliveries(DeliveryFilter(state=State.GATHERED), Window()).items
    return [told.delivery for told in listed]


def test_a_digest_of_which_all_was_seen_is_not_sent(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    post(cloud, *(notice(n) for n in range(PER_HOUR + 1)))
    send(cloud)
    settle(cloud, f"alert/van-7/{PER_HOUR}")
    cloud.now += GATHER_FOR
    assert send(cloud) == []


def test_a_digest_that_was_tried_grows_no_more(cloud: Cloud) -> None:
    """It may have arrived: under the same key nothing else may come."""
    cloud.contacts.put(ADA, by="ada")
    post(cloud, *(notice(n) for n in range(PER_HOUR + 1)))
    send(cloud)
    cloud.now += GATHER_FOR
    [digest] = take(cloud)
    cloud.dispatch.answer(Answer(digest, NotTaken("away")))
    post(cloud, notice(99))
    assert send(cloud) == []
    cloud.now += GATHER_FOR
    [again, other] = take(cloud)
    assert (again.key, again.title, again.text) == (digest.key, digest.title, digest.text)
    assert other.key != digest.key
    assert "(99)" in other.text


def test_a_digest_names_the_first_and_counts_the_others(cloud: Cloud) -> None:
    cloud.contacts.put(ADA, by="ada")
    post(cloud, *(notice(n) for n in range(PER_HOUR + 25)))
    send(cloud)
    cloud.now += GATHER_FOR
    [digest] = take(cloud)
    assert digest.title == "25 more notices of fleet north"
    assert len(digest.text.splitlines()) == 21
    assert digest.text.endswith("and 5 more")


def test_a_critical_one_in_a_digest_is_not_held_for_who_is_on_call(cloud: Cloud) -> None:
    cloud.now = datetime.fromisoformat("2026-11-21T21:55+01:00")
    cloud.contacts.put(replace(ADA, quiet=NIGHT, critical_always=True), by="ada")
    post(cloud, *(notice(n) for n in range(PER_HOUR + 1)))
    send(cloud)
    cloud.now += timedelta(minutes=6)
    post(cloud, notice(99, severity=Severity.CRITICAL))
    send(cloud)
    cloud.now += timedelta(minutes=4)
    assert send(cloud) == ["ada"]


def test_a_lease_that_runs_out_is_sent_again_under_the_same_key(three: Cloud) -> None:
    post(three, notice(escalates=False))
    [first] = take(three)
    three.now += LEASE - timedelta(seconds=1)
    assert take(three) == []
    three.now += timedelta(seconds=1)
    [second] = take(three)
    assert (second.key, second.attempt) == (first.key, 2)
    three.dispatch.answer(Answer(first))
    assert states(three)["ada"] is State.SENDING, "whoever comes late has no say"
    assert three.counts()["answers_too_late"] == 1
    three.dispatch.answer(Answer(second))
    three.dispatch.answer(Answer(second, NotTaken("said twice")))
    assert [one.why for one in deliveries(three)["ada"].attempts] == [UNANSWERED, ""]


def test_everything_is_in_the_table_so_a_restart_changes_nothing(three: Cloud) -> None:
    post(three, notice())
    send(three)
    three.now += LATER
    with closing(Database(three.url)) as database:
        again = Dispatch(database, lambda: three.now, lambda _, high: high, per_hour=PER_HOUR)
        letters, due_at = again.take(10)
    assert [letter.channel for letter in letters] == [BOB.channel]
    assert due_at == three.now + LEASE


def test_twenty_at_once_never_take_one_delivery_twice(cloud: Cloud) -> None:
    for n in range(30):
        cloud.contacts.put(replace(ADA, id=f"ada-{n}"), by="ada")
    post(cloud, notice(1), notice(2))
    gate = Barrier(20)

    def work(_: int) -> list[int]:
        with closing(Database(cloud.url)) as database:
            desk = Dispatch(database, lambda: T0, lambda _, high: high, per_hour=PER_HOUR)
            gate.wait()
            found: list[int] = []
            while True:
                try:
                    letters, _due_at = desk.take(2)
                except UpstreamDown:
                    continue
                if not letters:
                    return found
                found += [letter.delivery for letter in letters]

    with ThreadPoolExecutor(20) as threads:
        taken = [delivery for found in threads.map(work, range(20)) for delivery in found]
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 60


def test_a_test_goes_to_one_contact(three: Cloud) -> None:
    told = three.notify.test("north", "bob", "one")
    assert (told.delivery.contact, told.delivery.state) == ("bob", State.WAITING)
    assert send(three) == ["bob"]
    with pytest.raises(Conflict, match="already"):
        three.notify.test("north", "bob", "one")
    with pytest.raises(NotFound, match="no contact 'zoe'"):
        three.notify.test("north", "zoe", "one")
    three.contacts.put(replace(BOB, enabled=False), by="ada")
    with pytest.raises(Conflict, match="switched off"):
        three.notify.test("north", "bob", "two")


def test_only_so_much_is_kept(cloud: Cloud) -> None:
    with open_cloud(deliveries_kept=10) as small:
        small.contacts.put(ADA, by="ada")
        small.contacts.put(replace(BOB, rank=0), by="ada")
        post(
            small, *(notice(n, severity=Severity.INFO) for n in range(50)), *(notice(n) for n in range(50, TIDY_EVERY))
        )
        rows = small.rows(delivery_store.deliveries)
        assert 8 <= len(rows) <= 10
        assert len(small.rows(store.notices)) == 5
        assert small.counts()["deliveries_dropped"] == 100 - len(rows)


def test_of_what_nobody_hears_only_so_much_is_kept() -> None:
    with open_cloud(deliveries_kept=10) as small:
        post(small, *(notice(n) for n in range(TIDY_EVERY)))
        assert len(small.rows(store.notices)) == 10


def test_a_fleet_has_only_so_many_contacts(cloud: Cloud) -> None:
    for n in range(CONTACTS_MAX):
        cloud.contacts.put(replace(ADA, id=f"ada-{n}"), by="ada")
    with pytest.raises(Refused, match="200 contacts"):
        cloud.contacts.put(ADA, by="ada")
    cloud.contacts.put(replace(ADA, id="ada-7", rank=3), by="ada")
    cloud.contacts.put(replace(ADA, fleet="south"), by="ada")


class Storms(RuleBasedStateMachine):
    """Whatever happens in whatever order: a reason goes to a contact at most once at a time, and ends somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = open_cloud()
        self.cloud = self.opened.__enter__()
        for contact in (ADA, replace(BOB, quiet=NIGHT), replace(EVE, rank=0, critical_always=True, quiet=NIGHT)):
            self.cloud.contacts.put(contact, by="ada")
        self.out: dict[int, Answer] = {}
        self.arrived: Counter[str] = Counter()

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)

    @rule(n=st.integers(0, 12), severity=st.sampled_from(Severity))
    def something_happens(self, n: int, severity: Severity) -> None:
        post(self.cloud, notice(n, severity=severity))

    @rule(n=st.integers(0, 12))
    def somebody_sees_it(self, n: int) -> None:
        settle(self.cloud, f"alert/van-7/{n}")

    @rule(minutes=st.sampled_from([1, 5, 15, 60, 600, 3000]))
    def time_passes(self, minutes: int) -> None:
        self.cloud.now += timedelta(minutes=minutes)

    @rule()
    def a_worker_takes(self) -> None:
        for letter in take(self.cloud, 3):
            assert letter.delivery not in self.out or self.cloud.now >= T0 + LEASE
            self.out[letter.delivery] = Answer(letter)

    @rule(why=st.sampled_from([None, NotTaken("away"), NotTaken("gone", for_good=True)]))
    def it_answers(self, why: NotTaken | None) -> None:
        for answer in self.out.values():
            self.cloud.dispatch.answer(replace(answer, failure=why))
            self.arrived[answer.letter.key] += why is None
        self.out.clear()

    @rule()
    def it_dies(self) -> None:
        self.out.clear()

    @rule(enabled=st.booleans())
    def ada_is_switched(self, enabled: bool) -> None:
        self.cloud.contacts.put(replace(ADA, enabled=enabled), by="ada")

    @invariant()
    def every_row_says_what_it_is(self) -> None:
        rows = self.cloud.rows(delivery_store.deliveries)
        for row in rows:
            assert (row["lease_until"] is not None) == (row["state"] == State.SENDING)
            assert row["digest"] is None or row["state"] in {State.GATHERED, State.SUPERSEDED}
            assert row["why"] or row["state"] in {State.WAITING, State.SENDING, State.SENT}
        assert len({(row["notice"], row["contact"]) for row in rows}) == len(rows)
        settled = {row["id"] for row in self.cloud.rows(store.notices) if row["settled_at"] is not None}
        assert not [row for row in rows if row["notice"] in settled and row["state"] in PENDING - {State.RETRYING}]

    @invariant()
    def a_person_is_not_flooded(self) -> None:
        since = self.cloud.now - timedelta(hours=1)
        with self.cloud.database.snapshot() as connection:
            sent = [delivery_store.count_sent(connection, "north", name, since) for name in ("ada", "bob", "eve")]
        assert max(sent) <= PER_HOUR


TestStorms = Storms.TestCase
TestStorms.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_a_notice_is_kept_as_it_was_posted(three: Cloud) -> None:
    whole = notice(link="https://telltale.example.org/alerts/1", correlation="c" * 32)
    post(three, whole)
    [told] = three.notify.deliveries(DeliveryFilter(state=State.WAITING), Window(limit=1)).items
    assert isinstance(told.notice.notice, Notice)
    assert told.notice.notice == whole
