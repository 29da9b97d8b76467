"""A vehicle is learned once in each season: what nobody knows is not judged, teaches, and is judged from then on."""

from functools import cache
from typing import Final

import numpy as np
import pytest

from edge.detect.sensors.commissioning import Commissioning, Hours, Stage
from edge.detect.sensors.expectation import Regressors
from edge.detect.sensors.memory import packed, unpacked
from edge.detect.sensors.seasons import AWAY_S, SEASONS_MAX, Judges, Said, Seasons
from edge.detect.sensors.watch import Watch
from edge.errors import ModelError
from tests.unit.edge.sensors.test_commissioning import MODEL, TRAINED, no_answers
from tests.unit.edge.sensors.world import COOLANT, PRESSURE, ROAD, SPEED, Float64s, drive, told, with_surroundings

pytestmark = pytest.mark.xdist_group("seasons")
PLAN: Final = with_surroundings()
HOURS: Final = Hours(looking=0.1, fitting=0.35, scaling=0.35, measuring=0.7)
MARGIN: Final = 1.3
HEAT: Final = np.array([0.0, 150.0, 0.0, 40.0])
"""Of pressure and coolant, which tell of the surroundings here: far beyond all that an ordinary drive shows."""


def begun() -> Commissioning:
    """Of a season that nothing is known of."""
    return Commissioning(PLAN, Regressors(4), TRAINED)


def judges(seasons: Seasons) -> Judges:
    """Of one trip."""
    return Judges(PLAN, seasons.armed, [one.limits(0.1, PLAN, MARGIN) for one in seasons.armed])


def drives(seasons: Seasons, rows: Float64s, healthy: Float64s | None = None) -> list[Said]:
    """One trip as a box takes it; `healthy`: what experts know it by."""
    watch = Watch(PLAN, TRAINED, Regressors(4), no_answers)
    seasons.begin_trip()
    judging = judges(seasons) if seasons.armed else None
    every = []
    for row, answers in zip(rows, told(rows if healthy is None else healthy), strict=True):
        seen = watch.step(row, answers)
        said = judging.step(watch, seen) if judging else None
        every += [said] if said else []
        if said is None or said.teaches:
            seasons.teach(watch, seen)
        else:
            seasons.pause()
    return every


def strongest(every: list[Said]) -> Float64s:
    """(channels,), in shares of limits."""
    return np.asarray(np.array([said.strength.max(axis=0) for said in every]).max(axis=0), np.float64)


@cache
def kept(seasons: int) -> bytes:
    """What a vehicle is known by that has met so many seasons; each is further from the first."""
    whole = Seasons(begun, HOURS, unpacked(kept(seasons - 1), begun, MODEL) if seasons > 1 else ())
    seed = 100 * seasons
    while len(whole.armed) < seasons:
        drives(whole, drive(1800, seed=seed) + (seasons - 1) * HEAT)
        seed += 1
        assert seed < 100 * seasons + 20
    assert seed > 100 * seasons + 2, "none is learned in less"
    return packed(whole.all, MODEL)


def knowing(seasons: int) -> Seasons:
    """Of a vehicle that has met so many."""
    return Seasons(begun, HOURS, unpacked(kept(seasons), begun, MODEL))


def test_in_surroundings_that_it_never_saw_nobody_is_judged_and_they_teach() -> None:
    seasons = knowing(1)
    rows = drive(2000, seed=300) + HEAT
    rows[1000:, SPEED] += 900.0
    said = drives(seasons, rows)
    assert not any(one.moment.judged.any() for one in said[5:])
    assert strongest(said).max() < 1.0
    assert [one.stage for one in seasons.all] == [Stage.ARMED, Stage.SCALING]


def test_once_it_is_learned_it_is_judged_there_and_where_it_was_before() -> None:
    seasons = knowing(2)
    for moves, number in ((HEAT, 1), (0.0 * HEAT, 0)):
        healthy = drive(3000, seed=301) + moves
        said = drives(seasons, healthy)
        assert {int(one.season) for one in said[5:]} == {number}
        assert strongest(said).max() < 1.0
        rows = healthy.copy()
        rows[1500:, SPEED] += 1800.0
        assert strongest(drives(seasons, rows, healthy))[SPEED] > 1.0
    assert len(seasons.all) == 2, "what is known teaches nothing"


def test_cold_starts_of_a_season_that_is_being_learned_teach_as_well() -> None:
    seasons = knowing(1)
    drives(seasons, drive(400, seed=305) + HEAT)
    before = seasons.all[1].seconds
    drives(seasons, drive(200, seed=306) + HEAT)
    assert seasons.all[1].seconds > before, "nobody waits any more"


def test_a_broken_sensor_is_no_season() -> None:
    seasons = knowing(1)
    healthy = drive(3000, seed=302)
    rows = healthy.copy()
    rows[:, PRESSURE] += HEAT[PRESSURE]
    said = drives(seasons, rows, healthy)
    assert strongest(said)[PRESSURE] > 1.0
    assert not any(one.moment.judged[ROAD] or one.moment.judged[COOLANT] for one in said[5:]), (
        "it tells nothing of them"
    )
    assert len(seasons.all) == 1, "until it contradicted it did not last"


