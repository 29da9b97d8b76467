"""Campaigns: what is asked of whom, what vehicles hear, and what they say of it."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from cloud.campaigns import store
from cloud.campaigns.model import CampaignFilter, Doing, Progress, Standing, no_room
from cloud.campaigns.service import CampaignSettings
from cloud.errors import Conflict, NotFound, Refused
from cloud.fleet.desired import DesiredService
from cloud.fleet.refused import AGAIN_AFTER, AN_HOUR_MAX
from cloud.pages import LIMIT_MAX, Window
from edge.detect.ed25519 import fits
from edge.wire.campaigns import CAMPAIGNS_MAX
from edge.wire.downlink import Status, encode_down
from edge.wire.messages import CampaignState, Refusal, Reported
from edge.wire.signed import TEXT_BYTES_MAX, DocumentKind, signed_text
from edge.wire.topics import Address
from tests.unit.cloud.collecting import (
    FIELDS,
    ID,
    OTHER,
    SOUTH,
    SPEED,
    VAN,
    asked_of,
    create,
    document,
    look,
    met,
    report,
    reported,
)
from tests.unit.cloud.doors import deeds
from tests.unit.cloud.services import Cloud, open_cloud, public_key
from tests.unit.cloud.vehicle import OTHER_CARD, T0, Speaker, health, minute, summary

DAY: Final = timedelta(days=1)


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    """With two vehicles in one fleet and one in another."""
    return met(cloud)


def doing(cloud: Cloud, campaign: str, vehicle: str = "van-7") -> Doing:
    page = cloud.campaigns.vehicles("north", campaign, Window(LIMIT_MAX))
    [found] = [one for one in page.items if one.address.vehicle == vehicle]
    return found


def listed(cloud: Cloud, *, is_open: bool | None = None) -> list[str]:
    page = cloud.campaigns.campaigns(CampaignFilter("north", is_open), Window(LIMIT_MAX))
    return [campaign.id for campaign, _ in page.items]


class TestAsking:
    def test_a_campaign_reaches_the_vehicles_that_it_names_signed_and_nobody_else(self, cloud: Cloud) -> None:
        made = create(cloud, "van-7")
        assert document(cloud) is None, "not before the next look"
        look(cloud)
        told = document(cloud)
        assert told is not None
        assert (told.fleet, told.vehicle, told.campaigns) == ("north", "van-7", [made.wish])
        wanted = cloud.fleet.twin(VAN.address).desired
        assert wanted is not None
        signed = wanted.signed[DocumentKind.CAMPAIGNS]
        assert fits(public_key(), bytes.fromhex(signed.signature), signed_text(signed.kind, signed.text))
        assert asked_of(cloud, OTHER.address) == []
        assert asked_of(cloud, SOUTH.address) == []

    def test_all_of_a_fleet_are_asked_also_those_that_come_later(self, cloud: Cloud) -> None:
        made = create(cloud)
        look(cloud)
        new = Speaker("van-9")
        assert [asked_of(cloud, one.address) for one in (VAN, OTHER, new)] == [[made.id], [made.id], []]
        cloud.take(new.say(summary(1), 1))
        look(cloud)
        assert asked_of(cloud, new.address) == [made.id]
        assert asked_of(cloud, SOUTH.address) == []
        assert doing(cloud, made.id, "van-9").standing is Standing.ASKED

    def test_a_vehicle_that_only_says_hello_is_asked_too(self, cloud: Cloud) -> None:
        made = create(cloud)
        new = Speaker("van-9")
        topic, hello = new.address.status, encode_down(Status(online=True))
        cloud.take(replace(VAN.say(summary(2), 2), topic=topic, payload=hello))
        look(cloud)
        assert asked_of(cloud, new.address) == [made.id]

    def test_several_at_once_the_urgent_first_and_each_change_is_a_new_version(self, cloud: Cloud) -> None:
        first = create(cloud, priority=2)
        look(cloud)
        before = document(cloud)
        second = create(cloud, "van-7", priority=8, signals=None, frames=[{"id": 0x7E8}])
        look(cloud)
        after = document(cloud)
        assert before is not None
        assert after is not None
        assert [one.id for one in after.campaigns] == [second.id, first.id]
        assert after.version > before.version
        look(cloud, timedelta(seconds=5))
        assert document(cloud) == after, "what has not changed is not signed again"
        assert cloud.counts()["campaign_documents_signed"] == 3

    def test_what_is_over_leaves_the_document_and_an_empty_one_ends_it(self, cloud: Cloud) -> None:
        short = create(cloud, expires_at=T0 + timedelta(hours=1))
        long = create(cloud, expires_at=T0 + DAY)
        look(cloud)
        assert set(asked_of(cloud)) == {short.id, long.id}
        look(cloud, timedelta(hours=1))
        assert asked_of(cloud) == [long.id]
        look(cloud, DAY)
        told = document(cloud)
        assert told is not None
        assert told.campaigns == []
        assert listed(cloud, is_open=True) == []
        assert set(listed(cloud, is_open=False)) == set(listed(cloud)) == {short.id, long.id}

    def test_whoever_ends_it_ends_it_for_all(self, cloud: Cloud) -> None:
        made = create(cloud)
        look(cloud)
        cloud.now = minute(1)
        ended = cloud.campaigns.end("north", made.id, by="bob")
        assert (ended.ended_at, ended.ended_by) == (minute(1), "bob")
        look(cloud)
        assert asked_of(cloud) == asked_of(cloud, OTHER.address) == []
        cloud.now = minute(2)
        assert cloud.campaigns.end("north", made.id, by="eve") == ended, "safe to repeat"
        assert [(deed.by, deed.action, deed.fleet, deed.subject) for deed in deeds(cloud)] == [
            ("bob", "end_campaign", "north", f"fleets/north/campaigns/{made.id}"),
            ("ada", "create_campaign", "north", f"fleets/north/campaigns/{made.id}"),
        ]

    def test_the_audit_says_what_was_asked_of_whom(self, cloud: Cloud) -> None:
        create(cloud, "van-8", "van-7")
        [deed] = deeds(cloud, "create_campaign")
        assert deed.note.startswith("2 vehicles (van-7, van-8): {")
        assert f"{SPEED} > 100 km/h" in deed.note
        create(cloud)
        assert deeds(cloud, "create_campaign")[0].note.startswith("2 vehicles (the whole fleet): {")

    def test_a_wish_that_is_sent_twice_is_one_campaign(self, cloud: Cloud) -> None:
        first = create(cloud, "van-7", "van-8", known_as=ID)
        cloud.now = minute(1)
        assert create(cloud, "van-8", "van-7", "van-7", known_as=ID) == first
        with pytest.raises(Conflict, match="another campaign"):
            create(cloud, "van-7", known_as=ID)
        with pytest.raises(Conflict, match="another campaign"):
            create(cloud, "van-7", "van-8", known_as=ID, after_s=21)
        assert create(cloud, fleet="south", known_as=ID).fleet == "south", "another fleet's names are not one's own"
        assert len(deeds(cloud, "create_campaign")) == 2

    def test_a_vehicle_that_was_never_heard_cannot_be_named(self, cloud: Cloud) -> None:
        with pytest.raises(NotFound, match="van-77"):
            create(cloud, "van-7", "van-77")
        with pytest.raises(NotFound):
            cloud.campaigns.end("north", ID, by="ada")
        assert cloud.rows(store.campaigns) == []

    def test_where_nobody_signs_nothing_is_asked(self, cloud: Cloud) -> None:
        unsigned = DesiredService(cloud.database, lambda: cloud.now)
        cloud.campaigns._near = replace(cloud.campaigns._near, desired=unsigned)
        with pytest.raises(Conflict, match="authority --documents"):
            create(cloud)
        look(cloud)  # and the inbox goes on
        assert document(cloud) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"signals": []}, "campaign: either signals or frames"),
        ({"frames": [{"id": 1}]}, "campaign: either signals or frames"),
        ({"signals": None, "frames": [{"id": 0x800}]}, "frames.0: 0x800 does not fit in 11 bits"),
        ({"before_s": 0, "after_s": 0}, "a window of no length"),
        ({"trigger": {"kind": "time", "every_s": 15}}, "a window is over before the next begins"),
        ({"trigger": {"kind": "time", "every_s": 1}, "after_s": 1}, "trigger.time.every_s"),
        ({"trigger": {"kind": "whim"}}, "trigger: "),
        ({"expires_at": T0}, "expires_at: that is over already"),
        ({"starts_at": T0 + 2 * DAY}, "expires_at comes after starts_at"),
        ({"signals": ["Vehicle.Sped"]}, "signals.0: there is no signal Vehicle.Sped. Did you mean Vehicle.Speed"),
        ({"trigger": {"kind": "condition", "when": "Vehicle.Speed >"}}, "trigger.when: "),
        (
            {"trigger": {"kind": "condition", "when": "Vehicle.Speed > 3 V"}},
            "trigger.when: Vehicle.Speed and 3 V do not go together",
        ),
        ({"trigger": {"kind": "condition", "when": "1 > 0 and Vehicle.Sped > 3"}}, "(at character 11)"),
        ({"trigger": {"kind": "condition", "when": "Vehicle.Speed"}}, "not a condition. Compare it"),
        ({"colour": "red"}, "colour: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_place_and_remedy(cloud: Cloud, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refused:
        create(cloud, **changes)
    assert says in str(refused.value)
    assert cloud.rows(store.campaigns) == []


def test_signals_of_the_vehicles_own_databases_are_known_from_what_they_told(cloud: Cloud) -> None:
    own = "Vehicle.Cabin.Fridge.Temperature"
    with pytest.raises(Refused, match="there is no signal"):
        create(cloud, signals=[own])
    told = summary(2)
    speed = told.signals[SPEED]
    cloud.take(VAN.say(told.model_copy(update={"signals": {own: speed.model_copy(update={"unit": "Celsius"})}}), 2))
    create(cloud, signals=[own], trigger={"kind": "condition", "when": f"{own} > 8 Celsius"})
    with pytest.raises(Refused, match="do not go together"):
        create(cloud, trigger={"kind": "condition", "when": f"{own} > 8 kPa"})
    with pytest.raises(Refused, match="there is no signal"):
        create(cloud, fleet="south", signals=[own])
    create(cloud, signals=["dbc.Engine.Torque"])  # what only a database names the vehicle judges


class TestRoom:
    def test_a_vehicle_takes_so_many_and_no_more(self, cloud: Cloud) -> None:
        for _ in range(CAMPAIGNS_MAX - 1):
            create(cloud, "van-7")
        create(cloud, "van-8")
        create(cloud)
        with pytest.raises(
            Conflict, match=r"vehicle 'van-7' has 32 campaigns, and a vehicle takes 32 .* end one first"
        ):
            create(cloud, "van-7")
        with pytest.raises(Conflict, match="vehicle 'van-7' has 32"):
            create(cloud)
        create(cloud, "van-8")
        look(cloud)
        assert len(asked_of(cloud)) == CAMPAIGNS_MAX

    def test_a_document_is_never_larger_than_a_message(self, cloud: Cloud) -> None:
        signals = [f"dbc.Message.{number:03}{'ü' * 80}" for number in range(100)]
        for _ in range(6):
            create(cloud, signals=signals)
        with pytest.raises(Conflict, match="a document has 120000"):
            create(cloud, signals=signals)
        look(cloud)
        assert len(asked_of(cloud)) == 6

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.integers(0, 3), max_size=12))
    def test_what_is_let_in_fits_for_every_vehicle(self, of_whom: list[int]) -> None:
        """0 is the whole fleet, else the vehicle of that number; each campaign takes a fifth of a document."""
        with open_cloud() as cloud:
            met(cloud)
            cloud.take(Speaker("van-9").say(summary(1), 1))
            signals = [f"dbc.M.{number:03}{'x' * 190}" for number in range(100)]
            for vehicle in of_whom:
                names = () if vehicle == 0 else (f"van-{6 + vehicle}",)
                try:
                    create(cloud, *names, signals=signals)
                except Conflict:
                    continue
            look(cloud)
            open_ones = [campaign for campaign, _ in cloud.campaigns.campaigns(CampaignFilter("north"), Window()).items]
            for name in ("van-7", "van-8", "van-9"):
                address = Address("north", name)
                expected = {one.id for one in open_ones if one.is_for(address)}
                told = document(cloud, address)
                assert expected == (set() if told is None else {one.id for one in told.campaigns})
                assert told is None or len(told.model_dump_json().encode()) <= TEXT_BYTES_MAX

    def test_where_nobody_is_named_the_fleet_itself_is_full(self, cloud: Cloud) -> None:
        one = create(cloud)
        assert no_room(one, []) == ""
        assert "the fleet has 32 campaigns" in no_room(one, [one] * CAMPAIGNS_MAX)

    def test_a_fleet_has_so_many_open_and_keeps_so_many(self) -> None:
        bounds = CampaignSettings(open_per_fleet=2, per_fleet=3, kept_for=DAY * 30)
        with open_cloud(campaigns_kept=bounds) as cloud:
            met(cloud)
            ids = []
            for _ in range(2):
                ids.append(create(cloud).id)
                cloud.now += timedelta(minutes=1)
            with pytest.raises(Conflict, match="2 campaigns of fleet 'north' are open"):
                create(cloud)
            create(cloud, fleet="south")
            for _ in range(3):
                cloud.campaigns.end("north", ids[-2], by="ada")
                ids.append(create(cloud).id)
                cloud.now += timedelta(minutes=1)
            assert listed(cloud) == ids[:1:-1]
            assert cloud.counts()["campaigns_dropped"] == 2
            cloud.now += DAY * 31
            create(cloud, expires_at=cloud.now + DAY)
            assert len(listed(cloud)) == 1, "what was over long ago goes"
            assert {row["campaign"] for row in cloud.rows(store.campaign_vehicles) if row["fleet"] == "north"} == set(
                listed(cloud)
            )


class TestReports:
    def test_what_a_vehicle_says_is_kept_and_counted_together(self, cloud: Cloud) -> None:
        made = create(cloud)
        look(cloud)
        at = minute(3)
        cloud.take(VAN.say(reported(report(made.id, windows=4, missed=1, bytes=900)), 5, observed_at=at))
        cloud.take(OTHER.say(reported(report(made.id, CampaignState.SPENT, windows=2, bytes=100)), 5))
        assert doing(cloud, made.id) == Doing(VAN.address, Standing.RUNNING, "", 4, 1, 900, at)
        assert cloud.campaigns.campaign("north", made.id)[1] == Progress(
            {Standing.RUNNING: 1, Standing.SPENT: 1}, windows=6, missed=1, bytes=1000
        )

    def test_a_report_that_comes_late_changes_nothing(self, cloud: Cloud) -> None:
        made = create(cloud)
        cloud.take(VAN.say(reported(report(made.id, windows=4)), 9))
        cloud.take(VAN.say(reported(report(made.id, windows=3)), 8))
        assert doing(cloud, made.id).windows == 4
        cloud.take(Speaker(card=OTHER_CARD).say(reported(report(made.id, windows=1)), 1))
        assert doing(cloud, made.id).windows == 1, "a new box counts anew"

    def test_a_refusal_is_shown_with_its_reason_and_is_in_the_audit_once(self, cloud: Cloud) -> None:
        made = create(cloud)
        why = f"signals.0: this vehicle does not send {SPEED}"
        for seq in (5, 6):
            cloud.take(VAN.say(reported(report(made.id, CampaignState.REFUSED, why)), seq))
        assert (doing(cloud, made.id).standing, doing(cloud, made.id).reason) == (Standing.REFUSED, why)
        [deed] = deeds(cloud, "campaign_refused")
        assert (deed.by, deed.fleet, deed.subject) == ("north/van-7", "north", "vehicles/north/van-7")
        assert deed.note == f"campaign {made.id}: {why}"
        assert cloud.counts()["campaigns_refused"] == 2

    def test_of_what_nobody_asked_nothing_is_kept(self, cloud: Cloud) -> None:
        theirs = create(cloud, fleet="south")
        cloud.take(VAN.say(reported(report(theirs.id), report(ID, CampaignState.REFUSED, "no")), 5))
        assert doing_rows(cloud) == {("south", "van-7", theirs.id): Standing.ASKED}
        assert cloud.counts()["campaign_reports_unknown"] == 2
        assert deeds(cloud, "campaign_refused") == []


def doing_rows(cloud: Cloud) -> dict[tuple[str, str, str], str]:
    return {
        (row["fleet"], row["vehicle"], row["campaign"]): row["standing"] for row in cloud.rows(store.campaign_vehicles)
    }


class TestRefusedDocuments:
    def test_forged_documents_stand_in_the_audit(self, cloud: Cloud) -> None:
        why = "its signature is not by key 0123456789abcdef: it is altered, or forged"
        for kind, seq in (("campaigns", 5), ("bundle", 6)):
            refusal = Refusal(field=f"signed.{kind}", reason=why)
            cloud.take(VAN.say(Reported(desired_version=3, state={}, refusals=[refusal]), seq))
        assert [deed.note for deed in deeds(cloud, "document_refused")] == [
            f"signed.bundle: {why}",
            f"signed.campaigns: {why}",
        ]
        assert cloud.counts()["documents_refused"] == 2

    def test_other_refusals_are_the_twin_s_alone(self, cloud: Cloud) -> None:
        refusal = Refusal(field="workshop_until", reason="no clock")
        cloud.take(VAN.say(Reported(desired_version=3, state={}, refusals=[refusal]), 5))
        assert deeds(cloud, "document_refused") == []

    def test_the_same_again_is_said_once_an_hour_and_a_vehicle_has_so_many_lines(self, cloud: Cloud) -> None:
        def refuse(seq: int, reason: str) -> None:
            said = Reported(desired_version=1, state={}, refusals=[Refusal(field="signed.campaigns", reason=reason)])
            cloud.take(VAN.say(said, seq, received_at=cloud.now))

        for seq in range(10, 15):
            refuse(seq, "it is for north/van-8")
        assert len(deeds(cloud, "document_refused")) == 1
        cloud.now += AGAIN_AFTER
        refuse(20, "it is for north/van-8")
        assert deeds(cloud, "document_refused")[0].note.endswith("(6 times so far)")
        for seq in range(100, 100 + 3 * AN_HOUR_MAX):
            refuse(seq, f"reason {seq}")
        assert len(deeds(cloud, "document_refused")) == 1 + AN_HOUR_MAX
        assert cloud.counts()["vehicle_refusals_untold"] == 2 * AN_HOUR_MAX + 1
        cloud.now += AGAIN_AFTER
        refuse(300, "reason")
        assert len(deeds(cloud, "document_refused")) == 2 + AN_HOUR_MAX


class TestTwin:
    """Each part of a vehicle's program reports its own, in a message of its own."""

    STATE: Final = Reported(desired_version=0, state={"protocol": "j1979"}, refusals=[])

    def test_neither_takes_what_the_other_said(self, cloud: Cloud) -> None:
        made = create(cloud)
        of_campaigns = Reported(desired_version=7, state={}, refusals=[], campaigns=[report(made.id)])
        for order in ((1, 2), (2, 1)):
            cloud.take(
                *((VAN.say(self.STATE, 10 + one) if one == 1 else VAN.say(of_campaigns, 10 + one)) for one in order)
            )
            twin = cloud.fleet.twin(VAN.address)
            assert twin.reported is not None
            assert twin.reported.body == Reported(
                desired_version=7, state=self.STATE.state, refusals=[], campaigns=of_campaigns.campaigns
            )

    @given(st.permutations(range(6)))
    @settings(max_examples=30, deadline=None)
    def test_the_order_in_which_they_come_changes_nothing(self, order: list[int]) -> None:
        forged = Refusal(field="signed.campaigns", reason="forged")
        messages = [
            self.STATE,
            Reported(desired_version=3, state={}, refusals=[], campaigns=[]),
            Reported(desired_version=4, state={}, refusals=[forged]),
            Reported(desired_version=0, state={"protocol": "j1939"}, refusals=[]),
            Reported(desired_version=6, state={}, refusals=[], campaigns=[report(ID)]),
            Reported(desired_version=6, state={}, refusals=[Refusal(field="signed.bundle", reason="old")]),
        ]
        with open_cloud() as cloud:
            cloud.take(*(VAN.say(messages[place], 10 + place) for place in order))
            twin = cloud.fleet.twin(VAN.address)
        assert twin.reported is not None
        assert twin.reported.body == Reported(
            desired_version=6,
            state={"protocol": "j1939"},
            refusals=[Refusal(field="signed.bundle", reason="old")],
            campaigns=[report(ID)],
        )

    def test_a_refused_document_stands_until_the_vehicle_tells_of_another(self, cloud: Cloud) -> None:
        forged = Refusal(field="signed.campaigns", reason="forged")
        cloud.take(VAN.say(reported(report(ID)), 10))
        cloud.take(VAN.say(Reported(desired_version=2, state={}, refusals=[forged]), 11), VAN.say(health(), 12))
        told = cloud.fleet.twin(VAN.address).reported
        assert told is not None
        assert isinstance(told.body, Reported)
        assert (told.body.refusals, told.body.campaigns) == ([forged], [report(ID)])
        cloud.take(VAN.say(reported(report(ID, windows=1)), 13))
        told = cloud.fleet.twin(VAN.address).reported
        assert told is not None
        assert isinstance(told.body, Reported)
        assert told.body.refusals == []


