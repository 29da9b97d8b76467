"""What the petrol car's control units put on the bus, as dbc/telltale-car.dbc describes it."""

from typing import Final

from edge.simulator.broadcast import COUNTER, Probe, Sender

WHEELS: Final = ("fl", "fr", "rl", "rr")


def _states(**signals: str) -> tuple[Probe, ...]:
    return tuple(Probe(signal, column, stepped=True) for signal, column in signals.items())


SENDERS: Final[tuple[Sender, ...]] = (
    Sender(
        "VehicleMotion",
        20,
        1_000,
        5.0,
        (
            Probe("VehicleSpeed", "speed_kmh", 0.04),
            Probe("LongitudinalAcceleration", "accel_mps2", 0.04),
            Probe("BrakePedal", "brake_percent", 0.2),
            Probe("MotionCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "WheelSpeeds",
        20,
        1_900,
        5.0,
        tuple(Probe(f"WheelSpeed{wheel.upper()}", f"wheel_{wheel}_kmh", 0.05) for wheel in WHEELS),
    ),
    Sender(
        "ChassisMotion",
        20,
        2_500,
        5.0,
        (
            Probe("SteeringAngle", "steering_deg", 0.4),
            Probe("LateralAcceleration", "lateral_mps2", 0.05),
            Probe("BrakePressure", "brake_bar", 0.15),
            Probe("ChassisCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "EngineData",
        20,
        3_200,
        10.0,
        (
            Probe("EngineSpeed", "rpm", 6.0),
            Probe("EngineTorque", "torque_nm", 0.8),
            Probe("AcceleratorPedal", "pedal_percent", 0.1),
            Probe("EngineRunning", "running", stepped=True),
            Probe("EngineCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "EngineAir",
        50,
        5_700,
        10.0,
        (
            Probe("MassAirFlow", "air_gps", 0.06),
            Probe("ManifoldPressure", "manifold_kpa", 0.4),
            Probe("ThrottlePosition", "throttle_percent", 0.1),
            Probe("EngineLoad", "load_percent", 0.4),
        ),
    ),
    Sender(
        "EngineMixture",
        50,
        6_300,
        10.0,
        (
            Probe("Lambda", "lambda", 0.002),
            Probe("RearO2Voltage", "o2_rear_v", 0.004),
            Probe("IgnitionAngle", "ignition_deg", 0.3),
            Probe("ClosedLoop", "closed_loop", stepped=True),
        ),
    ),
    Sender("TransmissionState", 100, 7_100, 5.0, _states(CurrentGear="gear", SelectorLever="lever")),
    Sender("TransmissionThermal", 1000, 73_300, 5.0, (Probe("GearboxOilTemp", "gearbox_c", 0.2),)),
    Sender("FuelConsumption", 100, 11_300, 10.0, (Probe("FuelRate", "fuel_lph", 0.02),)),
    Sender(
        "EngineFuel",
        100,
        12_600,
        10.0,
        (
            Probe("ShortTermTrim", "trim_short_percent"),
            Probe("LongTermTrim", "trim_long_percent"),
            Probe("RailPressure", "rail_kpa", 2.0),
            Probe("PurgeValve", "purge_percent"),
        ),
    ),
    Sender(
        "EngineHealth",
        100,
        12_900,
        10.0,
        (
            Probe("OilPressure", "oil_kpa", 3.0),
            Probe("Roughness", "roughness", 0.3),
            Probe("EngineIdleTarget", "idle_rpm", stepped=True),
        ),
    ),
    Sender(
        "MisfireCounts", 1000, 33_900, 10.0, _states(**{f"MisfiresCylinder{n}": f"misfires_{n}" for n in range(1, 5)})
    ),
    Sender(
        "ExhaustAndTank",
        1000,
        35_100,
        10.0,
        (
            Probe("CatalystTemp", "catalyst_c", 1.5),
            Probe("TankPressure", "tank_kpa", 0.01),
            Probe("EngineRunTime", "run_s"),
        ),
    ),
    Sender(
        "EngineThermal",
        1000,
        31_400,
        10.0,
        (
            Probe("CoolantTemp", "coolant_c", 0.15),
            Probe("OilTemp", "oil_c", 0.2),
            Probe("IntakeTemp", "intake_c", 0.15),
            Probe("RadiatorFan", "fan_percent", stepped=True),
        ),
    ),
    Sender(
        "PowerSupply",
        100,
        13_900,
        60.0,
        (
            Probe("BatteryVoltage", "volt", 0.012),
            Probe("BatteryCurrent", "current_a", 0.25),
            Probe("AlternatorLoad", "alternator_percent", 0.5),
            Probe("BatteryTemp", "battery_c", 0.1),
        ),
    ),
    Sender("IgnitionSwitch", 100, 17_400, 60.0, _states(IgnitionState="key")),
    Sender(
        "TyrePressure",
        1000,
        144_000,
        60.0,
        tuple(Probe(f"TyrePressure{wheel.upper()}", f"tyre_{wheel}_kpa", 0.3) for wheel in WHEELS),
    ),
    Sender(
        "TyreTemperature",
        1000,
        146_000,
        60.0,
        tuple(Probe(f"TyreTemp{wheel.upper()}", f"tyre_{wheel}_c", 0.2) for wheel in WHEELS),
    ),
    Sender(
        "BrakeHealth",
        1000,
        171_000,
        5.0,
        (Probe("BrakeFluidLevel", "brake_fluid_percent", 0.1), Probe("BrakePadsWorn", "pad_lamp", stepped=True)),
    ),
    Sender(
        "Telltales", 200, 183_000, 20.0, _states(MalfunctionLamp="mil", ChargeLamp="charge_lamp", TyreLamp="tyre_lamp")
    ),
    Sender("ClusterInfo", 1000, 262_000, 20.0, (Probe("Odometer", "odometer_km"), Probe("FuelLevel", "fuel_percent"))),
    Sender(
        "Weather",
        1000,
        524_600,
        20.0,
        (
            Probe("AmbientTemp", "ambient_c", 0.1),
            Probe("CabinTemp", "cabin_c", 0.1),
            Probe("OutsidePressure", "outside_kpa", 0.1),
            Probe("RainIntensity", "rain_percent", 0.5),
        ),
    ),
)
