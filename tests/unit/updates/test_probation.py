"""When a bundle on trial is kept, and when it is rolled back."""

from edge.updates.journal import Before, Runs, Trial
from edge.updates.probation import Probation, Verdict, Vitals
from tests.bundles import ID

BEFORE = Before(off=("detector.slow",), was_judging=True, was_acknowledged=True)


def trial(before: Before = BEFORE, **given: float) -> Trial:
    return Trial.model_validate(
        {"runs": Runs(slot="a", id=ID, name="x", version=1), "probation_s": 60, "alerts_max": 3, "before": before}
        | given
    )


def seen(at_s: float, **given: object) -> Vitals:
    well = {"judged_ago_s": 0.1, "is_acknowledged": True}
    return Vitals(at_s, **{**well, **given})  # type: ignore[arg-type]  # of the test


def ran(probation: Probation, seconds: int, **given: object) -> list[Verdict]:
    """Looked at once a second, until something comes of it."""
    verdicts: list[Verdict] = []
    for second in range(seconds + 1):
        verdicts.append(probation.look(seen(1000.0 + second, **given)))
        if verdicts[-1] is not Verdict.GOES_ON:
            break
    return verdicts


def test_what_runs_well_is_kept_at_the_end_and_not_before() -> None:
    verdicts = ran(Probation(trial()), 1000)
    assert verdicts == [Verdict.GOES_ON] * 60 + [Verdict.KEPT]


def test_a_flood_ends_it_at_once() -> None:
    probation = Probation(trial())
    assert probation.look(seen(0.0, alerts_began=3)) is Verdict.GOES_ON
    assert probation.look(seen(1.0, alerts_began=4)) is Verdict.ROLLED_BACK
    assert probation.why == "4 alerts began within 0 s, and 3 may"


def test_alerts_and_time_of_runs_that_ended_well_count() -> None:
    probation = Probation(trial(alerts=2, ran_s=50.0))
    assert len(ran(probation, 1000, alerts_began=1)) == 11
    assert Probation(trial(alerts=2)).look(seen(0.0, alerts_began=2)) is Verdict.ROLLED_BACK


def test_a_detector_that_is_off_and_was_not_before_ends_it_at_its_end() -> None:
    probation = Probation(trial())
    off = {"detector.slow": "takes 80 ms a tick", "detector.warm": "is 3 off the golden answers"}
    assert ran(probation, 1000, off=off) == [Verdict.GOES_ON] * 60 + [Verdict.ROLLED_BACK]
    assert probation.why == "detector.warm: is 3 off the golden answers"


def test_one_that_was_off_before_is_no_reason() -> None:
    assert ran(Probation(trial()), 1000, off={"detector.slow": "as ever"})[-1] is Verdict.KEPT


def test_a_bus_that_is_down_and_a_cloud_that_is_silent_are_waited_for_as_long_again() -> None:
    probation = Probation(trial())
    assert set(ran(probation, 100, off={"bus.can0": "no such device"})) == {Verdict.GOES_ON}
    assert probation.look(seen(1101.0)) is Verdict.KEPT
    probation = Probation(trial())
    verdicts = ran(probation, 1000, is_acknowledged=False)
    assert verdicts == [Verdict.GOES_ON] * 120 + [Verdict.ROLLED_BACK]
    assert "acknowledged nothing" in probation.why


def test_a_cloud_that_was_silent_before_is_not_waited_for() -> None:
    before = Before(was_judging=True)
    assert ran(Probation(trial(before)), 1000, is_acknowledged=False)[-1] is Verdict.KEPT


def test_frames_that_nobody_judges_end_it_at_its_end() -> None:
    probation = Probation(trial())
    verdicts = [probation.look(seen(float(second), judged_ago_s=float(second))) for second in range(61)]
    assert verdicts == [Verdict.GOES_ON] * 60 + [Verdict.ROLLED_BACK]
    assert "nothing was judged for 60 s" in probation.why


def test_while_the_buses_sleep_time_does_not_count_but_for_a_box_that_never_hears_any() -> None:
    assert set(ran(Probation(trial()), 500, judged_ago_s=None)) == {Verdict.GOES_ON}
    never = Before(was_acknowledged=True)
    assert ran(Probation(trial(never)), 500, judged_ago_s=None)[-1] is Verdict.KEPT


def test_a_box_that_slept_did_not_run() -> None:
    probation = Probation(trial())
    probation.look(seen(0.0))
    assert probation.look(seen(10_000.0)) is Verdict.GOES_ON
    assert probation.left_s == 55.0
