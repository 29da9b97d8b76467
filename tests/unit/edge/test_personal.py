"""What says where or how somebody drives, and what does not."""

import pytest

from edge.catalogue import CATALOGUE
from edge.personal import is_personal, is_place, without_personal

PERSONAL = [
    "Vehicle.Speed",
    "Vehicle.CurrentLocation.Latitude",
    "Vehicle.CurrentLocation.Heading",
    "Vehicle.Acceleration.Lateral",
    "Vehicle.Telltale.Box.Acceleration.X",
    "Vehicle.Telltale.Box.Vibration",
    "Vehicle.AngularVelocity.Yaw",
    "Vehicle.Chassis.Accelerator.PedalPosition",
    "Vehicle.Chassis.Brake.PedalPosition",
    "Vehicle.Chassis.SteeringWheel.Angle",
    "Vehicle.Powertrain.CombustionEngine.Speed",
    "Vehicle.Powertrain.Transmission.CurrentGear",
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed",
    "Vehicle.OBD.EngineLoad",
    "dbc.GPS.Latitude",
]
NOT = [
    "Vehicle.TraveledDistance",
    "Vehicle.Telltale.Supply.CrankDrop",
    "Vehicle.Telltale.Supply.CrankMinimum",
    "Vehicle.LowVoltageBattery.CurrentVoltage",
    "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature",
    "Vehicle.Powertrain.CombustionEngine.EngineHours",
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure",
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Brake.IsBrakesWorn",
    "Vehicle.Powertrain.FuelSystem.RelativeLevel",
    "Vehicle.Exterior.AirTemperature",
]


@pytest.mark.parametrize("path", PERSONAL)
def test_where_and_how_is_driven_is_personal(path: str) -> None:
    assert is_personal(path)


@pytest.mark.parametrize("path", NOT)
def test_wear_faults_and_the_odometer_are_not(path: str) -> None:
    assert not is_personal(path)


def test_a_place_is_personal() -> None:
    assert all(is_personal(path) for path in CATALOGUE if is_place(path))


def test_values_lose_what_is_personal_also_inside_an_expression() -> None:
    values = {
        "Vehicle.Speed": 50.0,
        "avg_over_time(Vehicle.Speed[30s])": 48.0,
        "max_over_time(Vehicle.LowVoltageBattery.CurrentVoltage[60s])": 12.1,
        "Vehicle.TraveledDistance": 7.0,
    }
    assert set(without_personal(values)) == {
        "max_over_time(Vehicle.LowVoltageBattery.CurrentVoltage[60s])",
        "Vehicle.TraveledDistance",
    }
