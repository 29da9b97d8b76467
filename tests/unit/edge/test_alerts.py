"""Alerts: debounced, one at a time per fingerprint, ended only on knowledge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.alerts import Alert, AlertBook, alert_id, pack_alerts, unpack_alerts
from edge.detect.finding import Concern, Finding, Verdict

S = 1_000_000_000


def concern(rule: str = "hot", hold_s: float = 0.0) -> Concern:
    return Concern(
        rule=rule,
        component="cooling",
        severity="warning",
        action="watch",
        summary="Coolant at {value} {unit}",
        advice="Look",
        driver="Hot",
        for_ns=round(hold_s * S),
    )


def finding(verdict: Verdict = Verdict.HOLDS, *, hold_s: float = 0.0, rule: str = "hot") -> Finding:
    return Finding(concern(rule, hold_s), verdict, {"Vehicle.X": 1.0}, {"value": "1", "unit": "°C", "threshold": "0"})


def test_it_fires_at_once_without_for_and_resolves_when_it_is_known_to_be_over() -> None:
    book = AlertBook("car")
    [began] = book.update(1 * S, [finding()])
    assert (began.started, began.ended, began.summary) == (1 * S, None, "Coolant at 1 °C")
    assert book.update(2 * S, [finding()]) == []
    [ended] = book.update(3 * S, [])
    assert (ended.id, ended.ended) == (began.id, 3 * S)
    assert book.firing == ()


def test_it_waits_for_the_condition_to_hold_without_a_break() -> None:
    book = AlertBook("car")
    for second in (1, 2):
        assert book.update(second * S, [finding(hold_s=2.0)]) == []
    book.update(3 * S, [])
    assert book.update(4 * S, [finding(hold_s=2.0)]) == []
    assert book.update(5 * S, [finding(hold_s=2.0)]) == []
    [began] = book.update(6 * S, [finding(hold_s=2.0)])
    assert (began.since, began.started) == (4 * S, 6 * S)


@pytest.mark.parametrize("verdict", [Verdict.LINGERS, Verdict.UNKNOWN])
def test_lingering_and_unknown_neither_begin_nor_end(verdict: Verdict) -> None:
    book = AlertBook("car")
    assert book.update(1 * S, [finding(verdict)]) == []
    book.update(2 * S, [finding()])
    assert book.update(3 * S, [finding(verdict)]) == []
    assert len(book.firing) == 1


def test_unknown_in_between_starts_the_wait_again() -> None:
    book = AlertBook("car")
    book.update(1 * S, [finding(hold_s=2.0)])
    book.update(2 * S, [finding(Verdict.UNKNOWN, hold_s=2.0)])
    assert book.update(3 * S, [finding(hold_s=2.0)]) == []


def test_the_id_is_made_of_vehicle_rule_component_and_start() -> None:
    same = alert_id("car", "hot", "cooling", 5)
    assert same == alert_id("car", "hot", "cooling", 5)
    others = {alert_id(*args) for args in (("bus", "hot", "cooling", 5), ("car", "cold", "cooling", 5))}
    others |= {alert_id("car", "hot", "oil", 5), alert_id("car", "hot", "cooling", 6)}
    assert len({same, *others}) == 5


def test_a_restart_takes_firing_alerts_up_again() -> None:
    before = AlertBook("car")
    [began] = before.update(1 * S, [finding()])
    after = AlertBook("car")
    after.restore(unpack_alerts(pack_alerts(before.kept)))
    assert after.update(2 * S, [finding()]) == [], "it does not fire twice"
    [ended] = after.update(3 * S, [])
    assert ended.id == began.id


@given(st.lists(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(Verdict)), max_size=3), max_size=40))
def test_one_alert_at_a_time_and_every_end_has_its_beginning(ticks: list[list[tuple[str, Verdict]]]) -> None:
    book = AlertBook("car")
    open_now: dict[str, Alert] = {}
    for tick, seen in enumerate(ticks):
        for alert in book.update(tick * S, [finding(verdict, rule=rule) for rule, verdict in seen]):
            if alert.ended is None:
                assert alert.concern.rule not in open_now
                open_now[alert.concern.rule] = alert
            else:
                assert open_now.pop(alert.concern.rule).id == alert.id
                assert alert.ended > alert.started
        assert {alert.concern.rule for alert in book.firing} == set(open_now)
