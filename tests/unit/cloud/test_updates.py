"""What vehicles tell of updates, and the pieces that they are sent."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.bundles.model import Bundle, RolloutState, Running
from cloud.bundles.service import BundleSettings
from cloud.bundles.update_store import update_steps
from cloud.bundles.updates import FETCH_WINDOW, sent_at_most
from cloud.errors import NotFound
from cloud.inbox.intake import PIECES_MAX
from cloud.pages import LIMIT_MAX, Window
from edge.wire import bundles as wire
from edge.wire.bundles import PIECE_BYTES
from edge.wire.messages import FETCH_BYTES_MAX, Fetch, Refusal, Reported, UpdateStep
from tests.unit.cloud.bundled import add, begin, fetch, look, said, tell, vans, zipped
from tests.unit.cloud.doors import deeds, provisioning_of, with_door
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import Speaker, summary

VAN: Final = Speaker("van-1")
U = UpdateStep


def given_to_van(cloud: Cloud, bundle: Bundle | None) -> wire.Bundle:
    begin(cloud, bundle, "van-1")
    return look(cloud)["van-1"]


@pytest.fixture
def van(cloud: Cloud) -> Cloud:
    """With two vehicles that were heard."""
    vans(cloud, 2)
    return cloud


def steps(cloud: Cloud) -> list[tuple[str, str, str | None]]:
    page = cloud.updates.steps(VAN.address, Window(LIMIT_MAX))
    return [(step.step, step.reason, step.name) for step in page.items]


def runs(cloud: Cloud) -> Running | None:
    return cloud.updates.standpoint(VAN.address).runs


def test_every_step_is_kept_in_the_order_in_which_it_was_said(van: Cloud) -> None:
    document = given_to_van(van, add(van))
    said_at = {10: U.FETCHING, 11: U.TRYING, 12: U.KEPT}
    for seq in (12, 10, 11):
        tell(van, VAN, seq, said(document, said_at[seq]))
    assert steps(van) == [(step, "", "winter rules") for step in (U.KEPT, U.TRYING, U.FETCHING)]
    assert runs(van) == Running(document.id, "winter rules", document.version, van.now)
    assert [van.counts()[f"updates_{step}"] for step in said_at.values()] == [1, 1, 1]
    assert "shelved" not in van.counts()


def test_what_a_vehicle_runs_is_unknown_until_it_says_so(van: Cloud) -> None:
    standpoint = van.updates.standpoint(VAN.address)
    assert (standpoint.wanted, standpoint.runs, standpoint.last, standpoint.rollout) == (None, None, None, None)
    document = given_to_van(van, add(van))
    tell(van, VAN, 10, said(document, U.TRYING))
    standpoint = van.updates.standpoint(VAN.address)
    assert standpoint.wanted == Running(document.id, "winter rules", document.version, van.now)
    assert (standpoint.runs, standpoint.rollout) == (None, 1)
    assert standpoint.last is not None
    assert standpoint.last.step is U.TRYING
    with pytest.raises(NotFound):
        van.updates.standpoint(Speaker("van-9").address)
    with pytest.raises(NotFound):
        van.updates.steps(Speaker("van-9").address, Window())


def test_what_went_back_leaves_what_was_kept_before(van: Cloud) -> None:
    good = given_to_van(van, add(van, "good"))
    tell(van, VAN, 10, said(good, U.KEPT))
    bad = given_to_van(van, add(van, "bad"))
    tell(van, VAN, 11, said(bad, U.TRYING))
    tell(van, VAN, 12, said(bad, U.ROLLED_BACK, "config: [trips]: unknown"))
    ran = runs(van)
    assert ran is not None
    assert (ran.name, ran.version) == ("good", good.version)
    [deed] = deeds(van, "update_rolled_back")
    assert (deed.by, deed.fleet, deed.subject) == ("north/van-1", "north", "vehicles/north/van-1")
    assert deed.note == f"bundle {bad.id} bad, version {bad.version}: config: [trips]: unknown"


def test_what_went_back_after_it_was_kept_runs_no_more(van: Cloud) -> None:
    good = given_to_van(van, add(van, "good"))
    tell(van, VAN, 10, said(good, U.KEPT))
    crashing = given_to_van(van, add(van, "crashing"))
    tell(van, VAN, 13, said(crashing, U.ROLLED_BACK, "it crashed 5 times"))
    tell(van, VAN, 12, said(crashing, U.KEPT))
    ran = runs(van)
    assert ran is not None
    assert ran.name == "good"
    tell(van, VAN, 14, said(good, U.ROLLED_BACK, "it crashes too"))
    assert runs(van) is None


def test_no_bundle_is_something_that_a_vehicle_can_keep(van: Cloud) -> None:
    tell(van, VAN, 10, said(given_to_van(van, add(van)), U.KEPT))
    nothing = given_to_van(van, None)
    tell(van, VAN, 11, said(nothing, U.KEPT))
    assert runs(van) == Running(None, None, nothing.version, van.now)


def test_what_is_refused_or_goes_back_is_in_the_audit_once_a_document_and_only_of_ours(van: Cloud) -> None:
    document = given_to_van(van, add(van))
    for seq in range(10, 15):
        tell(van, VAN, seq, said(document, U.REFUSED, "damaged"))
        tell(van, VAN, seq + 100, said(document, U.REFUSED, "invented", version=seq))
    assert [deed.note.rpartition(": ")[2] for deed in deeds(van, "update_refused")] == ["damaged"]
    assert len(steps(van)) == 10


def test_a_document_that_is_not_believed_is_a_step_where_nothing_else_was_said_of_it(van: Cloud) -> None:
    bundle = add(van)
    rollout = begin(van, bundle, "van-1", "van-2", first=1)
    [vehicle] = look(van)
    first = Speaker(vehicle)
    reason = "it is signed by key 00, and this vehicle knows none"
    not_believed = Reported(desired_version=1, state={}, refusals=[Refusal(field="signed.bundle", reason=reason)])
    for seq in (10, 11):
        tell(van, first, seq, not_believed)
    [step] = van.updates.steps(first.address, Window()).items
    assert (step.step, step.reason, step.bundle) == (U.REFUSED, reason, bundle.id)
    assert van.rollouts.rollout("north", rollout.number).state is RolloutState.STOPPED
    assert [deed.note for deed in deeds(van, "document_refused")] == [f"signed.bundle: {reason}"]
    assert deeds(van, "update_refused") == []


def test_a_forged_document_is_no_step_of_a_vehicle_that_has_its_own(van: Cloud) -> None:
    forged = Reported(desired_version=1, state={}, refusals=[Refusal(field="signed.bundle", reason="forged")])
    tell(van, VAN, 10, forged)
    assert steps(van) == []
    document = given_to_van(van, add(van))
    tell(van, VAN, 11, said(document, U.FETCHING))
    tell(van, VAN, 12, forged)
    assert steps(van) == [("fetching", "", "winter rules")]
    other = Reported(desired_version=1, state={}, refusals=[Refusal(field="signed.campaigns", reason="forged")])
    given_to_van(van, None)
    tell(van, VAN, 13, other)
    assert len(steps(van)) == 1


def test_only_the_newest_steps_are_kept() -> None:
    with open_cloud(bundles_kept=BundleSettings(steps_per_vehicle=10)) as cloud:
        vans(cloud, 1)
        document = given_to_van(cloud, add(cloud))
        tell(cloud, VAN, 2, said(document, U.KEPT))
        other = given_to_van(cloud, add(cloud, "other"))
        for seq in range(3, 20):
            tell(cloud, VAN, seq, said(other, U.TRYING, str(seq)))
        assert [reason for _, reason, _ in steps(cloud)] == [str(seq) for seq in range(19, 9, -1)]
        ran = runs(cloud)
        assert ran is not None
        assert ran.version == document.version
        assert cloud.counts()["update_steps_dropped"] == 8
        assert len(cloud.rows(update_steps)) == 10


def test_steps_are_paged(van: Cloud) -> None:
    document = given_to_van(van, add(van))
    for seq in range(10, 15):
        tell(van, VAN, seq, said(document, U.TRYING, str(seq)))
    page = van.updates.steps(VAN.address, Window(2))
    rest = van.updates.steps(VAN.address, Window(4, page.after))
    assert [step.reason for step in [*page.items, *rest.items]] == ["14", "13", "12", "11", "10"]
    assert rest.after is None


LARGE: Final = 3 * FETCH_BYTES_MAX + 12345


@pytest.fixture
def large(van: Cloud) -> tuple[Cloud, Bundle, bytes]:
    """A vehicle that is to run a bundle of many pieces."""
    content = zipped({"models/large/model.onnx": os.urandom(LARGE)})
    bundle = add(van, content=content)
    given_to_van(van, bundle)
    return van, bundle, content


def test_a_bundle_comes_in_pieces_as_it_is_asked_for(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, content = large
    fetched = b""
    for seq in range(100, 200):
        if len(fetched) == bundle.size:
            break
        came = fetch(cloud, VAN, seq, Fetch(bundle=bundle.id, offset=len(fetched), size=FETCH_BYTES_MAX))
        assert {piece.bundle for piece in came} == {bundle.id}
        assert all(len(piece.content) == PIECE_BYTES for piece in came[:-1])
        for piece in came:
            assert piece.offset == len(fetched)
            fetched += piece.content
    assert fetched == content
    assert cloud.counts()["pieces_sent"] == -(-bundle.size // FETCH_BYTES_MAX) * 8 - 8 + -(
        -(bundle.size % FETCH_BYTES_MAX) // PIECE_BYTES
    )
    assert {"pieces_held_back", "fetches_refused", "shelved"}.isdisjoint(cloud.counts())


@given(offset=st.integers(0, 2**63 - 1) | st.integers(0, LARGE + 1000), size=st.integers(1, FETCH_BYTES_MAX))
def test_whatever_is_asked_for_is_what_stands_there(offset: int, size: int, asked: list[object]) -> None:
    cloud, bundle, content = asked[:3]
    assert isinstance(cloud, Cloud)
    assert isinstance(bundle, Bundle)
    assert isinstance(content, bytes)
    asked.append(None)
    cloud.now += FETCH_WINDOW
    came = fetch(cloud, VAN, 100 + len(asked), Fetch(bundle=bundle.id, offset=offset, size=size))
    assert b"".join(piece.content for piece in came) == content[offset : offset + size]
    assert [piece.offset for piece in came] == [offset + n * PIECE_BYTES for n in range(len(came))]


@pytest.fixture(scope="module")
def asked() -> Iterator[list[object]]:
    with open_cloud() as cloud:
        vans(cloud, 1)
        content = zipped({"models/large/model.onnx": os.urandom(LARGE)})
        bundle = add(cloud, content=content)
        given_to_van(cloud, bundle)
        yield [cloud, bundle, content]


def test_pieces_are_for_whom_they_are_meant(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, _ = large
    other = add(cloud, "other")
    wish = Fetch(bundle=bundle.id, offset=0, size=1000)
    assert fetch(cloud, Speaker("van-2"), 100, wish) == []  # it was given nothing
    assert fetch(cloud, VAN, 100, Fetch(bundle=other.id, offset=0, size=1000)) == []
    assert fetch(cloud, VAN, 101, Fetch(bundle="0" * 32, offset=0, size=1000)) == []
    assert fetch(cloud, VAN, 102, Fetch(bundle=bundle.id, offset=bundle.size, size=1)) == []
    assert cloud.counts()["fetches_refused"] == 4
    assert [deed.action for deed in deeds(cloud)][:2] == ["add_bundle", "begin_rollout"]
    replies = cloud.intake.take([VAN.say(wish, 103)])
    assert [reply.topic.rpartition("/")[2] for reply in replies] == ["ack", "piece"]
    assert (replies[1].topic, replies[1].retain) == ("telltale/v1/north/van-1/down/piece", False)


def test_what_comes_twice_is_answered_once(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, _ = large
    wish = Fetch(bundle=bundle.id, offset=0, size=10)
    assert len(fetch(cloud, VAN, 100, wish)) == 1
    assert fetch(cloud, VAN, 100, wish) == []


def test_who_was_given_something_else_is_sent_no_more_of_it(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, _ = large
    given_to_van(cloud, None)
    assert fetch(cloud, VAN, 100, Fetch(bundle=bundle.id, offset=0, size=10)) == []


def test_who_asks_again_and_again_is_sent_a_bounded_amount(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, _ = large
    wish = Fetch(bundle=bundle.id, offset=0, size=FETCH_BYTES_MAX)
    enough = sent_at_most(bundle.size) // PIECE_BYTES
    sent = [len(fetch(cloud, VAN, seq, wish)) for seq in range(100, 100 + enough // 8 + 5)]
    assert sent == [8] * (enough // 8) + [enough % 8] + [0] * 4
    assert cloud.counts()["pieces_held_back"] == 40 - enough % 8
    assert enough * PIECE_BYTES > 2 * bundle.size, "who fetches it once is never held back"
    cloud.now += FETCH_WINDOW - timedelta(seconds=1)
    assert fetch(cloud, VAN, 200, wish) == []
    cloud.now += timedelta(seconds=1)
    assert len(fetch(cloud, VAN, 201, wish)) == 8
    cloud.now -= timedelta(days=1)  # our own clock was corrected: nobody waits for a day
    assert len(fetch(cloud, VAN, 202, wish)) == 8


def test_who_is_given_something_else_is_sent_all_of_that(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, _ = large
    wish = Fetch(bundle=bundle.id, offset=0, size=FETCH_BYTES_MAX)
    for seq in range(100, 115):
        fetch(cloud, VAN, seq, wish)
    assert fetch(cloud, VAN, 200, wish) == []
    content = zipped({"models/large/model.onnx": os.urandom(FETCH_BYTES_MAX)})
    other = add(cloud, "other", content)
    given_to_van(cloud, other)
    came = fetch(cloud, VAN, 201, Fetch(bundle=other.id, offset=0, size=FETCH_BYTES_MAX))
    assert b"".join(piece.content for piece in came) == content[:FETCH_BYTES_MAX]


def test_one_batch_is_answered_with_a_bounded_amount(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, content = large
    wish = Fetch(bundle=bundle.id, offset=0, size=FETCH_BYTES_MAX)
    speakers = [Speaker(f"van-{n}") for n in range(10, 15)]
    cloud.take(*(van.say(summary(), 1) for van in speakers))
    begin(cloud, bundle, *(van.address.vehicle for van in speakers))
    look(cloud)
    replies = cloud.intake.take([van.say(wish, seq) for seq in range(100, 105) for van in speakers])
    pieces = [wire.decode_piece(reply.payload) for reply in replies if reply.topic.endswith("piece")]
    assert len(pieces) == PIECES_MAX
    assert all(piece.content == content[piece.offset :][:PIECE_BYTES] for piece in pieces)
    assert cloud.counts()["pieces_held_back"] == 25 * 8 - PIECES_MAX


def test_who_is_put_out_is_sent_nothing(large: tuple[Cloud, Bundle, bytes]) -> None:
    cloud, bundle, _ = large
    door = provisioning_of(cloud)
    door.add(VAN.address, by="ada")
    with_door(cloud, door)
    door.revoke(VAN.address, by="ada", why="stolen")
    assert cloud.intake.take([VAN.say(Fetch(bundle=bundle.id, offset=0, size=10), 100)]) == []
    assert "pieces_sent" not in cloud.counts()