def test_what_is_strange_for_a_while_is_no_season() -> None:
    seasons = knowing(1)
    rows = drive(2000, seed=303)
    rows[500 : 500 + AWAY_S] += HEAT
    drives(seasons, rows)
    assert len(seasons.all) == 1
    rows[500 : 520 + AWAY_S] = drive(20 + AWAY_S, seed=304) + HEAT
    drives(seasons, rows)
    assert len(seasons.all) == 2


def errors_beyond(seasons: Seasons, *, pressure: float, coolant: float) -> Float64s:
    """(channels,) at the end of a drive on which these are so many spreads beyond all that was seen."""
    learned = seasons.armed[0]
    rows = drive(1000, seed=203)
    for channel, beyond in ((PRESSURE, pressure), (COOLANT, coolant)):
        if beyond:
            rows[:, channel] = learned.places.high[channel] + beyond * learned.scales.spread[channel]
    last = drives(seasons, rows)[-1].moment
    assert last.judged.all()
    return last.error


def test_by_few_of_the_others_nobody_is_judged() -> None:
    seasons = knowing(1)
    rows = drive(1000, seed=204)
    rows[500:, PRESSURE] = np.nan
    judged = drives(seasons, rows)[-1].moment.judged
    assert judged.tolist() == [False, True, False, False], "two of three others are too few"


def test_in_slightly_other_surroundings_errors_may_be_larger() -> None:
    seasons = knowing(1)
    usual = errors_beyond(seasons, pressure=0.0, coolant=0.0)
    little = errors_beyond(seasons, pressure=0.0, coolant=1.0)
    more = errors_beyond(seasons, pressure=0.0, coolant=2.0)
    assert more[SPEED] > little[SPEED] > 1.2 * usual[SPEED]


def test_of_the_surroundings_one_that_others_confirm_is_no_contradiction() -> None:
    seasons = knowing(1)
    alone = errors_beyond(seasons, pressure=0.0, coolant=2.0)
    confirmed = errors_beyond(seasons, pressure=0.7, coolant=2.0)
    assert confirmed[COOLANT] > 2.0 * alone[COOLANT], "little else tells of it"
    against = errors_beyond(seasons, pressure=-5.0, coolant=2.0)
    assert against[COOLANT] < 1.5 * alone[COOLANT]


def test_seasons_outlive_a_restart_while_one_is_being_learned_too() -> None:
    seasons = knowing(2)
    drives(seasons, drive(1000, seed=310) - HEAT)
    again = Seasons(begun, HOURS, unpacked(packed(seasons.all, MODEL), begun, MODEL))
    assert [(one.stage, one.seconds) for one in again.all] == [(one.stage, one.seconds) for one in seasons.all]
    assert len(again.all) == 3
    rows = drive(1500, seed=311) + HEAT
    for one, other in zip(drives(again, rows), drives(seasons, rows), strict=True):
        np.testing.assert_allclose(one.strength, other.strength, rtol=0.02, atol=1e-3)
    with pytest.raises(ModelError, match="another version"):
        unpacked(packed(seasons.all, MODEL), begun, "1" * 64)


def test_memory_of_several_seasons_may_be_wrong_at_every_byte() -> None:
    seasons = knowing(1)
    drives(seasons, drive(300, seed=312) + HEAT)
    content = packed(seasons.all, MODEL)
    for place in range(0, len(content), 997):
        spoilt = bytearray(content)
        spoilt[place] ^= 0xFF
        with pytest.raises(ModelError, match="learned anew"):
            unpacked(bytes(spoilt), begun, MODEL)


def test_there_are_no_more_seasons_than_are_kept() -> None:
    seasons = knowing(SEASONS_MAX)
    drives(seasons, drive(1000, seed=320) - HEAT)
    assert [one.stage for one in seasons.all] == [Stage.ARMED] * SEASONS_MAX


def test_trips_side_by_side_are_each_judged_by_their_own_season() -> None:
    seasons = knowing(2)
    trips = [drive(600, seed=330), drive(600, seed=331) + HEAT, drive(600, seed=332) - HEAT]
    alone = [drives(Seasons(begun, HOURS, seasons.all[:2]), rows) for rows in trips]
    watch = Watch(PLAN, TRAINED, Regressors(4), no_answers, (3,))
    beside = Judges(PLAN, seasons.armed, [one.limits(0.1, PLAN, MARGIN) for one in seasons.armed], (3,))
    rows, answers = np.stack(trips, axis=1), np.stack([told(one) for one in trips], axis=1)
    for second in range(600):
        said = beside.step(watch, watch.step(rows[second], answers[second]))
        for number in range(3):
            one = alone[number][second]
            assert (said.season[number], said.teaches[number]) == (one.season, one.teaches)
            np.testing.assert_allclose(said.strength[number], one.strength, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(said.moment.expected[number], one.moment.expected)
