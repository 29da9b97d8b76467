"""Real drives as tables, each with a column map: run to the end, every cell accounted for, no alert on healthy cars."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.programs import run

MAPS: Final = Path(__file__).parent / "maps"


@dataclass(frozen=True)
class Car:
    """What is in a table."""

    file: str
    column_map: str
    counted: dict[str, int]
    trips: int


SEAT = Car(
    "seat-leon-2017.parquet",
    "seat-leon.toml",
    {
        "rows": 1_189_224, "frames": 11_866_937, "empty_cell": 1710, "sentinel": 23_593, "trips": 38,
        "time_backward": 18,
    },
    trips=40,
)  # fmt: skip
TOYOTA = Car(
    "toyota-etios.parquet",
    "toyota-etios.toml",
    {"rows": 209_286, "frames": 5_434_554, "empty_cell": 6882, "trips": 99},
    trips=99,
)


@pytest.mark.parametrize("car", [SEAT, TOYOTA], ids=lambda car: car.column_map)
def test_real_drives_run_to_the_end_with_every_cell_accounted_for(car: Car, shared: Path, tmp_path: Path) -> None:
    table = shared / "data" / "obd" / car.file
    config = tmp_path / "edge.toml"
    config.write_text(
        f'[[bus]]\nname = "obd"\nsource = "table:{table}?map={MAPS / car.column_map}"\nspeed = "max"\n'
        '[detect]\nrules = ["car"]\n[judging]\ngrid_ms = 1000\n[cab]\nvoice = "none"\n'
    )
    report, alerts = tmp_path / "report.json", tmp_path / "alerts.jsonl"
    ended = run("telltale-edge", "run", "--config", config, "--alerts-out", alerts, "--report", report)
    assert ended.status == 0, ended.err
    told = json.loads(report.read_text())
    assert {name: count for name, count in told["sources"]["obd"].items() if count} == car.counted
    columns = (car.counted["frames"] + car.counted["empty_cell"] + car.counted.get("sentinel", 0)) / car.counted["rows"]
    assert columns == int(columns), "every cell is a frame, empty, or stands for nothing"
    assert told["trips"] == car.trips
    assert alerts.read_text() == ""


def test_the_valves_of_a_test_bed_are_a_table_too(shared: Path, tmp_path: Path) -> None:
    (column_map := tmp_path / "skab.toml").write_text(
        '[time]\ncolumn = "datetime"\nformat = "iso"\n[trip]\ncolumn = "file"\n'
        + "".join(
            f'[[column]]\nname = "{name}"\npath = "Vehicle.Telltale.Bed.{name.split(" ")[0]}"\nunit = "{unit}"\n'
            for name, unit in {
                "Accelerometer1RMS": "m/s^2", "Accelerometer2RMS": "m/s^2", "Current": "A", "Pressure": "bar",
                "Temperature": "degC", "Voltage": "V", "Volume Flow RateRMS": "l/min", "anomaly": "",
            }.items()
        )
    )  # fmt: skip
    table = shared / "data" / "ml" / "skab-valves.parquet"
    out = tmp_path / "rows.parquet"
    ended = run("telltale-edge", "decode", f"table:{table}?map={column_map}", "--out", out)
    assert ended.status == 0, ended.err
    told = dict(line.split() for line in ended.out.splitlines() if line.startswith("table_"))
    assert told["table_rows"] == "31,877"
    assert told["table_bad_cell"] == told["table_no_time"] == "0"
    assert "left out 'Thermocouple', 'changepoint': skab.toml does not name them" in ended.out
