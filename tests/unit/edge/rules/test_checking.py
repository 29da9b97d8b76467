"""What an expression may say: every mistake with its place and what to do about it."""

import pytest

from edge.detect.rules.checking import Known, check_condition, check_number
from edge.detect.rules.syntax import DEPTH_MAX, TEXT_MAX, Wrong, parse, parse_duration, place

S = 1_000_000_000
KNOWN = Known({"dbc.M.volts": "V"})
TEMP = "Vehicle.Exterior.AirTemperature"


def checked(text: str) -> str:
    return str(check_condition(parse(text), KNOWN))


@pytest.mark.parametrize(
    ("text", "at", "problem", "remedy"),
    [
        ("", 0, "breaks off", ""),
        ("Vehicle.Speed >", 15, "breaks off", ""),
        ("Vehicle.Speed > 3 or", 20, "breaks off", ""),
        ("abs(", 4, "breaks off", ""),
        ("Vehicle.Speed = 3", 14, "'='", "Write =="),
        ("Vehicle.Speed > 3 & Vehicle.Speed < 5", 18, "'&'", "Write and"),
        ("1 < Vehicle.Speed < 3", 18, "a second <", "a < b and b < c"),
        ("Car.Speed > 3", 0, "'Car.Speed'", "Vehicle. or dbc."),
        ("max_over_time(Vehicle.Speed[30]) > 2", 28, "'30'", "[30s]"),
        ("max_over_time(Vehicle.Speed[3d]) > 2", 28, "longer than a day", ""),
        ("max_over_time(Vehicle.Speed[0s]) > 2", 28, "no time", "[30s]"),
        ("Vehicle.Speed > 1e999", 16, "too large", ""),
        ("Vehicle.Sped > 3", 0, "no signal Vehicle.Sped", "Did you mean Vehicle.Speed?"),
        ("Vehicle.Cabin.AirTemperature > 3", 0, "no signal", "Vehicle.Exterior.AirTemperature"),
        ("dbc.M.none > 3", 0, "no signal dbc.M.none", ""),
        ("Vehicle.Speed > 12 V", 14, "km/h beside V", "in km/h"),
        (f"Vehicle.Speed > {TEMP}", 14, "km/h beside Celsius", "in km/h"),
        (f"Vehicle.Speed + {TEMP} > 3", 14, "km/h beside Celsius", ""),
        ("Vehicle.Speed > 3 parsec", 16, "no unit", "km/h, Celsius"),
        ("Vehicle.Speed", 0, "not a condition", "Vehicle.Speed > 0.5"),
        ("Vehicle.Speed > 3 and Vehicle.Speed", 22, "not a condition", ""),
        ("not Vehicle.Speed", 4, "not a condition", ""),
        ("Vehicle.Speed[30s] > 3", 0, "many values", "avg_over_time(Vehicle.Speed[30s])"),
        (
            "avg_over_time(Vehicle.Speed) > 3",
            14,
            "a signal over a stretch of time",
            "avg_over_time(Vehicle.Speed[30s])",
        ),
        ("average(Vehicle.Speed[30s]) > 3", 0, "no function average", ""),
        ("avg_over_tim(Vehicle.Speed[30s]) > 3", 0, "no function", "avg_over_time?"),
        ("abs() > 3", 0, "abs takes a number", ""),
        ("abs(1, 2) > 3", 0, "abs takes a number", ""),
        ("quantile_over_time(2, Vehicle.Speed[30s]) > 3", 19, "from 0 to 1", ""),
        ("duration(Vehicle.Speed) > 3", 9, "a condition", ""),
        ("last(3) > 3", 5, "a signal", ""),
        ('state("flying")', 6, "does not take", "parked, starting, idling, driving, charging"),
        ('dtc("P03")', 4, "does not take", "P0301"),
        ("dtc(P0301)", 4, "'P0301'", ""),
        ('Vehicle.LowVoltageSystemState == "GONE"', 33, "never 'GONE'", "LOCK, OFF, ACC, ON"),
        ('Vehicle.Speed == "fast"', 17, "no values with names", "a number"),
        ('"ON" == "ON"', 0, "no values with names", ""),
        ("delta(Vehicle.Exterior.AirTemperature[60s]) > 9 °F", 44, "a difference", "in Celsius"),
    ],
)
def test_what_makes_no_sense_is_said_with_its_place(text: str, at: int, problem: str, remedy: str) -> None:
    with pytest.raises(Wrong) as caught:
        checked(text)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert caught.value.at == at


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Vehicle.Speed > 100 mph", "(Vehicle.Speed > 160.9344)"),
        ("100 mph < Vehicle.Speed", "(160.9344 < Vehicle.Speed)"),
        (f"{TEMP} > 212 °F", f"({TEMP} > 100)"),
        (f"{TEMP} > 12 Celsius", f"({TEMP} > 12 Celsius)"),
        ("Vehicle.OBD.EngineLoad > 80 %", "(Vehicle.OBD.EngineLoad > 80)"),
        ('Vehicle.LowVoltageSystemState == "ON"', "(Vehicle.LowVoltageSystemState == 4)"),
        ("dbc.M.volts > 12000 mV", "(dbc.M.volts > 12)"),
        (
            "Vehicle.OBD.EVAPVaporPressure > Vehicle.OBD.FuelPressure",
            "(Vehicle.OBD.EVAPVaporPressure > (Vehicle.OBD.FuelPressure * 1000))",
        ),
        ("Vehicle.Speed / Vehicle.OBD.FuelRate > 10", "((Vehicle.Speed / Vehicle.OBD.FuelRate) > 10)"),
        ("Vehicle.Speed / Vehicle.Tachograph > 1", None),
        ("max(Vehicle.Speed, 100 mph) > 3", "(max(Vehicle.Speed, 160.9344) > 3)"),
    ],
)  # fmt: skip
def test_numbers_are_turned_into_the_unit_of_the_signal(text: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(Wrong):
            checked(text)
    else:
        assert checked(text) == meant


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("Vehicle.Speed", "km/h"),
        ("rate(Vehicle.Speed[10s])", "km/h/s"),
        ("age(Vehicle.Speed)", "s"),
        ("Vehicle.Speed / Vehicle.Speed", ""),
        ("Vehicle.Speed * 2", "km/h"),
        ("changes(Vehicle.Speed[10s])", ""),
        ("3", None),
        ("3 V", "V"),
        ("max(1, Vehicle.Speed)", "km/h"),
    ],
)
def test_every_number_has_a_unit(text: str, unit: str | None) -> None:
    assert check_number(parse(text), KNOWN).unit == unit


def test_expressions_are_bounded() -> None:
    with pytest.raises(Wrong, match="characters"):
        parse("Vehicle.Speed > 1" + " " * TEXT_MAX)
    for text in (
        "(" * (DEPTH_MAX + 1) + "1" + ")" * (DEPTH_MAX + 1),
        "not " * 200 + "Vehicle.Speed > 1",
        "-" * 200 + "1",
    ):
        with pytest.raises(Wrong, match="nested"):
            parse(text)
    with pytest.raises(Wrong, match="chain"):
        parse(" or ".join(["1 > 2"] * 200))


def test_a_place_is_told_by_line_and_column() -> None:
    assert place("ab\ncd", 4) == (2, 2)
    assert place("ab", 0) == (1, 1)


@pytest.mark.parametrize(
    ("text", "ns"), [("500ms", S // 2), ("5s", 5 * S), ("1.5m", 90 * S), ("2h", 7200 * S), ("1d", 86_400 * S)]
)
def test_durations(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


@pytest.mark.parametrize("text", ["5", "5 parsecs", "", "25h", "-5s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"no duration|longer"):
        parse_duration(text)
