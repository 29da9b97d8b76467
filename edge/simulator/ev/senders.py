"""What the electric car's control units put on the bus, as dbc/telltale-ev.dbc describes it."""

from typing import Final

from edge.simulator.broadcast import COUNTER, Probe, Sender
from edge.simulator.ev.cells import MODULES

WHEELS: Final = ("fl", "fr", "rl", "rr")
BRAKES_S: Final = 5.0
DRIVE_S: Final = 10.0
BODY_S: Final = 60.0
"""How long each control unit stays awake after the last reason to be."""


def _states(**signals: str) -> tuple[Probe, ...]:
    return tuple(Probe(signal, column, stepped=True) for signal, column in signals.items())


CHASSIS: Final = (
    Sender(
        "VehicleMotion",
        20,
        1_100,
        BRAKES_S,
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
        2_000,
        BRAKES_S,
        tuple(Probe(f"WheelSpeed{wheel.upper()}", f"wheel_{wheel}_kmh", 0.05) for wheel in WHEELS),
    ),
    Sender(
        "ChassisMotion",
        20,
        2_700,
        BRAKES_S,
        (
            Probe("SteeringAngle", "steering_deg", 0.4),
            Probe("LateralAcceleration", "lateral_mps2", 0.05),
            Probe("BrakePressure", "brake_bar", 0.12),
            Probe("ChassisCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "TyrePressure",
        1000,
        141_000,
        BODY_S,
        tuple(Probe(f"TyrePressure{wheel.upper()}", f"tyre_{wheel}_kpa", 0.3) for wheel in WHEELS),
    ),
    Sender(
        "TyreTemperature",
        1000,
        143_000,
        BODY_S,
        tuple(Probe(f"TyreTemp{wheel.upper()}", f"tyre_{wheel}_c", 0.2) for wheel in WHEELS),
    ),
    Sender(
        "BrakeHealth",
        1000,
        172_000,
        BRAKES_S,
        (Probe("BrakeFluidLevel", "brake_fluid_percent", 0.1), Probe("BrakePadsWorn", "pad_lamp", stepped=True)),
    ),
)
DRIVE: Final = (
    Sender(
        "DriveUnit",
        20,
        3_400,
        DRIVE_S,
        (
            Probe("MotorSpeed", "motor_rpm", 3.0),
            Probe("MotorTorque", "motor_nm", 0.6),
            Probe("AcceleratorPedal", "pedal_percent", 0.1),
            Probe("Ready", "ready", stepped=True),
            Probe("DriveCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "Inverter",
        50,
        5_300,
        DRIVE_S,
        (
            Probe("LinkVoltage", "link_v", 0.4),
            Probe("InverterCurrent", "link_a", 0.5),
            Probe("TorqueAllowed", "drive_share_percent"),
        ),
    ),
    Sender("GearSelector", 100, 7_300, DRIVE_S, _states(SelectorLever="lever")),
    Sender(
        "DriveThermal",
        1000,
        31_700,
        DRIVE_S,
        (
            Probe("MotorTemp", "motor_c", 0.3),
            Probe("InverterTemp", "inverter_c", 0.3),
            Probe("DriveCoolantTemp", "drive_coolant_c", 0.2),
            Probe("DrivePumpSpeed", "drive_pump_rpm", 8.0),
            Probe("RadiatorFan", "fan_percent", stepped=True),
        ),
    ),
)
BATTERY: Final = (
    Sender(
        "PackElectric",
        50,
        8_100,
        DRIVE_S,
        (
            Probe("PackVoltage", "pack_v", 0.15),
            Probe("PackCurrent", "pack_a", 0.25),
            Probe("Contactors", "contactors", stepped=True),
            Probe("PackCounter", COUNTER, stepped=True),
        ),
    ),
    Sender(
        "PackLimits",
        100,
        9_600,
        DRIVE_S,
        (Probe("DischargePowerLimit", "discharge_limit_kw"), Probe("ChargePowerLimit", "charge_limit_kw")),
    ),
    Sender(
        "PackState",
        200,
        11_800,
        DRIVE_S,
        (
            Probe("StateOfCharge", "soc_percent"),
            Probe("StateOfHealth", "soh_percent"),
            Probe("EnergyLeft", "energy_kwh"),
            Probe("IsolationResistance", "isolation_kohm", 6.0),
        ),
    ),
    Sender(
        "CellVoltages",
        200,
        13_100,
        DRIVE_S,
        (
            Probe("CellVoltageMin", "cell_min_v", 0.0003),
            Probe("CellVoltageMax", "cell_max_v", 0.0003),
            Probe("CellVoltageMean", "cell_mean_v", 0.0003),
            Probe("CellIdMin", "cell_min_id", stepped=True),
            Probe("CellIdMax", "cell_max_id", stepped=True),
        ),
    ),
    Sender(
        "PackThermal",
        1000,
        41_500,
        DRIVE_S,
        (
            Probe("PackTempMin", "pack_min_c"),
            Probe("PackTempMax", "pack_max_c"),
            Probe("PackTempMean", "pack_mean_c"),
            Probe("PackInletTemp", "pack_inlet_c", 0.15),
            Probe("PackOutletTemp", "pack_outlet_c", 0.15),
            Probe("PackPumpSpeed", "pack_pump_rpm", 10.0),
            Probe("PackCoolantLevel", "pack_level_percent", 1.0),
        ),
    ),
    Sender(
        "ModuleTemperatures",
        1000,
        43_200,
        DRIVE_S,
        tuple(Probe(f"ModuleTemp{module}", f"module_{module}_c", 0.12) for module in range(1, MODULES + 1)),
    ),
    Sender(
        "PackConditioning",
        1000,
        45_700,
        DRIVE_S,
        (
            Probe("ChillerPower", "chiller_kw"),
            Probe("HeaterPower", "heater_kw"),
            Probe("CellsBalancing", "balancing", stepped=True),
        ),
    ),
    Sender(
        "PackEnergy", 1000, 47_400, DRIVE_S, (Probe("EnergyCharged", "charged_kwh"), Probe("EnergyUsed", "used_kwh"))
    ),
)
POWER: Final = (
    Sender(
        "DcDcConverter",
        100,
        15_200,
        DRIVE_S,
        (
            Probe("DcDcVoltage", "dcdc_v", 0.01),
            Probe("DcDcCurrent", "dcdc_a", 0.2),
            Probe("DcDcTarget", "dcdc_target_v"),
            Probe("DcDcTemp", "dcdc_c", 0.3),
        ),
    ),
    Sender(
        "ChargingState",
        200,
        17_900,
        DRIVE_S,
        (
            Probe("ChargeState", "charge_state", stepped=True),
            Probe("CablePlugged", "plugged", stepped=True),
            Probe("ChargePower", "charge_kw", 0.02),
            Probe("ChargeCurrent", "charge_a", 0.1),
            Probe("InletTemp", "inlet_c", 0.2),
            Probe("ChargerTemp", "charger_c", 0.3),
        ),
    ),
)
BODY: Final = (
    Sender(
        "PowerSupply",
        100,
        14_100,
        BODY_S,
        (
            Probe("BatteryVoltage", "volt", 0.012),
            Probe("BatteryCurrent", "current_a", 0.2),
            Probe("BatteryTemp", "battery_c", 0.1),
        ),
    ),
    Sender("IgnitionSwitch", 100, 18_600, BODY_S, _states(IgnitionState="key")),
    Sender(
        "Telltales",
        200,
        184_000,
        BODY_S,
        _states(
            WarningLamp="warning_lamp",
            StopLamp="stop_lamp",
            ChargeLamp="charge_lamp",
            TurtleLamp="turtle_lamp",
            TyreLamp="tyre_lamp",
        ),
    ),
    Sender("ClusterInfo", 1000, 264_000, BODY_S, (Probe("Odometer", "odometer_km"), Probe("Range", "range_km"))),
    Sender(
        "Climate", 1000, 281_000, BODY_S, (Probe("CabinTemp", "cabin_c", 0.1), Probe("CabinPower", "cabin_kw", 0.01))
    ),
    Sender(
        "Weather",
        1000,
        523_600,
        BODY_S,
        (
            Probe("AmbientTemp", "ambient_c", 0.1),
            Probe("OutsidePressure", "outside_kpa", 0.1),
            Probe("RainIntensity", "rain_percent", 0.5),
        ),
    ),
)

SENDERS: Final[tuple[Sender, ...]] = (*CHASSIS, *DRIVE, *BATTERY, *POWER, *BODY)
"""Every periodic message of the electric car."""
