"""Who is to run which bundle: at once or some first, and what stops it."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.bundles.model import Rollout, RolloutState, Standing, next_state
from cloud.bundles.rollout_store import rollout_members, rollouts
from cloud.bundles.rollouts import GOES_ON, Plan, RolloutService
from cloud.bundles.service import BundleSettings
from cloud.errors import Conflict, NotFound, Refused
from cloud.fleet.desired import DesiredService
from cloud.inbox.bundles import AT_ONCE_MAX
from cloud.inbox.model import Arrival
from cloud.pages import Window
from edge.wire.downlink import Status, encode_down
from edge.wire.messages import UpdateStep
from tests.unit.cloud.bundled import add, begin, look, said, standings, tell, vans
from tests.unit.cloud.doors import deeds
from tests.unit.cloud.services import BUNDLES, Cloud, open_cloud
from tests.unit.cloud.vehicle import T0, Speaker, summary

S = Standing
A_ROLLOUT: Final = Rollout("north", 1, None, "none", 1, 300, 10, RolloutState.FIRST, "ada", T0, T0)


def now(cloud: Cloud, rollout: Rollout) -> Rollout:
    return cloud.rollouts.rollout(rollout.fleet, rollout.number)


def test_a_vehicle_hears_of_its_bundle_by_a_document_that_is_signed(cloud: Cloud) -> None:
    vans(cloud, 2)
    bundle = add(cloud)
    plan = Plan(bundle.id, ["van-2"], probation_s=60, alerts_max=3)
    rollout = cloud.rollouts.begin("north", plan, by="ada")
    assert (rollout.state, standings(cloud, rollout)) == (RolloutState.ALL, {"van-2": S.DUE})
    heard = look(cloud)
    assert list(heard) == ["van-2"]
    document = heard["van-2"]
    assert (document.fleet, document.vehicle, document.version) == ("north", "van-2", int(T0.timestamp()))
    assert (document.id, document.name) == (bundle.id, "winter rules")
    assert (document.size, document.sha256) == (bundle.size, bundle.sha256)
    assert (document.probation_s, document.alerts_max) == (60, 3)
    assert standings(cloud, rollout) == {"van-2": S.GIVEN}
    assert cloud.rollouts.give_due(cloud.now, 10) == 0
    [deed] = deeds(cloud, "begin_rollout")
    assert (deed.by, deed.subject, deed.note) == ("ada", "rollouts/north/1", "'winter rules' for van-2")


def test_no_bundle_is_a_document_too_and_a_later_one_is_newer(cloud: Cloud) -> None:
    vans(cloud, 1)
    begin(cloud, add(cloud))
    first = look(cloud)["van-1"]
    begin(cloud, None)
    second = look(cloud)["van-1"]
    assert (second.id, second.name, second.size, second.sha256) == (None, "none", 0, "")
    assert second.version > first.version


def test_a_whole_fleet_gets_it_and_no_other_fleet(cloud: Cloud) -> None:
    vans(cloud, 3)
    cloud.take(Speaker("van-9", "south").say(summary(), 1))
    begin(cloud, add(cloud))
    assert sorted(look(cloud)) == ["van-1", "van-2", "van-3"]
    assert cloud.counts()["rollouts_begun"] == 1


def test_a_large_fleet_is_given_it_bit_by_bit(cloud: Cloud) -> None:
    speakers = [Speaker(f"van-{n}") for n in range(AT_ONCE_MAX + 5)]
    cloud.take(*(van.say(summary(), 1) for van in speakers))
    rollout = begin(cloud, add(cloud))
    look(cloud)
    assert Counter(standings(cloud, rollout).values()) == {S.GIVEN: AT_ONCE_MAX, S.DUE: 5}
    look(cloud)
    assert cloud.rollouts.counts(rollout.number) == {S.GIVEN: AT_ONCE_MAX + 5}


def test_those_heard_last_go_first_and_the_others_when_these_have_kept_it(cloud: Cloud) -> None:
    speakers = vans(cloud, 4)
    rollout = begin(cloud, add(cloud), first=2)
    assert rollout.state is RolloutState.FIRST
    heard = look(cloud)
    assert sorted(heard) == ["van-3", "van-4"]
    for seq, step in enumerate((UpdateStep.FETCHING, UpdateStep.TRYING, UpdateStep.KEPT), start=10):
        tell(cloud, speakers[3], seq, said(heard["van-4"], step))
    tell(cloud, speakers[2], 10, said(heard["van-3"], UpdateStep.TRYING))
    assert look(cloud) == {vehicle: heard[vehicle] for vehicle in ("van-3", "van-4")}
    assert standings(cloud, rollout) == {"van-1": S.HELD, "van-2": S.HELD, "van-3": S.TRYING, "van-4": S.KEPT}
    tell(cloud, speakers[2], 11, said(heard["van-3"], UpdateStep.KEPT))
    assert (now(cloud, rollout).state, now(cloud, rollout).why) == (RolloutState.ALL, GOES_ON)
    assert sorted(look(cloud)) == ["van-1", "van-2", "van-3", "van-4"]
    assert deeds(cloud, "widen_rollout")[0].by == "north/van-3"


@pytest.mark.parametrize("step", [UpdateStep.ROLLED_BACK, UpdateStep.REFUSED])
def test_one_that_goes_back_stops_it_for_those_that_wait(cloud: Cloud, step: UpdateStep) -> None:
    speakers = vans(cloud, 5)
    rollout = begin(cloud, add(cloud), first=2)
    heard = look(cloud)
    tell(cloud, speakers[4], 10, said(heard["van-5"], UpdateStep.KEPT))
    tell(cloud, speakers[3], 10, said(heard["van-4"], step, "12 alerts began"))
    after = now(cloud, rollout)
    how = step.replace("_", " ")
    assert (after.state, after.why) == (RolloutState.STOPPED, f"vehicle van-4 {how}: 12 alerts began")
    left_out = dict.fromkeys(("van-1", "van-2", "van-3"), S.LEFT_OUT)
    assert standings(cloud, rollout) == left_out | {"van-4": S(step), "van-5": S.KEPT}
    assert sorted(look(cloud)) == ["van-4", "van-5"]
    assert deeds(cloud, "stop_rollout")[0].note == after.why
    assert cloud.counts()["rollouts_stopped"] == 1


def test_one_that_goes_back_stops_it_also_while_the_others_are_given_it(cloud: Cloud) -> None:
    speakers = [Speaker(f"van-{n:03}") for n in range(AT_ONCE_MAX + 2)]
    cloud.take(*(van.say(summary(), 1) for van in speakers))
    rollout = begin(cloud, add(cloud))
    heard = look(cloud)
    tell(cloud, speakers[0], 10, said(heard["van-000"], UpdateStep.ROLLED_BACK))
    assert now(cloud, rollout).state is RolloutState.STOPPED
    assert cloud.rollouts.counts(rollout.number) == {S.LEFT_OUT: 2, S.ROLLED_BACK: 1, S.GIVEN: AT_ONCE_MAX - 1}


def test_a_person_stops_it_or_lets_it_go_on(cloud: Cloud) -> None:
    vans(cloud, 3)
    bundle = add(cloud)
    one = begin(cloud, bundle, first=1)
    stopped = cloud.rollouts.stop("north", one.number, why="wrong rules", by="tom")
    assert (stopped.state, stopped.why) == (RolloutState.STOPPED, "wrong rules")
    assert cloud.rollouts.stop("north", one.number, why="again", by="tom") == stopped
    assert set(standings(cloud, one).values()) == {S.LEFT_OUT}
    with pytest.raises(Conflict, match="nobody waits for rollout 1 any more: begin another one"):
        cloud.rollouts.go_on("north", one.number, why="now", by="tom")
    assert look(cloud) == {}
    two = begin(cloud, bundle, first=1)
    look(cloud)
    assert cloud.rollouts.go_on("north", two.number, why="van-3 stands", by="tom").state is RolloutState.ALL
    assert sorted(look(cloud)) == ["van-1", "van-2", "van-3"]
    assert cloud.rollouts.go_on("north", two.number, why="again", by="tom").why == "van-3 stands"
    with pytest.raises(Conflict, match="nobody waits"):
        cloud.rollouts.stop("north", two.number, why="too late", by="tom")
    for number in (one.number, 77):
        with pytest.raises(NotFound):
            cloud.rollouts.stop("south", number, why="", by="tom")


def test_two_rollouts_do_not_wait_for_the_same_vehicle(cloud: Cloud) -> None:
    speakers = vans(cloud, 3)
    bundle, other = add(cloud), add(cloud, "other")
    one = begin(cloud, bundle, "van-1", "van-2", first=1)
    heard = look(cloud)
    for vehicle in ("van-1", "van-2"):
        with pytest.raises(Conflict, match=f"rollout 1 is not over for vehicle '{vehicle}'"):
            begin(cloud, other, vehicle)
    begin(cloud, other, "van-3")
    tell(cloud, speakers[1], 10, said(heard["van-2"], UpdateStep.KEPT))
    with pytest.raises(Conflict):
        begin(cloud, other, "van-1")  # due, at the next look
    look(cloud)
    two = begin(cloud, other, "van-1")
    look(cloud)
    assert standings(cloud, one) == {"van-1": S.REPLACED, "van-2": S.KEPT}
    assert standings(cloud, two) == {"van-1": S.GIVEN}


def test_what_is_said_of_an_older_document_changes_nothing_in_a_newer_rollout(cloud: Cloud) -> None:
    [van] = vans(cloud, 1)
    one = begin(cloud, add(cloud))
    first = look(cloud)["van-1"]
    two = begin(cloud, add(cloud, "other"))
    look(cloud)
    tell(cloud, van, 10, said(first, UpdateStep.ROLLED_BACK))
    assert (standings(cloud, one), standings(cloud, two)) == ({"van-1": S.REPLACED}, {"van-1": S.GIVEN})


def test_messages_may_come_newest_first(cloud: Cloud) -> None:
    [van] = vans(cloud, 1)
    rollout = begin(cloud, add(cloud))
    document = look(cloud)["van-1"]
    tell(cloud, van, 12, said(document, UpdateStep.KEPT))
    tell(cloud, van, 11, said(document, UpdateStep.TRYING))
    tell(cloud, van, 10, said(document, UpdateStep.FETCHING))
    assert standings(cloud, rollout) == {"van-1": S.KEPT}


def test_what_cannot_be_met_is_refused(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="has no vehicle yet"):
        begin(cloud, None)
    vans(cloud, 1)
    with pytest.raises(NotFound, match="no vehicle 'van-8'"):
        begin(cloud, None, "van-1", "van-8")
    southern = add(cloud, fleet="south")
    with pytest.raises(NotFound, match="no bundle"):
        begin(cloud, southern)
    assert cloud.rows(rollouts) == cloud.rows(rollout_members) == []


def test_where_nobody_signs_nothing_is_given(cloud: Cloud) -> None:
    vans(cloud, 1)
    silent = RolloutService(
        cloud.database,
        cloud.security.audit,
        BUNDLES,
        lambda: cloud.now,
        heard=cloud.fleet.last_heard,
        desired=DesiredService(cloud.database, lambda: cloud.now),
    )
    with pytest.raises(Conflict, match="nobody signs"):
        silent.begin("north", Plan(None, None), by="ada")
    rollout = begin(cloud, None)
    assert silent.give_due(cloud.now, 10) == 0
    assert standings(cloud, rollout) == {"van-1": S.DUE}


def test_only_the_newest_rollouts_are_kept_and_those_that_wait() -> None:
    with open_cloud(bundles_kept=BundleSettings(rollouts_per_fleet=2)) as cloud:
        vans(cloud, 3)
        waiting = begin(cloud, None, "van-1", "van-2", first=1)
        look(cloud)
        for _ in range(4):
            begin(cloud, None, "van-3")
            look(cloud)
        kept = [one.number for one in cloud.rollouts.rollouts(Window(), fleet="north", fleets=None).items]
        assert kept == [5, 4, waiting.number]
        assert cloud.counts()["rollouts_dropped"] == 2
        assert {row["rollout"] for row in cloud.rows(rollout_members)} == set(kept)


def test_listings_are_paged(cloud: Cloud) -> None:
    vans(cloud, 5)
    for _ in range(3):
        rollout = begin(cloud, None)
        look(cloud)
    page = cloud.rollouts.rollouts(Window(2), fleet=None, fleets=frozenset({"north"}))
    assert [one.number for one in page.items] == [3, 2]
    rest = cloud.rollouts.rollouts(Window(2, page.after), fleet=None, fleets=None)
    assert ([one.number for one in rest.items], rest.after) == ([1], None)
    assert cloud.rollouts.rollouts(Window(), fleet=None, fleets=frozenset({"south"})).items == []
    names: list[str] = []
    window = Window(2)
    while True:
        members = cloud.rollouts.members("north", rollout.number, window)
        names += [member.vehicle for member in members.items]
        if members.after is None:
            break
        window = Window(2, members.after)
    assert names == [f"van-{n}" for n in range(1, 6)]


def come(cloud: Cloud, *names: str, fleet: str = "north") -> list[Speaker]:
    """Vehicles that are heard for the first time now."""
    cloud.now += timedelta(hours=2)
    speakers = [Speaker(name, fleet) for name in names]
    for speaker in speakers:
        cloud.take(speaker.say(summary(1), 1, received_at=cloud.now))
    return speakers


def test_who_comes_later_is_given_what_is_for_newcomers(cloud: Cloud) -> None:
    vans(cloud, 2)
    rollout = begin(cloud, add(cloud), newcomers=True)
    assert rollout.newcomers
    assert sorted(look(cloud)) == ["van-1", "van-2"]
    come(cloud, "van-3")
    come(cloud, "van-3", fleet="south")
    heard = look(cloud)
    assert (sorted(heard), heard["van-3"].fleet) == (["van-1", "van-2", "van-3"], "north")
    assert standings(cloud, rollout) == dict.fromkeys(("van-1", "van-2", "van-3"), S.GIVEN)
    assert cloud.rollouts.give_due(cloud.now, 10) == 0, "once"
    assert cloud.counts()["rollouts_joined"] == 1
    assert deeds(cloud, "begin_rollout")[0].note == "'winter rules' for 2 vehicles, and newcomers"


def test_who_comes_later_is_given_nothing_where_nothing_is_for_newcomers(cloud: Cloud) -> None:
    vans(cloud, 1)
    begin(cloud, add(cloud))
    come(cloud, "van-2")
    assert sorted(look(cloud)) == ["van-1"]


def test_a_fleet_without_vehicles_may_have_it_ready(cloud: Cloud) -> None:
    rollout = begin(cloud, add(cloud), first=1, newcomers=True)
    assert (rollout.state, standings(cloud, rollout)) == (RolloutState.ALL, {})
    assert deeds(cloud, "begin_rollout")[0].note == "'winter rules' for 0 vehicles, and newcomers"
    come(cloud, "van-1")
    assert sorted(look(cloud)) == ["van-1"]


def test_a_newcomer_waits_for_the_first_as_the_others_do(cloud: Cloud) -> None:
    speakers = vans(cloud, 2)
    rollout = begin(cloud, add(cloud), first=1, newcomers=True)
    heard = look(cloud)
    come(cloud, "van-3")
    assert sorted(look(cloud)) == ["van-2"]
    assert standings(cloud, rollout)["van-3"] is S.HELD
    tell(cloud, speakers[1], 10, said(heard["van-2"], UpdateStep.KEPT))
    assert sorted(look(cloud)) == ["van-1", "van-2", "van-3"]


def test_what_one_has_sent_back_no_newcomer_is_given_but_what_was_theirs_before(cloud: Cloud) -> None:
    [van] = vans(cloud, 1)
    good = begin(cloud, add(cloud), newcomers=True)
    look(cloud)
    bad = begin(cloud, add(cloud, "bad"), newcomers=True)
    document = look(cloud)["van-1"]
    tell(cloud, van, 10, said(document, UpdateStep.ROLLED_BACK, "crashed"))
    after = now(cloud, bad)
    assert (after.state, after.newcomers) == (RolloutState.STOPPED, False)
    come(cloud, "van-2")
    assert look(cloud)["van-2"].name == "winter rules"
    assert standings(cloud, good)["van-2"] is S.GIVEN


def test_a_person_ends_it_though_nobody_waits(cloud: Cloud) -> None:
    [van] = vans(cloud, 1)
    bundle = add(cloud)
    rollout = begin(cloud, bundle, newcomers=True)
    look(cloud)
    begin(cloud, None)
    tell(cloud, van, 10, said(look(cloud)["van-1"], UpdateStep.KEPT))
    with pytest.raises(Conflict, match="winter rules"):
        cloud.bundles.remove("north", bundle.id, by="tom")
    assert cloud.rollouts.stop("north", rollout.number, why="enough", by="tom").state is RolloutState.STOPPED
    cloud.bundles.remove("north", bundle.id, by="tom")
    come(cloud, "van-2")
    assert sorted(look(cloud)) == ["van-1"]


def test_of_rollouts_for_newcomers_the_newest_two_count(cloud: Cloud) -> None:
    vans(cloud, 1)
    bundles = [add(cloud, name) for name in ("one", "two", "three")]
    begun = []
    for bundle in bundles:
        begun.append(begin(cloud, bundle, newcomers=True))
        look(cloud)
    assert [now(cloud, one).newcomers for one in begun] == [False, True, True]
    come(cloud, "van-2")
    assert look(cloud)["van-2"].name == "three"


def test_a_hello_is_enough_and_whoever_says_more_is_in_it_once(cloud: Cloud) -> None:
    vans(cloud, 1)
    rollout = begin(cloud, add(cloud), newcomers=True)
    van = Speaker("van-2")
    hello = Arrival(van.address.status, encode_down(Status(online=True)), cloud.now)
    cloud.take(hello)
    assert sorted(look(cloud)) == ["van-1", "van-2"]
    cloud.take(van.say(summary(1), 1, received_at=cloud.now), hello)
    assert cloud.rollouts.give_due(cloud.now, 10) == 0
    assert standings(cloud, rollout) == {"van-1": S.GIVEN, "van-2": S.GIVEN}
    assert cloud.counts()["rollouts_joined"] == 1


def test_what_is_for_newcomers_is_kept_however_many_come_after_it() -> None:
    with open_cloud(bundles_kept=BundleSettings(rollouts_per_fleet=2)) as cloud:
        vans(cloud, 1)
        theirs = begin(cloud, None, newcomers=True)
        for _ in range(4):
            look(cloud)
            begin(cloud, None, "van-1")
        kept = [one.number for one in cloud.rollouts.rollouts(Window(), fleet="north", fleets=None).items]
        assert kept == [5, 4, theirs.number]


def test_newcomers_have_no_names_yet(cloud: Cloud) -> None:
    vans(cloud, 1)
    with pytest.raises(Refused, match="newcomers: they are given what is for the whole fleet"):
        begin(cloud, None, "van-1", newcomers=True)


STANDINGS: Final = st.dictionaries(st.sampled_from(Standing), st.integers(1, 3))


@given(first=STANDINGS, others=STANDINGS, state=st.sampled_from(RolloutState), newcomers=st.booleans())
def test_nobody_who_waits_or_comes_is_given_what_one_has_sent_back(
    first: dict[Standing, int], others: dict[Standing, int], state: RolloutState, *, newcomers: bool
) -> None:
    everybody = Counter(first) + Counter(others)
    after = next_state(replace(A_ROLLOUT, state=state, newcomers=newcomers), everybody, first)
    waits = newcomers or any(standing.waits for standing in everybody)
    if state is RolloutState.STOPPED or not waits:
        assert after is state
    elif S.REFUSED in everybody or S.ROLLED_BACK in everybody:
        assert after is RolloutState.STOPPED
    elif state is RolloutState.FIRST:
        assert (after is RolloutState.ALL) == (set(first) == {S.KEPT})
    assert not (after is RolloutState.FIRST and state is not RolloutState.FIRST)


def test_time_goes_on_from_version_to_version(cloud: Cloud) -> None:
    [van] = vans(cloud, 1)
    versions = []
    for _ in range(3):
        begin(cloud, None)
        versions.append(look(cloud)[van.address.vehicle].version)
        cloud.now += timedelta(hours=1)
    assert versions == [int((T0 + timedelta(hours=n)).timestamp()) for n in range(3)]
