"""A database fits the traffic that was made from it, and no other: not even one with the very same ids."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.suggest.evidence import Test as Kind
from edge.suggest.fit import Fit, Verdict, fits, mixture, right
from edge.suggest.heard import HeardId
from edge.suggest.layouts import of_candidates
from edge.suggest.protocols import J1939
from edge.suggest.suggestion import Bus, suggest
from edge.suggest.weight import STANDARD, Chance, bits_of, id_bits, outcomes
from tests.unit.suggest.traffic import candidate_of, database_text, frames_of, heard_of, layout_of, one_id

IDS = [0x100 + 7 * n for n in range(12)]
SEEDS = st.integers(0, 10_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("databases")


def judged(folder: Path, layouts: dict[str, int], seed: int, count: int = 96) -> dict[str, Fit]:
    """Databases by name and seed, held against the traffic of that of the seed."""
    candidates = [
        candidate_of(folder, f"{name}.dbc", database_text(layout_of(one, IDS))) for name, one in layouts.items()
    ]
    heard = heard_of(frames_of(layout_of(seed, IDS), seed, count))
    found = fits(of_candidates(candidates), heard)
    return {one.file.stem: one for one in found}


@settings(max_examples=5)
@given(seed=SEEDS)
def test_its_own_traffic_fits_and_that_of_another_with_the_same_ids_does_not(folder: Path, seed: int) -> None:
    found = judged(folder, {"own": seed, "another": seed + 20_000}, seed)
    assert found["own"].verdict is Verdict.FITS, found["own"]
    assert found["own"].score >= 90
    assert found["own"].speak_for == len(IDS)
    assert found["own"].by_chance < len(IDS) / 2
    assert found["another"].verdict is Verdict.NOT, found["another"]
    assert found["another"].score <= 5


@settings(max_examples=3)
@given(seed=SEEDS)
def test_where_none_is_right_none_is_taken(folder: Path, seed: int) -> None:
    layouts = {f"other{n}": seed + 20_000 + n for n in range(4)}
    assert {one.verdict for one in judged(folder, layouts, seed).values()} == {Verdict.NOT}


def test_of_two_that_share_the_ids_each_right_for_half_both_are_taken(folder: Path) -> None:
    own, other = layout_of(1, IDS), layout_of(2, IDS)
    half = {one: (own if n % 2 else other)[one] for n, one in enumerate(IDS)}
    candidates = [
        candidate_of(folder, "half1.dbc", database_text(own)),
        candidate_of(folder, "half2.dbc", database_text(other)),
    ]
    bus = suggest("log", heard_of(frames_of(half, 3)), candidates).buses[0]
    assert {one.verdict for one in bus.fits} == {Verdict.IN_PART}
    assert [len(one.adds) for one in bus.chosen] == [6, 6]
    assert bus.explained == pytest.approx(1.0)
    assert bus.unknown == ()


def test_a_bus_of_its_own_database_is_judged_by_itself(folder: Path) -> None:
    own = candidate_of(folder, "own.dbc", database_text(layout_of(5, IDS)))
    heard = heard_of(frames_of(layout_of(5, IDS), 5))
    other = heard_of(frames_of(layout_of(6, IDS), 6))
    moved = [replace(one, bus="can1") for one in other]
    first, second = suggest("log", [*heard, *moved], [own]).buses
    assert (first.name, takes(first)) == ("can0", ["own.dbc"])
    assert (second.name, takes(second)) == ("can1", [])


def takes(bus: Bus) -> list[str]:
    return [one.fit.file.name for one in bus.chosen]


def test_a_few_frames_are_too_little_to_say(folder: Path) -> None:
    assert judged(folder, {"own": 7}, 7, count=9)["own"].verdict is Verdict.TOO_LITTLE
    assert judged(folder, {"own": 7}, 7, count=9)["own"].matches == ()


def test_the_same_recording_gives_the_same_answer(folder: Path) -> None:
    first, second = (judged(folder, {"own": 3, "another": 4}, 3) for _ in range(2))
    assert [(one.score, one.evidence) for one in first.values()] == [
        (one.score, one.evidence) for one in second.values()
    ]


def test_ids_whose_bits_never_change_say_next_to_nothing(folder: Path) -> None:
    own = candidate_of(folder, "still.dbc", database_text(layout_of(5, IDS)))
    frames = [one.__class__(one.time, one.id, bytes(8)) for one in frames_of(layout_of(5, IDS), 5)]
    (found,) = fits(of_candidates([own]), heard_of(frames))
    assert found.verdict is Verdict.TOO_LITTLE
    assert abs(found.evidence) < found.needed


@given(st.lists(st.floats(-20.0, 20.0), max_size=30))
def test_the_mixture_says_no_more_than_the_best_share_and_grows_with_each_message_for_it(weights: list[float]) -> None:
    given_ = np.array(weights)
    evidence, share = mixture(given_)
    assert 0.0 < share < 1.0
    assert evidence <= np.maximum(given_, 0.0).sum() + 1e-6
    assert evidence >= -len(weights) - 1.0
    more, larger = mixture(np.append(given_, 10.0))
    assert more > evidence
    assert larger > share - 1e-9
    assert ((right(given_, share) >= 0.0) & (right(given_, share) <= 1.0)).all()


def test_without_messages_the_mixture_says_nothing() -> None:
    assert mixture(np.zeros(0)) == pytest.approx((0.0, 0.5))


def test_bits_weigh_by_the_likelier_chance_and_a_silent_test_weighs_nothing() -> None:
    level = outcomes(np.array([[1.0, np.nan, 0.6, 0.0, np.nan, np.nan, np.nan, np.nan]]))[0]
    assert level.tolist() == [2, -1, 1, 0, -1, -1, -1, -1]
    seldom, often = np.full((len(Kind), 3), 0.05), np.full((len(Kind), 3), 0.9)
    assert bits_of(level, seldom, seldom)[Kind.LENGTH] == pytest.approx(np.log2(0.9 / 0.05))
    assert bits_of(level, seldom, often)[Kind.LENGTH] == pytest.approx(0.0)
    assert bits_of(level, seldom, often)[Kind.SELECTOR] == 0.0


def test_chance_of_few_trials_leans_on_that_of_all() -> None:
    overall = Chance.of(np.full((1000, len(Kind)), 2))
    assert overall.overall[0, 2] > 0.99
    none, some = overall.within(np.zeros((0, len(Kind)), np.intp)), overall.within(np.zeros((8, len(Kind)), np.intp))
    assert none[0, 2] == pytest.approx(overall.overall[0, 2])
    assert some[0, 2] == pytest.approx(overall.overall[0, 2] / 2)


def test_a_group_that_sae_assigned_weighs_where_j1939_is_spoken_and_a_makers_own_does_not(folder: Path) -> None:
    file = candidate_of(folder, "long.dbc", 'BO_ 2566834174 EEC1: 8 E\n SG_ A : 0|8@1+ (1,0) [0|0] "" E\n')
    message = file.messages[0]
    assert id_bits(message, long_id(message.id), ()) == pytest.approx(-np.log2(STANDARD))
    group = type(message)(message.name, 0x0CF00400, True, 8, message.signals, j1939=True)
    assert id_bits(group, long_id(0x0CF00400), {J1939}) == pytest.approx(-np.log2(STANDARD))
    assert id_bits(group, long_id(0x0CF00400), ()) == 0.0
    assert id_bits(group, long_id(0x18FF1203), {J1939}) == 0.0
    assert id_bits(group, long_id(0x18EF0003), {J1939}) == 0.0


def long_id(identifier: int) -> HeardId:
    return one_id([bytes(8)], identifier, extended=True)
