"""What the engine's and the aftertreatment's control units put on the bus, as dbc/telltale-truck.dbc describes it."""

from typing import Final

from edge.simulator.broadcast import Probe, Sender

ENGINE_SENDERS: Final[tuple[Sender, ...]] = (
    Sender(
        "EEC1",
        20,
        6_300,
        10.0,
        (
            Probe("EngineTorqueMode", "torque_mode", stepped=True),
            Probe("DriverDemandTorque", "asked_percent", 0.3),
            Probe("ActualEngineTorque", "torque_percent", 0.3),
            Probe("EngineSpeed", "rpm", 2.0),
            Probe("EngineStarterMode", "starter", stepped=True),
        ),
    ),
    Sender(
        "EEC2",
        50,
        45_500,
        10.0,
        (
            Probe("AccelPedalLowIdleSwitch", "pedal_idle", stepped=True),
            Probe("AcceleratorPedalPosition", "pedal_percent", 0.1),
            Probe("EnginePercentLoad", "load_percent", 0.3),
            Probe("ActualMaxAvailableTorque", "most_percent"),
        ),
    ),
    Sender(
        "EEC3",
        250,
        70_100,
        10.0,
        (
            Probe("NominalFrictionTorque", "friction_percent"),
            Probe("EstimatedParasiticLosses", "losses_percent"),
            Probe("ExhaustGasMassFlow", "exhaust_kgph", 4.0),
        ),
    ),
    Sender("ERC1", 100, 20_000, 10.0, (Probe("ActualRetarderTorque", "retarder_percent", 0.3),)),
    Sender(
        "CCVS",
        100,
        43_000,
        10.0,
        (
            Probe("ParkingBrakeSwitch", "park_brake", stepped=True),
            Probe("WheelBasedVehicleSpeed", "speed_kmh", 0.03),
            Probe("CruiseControlActive", "cruise", stepped=True),
            Probe("BrakeSwitch", "brake_switch", stepped=True),
            Probe("CruiseControlSetSpeed", "cruise_kmh", stepped=True),
        ),
    ),
    Sender(
        "LFE",
        100,
        29_800,
        10.0,
        (
            Probe("EngineFuelRate", "fuel_lph", 0.05),
            Probe("InstantaneousFuelEconomy", "economy_kmpl"),
        ),
    ),
    Sender("LFC", 1000, 210_400, 10.0, (Probe("EngineTotalFuelUsed", "fuel_used_l"),)),
    Sender(
        "ET1",
        1000,
        474_900,
        10.0,
        (
            Probe("EngineCoolantTemperature", "coolant_c", 0.2),
            Probe("EngineFuelTemperature", "fuel_c", 0.2),
            Probe("EngineOilTemperature", "oil_c", 0.2),
        ),
    ),
    Sender(
        "EFLP1",
        500,
        327_400,
        10.0,
        (
            Probe("EngineFuelDeliveryPressure", "fuel_kpa", 3.0),
            Probe("EngineOilPressure", "oil_kpa", 3.0),
            Probe("EngineCrankcasePressure", "crankcase_kpa", 0.03),
            Probe("EngineCoolantPressure", "coolant_kpa", 1.0),
            Probe("EngineCoolantLevel", "coolant_level_percent", 0.4),
        ),
    ),
    Sender("EFLP2", 500, 294_500, 10.0, (Probe("InjectorMeteringRailPressure", "rail_mpa", 0.5),)),
    Sender(
        "IC1",
        500,
        64_300,
        10.0,
        (
            Probe("DPFInletPressure", "dpf_inlet_kpa", 0.2),
            Probe("BoostPressure", "boost_kpa", 1.0),
            Probe("IntakeManifoldTemperature", "intake_c", 0.3),
            Probe("AirFilterDifferentialPressure", "air_filter_kpa", 0.02),
            Probe("ExhaustGasTemperature", "exhaust_c", 1.0),
        ),
    ),
    Sender("IC2", 500, 452_100, 10.0, (Probe("IntakeManifoldAbsolutePressure", "manifold_kpa", 1.0),)),
    Sender("TC", 1000, 167_400, 10.0, (Probe("Turbocharger1Speed", "turbo_rpm", 60.0),)),
    Sender(
        "AMB",
        1000,
        174_100,
        10.0,
        (
            Probe("BarometricPressure", "outside_kpa", 0.1),
            Probe("CabInteriorTemperature", "cabin_c", 0.1),
            Probe("AmbientAirTemperature", "ambient_c", 0.15),
            Probe("EngineAirInletTemperature", "inlet_c", 0.2),
        ),
    ),
    Sender(
        "FD",
        1000,
        221_000,
        10.0,
        (
            Probe("EstimatedPercentFanSpeed", "fan_percent", 0.3),
            Probe("FanDriveState", "fan_state", stepped=True),
            Probe("FanSpeed", "fan_rpm", 4.0),
        ),
    ),
    Sender(
        "HOURS",
        1000,
        549_400,
        10.0,
        (
            Probe("EngineTotalHours", "hours"),
            Probe("EngineTotalRevolutions", "turns"),
        ),
    ),
    Sender(
        "EngineFilters",
        1000,
        848_600,
        10.0,
        (
            Probe("FuelFilterDifferentialPressure", "fuel_filter_kpa", 0.5),
            Probe("OilFilterDifferentialPressure", "oil_filter_kpa", 0.2),
        ),
    ),
    Sender(
        "AT1IG1",
        50,
        41_200,
        10.0,
        (
            Probe("AftertreatmentIntakeNOx", "nox_in_ppm", 3.0),
            Probe("AftertreatmentIntakeO2", "oxygen_in_percent", 0.05),
        ),
    ),
    Sender(
        "AT1OG1",
        50,
        41_900,
        10.0,
        (
            Probe("AftertreatmentOutletNOx", "nox_out_ppm", 1.5),
            Probe("AftertreatmentOutletO2", "oxygen_out_percent", 0.05),
        ),
    ),
    Sender(
        "AT1IG2",
        500,
        295_800,
        10.0,
        (
            Probe("AftertreatmentGasTemperature1", "exhaust_c", 0.8),
            Probe("DPFIntakeGasTemperature", "dpf_in_c", 0.8),
        ),
    ),
    Sender("AT1OG2", 500, 74_000, 10.0, (Probe("DPFOutletGasTemperature", "dpf_out_c", 0.8),)),
    Sender("AT1IMG", 500, 20_800, 10.0, (Probe("DPFDifferentialPressure", "dpf_kpa", 0.08),)),
    Sender(
        "DPFC1",
        1000,
        148_200,
        10.0,
        (
            Probe("DPFLampCommand", "regen_lamp", stepped=True),
            Probe("PassiveRegenerationStatus", "regen_passive", stepped=True),
            Probe("ActiveRegenerationStatus", "regen_active", stepped=True),
            Probe("DPFStatus", "dpf_status", stepped=True),
            Probe("ActiveRegenerationInhibited", "regen_inhibited", stepped=True),
            Probe("ExhaustHighTemperatureLamp", "hot_lamp", stepped=True),
        ),
    ),
    Sender(
        "AT1S",
        1000,
        40_300,
        10.0,
        (
            Probe("DPFSootLoad", "soot_percent"),
            Probe("DPFAshLoad", "ash_percent"),
            Probe("TimeSinceLastActiveRegeneration", "since_regen_s"),
        ),
    ),
    Sender("AT1FC1", 500, 284_800, 10.0, (Probe("AftertreatmentFuelRate", "doser_lph", 0.02),)),
    Sender(
        "A1SCREGT",
        500,
        497_000,
        10.0,
        (
            Probe("SCRIntakeGasTemperature", "scr_in_c", 0.8),
            Probe("SCROutletGasTemperature", "scr_out_c", 0.8),
        ),
    ),
    Sender(
        "A1SCRDSI1",
        100,
        88_600,
        10.0,
        (
            Probe("ActualDosingReagentQuantity", "dosing_gph", 1.0),
            Probe("SCRSystemState", "dosing_state", stepped=True),
            Probe("DosingReagentAbsolutePressure", "dosing_kpa", 4.0),
        ),
    ),
    Sender("SCR1", 1000, 623_000, 10.0, (Probe("SCRConversionEfficiency", "conversion_percent", 0.1),)),
    Sender(
        "AT1T1I",
        1000,
        364_700,
        10.0,
        (
            Probe("DEFTankLevel", "def_percent", 0.2),
            Probe("DEFTankTemperature", "def_c", 0.2),
        ),
    ),
    Sender(
        "CRI1",
        1000,
        556_200,
        10.0,
        (
            Probe("ReagentTemperature2", "def_c", 0.2),
            Probe("ReagentConcentration", "def_concentration", 0.1),
        ),
    ),
)
