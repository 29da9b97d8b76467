"""Tables show what decoded frames of the same vehicle show, ten times a second and in VSS names."""

import numpy as np
import pytest

from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import NANOSECONDS
from edge.simulator.kinds import KINDS
from edge.simulator.simulation import Simulation
from edge.simulator.table import Rows, Tables

KINDS_OF_BUS = ("car", "ev", "truck")


def glued(parts: list[Rows]) -> Rows:
    return Rows(np.concatenate([part.time_s for part in parts]), np.concatenate([part.values for part in parts]))


@pytest.mark.parametrize("vehicle", KINDS_OF_BUS)
def test_rows_are_what_frames_say(vehicle: str) -> None:
    tables = Tables(vehicle=vehicle, seed=4, weather="mild")
    rows = tables.advance(100)
    decoder = Decoder([Binding(load_database(KINDS[vehicle].database))])
    samples = decoder.decode(Simulation(vehicle=vehicle, seed=4, weather="mild").advance(100 * NANOSECONDS))
    by_path = {signal.path: index for index, signal in enumerate(decoder.signals)}
    compared = 0
    for place, column in enumerate(tables.columns):
        mine = rows.values[rows.time_s > 20.0, place]
        theirs = samples.value[(samples.signal == by_path[column.name]) & (samples.time > 20 * NANOSECONDS)]
        if np.isnan(mine).any() or len(theirs) < 50 or "Counter" in column.name:
            continue
        spread = max(float(np.ptp(theirs)), float(np.ptp(mine)), 1e-6)
        share = 0.15 if len(np.unique(theirs)) > 4 else 0.5  # between two steps, noise decides which is shown
        assert abs(np.mean(mine) - np.mean(theirs)) <= share * spread + 1e-6, column.name
        compared += 1
    assert compared >= 30


@pytest.mark.parametrize("vehicle", KINDS_OF_BUS)
def test_the_same_seed_gives_the_same_rows_however_they_are_asked_for(vehicle: str) -> None:
    whole = Tables(vehicle=vehicle, seed=5).advance(95)
    pieces_of = Tables(vehicle=vehicle, seed=5)
    pieces = glued([pieces_of.advance(seconds) for seconds in (1, 40, 30, 24)])
    assert np.array_equal(whole.time_s, pieces.time_s)
    assert np.array_equal(whole.values, pieces.values, equal_nan=True)


def test_a_sleeping_vehicle_has_no_rows_and_a_sleeping_unit_no_values() -> None:
    tables = Tables(vehicle="car", seed=5, weather="mild")
    rows = tables.advance(20 * 60)
    gaps = np.diff(rows.time_s)
    assert gaps.max() > 30.0
    speed = next(place for place, column in enumerate(tables.columns) if column.name == "Vehicle.Speed")
    assert np.isnan(rows.values[:, speed]).any()
    assert not np.isnan(rows.values[:100, speed]).any()


def test_units_are_those_of_the_mapping() -> None:
    units = {column.name: column.unit for column in Tables(vehicle="car", seed=1).columns}
    assert units["Vehicle.TraveledDistance"] == "m"
    assert units["Vehicle.OBD.EVAPVaporPressure"] == "Pa"
    assert units["Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"] == "kPa"
