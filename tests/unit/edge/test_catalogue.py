"""The catalogue: every path and unit as the published VSS list has it."""

import csv
from pathlib import Path

from edge.catalogue import CATALOGUE, info
from edge.heavy import AXLES, LAMPS, heavy_vehicles


def test_every_path_is_a_leaf_of_vss_6_with_its_unit(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open() as lines:
        units = {row["path"]: row["unit"] for row in csv.DictReader(lines)}
    ours = {path: known.unit for path, known in CATALOGUE.items() if not path.startswith("Vehicle.Telltale.")}
    assert ours == {path: units.get(path, "not in the list") for path in ours}


def test_every_range_and_period_makes_sense() -> None:
    for path, known in CATALOGUE.items():
        assert known.path == path
        assert known.low < known.high, path
        assert 0 < known.period_s <= 60, path


def test_what_only_a_vehicles_own_database_names_is_not_in_it() -> None:
    assert info("dbc.Engine.Speed") is None


def test_no_name_of_heavy_vehicles_stands_twice() -> None:
    names = [row[0] for row in heavy_vehicles()]
    assert len(set(names)) == len(names)
    assert set(names) <= set(CATALOGUE)


def test_each_tyre_of_each_axle_has_one_name() -> None:
    for row in AXLES:
        ours = f"Vehicle.Telltale.Axle.Row{row}.Wheel"
        vss = f"Vehicle.Chassis.Axle.Row{row}.Wheel"
        for side in ("Left", "Right"):
            assert info(f"{ours}.{side}Inner.Tire.Pressure")
            outer = [path for path in (f"{ours}.{side}.Tire.Pressure", f"{vss}.{side}.Tire.Pressure") if info(path)]
            assert outer == [f"{vss if row <= 2 else ours}.{side}.Tire.Pressure"]


def test_what_vss_does_not_name_is_called_vehicle_telltale(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open() as lines:
        listed = {row["path"] for row in csv.DictReader(lines)}
    assert all((path in listed) != path.startswith("Vehicle.Telltale.") for path in CATALOGUE)
    assert len(LAMPS) == len(set(LAMPS)) == 60
