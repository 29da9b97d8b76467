"""What a vehicle is doing, from the signals that tell; and the trouble codes that are heard."""

import math

import pytest

from edge.codes_heard import CODES_MAX, UNITS_MAX, CodesHeard
from edge.doing import CHARGING_KW, ENGINE_SPEED, IGNITION, READY, SETTLING_NS, SPEED, Doing

S = 1_000_000_000


def doing(signals: dict[str, float], seconds: int = 60) -> str | None:
    """What it is doing after so long."""
    paths = {"speed": SPEED, "ignition": IGNITION, "turns": ENGINE_SPEED, "ready": READY, "kw": CHARGING_KW}
    values = {paths[name]: value for name, value in signals.items()}
    subject = Doing()
    for second in range(seconds + 1):
        subject.update(lambda path: values.get(path, math.nan), (1000 + second) * S)
    return subject.now


@pytest.mark.parametrize(
    ("signals", "wanted"),
    [
        ({}, None),
        ({"ignition": 2.0, "speed": 0.0, "turns": 0.0}, "parked"),
        ({"ignition": 4.0, "speed": 0.0, "turns": 800.0}, "idling"),
        ({"ignition": 4.0, "speed": 0.0}, "idling"),
        ({"ignition": 5.0, "speed": 0.0, "turns": 200.0}, "starting"),
        ({"turns": 200.0}, "starting"),
        ({"turns": 800.0}, "idling"),
        ({"turns": 0.0}, "parked"),
        ({"speed": 50.0}, "driving"),
        ({"speed": -3.0, "ignition": 4.0}, "driving"),
        ({"speed": 0.0}, "parked"),
        ({"speed": 0.0, "ignition": 2.0, "kw": 7.0}, "charging"),
        ({"kw": 7.0}, "charging"),
        ({"speed": 0.0, "ready": 1.0}, "idling"),
        ({"speed": 0.0, "ready": 0.0}, "parked"),
    ],
)
def test_what_it_is_doing(signals: dict[str, float], wanted: str | None) -> None:
    assert doing(signals) == wanted


def test_a_vehicle_that_was_just_switched_on_is_starting() -> None:
    on = {"turns": 800.0, "speed": 0.0}
    settled = SETTLING_NS // S
    assert [doing(on, seconds) for seconds in (0, settled - 1, settled)] == ["starting", "starting", "idling"]


def test_codes_are_those_that_units_told_last() -> None:
    heard = CodesHeard()
    assert heard.tells("P0301") is None
    heard.hear("engine stored", [])
    assert heard.tells("P0301") is False
    heard.hear("engine stored", ["P0301", "C0035-1F"])
    heard.hear("gearbox stored", ["SPN 110 FMI 0"])
    assert [heard.tells(code) for code in ("P0301", "P03*", "P030", "C0035", "SPN 110", "SPN 11", "SPN 110 FMI 1")] == [
        True, True, False, True, True, False, False,
    ]  # fmt: skip
    heard.hear("engine stored", [])
    assert heard.tells("P0301") is False
    assert heard.codes == {"SPN 110 FMI 0"}


def test_codes_are_bounded() -> None:
    heard = CodesHeard()
    for unit in range(UNITS_MAX + 10):
        heard.hear(str(unit), [f"P{unit:04d}"])
    assert len(heard.codes) == UNITS_MAX
    heard.hear("one", [f"P{code:04d}" for code in range(1000, 9000)])
    assert len(heard.codes) < UNITS_MAX + CODES_MAX
