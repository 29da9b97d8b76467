"""What the truck's control units put on the bus, as dbc/telltale-truck.dbc describes it.

Periods are those of SAE J1939-71, or of practice where it says "on request" (hours, fuel, distance, weight: the
FMS-Standard); TIRE goes through the wheels second by second, which comes to about its ten seconds for each.
"""

from typing import Final

from edge.simulator.broadcast import Probe, Sender
from edge.simulator.truck.engine_senders import ENGINE_SENDERS

CHASSIS_SENDERS: Final[tuple[Sender, ...]] = (
    Sender(
        "ETC1",
        10,
        2_200,
        5.0,
        (
            Probe("DrivelineEngaged", "engaged", stepped=True),
            Probe("ShiftInProcess", "shifting", stepped=True),
            Probe("OutputShaftSpeed", "output_rpm", 0.5),
            Probe("ClutchSlip", "slip_percent"),
            Probe("InputShaftSpeed", "input_rpm", 1.5),
        ),
    ),
    Sender(
        "ETC2",
        100,
        16_900,
        5.0,
        (
            Probe("SelectedGear", "gear_selected", stepped=True),
            Probe("ActualGearRatio", "ratio", stepped=True),
            Probe("CurrentGear", "gear", stepped=True),
        ),
    ),
    Sender(
        "EBC1",
        100,
        41_800,
        5.0,
        (
            Probe("EBSBrakeSwitch", "brake_switch", stepped=True),
            Probe("BrakePedalPosition", "brake_percent", 0.2),
            Probe("EBSRedWarningSignal", "brake_red", stepped=True),
            Probe("ABSEBSAmberWarningSignal", "brake_amber", stepped=True),
        ),
    ),
    Sender(
        "EBC2",
        100,
        94_600,
        5.0,
        (
            Probe("FrontAxleSpeed", "front_axle_kmh", 0.03),
            Probe("RelativeSpeedFrontLeft", "front_left_kmh", 0.04),
            Probe("RelativeSpeedFrontRight", "front_right_kmh", 0.04),
            Probe("RelativeSpeedRear1Left", "rear_left_kmh", 0.04),
            Probe("RelativeSpeedRear1Right", "rear_right_kmh", 0.04),
        ),
    ),
    Sender(
        "HRW",
        20,
        10_400,
        5.0,
        (
            Probe("FrontAxleLeftWheelSpeed", "wheel_fl_kmh", 0.05),
            Probe("FrontAxleRightWheelSpeed", "wheel_fr_kmh", 0.05),
            Probe("RearAxleLeftWheelSpeed", "wheel_rl_kmh", 0.05),
            Probe("RearAxleRightWheelSpeed", "wheel_rr_kmh", 0.05),
        ),
    ),
    Sender(
        "VDC2",
        10,
        5_900,
        5.0,
        (
            Probe("SteeringWheelAngle", "steering_rad", 0.004),
            Probe("YawRate", "yaw_radps", 0.001),
            Probe("LateralAcceleration", "lateral_mps2", 0.03),
            Probe("LongitudinalAcceleration", "accel_mps2", 0.03),
        ),
    ),
    Sender(
        "TCO1",
        50,
        4_000,
        60.0,
        (
            Probe("DirectionIndicator", "reversing", stepped=True),
            Probe("TachographOutputShaftSpeed", "output_rpm", 0.5),
            Probe("TachographVehicleSpeed", "tacho_kmh", 0.02),
        ),
    ),
    Sender("TRF1", 1000, 943_400, 5.0, (Probe("TransmissionOilTemperature", "gearbox_c", 0.2),)),
    Sender(
        "VEP1",
        1000,
        607_300,
        60.0,
        (
            Probe("NetBatteryCurrent", "current_a", 0.3),
            Probe("AlternatorCurrent", "alternator_a", 0.5),
            Probe("ChargingSystemPotential", "charging_v", 0.02),
            Probe("BatteryPotential", "volt", 0.02),
            Probe("KeyswitchBatteryPotential", "keyswitch_v", 0.03),
        ),
    ),
    Sender("CVW", 1000, 254_200, 10.0, (Probe("GrossCombinationWeight", "gross_kg", 60.0),)),
    Sender(
        "AIR1",
        1000,
        781_900,
        30.0,
        (
            Probe("PneumaticSupplyPressure", "supply_kpa", 2.0),
            Probe("ParkingTrailerAirPressure", "parking_kpa", 2.0),
            Probe("ServiceBrakeCircuit1Pressure", "service1_kpa", 2.0),
            Probe("ServiceBrakeCircuit2Pressure", "service2_kpa", 2.0),
            Probe("AirCompressorStatus", "compressor", stepped=True),
        ),
    ),
    Sender(
        "B",
        1000,
        476_700,
        5.0,
        (
            Probe("BrakeApplicationPressure", "brake_kpa", 2.0),
            Probe("BrakePrimaryPressure", "brake1_kpa", 2.0),
            Probe("BrakeSecondaryPressure", "brake2_kpa", 2.0),
            Probe("ParkingBrakeActuator", "park_brake", stepped=True),
        ),
    ),
    Sender(
        "EBC4",
        1000,
        339_900,
        5.0,
        (
            Probe("LiningFrontAxleLeft", "lining_fl_percent", 0.2),
            Probe("LiningFrontAxleRight", "lining_fr_percent", 0.2),
            Probe("LiningRearAxle1Left", "lining_rl_percent", 0.2),
            Probe("LiningRearAxle1Right", "lining_rr_percent", 0.2),
        ),
    ),
    Sender("VDHR", 1000, 896_900, 20.0, (Probe("TotalVehicleDistance", "odometer_m"),)),
    Sender("DD", 1000, 282_500, 20.0, (Probe("FuelLevel", "fuel_percent", 0.3),)),
    Sender(
        "TIRE",
        1000,
        980_700,
        5.0,
        (
            Probe("TireLocation", "tyre_place", stepped=True),
            Probe("TirePressure", "tyre_kpa", stepped=True),
            Probe("TireTemperature", "tyre_c", stepped=True),
            Probe("TirePressureThreshold", "tyre_alarm", stepped=True),
        ),
    ),
    Sender(
        "KeyAndBattery",
        100,
        81_600,
        60.0,
        (
            Probe("KeyPosition", "key", stepped=True),
            Probe("EngineRunning", "running", stepped=True),
            Probe("BatterySensorVoltage", "volt", 0.015),
            Probe("BatterySensorCurrent", "current_a", 0.2),
        ),
    ),
    Sender(
        "TyresTractor",
        1000,
        574_300,
        5.0,
        (
            Probe("PressureFrontLeft", "tyre_fl_kpa"),
            Probe("PressureFrontRight", "tyre_fr_kpa"),
            Probe("PressureDriveLeftOuter", "tyre_rl_kpa"),
            Probe("PressureDriveRightOuter", "tyre_rr_kpa"),
            Probe("PressureDriveLeftInner", "tyre_rli_kpa"),
            Probe("PressureDriveRightInner", "tyre_rri_kpa"),
        ),
    ),
    Sender(
        "TyresTrailer",
        1000,
        24_000,
        5.0,
        (
            Probe("PressureTrailer1Left", "tyre_t1l_kpa"),
            Probe("PressureTrailer1Right", "tyre_t1r_kpa"),
            Probe("PressureTrailer2Left", "tyre_t2l_kpa"),
            Probe("PressureTrailer2Right", "tyre_t2r_kpa"),
            Probe("PressureTrailer3Left", "tyre_t3l_kpa"),
            Probe("PressureTrailer3Right", "tyre_t3r_kpa"),
        ),
    ),
    Sender(
        "TyresWarmth",
        1000,
        171_200,
        5.0,
        (
            Probe("WarmthFrontLeft", "tyre_fl_c"),
            Probe("WarmthFrontRight", "tyre_fr_c"),
            Probe("WarmthDriveLeftOuter", "tyre_rl_c"),
            Probe("WarmthDriveRightOuter", "tyre_rr_c"),
            Probe("WarmthDriveLeftInner", "tyre_rli_c"),
            Probe("WarmthDriveRightInner", "tyre_rri_c"),
        ),
    ),
)
SENDERS: Final[tuple[Sender, ...]] = (*ENGINE_SENDERS, *CHASSIS_SENDERS)
"""The truck's network."""