def test_a_wish_is_what_vehicles_hear(cloud: Cloud) -> None:
    made = create(cloud, known_as=ID)
    look(cloud)
    told = document(cloud)
    assert told is not None
    [said] = told.campaigns
    assert said == made.wish
    assert said.model_dump(exclude_defaults=True) | {"after_s": said.after_s} == {**FIELDS, "id": ID}


class LifeOfCampaigns(RuleBasedStateMachine):
    """Whatever people do and however late the inbox looks: then each document says what is open for its vehicle."""

    VEHICLES: Final = ("van-1", "van-2", "van-3")

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.cloud = self.closing.enter_context(open_cloud())
        self.heard: set[str] = set()
        self.open: dict[str, tuple[frozenset[str] | None, datetime]] = {}
        self.versions: dict[str, int] = {}
        self.seq = count(1)

    @rule(vehicle=st.sampled_from(VEHICLES))
    def is_heard(self, vehicle: str) -> None:
        self.cloud.take(Speaker(vehicle).say(summary(1), next(self.seq)))
        self.heard.add(vehicle)

    @rule(of_whom=st.none() | st.sets(st.sampled_from(VEHICLES), min_size=1), hours=st.integers(1, 5))
    def is_made(self, of_whom: set[str] | None, hours: int) -> None:
        names = sorted((of_whom or set()) & self.heard)
        if of_whom is not None and not names:
            return
        expires_at = self.cloud.now + timedelta(hours=hours)
        made = create(self.cloud, *names, expires_at=expires_at)
        self.open[made.id] = (None if of_whom is None else frozenset(names), expires_at)

    @precondition(lambda self: self.open)
    @rule(choice=st.randoms(use_true_random=False))
    def is_ended(self, choice: Random) -> None:
        campaign = choice.choice(sorted(self.open))
        self.cloud.campaigns.end("north", campaign, by="ada")
        del self.open[campaign]

    @rule(minutes=st.integers(1, 90))
    def time_goes_by(self, minutes: int) -> None:
        self.cloud.now += timedelta(minutes=minutes)
        self.open = {one: told for one, told in self.open.items() if told[1] > self.cloud.now}

    @rule()
    def the_inbox_looks(self) -> None:
        look(self.cloud)
        for name in self.heard:
            told = document(self.cloud, Address("north", name))
            wanted = {one for one, (names, _) in self.open.items() if names is None or name in names}
            assert {one.id for one in told.campaigns} == wanted if told is not None else not wanted
            if told is not None:
                assert told.version >= self.versions.get(name, 0)
                self.versions[name] = told.version

    def teardown(self) -> None:
        self.closing.close()


LifeOfCampaigns.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestLifeOfCampaigns = LifeOfCampaigns.TestCase
