"""Names that older releases of VSS had, and what VSS 6.0 (or the catalogue) calls the same thing in the same way.

Only what is for certain the same quantity under another name is here; where the unit changed as well (kilometres to
metres), the unit that the overlay gives decides.
"""

from typing import Final

ENGINE: Final = "Vehicle.Powertrain.CombustionEngine"
LIGHTS: Final = "Vehicle.Body.Lights"

RENAMED: Final = {
    f"{ENGINE}.ECT": f"{ENGINE}.EngineCoolant.Temperature",
    f"{ENGINE}.EOT": f"{ENGINE}.EngineOil.Temperature",
    f"{ENGINE}.EOP": "Vehicle.Telltale.Engine.OilPressure",  # VSS 6.0 still has it; rules know it by our name
    "Vehicle.TravelledDistance": "Vehicle.TraveledDistance",
    "Vehicle.Powertrain.FuelSystem.Level": "Vehicle.Powertrain.FuelSystem.RelativeLevel",
    f"{LIGHTS}.IsHighBeamOn": f"{LIGHTS}.Beam.High.IsOn",
    f"{LIGHTS}.IsLowBeamOn": f"{LIGHTS}.Beam.Low.IsOn",
    f"{LIGHTS}.IsBackupOn": f"{LIGHTS}.Backup.IsOn",
    f"{LIGHTS}.IsParkingOn": f"{LIGHTS}.Parking.IsOn",
    f"{LIGHTS}.IsRunningOn": f"{LIGHTS}.Running.IsOn",
    f"{LIGHTS}.IsFrontFogOn": f"{LIGHTS}.Fog.Front.IsOn",
    f"{LIGHTS}.IsRearFogOn": f"{LIGHTS}.Fog.Rear.IsOn",
    f"{LIGHTS}.IsHazardOn": f"{LIGHTS}.Hazard.IsSignaling",
    f"{LIGHTS}.IsLeftIndicatorOn": f"{LIGHTS}.DirectionIndicator.Left.IsSignaling",
    f"{LIGHTS}.IsRightIndicatorOn": f"{LIGHTS}.DirectionIndicator.Right.IsSignaling",
}
"""Old name to new one."""

GONE: Final = {
    f"Vehicle.Powertrain.ElectricMotor.{leaf}": "VSS 6.0 has one of each motor (Front, Rear, …), and the overlay does "
    "not say which is meant"
    for leaf in ("Speed", "Power", "Torque", "Temperature", "TimeInUse")
}
"""Names that VSS 6.0 has no more, and why there is no new one; such a signal keeps its name."""
