"""An alert's state does not depend on the order in which its messages come."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.alerts.model import Alert, AlertFilter, Change, apply
from cloud.errors import NotFound
from cloud.pages import Window
from edge.wire.envelope import Clock
from edge.wire.messages import Action, AlertState, Severity
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud, open_cloud
from tests.unit.cloud.vehicle import Speaker, minute

VAN = Speaker()
FIRING, RESOLVED = AlertState.FIRING, AlertState.RESOLVED


WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def told(
    state: AlertState,
    at_min: float,
    summary: str = "Too hot",
    severity: Severity = WARNING,
    action: Action = Action.WATCH,
    *,
    workshop: bool = False,
) -> Alert:
    return Alert(
        address=VAN.address,
        id="0" * 32,
        rule="coolant_hot",
        component="cooling",
        severity=severity,
        action=action,
        state=state,
        started_at=minute(0),
        ended_at=minute(at_min) if state is RESOLVED else None,
        since_at=minute(0),
        summary=summary,
        advice="",
        driver="",
        values={},
        observed_at=minute(at_min),
        clock=Clock.SYNCED,
        workshop=workshop,
    )


MESSAGES = st.lists(
    st.builds(
        told,
        st.sampled_from(AlertState),
        st.integers(0, 3),
        st.sampled_from("ab"),
        st.sampled_from(Severity),
        st.sampled_from(Action),
        workshop=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def after(messages: list[Alert]) -> Alert:
    held, _ = apply(None, messages[0])
    for message in messages[1:]:
        held, _ = apply(held, message)
    return held


@given(messages=MESSAGES, order=st.randoms(use_true_random=False), repeats=st.integers(1, 2))
def test_any_order_and_any_repetition_end_in_the_same_alert(messages: list[Alert], order: object, repeats: int) -> None:
    shuffled = messages * repeats
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis calls its Random an object
    assert after(shuffled) == after(messages)


@given(messages=MESSAGES)
def test_what_was_resolved_once_stays_resolved(messages: list[Alert]) -> None:
    assert after(messages).state is (RESOLVED if any(m.state is RESOLVED for m in messages) else FIRING)


@given(messages=MESSAGES)
def test_nothing_is_made_up_but_the_worst_of_all_messages_stays(messages: list[Alert]) -> None:
    alert = after(messages)
    assert alert.severity == max((m.severity for m in messages), key=list(Severity).index)
    assert alert.action == min((m.action for m in messages), key=list(Action).index)
    assert alert.workshop == all(m.workshop for m in messages)
    of_all: dict[str, Any] = {"severity": alert.severity, "action": alert.action, "workshop": alert.workshop}
    assert any(alert == replace(m, **of_all) for m in messages)


@pytest.mark.parametrize(
    ("held", "message", "change"),
    [
        (None, told(FIRING, 1), Change.OPENED),
        (None, told(RESOLVED, 1), Change.CAME_RESOLVED),
        (told(FIRING, 1), told(FIRING, 2), Change.UPDATED),
        (told(FIRING, 1), told(FIRING, 1), Change.LATE),
        (told(FIRING, 2), told(FIRING, 1), Change.LATE),
        (told(FIRING, 1), told(RESOLVED, 2), Change.RESOLVED),
        (told(FIRING, 2), told(RESOLVED, 1), Change.RESOLVED),
        (told(RESOLVED, 1), told(FIRING, 2), Change.LATE),
        (told(FIRING, 1), told(FIRING, 2, severity=CRITICAL), Change.WORSENED),
        (told(FIRING, 2), told(FIRING, 1, severity=CRITICAL), Change.WORSENED),
        (told(FIRING, 1, severity=CRITICAL), told(FIRING, 2), Change.UPDATED),
        (told(FIRING, 2, severity=CRITICAL), told(FIRING, 1), Change.LATE),
        (told(RESOLVED, 1), told(FIRING, 2, severity=CRITICAL), Change.LATE),
        (told(FIRING, 1), told(RESOLVED, 2, severity=CRITICAL), Change.RESOLVED),
        (told(FIRING, 1, workshop=True), told(FIRING, 2), Change.GIVEN_BACK),
        (told(FIRING, 1, workshop=True), told(FIRING, 2, severity=CRITICAL), Change.GIVEN_BACK),
        (told(FIRING, 2, workshop=True), told(FIRING, 1), Change.GIVEN_BACK),
        (told(FIRING, 1, workshop=True), told(FIRING, 2, workshop=True), Change.UPDATED),
        (told(FIRING, 1), told(FIRING, 2, workshop=True), Change.UPDATED),
        (told(FIRING, 1, workshop=True), told(RESOLVED, 2), Change.RESOLVED),
        (told(RESOLVED, 1, workshop=True), told(FIRING, 2), Change.LATE),
    ],
)
def test_what_a_message_did_has_a_name(held: Alert | None, message: Alert, change: Change) -> None:
    assert apply(held, message)[1] is change


def test_every_order_gives_the_same_alert_and_timeline_in_the_database() -> None:
    messages = [
        VAN.say(says.alert(1), 1, observed_at=minute(1)),
        VAN.say(says.alert(1, summary="Hotter"), 2, observed_at=minute(2)),
        VAN.say(says.alert(1, RESOLVED), 3, observed_at=minute(3)),
    ]
    seen = []
    for order in permutations(messages):
        with open_cloud() as cloud:
            for message in order:
                cloud.take(message)
            whole = cloud.alerts.alert(VAN.address, says.alert(1).id)
            told_ = [(entry.state, entry.observed_at) for entry in whole.timeline]
            seen.append((whole.handled.alert, told_))
    assert seen.count(seen[0]) == len(seen)
    alert, timeline = seen[0]
    assert (alert.state, alert.ended_at, dict(alert.values)) == (RESOLVED, minute(1.5), says.alert().values)
    scene = (alert.window_s, alert.flapping, dict(alert.freeze_frame), alert.trip)
    assert scene == (30.0, True, says.alert().freeze_frame, f"{1:032x}")
    assert timeline == [(FIRING, minute(1)), (FIRING, minute(2)), (RESOLVED, minute(3))]


def test_listing_filters_and_pages(cloud: Cloud) -> None:
    south = Speaker("bus-1", fleet="south")
    cloud.take(*(VAN.say(says.alert(n), n, observed_at=minute(n)) for n in range(1, 8)))
    cloud.take(south.say(says.alert(3), 1), VAN.say(says.alert(2, RESOLVED), 8, observed_at=minute(9)))

    def ids(wanted: AlertFilter) -> list[int]:
        return [int(handled.alert.id, 16) for handled in cloud.alerts.alerts(wanted, Window()).items]

    assert ids(AlertFilter()) == [7, 6, 5, 4, 3, 3, 2, 1]
    assert ids(AlertFilter(fleet="south")) == [3]
    assert ids(AlertFilter(vehicle="van-7", state=FIRING)) == [7, 6, 5, 4, 3, 1]
    assert ids(AlertFilter(since=minute(5))) == [7, 6, 5]
    pages, after_ = [], None
    while True:
        page = cloud.alerts.alerts(AlertFilter(), Window(3, after_))
        pages.append([(each.alert.address.fleet, int(each.alert.id, 16)) for each in page.items])
        after_ = page.after
        if after_ is None:
            break
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len({item for page in pages for item in page}) == 8


def test_an_unknown_alert_is_not_found(cloud: Cloud) -> None:
    with pytest.raises(NotFound, match="van-7"):
        cloud.alerts.alert(VAN.address, "f" * 32)


def test_a_held_alert_is_replaced_as_a_whole(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1), VAN.say(says.alert(1, RESOLVED, summary="Cool again"), 2))
    alert = cloud.alerts.alert(VAN.address, says.alert(1).id).handled.alert
    assert replace(alert, observed_at=minute(0)) == alert
    assert (alert.summary, alert.ended_at) == ("Cool again", minute(1.5))
