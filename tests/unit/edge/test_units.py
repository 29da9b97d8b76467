"""Units: exact factors, many spellings, nothing guessed; and what a mapping makes of them."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.catalogue import CATALOGUE
from edge.decode.database import Database, load_database
from edge.decode.layout import Fate
from edge.decode.units import TWO_MEANINGS, UNITS, between, unit_of
from edge.errors import ConfigError
from tests.unit.edge.databases import HEAD

SPELLED = st.sampled_from(sorted(UNITS))


def turned(one: str, other: str) -> tuple[float, float] | None:
    first, second = unit_of(one), unit_of(other)
    assert first is not None
    assert second is not None
    return between(first, second)


@pytest.mark.parametrize(
    ("one", "other", "factor", "offset"),
    [
        ("mph", "km/h", 1.609344, 0.0),
        ("kph", "km/h", 1.0, 0.0),
        ("m/s", "km/h", 3.6, 0.0),
        ("mile", "m", 1609.344, 0.0),
        ("in", "mm", 25.4, 0.0),
        ("°F", "Celsius", 5 / 9, -160 / 9),
        ("deg C", "Celsius", 1.0, 0.0),
        ("K", "Celsius", 1.0, -273.15),
        ("psi", "kPa", 6.894757293168361, 0.0),
        ("mbar", "hPa", 1.0, 0.0),
        ("bar", "kPa", 100.0, 0.0),
        ("MPa", "kPa", 1000.0, 0.0),
        ("lb", "kg", 0.45359237, 0.0),
        ("ft-lb", "Nm", 1.3558179483314003, 0.0),
        ("hp", "kW", 0.7456998715822702, 0.0),
        ("PS", "kW", 0.73549875, 0.0),
        ("mW", "W", 0.001, 0.0),
        ("MW", "kW", 1000.0, 0.0),
        ("kWh", "J", 3_600_000.0, 0.0),
        ("rad", "degrees", 57.29577951308232, 0.0),
        ("1/min", "rpm", 1.0, 0.0),
        ("rad/s", "rpm", 9.549296585513721, 0.0),
        ("kg/h", "g/s", 1 / 3.6, 0.0),
        ("%", "ratio", 0.01, 0.0),
        ("mV", "V", 0.001, 0.0),
        ("hours", "s", 3600.0, 0.0),
        ("m/s²", "m/s^2", 1.0, 0.0),
    ],
)
def test_factors_are_those_of_the_si_brochure_and_nist(one: str, other: str, factor: float, offset: float) -> None:
    assert turned(one, other) == pytest.approx((factor, offset), rel=1e-15)


def test_what_measures_different_things_does_not_turn_and_two_meanings_are_not_guessed() -> None:
    assert turned("km/h", "kPa") is None
    assert [text for text in (*TWO_MEANINGS, "furlong", "") if unit_of(text)] == []
    assert unit_of("Nm") != unit_of("nm"), "torque has a capital letter"


@given(SPELLED, SPELLED, st.floats(-1e6, 1e6))
def test_there_and_back_is_where_it_was(one: str, other: str, value: float) -> None:
    there, back = between(UNITS[one], UNITS[other]), between(UNITS[other], UNITS[one])
    assert (there is None) == (back is None) == (UNITS[one].kind != UNITS[other].kind)
    if there and back:
        held = value * there[0] + there[1]
        assert held * back[0] + back[1] == pytest.approx(value, rel=1e-9, abs=1e-6)


def test_every_unit_of_the_catalogue_is_known_by_the_name_that_vss_gives_it(shared: Path) -> None:
    with (shared / "data" / "vss" / "vss-6.0.csv").open() as lines:
        vss = {row["unit"] for row in csv.DictReader(lines)} - {"", "unit"}
    ours = {known.unit for known in CATALOGUE.values()} - {""}
    assert {text for text in ours if not (unit := unit_of(text)) or unit.name != text} == set()
    unknown = {text for text in vss if unit_of(text) is None}
    assert unknown == {"iso8601", "cpm", "bpm", "mm/h", "kWh/100km", "g/km", "l/100km"}


def written(folder: Path, unit: str, line: str) -> Database:
    file = folder / "car.dbc"
    file.write_text(f'{HEAD}BO_ 256 A: 8 X\n SG_ S : 0|16@1+ (0.5,0) [0|0] "{unit}" X\n', "utf-8")
    file.with_suffix(".vss.toml").write_text(f'[signals]\n"A.S" = {{ {line} }}\n', "utf-8")
    return load_database(file)


def converted(database: Database) -> tuple[float, float]:
    return float(database.tables.factor[0]), float(database.tables.shift_to[0])


SPEED, TEMPERATURE = 'path = "Vehicle.Speed"', 'path = "Vehicle.Exterior.AirTemperature"'


@pytest.mark.parametrize(
    ("unit", "line", "conversion"),
    [
        ("mph", SPEED, (1.609344, 0.0)),
        ("km/h", SPEED, (1.0, 0.0)),
        ("", SPEED, (1.0, 0.0)),
        ("mph", f"{SPEED}, factor = 1.609344", (1.609344, 0.0)),
        ("", f'{SPEED}, from_unit = "mph"', (1.609344, 0.0)),
        ("km/h", f'{SPEED}, from_unit = "m/s"', (3.6, 0.0)),
        ("F", TEMPERATURE, (5 / 9, -160 / 9)),
        ("%", 'path = "Vehicle.Telltale.Slip", unit = "percent", factor = -1, offset = 100', (-1.0, 100.0)),
        ("%", 'path = "Vehicle.Powertrain.CombustionEngine.Torque", factor = 26', (26.0, 0.0)),
    ],
)
def test_what_nobody_wrote_a_factor_for_converts_itself(
    tmp_path: Path, unit: str, line: str, conversion: tuple[float, float]
) -> None:
    database = written(tmp_path, unit, line)
    assert converted(database) == pytest.approx(conversion)
    assert database.remarks == ()


@pytest.mark.parametrize(
    ("unit", "line", "conversion", "reason"),
    [
        ("furlong/h", SPEED, (1.0, 0.0), "it is in 'furlong/h', Vehicle.Speed in 'km/h', 'furlong/h' is no unit"),
        ("kPa", SPEED, (1.0, 0.0), "they measure different things: it is taken as it stands"),
        ("gal", 'path = "Vehicle.Telltale.Tank", unit = "l"', (1.0, 0.0), "'gal' may be US or imperial gallons"),
        (
            "mph",
            f"{SPEED}, factor = 1.0",
            (1.0, 0.0),
            "makes x 1 +0 of it, its units ('mph' to 'km/h') say x 1.60934 +0",
        ),
        ("F", f"{TEMPERATURE}, factor = 0.5555555555", (0.5555555555, 0.0), "say x 0.555556 -17.7778"),
    ],
)
def test_what_is_doubtful_is_told(
    tmp_path: Path, unit: str, line: str, conversion: tuple[float, float], reason: str
) -> None:
    database = written(tmp_path, unit, line)
    assert converted(database) == conversion
    [remark] = database.remarks
    assert (remark.fate, remark.what) == (Fate.DOUBTFUL, "A.S")
    assert reason in remark.reason


def test_a_from_unit_that_nobody_knows_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="from_unit: 'gal' may be US or imperial gallons"):
        written(tmp_path, "", f'{SPEED}, from_unit = "gal"')
