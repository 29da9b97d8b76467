"""What the maker's own lamps demand: no alert asks for less while one of them is lit.

A red lamp means danger, stop (ISO 2575: red); a flashing malfunction lamp a misfire that destroys the catalyst (13 CCR
1968.2 (e)(3)): drive gently, to a workshop, now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from edge.detect.finding import Concern
from edge.detect.rules.entry import ACTIONS
from edge.heavy import LAMP_STATES, OURS
from edge.history import Window
from edge.wire.messages import Action, Severity

RED: Final = float(LAMP_STATES.index("RED"))
FLASHING: Final = 2.0
"""Of the malfunction lamp: 0 off, 1 on."""


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp, and what it demands of whom."""

    path: str
    value: float
    """It demands from this value on."""
    action: Action
    components: frozenset[str]
    """Alerts of these; empty: of any."""


LAMPS: Final = (
    Lamp(f"{OURS}.StopLamp", 1.0, Action.STOP_NOW, frozenset()),
    Lamp(
        f"{OURS}.MalfunctionLamp",
        FLASHING,
        Action.NEAREST_WORKSHOP,
        frozenset({"engine", "ignition", "fuel", "exhaust", "emissions"}),
    ),
    Lamp(f"{OURS}.Lamp.CoolantTemperature", RED, Action.STOP_NOW, frozenset({"cooling"})),
    Lamp(f"{OURS}.Lamp.CoolantLevel", RED, Action.STOP_NOW, frozenset({"cooling"})),
    Lamp(f"{OURS}.Lamp.EngineOil", RED, Action.STOP_NOW, frozenset({"engine", "oil"})),
    Lamp(f"{OURS}.Lamp.OilTemperature", RED, Action.STOP_NOW, frozenset({"engine", "oil"})),
    Lamp(f"{OURS}.Lamp.EngineMalfunction", RED, Action.STOP_NOW, frozenset({"engine", "fuel", "exhaust"})),
    Lamp(f"{OURS}.Lamp.BrakeFailure", RED, Action.STOP_NOW, frozenset({"brakes", "air"})),
    Lamp(f"{OURS}.Lamp.ElectronicBrakes", RED, Action.STOP_NOW, frozenset({"brakes", "air"})),
    Lamp(f"{OURS}.Lamp.AuxiliaryAirPressure", RED, Action.STOP_NOW, frozenset({"air"})),
    Lamp(f"{OURS}.Lamp.BatteryCharging", RED, Action.NEAREST_WORKSHOP, frozenset({"charging", "electrics"})),
    Lamp(f"{OURS}.Lamp.TransmissionFailure", RED, Action.STOP_NOW, frozenset({"transmission"})),
    Lamp(f"{OURS}.Lamp.TransmissionTemperature", RED, Action.STOP_NOW, frozenset({"transmission"})),
    Lamp(f"{OURS}.Lamp.SteeringFailure", RED, Action.STOP_NOW, frozenset({"steering"})),
    Lamp(f"{OURS}.Lamp.TyreFailure", RED, Action.STOP_NOW, frozenset({"tyres"})),
    Lamp(f"{OURS}.Lamp.GeneralFailure", RED, Action.STOP_NOW, frozenset()),
)
"""A red lamp of one thing says nothing of another."""


def lit(window: Window) -> Sequence[Lamp]:
    """The lamps that are lit; one that is unknown is not."""
    return [lamp for lamp in LAMPS if window.value(lamp.path) >= lamp.value]  # NaN is no lamp that is lit


def demanded(concern: Concern, action: str, lamps: Sequence[Lamp]) -> str:
    """An action of a concern, no milder than the lamps demand; what merely informs demands nothing."""
    if concern.severity == Severity.INFO:
        return action
    wanted = [lamp.action for lamp in lamps if not lamp.components or concern.component in lamp.components]
    return max([Action(action), *wanted], key=ACTIONS.index)
