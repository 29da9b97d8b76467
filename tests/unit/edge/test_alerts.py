"""Alerts: debounced, one at a time per fingerprint, ended only on knowledge; damped, worse, inhibited as they say."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest

from edge.alerts import Alert, AlertBook, Scene, alert_id, pack_alerts, unpack_alerts
from edge.alerts.damping import FLAPS_MAX, PAST_MAX, SETTLE_NS
from edge.detect.finding import Concern, Finding, Step, Verdict

S = 1_000_000_000
H, L, U = Verdict.HOLDS, Verdict.LINGERS, Verdict.UNKNOWN
FACTS = {"value": "1", "unit": "°C", "threshold": "0"}


def concern(rule: str = "hot", hold_s: float = 0.0, **more: Any) -> Concern:
    return Concern(
        rule=rule,
        component="cooling",
        severity="warning",
        action="watch",
        summary="Coolant at {value} {unit}",
        advice="Look",
        driver="Hot",
        for_ns=round(hold_s * S),
        **more,
    )


def finding(verdict: Verdict = H, *, hold_s: float = 0.0, rule: str = "hot", step: int = 0, **more: Any) -> Finding:
    return Finding(concern(rule, hold_s, **more), verdict, {"Vehicle.X": 1.0}, FACTS, step=step)


def book() -> AlertBook:
    return AlertBook("car", grid_ns=S)


def run(subject: AlertBook, verdicts: Sequence[Verdict | None], start: int = 1, **more: Any) -> list[tuple[int, str]]:
    """One tick a second; at which second what was told: `+` began, `!` worse, `-` ended."""
    told: list[tuple[int, str]] = []
    for second, verdict in enumerate(verdicts, start):
        found = [] if verdict is None else [finding(verdict, **more)]
        told += [(second, sign(alert)) for alert in subject.update(second * S, found)]
    return told


def sign(alert: Alert) -> str:
    if alert.ended is not None:
        return "-"
    return "!" if alert.is_worse else "+"


def test_it_fires_at_once_without_for_and_resolves_when_it_is_known_to_be_over() -> None:
    subject = book()
    [began] = subject.update(1 * S, [finding()])
    assert (began.started, began.ended, began.summary) == (1 * S, None, "Coolant at 1 °C")
    assert subject.update(2 * S, [finding()]) == []
    [ended] = subject.update(3 * S, [])
    assert (ended.id, ended.ended) == (began.id, 3 * S)
    assert subject.firing == ()


def test_it_waits_for_the_condition_to_hold_without_a_break() -> None:
    subject = book()
    assert run(subject, [H, H, None, H, H, H], hold_s=2.0) == [(6, "+")]
    assert (subject.firing[0].since, subject.firing[0].started) == (4 * S, 6 * S)


@pytest.mark.parametrize("verdict", [L, U])
def test_lingering_and_unknown_neither_begin_nor_end(verdict: Verdict) -> None:
    assert run(book(), [verdict, H, verdict, verdict]) == [(2, "+")]


@pytest.mark.parametrize("verdict", [L, U, None])
def test_what_does_not_hold_in_between_starts_the_wait_again(verdict: Verdict) -> None:
    assert run(book(), [H, verdict, H, H, H], hold_s=2.0) == [(5, "+")]


def test_the_id_is_made_of_vehicle_rule_component_and_start() -> None:
    same = alert_id("car", "hot", "cooling", 5)
    assert same == alert_id("car", "hot", "cooling", 5)
    others = {alert_id(*args) for args in (("bus", "hot", "cooling", 5), ("car", "cold", "cooling", 5))}
    others |= {alert_id("car", "hot", "oil", 5), alert_id("car", "hot", "cooling", 6)}
    assert len({same, *others}) == 5


class TestKeepFiring:
    """It goes on for a while after its condition."""

    def test_it_ends_so_long_after_the_condition_last_held_or_lingered(self) -> None:
        assert run(book(), [H, None, None, L, None, None, None], keep_firing_ns=3 * S) == [(1, "+"), (7, "-")]

    def test_the_clock_does_not_run_through_what_is_unknown(self) -> None:
        verdicts = [H, None, None, U, U, U, U, None]
        assert run(book(), verdicts, keep_firing_ns=3 * S) == [(1, "+"), (8, "-")]

    def test_the_clock_does_not_run_through_what_was_not_judged(self) -> None:
        subject = book()
        run(subject, [H, None], keep_firing_ns=3 * S)
        assert run(subject, [None, None, None], start=900, keep_firing_ns=3 * S) == [(902, "-")]


class TestCoolDown:
    """After its end it does not begin again for a while."""

    def test_what_holds_again_begins_when_the_cool_down_is_over_and_says_since_when(self) -> None:
        subject = book()
        assert run(subject, [H, None, H, H, H, H, H], cooldown_ns=4 * S) == [(1, "+"), (2, "-"), (6, "+")]
        assert (subject.firing[0].since, subject.firing[0].started) == (3 * S, 6 * S)
        assert subject.counters["alerts_cooled_down"] == 1

    def test_what_is_over_before_that_is_not_told(self) -> None:
        subject = book()
        assert run(subject, [H, None, H, None, None, None, H], cooldown_ns=4 * S) == [(1, "+"), (2, "-"), (7, "+")]

    def test_it_does_not_hide_what_is_worse_than_the_last_time(self) -> None:
        subject, steps = book(), (Step("critical", "stop_now"),)
        run(subject, [H, None, H], cooldown_ns=100 * S, steps=steps)
        assert not subject.firing
        assert run(subject, [H], start=4, step=1, cooldown_ns=100 * S, steps=steps) == [(4, "+")]
        assert subject.firing[0].severity == "critical"
        assert run(subject, [None, H], start=5, step=1, cooldown_ns=100 * S, steps=steps) == [(5, "-")]

    def test_a_clock_that_was_set_back_voids_it(self) -> None:
        subject = book()
        run(subject, [H, None], start=1000, cooldown_ns=100 * S)
        assert run(subject, [H, H], start=5, cooldown_ns=100 * S) == [(5, "+")]

    def test_what_was_told_to_nobody_leaves_none(self) -> None:
        subject, hush = book(), finding(rule="leak", inhibits=("hot",))
        one = finding(cooldown_ns=100 * S)
        subject.update(1 * S, [hush, one])
        subject.update(2 * S, [hush])
        subject.update(3 * S, [])
        assert [sign(alert) for alert in subject.update(4 * S, [one])] == ["+"]


class TestFlapping:
    """What begins again and again ends only when it has settled."""

    def test_the_fourth_time_within_ten_minutes_it_goes_on_until_it_has_settled(self) -> None:
        subject = book()
        told = run(subject, [H, None] * FLAPS_MAX)
        assert [what for _, what in told] == ["+", "-"] * (FLAPS_MAX - 1) + ["+"]
        [alert] = subject.firing
        assert alert.flapping
        assert subject.counters["alerts_flapping"] == 1
        settled = SETTLE_NS // S
        last_held = 2 * FLAPS_MAX - 1
        rest: list[Verdict | None] = [None] * settled
        assert run(subject, rest, start=2 * FLAPS_MAX + 1) == [(last_held + settled, "-")]

    def test_what_else_ends_meanwhile_does_not_matter(self) -> None:
        subject = book()
        for start in range(1, 8 * FLAPS_MAX, 8):
            run(subject, [H, None], start=start)
            run(subject, [H, None], start=start + 2, rule="other")
        assert [alert.flapping for alert in subject.firing] == [True, True]

    def test_the_same_slowly_is_no_flapping(self) -> None:
        subject = book()
        for start in range(1, 4 * 201, 201):
            assert run(subject, [H, None], start=start) == [(start, "+"), (start + 1, "-")]
        assert subject.counters["alerts_flapping"] == 0

    def test_what_is_remembered_of_the_past_is_bounded(self) -> None:
        subject = book()
        many = [finding(rule=f"r{n}", cooldown_ns=10**6 * S) for n in range(PAST_MAX + 5)]
        subject.update(1 * S, many)
        subject.update(2 * S, [])
        assert len(subject.kept.past) == PAST_MAX
        assert subject.counters["alerts_forgotten"] >= 5


class TestSteps:
    """It gets worse while it fires, never better."""

    STEPS = (Step("warning", "next_service"), Step("critical", "stop_now", 3 * S, "Stop at {value}"))

    def test_a_finding_says_so_and_it_stays(self) -> None:
        subject = book()
        [began] = subject.update(1 * S, [finding(steps=self.STEPS)])
        [worse] = subject.update(2 * S, [finding(step=2, steps=self.STEPS)])
        assert (began.severity, began.action, began.driver) == ("warning", "watch", "Hot")
        assert (worse.severity, worse.action, worse.driver) == ("critical", "stop_now", "Stop at 1")
        assert (worse.id, worse.is_worse, worse.quiet) == (began.id, True, False)
        assert subject.update(3 * S, [finding(steps=self.STEPS)]) == []
        [ended] = subject.update(4 * S, [])
        assert (ended.severity, ended.is_worse) == ("critical", False)
        assert subject.counters["alerts_worsened"] == 1

    def test_a_step_without_words_is_quiet_and_keeps_what_was_said(self) -> None:
        subject = book()
        subject.update(1 * S, [finding(steps=self.STEPS)])
        [worse] = subject.update(2 * S, [finding(step=1, steps=self.STEPS)])
        assert (worse.action, worse.quiet, worse.driver) == ("next_service", True, "Hot")

    def test_what_was_said_at_one_step_is_not_said_at_the_next(self) -> None:
        subject, steps = book(), (Step("warning", "watch", None, "One"), Step("critical", "stop_now"))
        said = [subject.update(tick * S, [finding(steps=steps, step=tick - 1)])[0] for tick in (1, 2, 3)]
        assert [(alert.driver, alert.quiet) for alert in said] == [("Hot", False), ("One", False), ("One", True)]

    def test_time_makes_it_worse_as_far_as_it_was_known_to_fire(self) -> None:
        assert run(book(), [H, H, L, H, H], steps=self.STEPS) == [(1, "+"), (4, "!")]
        assert run(book(), [H, U, U, U, H, H, H], steps=self.STEPS) == [(1, "+"), (7, "!")]
        subject = book()
        run(subject, [H], steps=self.STEPS)
        assert run(subject, [H, H, H, H], start=500, steps=self.STEPS) == [(503, "!")]

    def test_what_begins_badly_is_told_once_with_the_words_of_the_step(self) -> None:
        subject = book()
        [began] = subject.update(1 * S, [finding(step=2, steps=self.STEPS)])
        assert (began.severity, began.driver, began.is_worse) == ("critical", "Stop at 1", False)
        assert subject.update(2 * S, [finding(step=2, steps=self.STEPS)]) == []

    def test_a_step_that_the_concern_does_not_have_is_its_last(self) -> None:
        [began] = book().update(1 * S, [finding(step=9, steps=self.STEPS)])
        assert began.step == 2

    def test_words_for_which_nothing_is_known_do_not_stop_it(self) -> None:
        subject = book()
        bare = Finding(concern(steps=self.STEPS), H)
        assert subject.update(1 * S, [bare])[0].summary == "Coolant at ? ?"
        assert subject.update(2 * S, [replace(bare, step=2)])[0].driver == "Stop at ?"


class TestInhibition:
    """What another alert says already is not told."""

    LEAK = finding(rule="leak", inhibits=("hot",))

    def test_it_is_kept_and_told_with_its_true_start_when_the_other_one_ends(self) -> None:
        subject = book()
        assert [alert.concern.rule for alert in subject.update(1 * S, [finding(), self.LEAK])] == ["leak"]
        assert {alert.concern.rule for alert in subject.firing} == {"leak", "hot"}
        ended, began = subject.update(2 * S, [finding()])
        assert (ended.concern.rule, began.concern.rule, began.started, sign(began)) == ("leak", "hot", 1 * S, "+")
        assert subject.counters["alerts_inhibited"] == 1

    def test_what_begins_and_ends_meanwhile_is_never_told(self) -> None:
        subject = book()
        subject.update(1 * S, [self.LEAK])
        assert subject.update(2 * S, [self.LEAK, finding()]) == []
        assert subject.update(3 * S, [self.LEAK]) == []
        assert [alert.concern.rule for alert in subject.update(4 * S, [])] == ["leak"]

    def test_what_was_told_before_is_not_ended_by_it_but_by_its_own_end(self) -> None:
        subject, steps = book(), (Step("critical", "stop_now"),)
        subject.update(1 * S, [finding(steps=steps)])
        assert [alert.concern.rule for alert in subject.update(2 * S, [finding(steps=steps), self.LEAK])] == ["leak"]
        assert subject.update(3 * S, [finding(steps=steps, step=1), self.LEAK]) == [], "its steps are not told"
        [ended] = subject.update(4 * S, [self.LEAK])
        assert (ended.concern.rule, ended.severity) == ("hot", "critical")

    def test_a_step_that_was_not_told_is_told_afterwards(self) -> None:
        subject, steps = book(), (Step("critical", "stop_now"),)
        subject.update(1 * S, [finding(steps=steps)])
        subject.update(2 * S, [finding(steps=steps, step=1), self.LEAK])
        _, worse = subject.update(3 * S, [finding(steps=steps)])
        assert (sign(worse), worse.severity) == ("!", "critical")

    def test_of_two_that_inhibit_each_other_the_earlier_is_told(self) -> None:
        subject = book()
        one, other = finding(rule="a", inhibits=("b",)), finding(rule="b", inhibits=("a",))
        assert [alert.concern.rule for alert in subject.update(1 * S, [other])] == ["b"]
        assert subject.update(2 * S, [one, other]) == []
        assert [alert.concern.rule for alert in subject.update(3 * S, [one])] == ["b", "a"]

    def test_of_one_moment_the_graver_is_told_then_the_first_by_name(self) -> None:
        grave = replace(concern("b", inhibits=("a",)), severity="critical")
        one, other = finding(rule="a", inhibits=("b",)), Finding(grave, H, {}, FACTS)
        assert [alert.concern.rule for alert in book().update(1 * S, [one, other])] == ["b"]
        alike = finding(rule="b", inhibits=("a",))
        assert [alert.concern.rule for alert in book().update(1 * S, [alike, one])] == ["a"]

    def test_of_a_longer_ring_one_is_told(self) -> None:
        subject = book()
        ring = [finding(rule=rule, inhibits=(below,)) for rule, below in ("ab", "bc", "ca")]
        assert [alert.concern.rule for alert in subject.update(1 * S, ring)] == ["a"]

    def test_a_chain_is_told_by_its_head(self) -> None:
        chain = [finding(rule="a", inhibits=("b",)), finding(rule="b", inhibits=("c",)), finding(rule="c")]
        assert [alert.concern.rule for alert in book().update(1 * S, chain)] == ["a"]

    def test_a_rule_does_not_silence_itself(self) -> None:
        assert run(book(), [H], inhibits=("hot",)) == [(1, "+")]


class TestGaps:
    """What was not judged was not known to hold."""

    def test_a_silence_that_was_skipped_is_no_time_of_holding(self) -> None:
        subject = book()
        run(subject, [H, H], hold_s=5.0)
        assert run(subject, [H, H, H, H, H, H], start=100, hold_s=5.0) == [(105, "+")]
        assert subject.firing[0].since == 100 * S

    def test_it_neither_ends_nor_doubles_what_fires(self) -> None:
        subject = book()
        run(subject, [H])
        assert run(subject, [H, None], start=700) == [(701, "-")]

    def test_an_alert_never_ends_before_it_began(self) -> None:
        subject = book()
        [began] = subject.update(1000 * S, [finding()])
        [ended] = subject.update(5 * S, [])
        assert ended.ended == began.started

    def test_without_a_grid_nothing_is_missing_between_ticks(self) -> None:
        subject = AlertBook("car")
        subject.update(1 * S, [finding(hold_s=60.0)])
        assert len(subject.update(61 * S, [finding(hold_s=60.0)])) == 1


class TestWhatItCarries:
    """The vehicle as it was when the alert began."""

    def test_the_scene_is_looked_at_once_when_it_begins(self) -> None:
        looks: list[int] = []

        def look() -> Scene:
            looks.append(1)
            return Scene({"Vehicle.Speed": 50.0}, 1.0, 2.0, "f" * 32)

        subject = book()
        subject.update(1 * S, [], look)
        [began] = subject.update(2 * S, [replace(finding(), span_ns=30 * S)], look)
        subject.update(3 * S, [finding()], look)
        [ended] = subject.update(4 * S, [], look)
        assert looks == [1]
        assert ended.scene == began.scene == Scene({"Vehicle.Speed": 50.0}, 1.0, 2.0, "f" * 32)

    def test_the_window_is_what_the_condition_looks_at_and_for(self) -> None:
        subject = book()
        subject.update(1 * S, [replace(finding(hold_s=1.0), span_ns=30 * S)])
        [began] = subject.update(2 * S, [replace(finding(hold_s=1.0), span_ns=30 * S)])
        assert began.window_ns == 31 * S


class TestRestart:
    """It goes on as if there had been none."""

    def test_what_fires_is_taken_up_again(self) -> None:
        before, after = book(), book()
        [began] = before.update(1 * S, [finding()])
        after.restore(unpack_alerts(pack_alerts(before.kept)))
        assert after.update(2 * S, [finding()]) == [], "it does not fire twice"
        [ended] = after.update(3 * S, [])
        assert ended.id == began.id

    def test_a_cool_down_goes_on(self) -> None:
        before, after = book(), book()
        run(before, [H, None], cooldown_ns=9 * S)
        after.restore(unpack_alerts(pack_alerts(before.kept)))
        assert run(after, [H] * 9, start=3, cooldown_ns=9 * S) == [(11, "+")]

    def test_what_an_earlier_version_kept_is_read(self) -> None:
        [began] = book().update(1 * S, [finding()])
        old = {name: getattr(began, name) for name in ("id", "since", "started", "summary", "advice", "driver")}
        names = ("rule", "component", "severity", "action", "summary", "advice", "driver", "for_ns")
        concern_then = {name: asdict(began.concern)[name] for name in names}
        packed = json.dumps([{**old, "values": {"Vehicle.X": 1.0}, "concern": concern_then}]).encode()
        after = book()
        after.restore(unpack_alerts(packed))
        assert after.update(9 * S, [finding()]) == []
        [ended] = after.update(10 * S, [])
        assert ended == replace(began, ended=10 * S)
