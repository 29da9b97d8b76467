"""Which components' alerts find which scenario, and which scenarios strike at once."""

from collections.abc import Mapping
from typing import Final

TWELVE_VOLT: Final = frozenset({"battery", "starter_battery", "electrics"})
CHARGER: Final = frozenset({"charging", "alternator", "electrics"})
COOLING: Final = frozenset({"cooling"})
MIXTURE: Final = frozenset({"intake", "fuel", "engine", "emissions"})
FIRING: Final = frozenset({"ignition", "engine"})
EXHAUST: Final = frozenset({"exhaust", "emissions", "aftertreatment"})
PACK: Final = frozenset({"traction_battery", "hv_battery"})
AIR: Final = frozenset({"air", "brakes"})
TYRES: Final = frozenset({"tyre", "tyres"})

FITS: Final[Mapping[str, frozenset[str]]] = {
    "tyre_leak": TYRES,
    "dragging_brake": TYRES | {"brakes", "wheels"},  # its heat is felt at the tyre
    "brake_wear": frozenset({"brakes"}),
    "weak_battery": TWELVE_VOLT,
    "parasitic_drain": TWELVE_VOLT,
    "wheel_speed_dropout": frozenset({"brakes", "abs", "wheels", "sensors"}),
    "intermittent_connector": frozenset({"wiring", "network", "electrics"}),
    "coolant_leak": COOLING,
    "stuck_thermostat": COOLING,
    "water_pump": COOLING,
    "misfire": FIRING,
    "maf_drift": MIXTURE,
    "vacuum_leak": MIXTURE,
    "o2_ageing": MIXTURE | EXHAUST,
    "catalyst_ageing": EXHAUST,
    "alternator": CHARGER | TWELVE_VOLT,
    "battery": CHARGER | TWELVE_VOLT,
    "injector": MIXTURE | FIRING,
    "fuel_filter": frozenset({"fuel"}),
    "loose_fuel_cap": frozenset({"fuel", "emissions"}),
    "dpf_clogging": EXHAUST | {"dpf"},
    "turbo_leak": frozenset({"turbo", "intake", "engine"}),
    "scr": EXHAUST | {"scr", "def"},
    "def_quality": EXHAUST | {"scr", "def"},
    "air_leak": AIR,
    "compressor": AIR,
    "cell_imbalance": PACK,
    "battery_coolant_loss": PACK | COOLING,
    "dcdc_failure": CHARGER | TWELVE_VOLT | {"dcdc"},
    "isolation_fault": PACK | {"isolation", "high_voltage"},
    "coolant_pump": COOLING | {"drive", "inverter", "motor"},
    "charge_port_hot": frozenset({"charging", "charge_port"}),
}
"""By scenario: components whose alert sends the vehicle to who would find this fault. Any other is a wrong one."""
SUDDEN: Final = frozenset({"dcdc_failure", "wheel_speed_dropout", "intermittent_connector"})
"""What shows whole within seconds of its onset: to be found within SUDDEN_S."""
SUDDEN_S: Final = 10
NEVER_STRANDS: Final = frozenset(
    {
        "wheel_speed_dropout",
        "intermittent_connector",
        "stuck_thermostat",
        "misfire",
        "maf_drift",
        "vacuum_leak",
        "o2_ageing",
        "catalyst_ageing",
        "injector",
        "loose_fuel_cap",
        "turbo_leak",
    }
)
"""The vehicle can be driven on with it: there is no lead time."""


def fits(scenario: str, component: str) -> bool:
    """Whether an alert about this component finds this scenario."""
    return component in FITS.get(scenario, frozenset())
