"""Whether a claim fits what the vehicle told: every answer with its numbers, and none where nothing is known."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.scheduling.model import Place
from cloud.warranty.checks import (
    NEAR_KM,
    SYMPTOM_FOR,
    Driven,
    Finding,
    OdometerReading,
    Sighting,
    Symptom,
    Visit,
    check_mileage,
    check_place,
    check_symptom,
    distance_km,
)
from tests.unit.cloud.vehicle import T0
from tests.unit.cloud.workshop import BERLIN, POTSDAM

NOTHING = Driven(0, 0.0, 0)
HOUR = timedelta(hours=1)
VISIT = Visit("Workshop Mitte", BERLIN, T0, T0 + 4 * HOUR)
MUNICH = Place(48.137, 11.575)
"""504 km from there: four hours at the least."""


def reading(hours: float, km: float) -> OdometerReading:
    return OdometerReading(T0 + hours * HOUR, km)


@pytest.mark.parametrize(
    ("claimed_km", "readings", "finding"),
    [
        (10_000, [reading(-1, 9_990)], Finding.PLAUSIBLE),
        (10_000, [reading(-1, 9_990), reading(1, 10_020)], Finding.PLAUSIBLE),
        (10_000, [reading(1, 10_020)], Finding.PLAUSIBLE),
        (9_000, [reading(-1, 9_990)], Finding.IMPLAUSIBLE),
        (11_000, [reading(1, 10_020)], Finding.IMPLAUSIBLE),
        (10_180, [reading(1, 10_020)], Finding.IMPLAUSIBLE),
        (9_850, [reading(1, 10_020)], Finding.PLAUSIBLE),
        (9_830, [reading(1, 10_020)], Finding.IMPLAUSIBLE),
        (20_000, [reading(-1, 9_990)], Finding.IMPLAUSIBLE),
        (20_000, [reading(-24 * 6, 9_990)], Finding.PLAUSIBLE),
        (9_890, [reading(0, 9_990)], Finding.IMPLAUSIBLE),
        (9_892, [reading(0, 9_990)], Finding.PLAUSIBLE),
        (900, [reading(0, 950)], Finding.PLAUSIBLE),
        (899, [reading(0, 950)], Finding.IMPLAUSIBLE),
    ],
)
def test_mileage_against_the_vehicle_s_own_odometer(
    claimed_km: float, readings: list[OdometerReading], finding: Finding
) -> None:
    check = check_mileage(claimed_km, T0, readings, NOTHING)
    assert (check.finding, len(check.sources)) == (finding, len(readings))
    assert f"{claimed_km:.0f} km are claimed" in check.reason


@pytest.mark.parametrize(
    ("driven", "finding"),
    [
        (NOTHING, Finding.CANNOT_BE_CHECKED),
        (Driven(0, 0.0, 7), Finding.CANNOT_BE_CHECKED),
        (Driven(3, 200.0, 0), Finding.CANNOT_BE_CHECKED),
        (Driven(300, 9_000.0, 2), Finding.PLAUSIBLE),
        (Driven(300, 10_100.0, 2), Finding.PLAUSIBLE),
        (Driven(300, 10_101.0, 2), Finding.IMPLAUSIBLE),
    ],
)
def test_mileage_against_its_trips_where_it_tells_no_odometer(driven: Driven, finding: Finding) -> None:
    assert check_mileage(10_000, T0, [], driven).finding is finding


def test_a_claim_without_an_odometer_cannot_be_checked() -> None:
    assert check_mileage(None, T0, [reading(0, 5)], NOTHING).finding is Finding.CANNOT_BE_CHECKED


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e4))
def test_what_the_odometer_shows_is_plausible(km: float, earlier_h: float, run_km: float) -> None:
    """However long ago it was read, as long as nobody drives faster than anybody can."""
    before = reading(-earlier_h, max(0.0, km - min(run_km, earlier_h * 80)))
    assert check_mileage(km, T0, [before, reading(1, km)], NOTHING).finding is Finding.PLAUSIBLE


def symptom(at: datetime, kind: str = "alert", name: str = "coolant_hot") -> Symptom:
    return Symptom(kind, name, at, f"{kind} {name}")


@pytest.mark.parametrize(
    ("symptoms", "heard_from", "finding", "says_so"),
    [
        ([symptom(T0)], T0, Finding.PLAUSIBLE, "alert coolant_hot 0 min before"),
        ([symptom(T0 - 3 * HOUR), symptom(T0)], T0, Finding.PLAUSIBLE, "3 h before the failure, and 1 more"),
        ([symptom(T0 - SYMPTOM_FOR)], None, Finding.PLAUSIBLE, "90 days before"),
        ([symptom(T0 - SYMPTOM_FOR - HOUR)], T0 - 99 * HOUR, Finding.IMPLAUSIBLE, "No alert, code or indicator"),
        ([symptom(T0 + HOUR)], T0 - HOUR, Finding.IMPLAUSIBLE, "No alert, code or indicator"),
        ([], T0 - HOUR, Finding.IMPLAUSIBLE, "of cooling in the 90 days"),
        ([], None, Finding.CANNOT_BE_CHECKED, "not heard before the failure"),
        ([], T0 + HOUR, Finding.CANNOT_BE_CHECKED, "not heard before the failure"),
    ],
)
def test_whether_anything_spoke_of_it_before(
    symptoms: list[Symptom], heard_from: datetime | None, finding: Finding, says_so: str
) -> None:
    check = check_symptom("cooling", T0, symptoms, heard_from)
    assert (check.finding, says_so in check.reason) == (finding, True), check.reason


def test_of_what_came_at_once_the_alert_is_named() -> None:
    both = [symptom(T0, "indicator", "(hot)"), symptom(T0, "code", "P0217"), symptom(T0)]
    assert check_symptom("cooling", T0, both, T0).reason.startswith("alert coolant_hot")


def seen(hours: float, place: Place, accuracy_m: float | None = None) -> Sighting:
    return Sighting(T0 + hours * HOUR, place, accuracy_m)


@pytest.mark.parametrize(
    ("sightings", "finding"),
    [
        ([], Finding.CANNOT_BE_CHECKED),
        ([seen(-13, BERLIN), seen(17, BERLIN)], Finding.CANNOT_BE_CHECKED),
        ([seen(-12, BERLIN)], Finding.PLAUSIBLE),
        ([seen(16, BERLIN)], Finding.PLAUSIBLE),
        # Elsewhere before or after: it may have come and gone, unless nobody is that fast.
        ([seen(-1, POTSDAM), seen(5, POTSDAM)], Finding.CANNOT_BE_CHECKED),
        ([seen(-0.1, POTSDAM)], Finding.IMPLAUSIBLE),
        ([seen(4.1, POTSDAM)], Finding.IMPLAUSIBLE),
        ([seen(-3, MUNICH)], Finding.IMPLAUSIBLE),
        ([seen(-5, MUNICH), seen(9, MUNICH)], Finding.CANNOT_BE_CHECKED),
        ([seen(-5, MUNICH), seen(7, MUNICH)], Finding.IMPLAUSIBLE),
        ([seen(-3, MUNICH), seen(0, BERLIN)], Finding.PLAUSIBLE),
        ([seen(1, POTSDAM, 30_000.0)], Finding.PLAUSIBLE),  # a receiver that knows next to nothing
        ([seen(-0.1, POTSDAM, 20_000.0)], Finding.CANNOT_BE_CHECKED),
        ([seen(0, BERLIN)], Finding.PLAUSIBLE),
        ([seen(0, POTSDAM), seen(1, BERLIN)], Finding.PLAUSIBLE),
        ([seen(1, POTSDAM)], Finding.IMPLAUSIBLE),
        ([seen(1, Place(52.53, 13.405))], Finding.IMPLAUSIBLE),
        ([seen(1, Place(52.53, 13.405), 200.0)], Finding.PLAUSIBLE),
    ],
)
def test_whether_it_was_there(sightings: list[Sighting], finding: Finding) -> None:
    assert check_place(VISIT, sightings).finding is finding


def test_where_a_workshop_was_that_is_gone_nobody_knows() -> None:
    check = check_place(Visit("mitte", None, T0, T0), [seen(0, BERLIN)])
    assert (check.finding, "mitte" in check.reason) == (Finding.CANNOT_BE_CHECKED, True)


def test_a_known_distance() -> None:
    """Berlin to Potsdam, as a map has it: 27 km."""
    assert distance_km(BERLIN, POTSDAM) == pytest.approx(27.5, abs=0.5)
    assert distance_km(Place(52.53, 13.405), BERLIN) == pytest.approx(NEAR_KM + 0.11, abs=0.01)
