"""The truck's parts, each by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.simulator.journey import Key
from edge.simulator.parts.lead_acid import LeadAcid
from edge.simulator.truck import engine
from edge.simulator.truck.air import CIRCUITS_L, CLOSES_KPA, CUT_IN_KPA, CUT_OUT_KPA, SUPPLY_L, CompressedAir
from edge.simulator.truck.cooling import DIESEL_128, TruckCooling
from edge.simulator.truck.driveline import Driveline
from edge.simulator.truck.electrics import Electrics
from edge.simulator.truck.engine import EngineState
from edge.simulator.truck.exhaust import FULL_G, Exhaust
from edge.simulator.truck.fuel import FuelSystem, rail_wanted_mpa
from edge.simulator.truck.scr import Scr, conversion
from edge.simulator.truck.turbo import Turbo, wanted_kpa


def test_the_torque_curve_is_that_of_340_kw_and_2300_nm() -> None:
    torque = [engine.torque_max_nm(float(rpm)) for rpm in range(600, 2200, 10)]
    power = [nm * rpm * engine.RADIANS for nm, rpm in zip(torque, range(600, 2200, 10), strict=True)]
    assert max(torque) == pytest.approx(2300.0)
    assert max(power) == pytest.approx(340_000.0, rel=1e-3)
    assert engine.torque_max_nm(600.0) == pytest.approx(1150.0)
    assert engine.torque_max_nm(2200.0) == 0.0
    assert engine.torque_max_nm(300.0) == pytest.approx(575.0)


def burned(wanted_nm: float, air_gps: float = 500.0, rail_share: float = 1.0, rpm: float = 1200.0) -> EngineState:
    state = EngineState(running=True)
    engine.burn(
        state,
        rpm=rpm,
        wanted_nm=wanted_nm,
        brake_nm=0.0,
        accessory_w=4_000.0,
        oil_c=90.0,
        back_kpa=5.0,
        air_gps=air_gps,
        rail_share=rail_share,
    )
    return state


@given(st.floats(0.0, 2300.0), st.floats(20.0, 600.0), st.floats(0.3, 1.0), st.floats(500.0, 2100.0))
def test_an_engine_gives_no_more_than_it_is_asked_for_and_less_without_air_or_fuel(
    wanted_nm: float, air_gps: float, rail_share: float, rpm: float
) -> None:
    full = burned(wanted_nm, rpm=rpm)
    short = burned(wanted_nm, air_gps, rail_share, rpm)
    assert full.torque_nm <= max(wanted_nm, 0.0) + 1e-6
    assert short.torque_nm <= full.torque_nm + 1e-6
    assert short.fuel_gps * engine.AIR_PER_FUEL * engine.SMOKE_LAMBDA <= air_gps + 1e-6 or air_gps > 500.0
    assert short.fuel_lph >= 0.0


def test_best_consumption_is_that_of_a_modern_heavy_duty_engine() -> None:
    state = burned(2000.0)
    grams_per_kwh = state.fuel_gps * 3.6e6 / (state.torque_nm * state.rpm * engine.RADIANS)
    assert 178.0 < grams_per_kwh < 195.0


def test_the_smoke_limit_holds_torque_back_until_boost_is_there_and_then_makes_no_soot() -> None:
    lagging, boosted = burned(2300.0, air_gps=120.0), burned(2300.0, air_gps=400.0)
    assert lagging.torque_nm < 0.6 * 2300.0
    assert boosted.torque_nm == pytest.approx(2300.0)
    assert lagging.soot_mg / lagging.fuel_gps > 2.0 * boosted.soot_mg / boosted.fuel_gps


def test_pushed_along_it_burns_nothing_and_drags() -> None:
    state = burned(-300.0)
    assert state.cut
    assert state.fuel_lph == 0.0
    assert -220.0 < state.torque_nm < -100.0
    assert burned(-300.0, rpm=620.0).fuel_lph > 0.0  # the idle governor


def test_boost_rises_with_load_and_speed_and_a_leak_takes_it_at_full_load_first() -> None:
    assert wanted_kpa(0.0, 1200.0) == 0.0
    assert wanted_kpa(1.0, 1300.0) == pytest.approx(240.0, rel=0.01)
    assert wanted_kpa(0.5, 800.0) < wanted_kpa(0.5, 1200.0) < wanted_kpa(0.8, 1200.0)
    state = burned(1800.0)
    sound, split, slight = Turbo(40.0), Turbo(40.0), Turbo(40.0)
    for _ in range(100):
        sound.step(state, 101.3, 0.0)
        split.step(state, 101.3, 0.4)
        slight.step(state, 101.3, 0.08)
    assert split.boost_kpa < 0.75 * sound.boost_kpa
    assert slight.boost_kpa == pytest.approx(sound.boost_kpa)
    assert split.lost_gps > 50.0


def test_boost_follows_in_about_a_second_and_faster_at_high_speed() -> None:
    def after(seconds: float, rpm: float) -> float:
        turbo = Turbo(40.0)
        state = burned(1500.0, rpm=rpm)
        for _ in range(round(seconds * 10)):
            turbo.step(state, 101.3, 0.0)
        return turbo.boost_kpa / wanted_kpa(state.fill, rpm)

    assert 0.3 < after(0.7, 1200.0) < 0.9
    assert after(0.7, 1800.0) > after(0.7, 1000.0)
    assert after(6.0, 1200.0) > 0.97


def test_the_charge_air_cooler_leaves_some_twenty_degrees() -> None:
    turbo = Turbo(20.0, boost_kpa=230.0, manifold_kpa=331.0)
    for _ in range(120):
        turbo.second(rpm=1300.0, ambient_c=20.0, outside_kpa=101.3, speed_mps=20.0, bay_c=88.0)
    assert 40.0 < turbo.charge_c < 62.0


@pytest.mark.parametrize(("clog", "short"), [(0.0, False), (0.4, False), (1.2, True)])
def test_a_clogged_filter_starves_the_rail_under_load(clog: float, short: bool) -> None:
    fuel = FuelSystem(600.0, 400.0, 20.0)
    for _ in range(60):
        fuel.second(running=True, rpm=1300.0, fuel_lph=65.0, clog=clog, ambient_c=20.0, engine_c=88.0)
        for _ in range(10):
            fuel.step(0.95, 1300.0)
    assert (fuel.rail_mpa < rail_wanted_mpa(0.95, 1300.0) - 18.0) is short
    assert (fuel.delivery_kpa < 300.0) is short
    assert (fuel.rail_share < 1.0) is short
    assert fuel.left_l < 400.0


def test_a_filter_resists_more_when_it_is_older_or_the_fuel_is_cold() -> None:
    def lost(clog: float, fuel_c: float) -> float:
        fuel = FuelSystem(600.0, 400.0, fuel_c)
        for _ in range(30):
            fuel.second(running=True, rpm=1300.0, fuel_lph=40.0, clog=clog, ambient_c=fuel_c, engine_c=fuel_c)
        return fuel.filter_kpa

    assert 8.0 < lost(0.0, 25.0) < 30.0
    assert lost(0.0, -15.0) > 1.4 * lost(0.0, 25.0)
    assert lost(0.3, 25.0) > 2.0 * lost(0.0, 25.0)


def air_of(kpa: float = 900.0) -> CompressedAir:
    return CompressedAir([kpa] * 3, leak_kpa_per_h=5.0, supply_kpa=kpa, delivers=1.0)


def test_the_compressor_fills_an_empty_system_in_minutes_and_stops_at_cut_out() -> None:
    air = air_of(0.0)
    seconds = 0
    while air.supply_kpa < CUT_OUT_KPA and seconds < 2000:
        air.second(rpm=1200.0, moving=False, holes={}, compressor=1.0)
        seconds += 1
    assert 120 < seconds < 420  # ECE R13 annex 7 allows six minutes to 65 %
    air.second(rpm=1200.0, moving=False, holes={}, compressor=1.0)
    idle_kpa = air.supply_kpa
    air.second(rpm=1200.0, moving=False, holes={}, compressor=1.0)
    assert air.supply_kpa < idle_kpa
    for _ in range(3600):
        air.second(rpm=1200.0, moving=True, holes={}, compressor=1.0)
        if air.loaded:
            break
    assert 0.0 < air.supply_kpa < CUT_IN_KPA + 15.0


@given(
    st.lists(st.floats(0.0, 1000.0), min_size=4, max_size=4),
    st.floats(0.0, 2000.0),
    st.floats(0.0, 300.0),
    st.floats(0.0, 800.0),
)
def test_air_is_neither_made_nor_below_nothing(kpa: list[float], rpm: float, hole: float, braked: float) -> None:
    air = CompressedAir(kpa[:3], leak_kpa_per_h=5.0, supply_kpa=kpa[3], delivers=1.0)
    air.braked_kpa = braked

    def held() -> float:
        return air.supply_kpa * SUPPLY_L + sum(p * v for p, v in zip(air.circuits_kpa, CIRCUITS_L, strict=True))

    before = held()
    air.second(rpm=rpm, moving=True, holes={1: hole}, compressor=1.0)
    pumped = 0.48 * rpm / 60.0 * 0.86 * 101.3
    assert held() <= before + pumped + 1e-6
    assert min(*air.circuits_kpa, air.supply_kpa) >= 0.0


def test_one_leaking_circuit_empties_alone() -> None:
    air = air_of()
    for _ in range(3600):
        air.second(rpm=0.0, moving=False, holes={1: 40.0}, compressor=1.0)
    assert air.circuits_kpa[0] < 400.0
    assert air.circuits_kpa[1] > 0.9 * CLOSES_KPA
    assert air.holds


def test_braking_uses_air_and_a_trembling_foot_does_not() -> None:
    air = air_of()
    air.braked_kpa = 400.0
    air.second(rpm=0.0, moving=False, holes={}, compressor=1.0)
    assert 5.0 < 900.0 - min(air.circuits_kpa) < 150.0
    road = Driveline(40_000.0, 5.6, 0.0055, speed_mps=20.0)
    motor = EngineState()
    for step in range(200):
        target = 20.0 - 1.6 * step / 10.0 + (0.01 if step % 2 else -0.01)
        road.step(
            target_mps=max(target, 0.0),
            ahead_mps=max(target - 3.2, 0.0),
            grade=0.0,
            torque_share=1.0,
            limit_mps=25.0,
            motor=motor,
        )
    assert 0.1 < road.applied < 0.9


def test_it_stops_and_stands_on_a_slope() -> None:
    road = Driveline(40_000.0, 5.6, 0.0055, speed_mps=15.0)
    motor = EngineState()
    for _ in range(300):
        road.step(target_mps=0.0, ahead_mps=0.0, grade=0.08, torque_share=1.0, limit_mps=25.0, motor=motor)
    assert road.speed_mps == 0.0
    assert road.brake > 0.1


def filter_of(soot: float) -> Exhaust:
    return Exhaust(20.0, soot * FULL_G, 0.2)


def run_exhaust(exhaust: Exhaust, seconds: int, *, regenerate: bool = False, catalysis: float = 1.0) -> None:
    for _ in range(seconds):
        exhaust.second(
            fuel_w=260_000.0,
            air_gps=230.0,
            fuel_gps=6.1,
            brake_w=0.0,
            intake_c=40.0,
            ambient_c=20.0,
            soot_mg=0.4,
            regenerate=regenerate,
            catalysis=catalysis,
            more_ash=0.0,
        )


def test_exhaust_at_cruise_is_as_warm_as_in_life_and_the_filter_follows_slowly() -> None:
    exhaust = filter_of(0.3)
    run_exhaust(exhaust, 20)
    assert exhaust.turbine_c > 200.0
    assert exhaust.after_filter_c < 150.0
    run_exhaust(exhaust, 1200)
    assert 260.0 < exhaust.before_filter_c < 360.0
    assert exhaust.after_scr_c > 240.0


def test_a_regeneration_burns_the_filter_clean_in_half_an_hour_and_a_tired_catalyst_does_not() -> None:
    good, tired = filter_of(0.8), filter_of(0.8)
    run_exhaust(good, 600)
    run_exhaust(tired, 600, catalysis=0.15)
    before = good.filter_kpa
    run_exhaust(good, 1800, regenerate=True)
    run_exhaust(tired, 1800, regenerate=True, catalysis=0.15)
    assert 540.0 < good.before_filter_c < 640.0
    assert good.soot_share < 0.15
    assert tired.soot_share > 0.55
    run_exhaust(good, 900)
    assert good.filter_kpa < 0.6 * before


@given(st.floats(0.0, 1.5), st.floats(0.0, 1.5))
def test_more_soot_means_more_pressure(some: float, more: float) -> None:
    low, high = filter_of(min(some, more)), filter_of(max(some, more))
    run_exhaust(low, 30)
    run_exhaust(high, 30)
    assert high.filter_kpa >= low.filter_kpa


def test_conversion_is_nothing_when_cold_best_when_warm_and_less_when_hot() -> None:
    temps = np.arange(100.0, 640.0, 5.0)
    shares = np.array([conversion(float(temp)) for temp in temps])
    assert conversion(120.0) == 0.0
    assert shares.max() < 0.98
    assert 260.0 < temps[np.argmax(shares)] < 440.0
    assert conversion(600.0) < 0.75
    assert shares.min() >= 0.0


def run_scr(scr: Scr, seconds: int, *, valve: float = 1.0, pump: float = 1.0) -> None:
    for _ in range(seconds):
        scr.second(
            fill=0.5,
            flow_gps=240.0,
            before_c=320.0,
            after_c=310.0,
            turbine_c=330.0,
            ambient_c=10.0,
            coolant_c=88.0,
            valve=valve,
            pump=pump,
        )


@pytest.mark.parametrize(
    ("valve", "pump", "concentration", "least", "most"),
    [
        (1.0, 1.0, 32.5, 0.93, 0.98),
        (0.3, 1.0, 32.5, 0.2, 0.4),
        (1.0, 1.0, 12.0, 0.25, 0.45),
        (1.0, 0.3, 32.5, 0.0, 0.01),
    ],
)
def test_conversion_falls_with_valve_quality_and_pump(
    valve: float, pump: float, concentration: float, least: float, most: float
) -> None:
    scr = Scr(75.0, 40.0, 10.0, concentration=concentration)
    run_scr(scr, 600, valve=valve, pump=pump)
    assert least <= 1.0 - scr.nox_out_ppm / scr.nox_in_ppm <= most
    assert scr.left_l <= 40.0


def test_frozen_reagent_is_not_pumped_until_it_has_thawed() -> None:
    scr = Scr(75.0, 40.0, -20.0)
    run_scr(scr, 60)
    assert scr.tank_c < -11.0
    assert scr.pump_kpa == 0.0
    assert scr.nox_out_ppm == pytest.approx(scr.nox_in_ppm, rel=0.05)
    run_scr(scr, 2400)
    assert not scr.frozen
    assert scr.pump_kpa > 850.0


def electrics_of(charge: float = 0.9, temp_c: float = 15.0) -> Electrics:
    battery = LeadAcid(200.0, charge, 0.003, temp_c, blocks=2)
    return Electrics(battery, 20.0, volt=battery.rest_v())


def power(
    electrics: Electrics, key: Key, seconds: float, *, rpm: float = 0.0, health: float = 1.0, drain: float = 0.0
) -> None:
    for step in range(round(seconds * 10)):
        electrics.step(
            key=key,
            rpm=rpm,
            running=rpm > 0.0,
            braking=False,
            health=health,
            ohm_factor=1.0,
            drain_a=drain,
            helper=False,
        )
        if step % 10 == 9:
            electrics.second()


def test_cranking_dips_below_20_volts_and_deeper_in_the_cold() -> None:
    warm, cold = electrics_of(temp_c=20.0), electrics_of(temp_c=-20.0)
    power(warm, Key.START, 0.1)
    power(cold, Key.START, 0.1)
    assert 17.5 < warm.volt < 21.0
    assert cold.volt < warm.volt - 0.5
    power(warm, Key.START, 0.9)
    assert 21.0 < warm.volt < 24.0


def test_the_alternator_charges_to_its_set_point_and_without_it_the_battery_empties() -> None:
    charged, alone = electrics_of(0.7), electrics_of(0.7)
    power(charged, Key.ON, 600.0, rpm=1250.0)
    power(alone, Key.ON, 600.0, rpm=1250.0, health=0.0)
    assert 27.5 < charged.volt < 28.6
    assert charged.current_a > 0.0
    assert alone.volt < 25.0
    assert alone.current_a < -30.0
    assert charged.battery.charge > 0.7 > alone.battery.charge


def test_asleep_it_takes_a_month_or_two_to_empty_the_batteries() -> None:
    electrics = electrics_of(0.9)
    for _ in range(24):
        electrics.rest(0.0, 3600.0)
    a_day = 0.9 - electrics.battery.charge
    assert 20.0 < 0.5 / a_day < 120.0


def test_the_fan_engages_when_it_is_hot_and_takes_power_from_the_engine() -> None:
    cooling = TruckCooling(
        design=DIESEL_128,
        metal_c=104.0,
        coolant_c=103.0,
        oil_c=104.0,
        full_kg=45.0,
        coolant_kg=45.0,
        opens_c=84.0,
        radiator_share=0.9,
        wax=1.0,
    )
    cooling.engine_rpm = 1700.0
    for _ in range(15):
        cooling.second(heat_w=150_000.0, friction_w=30_000.0, rpm=1700.0, speed_mps=10.0, ambient_c=30.0)
    assert cooling.fan > 0.7
    assert 6_000.0 < cooling.fan_w() < 25_000.0
    cooling.engine_rpm = 0.0
    cooling.second(heat_w=0.0, friction_w=0.0, rpm=0.0, speed_mps=0.0, ambient_c=30.0, powered=False)
    assert cooling.fan == 0.0
