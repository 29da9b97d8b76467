"""The catalogue: every path and unit as the published VSS list has it."""

import csv
from pathlib import Path

from edge.catalogue import CATALOGUE, info


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
