"""Real tables as drives to learn from: their hours, what is found to be wrong with them, and what is let alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from models.recipe import RECIPES
from models.sensors.drives import read_drives
from models.sensors.looking import look
from models.sensors.recipe import SensorsRecipe, load_sensors_recipe
from models.sensors.remarks import Defect, Fate
from models.sensors.training import Trip, kept_trips
from tests.recordings.test_tables import MAPS, SEAT, TOYOTA, Car

FROM_100_ON: Final = "high = 99.5"


@pytest.fixture(scope="module")
def recipe() -> SensorsRecipe:
    return load_sensors_recipe(RECIPES / "obd_sensors.toml")


def trips_of(recipe: SensorsRecipe, shared: Path, car: Car, column_map: Path) -> list[Trip]:
    """The drives of a car; of the Leon those alone that choices may be judged by."""
    trips = read_drives(f"table:{shared / 'data' / 'obd' / car.file}?map={column_map}", recipe.plan.paths)
    return trips[: first_kept_back(recipe)] if car is SEAT else trips


def first_kept_back(recipe: SensorsRecipe) -> int:
    """The number of the first drive that is kept for the end."""
    assert recipe.evaluation is not None
    return recipe.evaluation.test_from


def heard(trips: Sequence[Trip], recipe: SensorsRecipe) -> set[str]:
    """Channels that are in any drive."""
    known = ~np.isnan(np.concatenate([trip.rows for trip in trips])).all(axis=0)
    return {channel.name for channel, is_known in zip(recipe.plan.channels, known, strict=True) if is_known}


def test_the_etios_is_99_drives_of_sensible_hours_and_nothing_is_wrong_with_them(
    shared: Path, recipe: SensorsRecipe
) -> None:
    trips = trips_of(recipe, shared, TOYOTA, MAPS / TOYOTA.column_map)
    hours = [len(trip.rows) / 3600.0 for trip in trips]
    assert len(trips) == 99
    assert 28.0 < sum(hours) < 30.0
    assert 0.05 < min(hours) < max(hours) < 1.0
    assert {channel.name for channel in recipe.plan.channels} - heard(trips, recipe) == {
        "air_flow",
        "ambient_temperature",
    }
    looked = look(recipe.plan, trips)
    assert len(looked.trips) == 99
    assert {(one.channel, one.told) for one in looked.remarks} == {
        ("air_flow", "is in no drive"),
        ("ambient_temperature", "is in no drive"),
    }


def test_the_leons_drives_are_all_kept_though_its_logger_misread(
    shared: Path, recipe: SensorsRecipe, tmp_path: Path
) -> None:
    as_recorded = tmp_path / "as-recorded.toml"
    shipped = (MAPS / SEAT.column_map).read_text()
    assert FROM_100_ON in shipped
    as_recorded.write_text(shipped.replace(FROM_100_ON, "#"))
    trips = trips_of(recipe, shared, SEAT, as_recorded)
    (left_out,) = (trip for trip in trips if trip not in kept_trips(recipe, trips))
    assert left_out.name == "2017-07-13T18:01:01Z"
    assert 1.4 < len(left_out.rows) / 3600.0 < 1.6, "the drive that its recorder called a fault of the measurement"
    looked = look(recipe.plan, trips)
    assert len(looked.trips) == len(trips) == first_kept_back(recipe)
    assert {one.fate for one in looked.remarks} == {Fate.TOLD}
    misread = {one.channel: one.rows for one in looked.remarks if one.defect is Defect.MISREAD}
    assert max(misread, key=lambda channel: misread[channel]) == "intake_temperature"
    hot = sum(int((trip.rows[:, 4] >= 100.0).sum()) for trip in trips)
    assert misread["intake_temperature"] > hot > 500
    slow = [one for one in looked.remarks if one.defect is Defect.RATE]
    assert [one.drive for one in slow] == ["2017-07-26T16:49:53Z"]
