"""Which components' and channels' alerts find which scenario, what it leads to, and which scenarios strike at once."""

from collections.abc import Mapping
from typing import Final

from edge.simulator.ev.faults import IsolationFault
from edge.simulator.faults import AnyFault

TWELVE_VOLT: Final = frozenset({"battery"})
CHARGER: Final = frozenset({"charging"})
COOLING: Final = frozenset({"cooling"})
MIXTURE: Final = frozenset({"intake", "fuel", "engine", "emissions"})
FIRING: Final = frozenset({"ignition", "engine"})
EXHAUST: Final = frozenset({"exhaust", "emissions"})
PACK: Final = frozenset({"traction_battery"})
AIR: Final = frozenset({"air", "brakes"})
TYRES: Final = frozenset({"tyres"})

FITS: Final[Mapping[str, frozenset[str]]] = {
    "tyre_leak": TYRES,
    "dragging_brake": TYRES | {"brakes"},  # its heat is felt at the tyre
    "brake_wear": frozenset({"brakes"}),
    "weak_battery": TWELVE_VOLT,
    "parasitic_drain": TWELVE_VOLT,
    "wheel_speed_dropout": frozenset({"brakes"}),
    "intermittent_connector": frozenset({"electrics"}),
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
    "dpf_clogging": EXHAUST,
    "turbo_leak": frozenset({"intake", "engine"}),
    "scr": EXHAUST,
    "def_quality": EXHAUST,
    "air_leak": AIR,
    "compressor": AIR,
    "cell_imbalance": PACK,
    "battery_coolant_loss": PACK | COOLING,
    "dcdc_failure": CHARGER | TWELVE_VOLT,
    "isolation_fault": PACK,
    "coolant_pump": COOLING | {"drive_motor"},
    "charge_port_hot": frozenset({"charging"}),
}
"""By scenario: components whose alert sends the vehicle to who would find this fault. Any other is a wrong one,
or tells of what LEADS_TO."""
COOLANT: Final = frozenset({"coolant_temperature", "oil_temperature"})
TWELVE: Final = frozenset({"voltage", "battery_current", "alternator_voltage"})
PRESSURES: Final = frozenset({"tyre_front_left", "tyre_front_right", "tyre_rear_left", "tyre_rear_right"})

SHOWN_BY: Final[Mapping[str, frozenset[str]]] = {
    "tyre_leak": PRESSURES,
    "dragging_brake": PRESSURES,
    "weak_battery": TWELVE,
    "parasitic_drain": TWELVE,
    "coolant_leak": COOLANT,
    "stuck_thermostat": COOLANT,
    "water_pump": COOLANT,
    "misfire": frozenset({"long_trim", "catalyst_temperature", "fuel_rate"}),
    "maf_drift": frozenset({"air_flow", "long_trim"}),
    "vacuum_leak": frozenset({"air_flow", "long_trim", "manifold_pressure"}),
    "o2_ageing": frozenset({"long_trim"}),
    "catalyst_ageing": frozenset({"catalyst_temperature"}),
    "alternator": TWELVE,
    "battery": TWELVE,
    "injector": frozenset({"long_trim", "catalyst_temperature", "exhaust_temperature", "fuel_rate"}),
    "fuel_filter": frozenset({"rail_pressure", "fuel_pressure", "long_trim"}),
    "dpf_clogging": frozenset({"filter_pressure", "exhaust_temperature"}),
    "turbo_leak": frozenset({"boost", "exhaust_temperature", "intake_temperature"}),
    "scr": frozenset({"nox_outlet"}),
    "def_quality": frozenset({"nox_outlet"}),
    "air_leak": frozenset({"air_supply"}),
    "compressor": frozenset({"air_supply"}),
    "cell_imbalance": frozenset({"cell_lowest", "cell_highest"}),
    "battery_coolant_loss": frozenset({"pack_hottest", "pack_outlet"}),
    "dcdc_failure": frozenset({"dcdc_voltage", "dcdc_current", "voltage"}),
    "coolant_pump": frozenset({"motor_temperature", "inverter_temperature", "drive_coolant"}),
}
"""By scenario: the virtual sensors' channels whose alert sends the vehicle to who would find this fault, since the
fault itself moves them. Where none stands, no channel does."""
FLAT: Final = frozenset({"electrics"})
DERATED: Final = frozenset({"engine"})
LEADS_TO: Final[Mapping[str, frozenset[str]]] = {
    "weak_battery": FLAT | CHARGER,
    "parasitic_drain": FLAT | CHARGER,
    "alternator": FLAT,
    "battery": FLAT,
    "dcdc_failure": FLAT,
    "misfire": EXHAUST | {"fuel"},  # raw fuel burns in the catalyst, and air that was not used looks lean
    "injector": frozenset({"exhaust"}),
    "vacuum_leak": frozenset({"ignition"}),  # what is too lean does not always burn
    "fuel_filter": FIRING | EXHAUST,
    "coolant_leak": DERATED | {"oil"},
    "water_pump": DERATED | {"oil"},
    "dpf_clogging": DERATED,
    "scr": DERATED,
    "def_quality": DERATED,
    "turbo_leak": EXHAUST,
    "battery_coolant_loss": CHARGER,
    "coolant_pump": PACK,
}
"""By scenario: components that really suffer from it in the end. Such an alert is neither wrong nor has it found it."""
SUDDEN: Final = frozenset({"dcdc_failure", "isolation_fault"})
"""What shows whole within seconds of its onset, some isolation faults excepted: to be found within SUDDEN_S of use.
Wheel sensors and plugs begin with moments that come by chance, hours apart."""
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


def shows(scenario: str, channel: str) -> bool:
    """Whether this scenario moves this channel of the virtual sensors."""
    return channel in SHOWN_BY.get(scenario, frozenset())


def is_sudden(fault: AnyFault) -> bool:
    """Whether this one, as the seed drew it, strikes at once."""
    return fault.name in SUDDEN and not (isinstance(fault, IsolationFault) and fault.creeps)


def follows(scenario: str, component: str) -> bool:
    """Whether this component suffers from this scenario."""
    return component in LEADS_TO.get(scenario, frozenset())
