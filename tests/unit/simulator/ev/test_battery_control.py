"""The battery's control unit by itself, on what a real drive's sensors show."""

from edge.simulator.ev.battery_control import RADIATOR_RPM, READY_RPM, BatteryControl
from edge.simulator.ev.electric import ElectricCar
from edge.simulator.life import Life


def ready() -> tuple[BatteryControl, dict[str, float]]:
    """A car that is ready to drive in the heat: its unit, and what it sees."""
    life = Life(vehicle="ev", seed=1, cycle="city", weather="hot")
    assert isinstance(life.vehicle, ElectricCar)
    while True:
        trace = life.second()
        if trace is not None:
            seen = dict(zip(life.tracer.columns, map(float, trace.rows[-1]), strict=True))
            if seen["ready"] > 0.0 and seen["contactors"] == 2.0:
                return life.vehicle.control.battery, seen | {"pack_max_c": 31.6, "pack_min_c": 31.0}


def codes(control: BatteryControl) -> set[str]:
    return {code.text for code in control.memory.active()}


def test_a_pump_that_is_asked_for_another_speed_again_and_again_does_not_race() -> None:
    control, seen = ready()
    rpm, asked = READY_RPM, set()
    for second in range(600):  # the air is as warm as makes the radiator worth it in one of three looks
        warm_c = 27.7 if second % 3 else 27.5
        control.second(seen | {"ambient_c": warm_c, "pack_pump_rpm": rpm}, frozenset(), warms=False)
        rpm += (control.pump_rpm - rpm) * 0.5
        asked.add(control.pump_rpm)
    assert asked == {READY_RPM, RADIATOR_RPM}
    assert not codes(control)


def test_one_that_turns_too_fast_while_it_is_asked_for_the_same_speed_races() -> None:
    control, seen = ready()
    for _ in range(60):
        control.second(seen | {"ambient_c": 30.0, "pack_pump_rpm": 1.3 * READY_RPM}, frozenset(), warms=False)
    assert codes(control) == {"P0E3B"}
