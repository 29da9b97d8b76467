"""An accelerometer through files as the kernel has them, and what its seconds come to."""

import math
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bus.open import open_source
from edge.bus.spec import SourceSpec
from edge.decode.decoder import Binding, Decoder
from edge.errors import BusDown
from edge.instruments import database_of
from edge.measured import GRAVITY, MOTION, VIBRATION
from edge.motion.source import AXES, MotionSource
from edge.motion.watch import IMPLAUSIBLE, MotionWatch
from tests.unit.edge.supply.test_source import Clock

S = 1_000_000_000


def sensor(folder: Path, x: int, y: int, z: int) -> Path:
    for name, raw in zip(AXES, (x, y, z), strict=True):
        (folder / f"{name}_raw").write_text(f"{raw}\n")
    return folder


def test_a_second_is_told_with_the_scale_of_all_axes_or_of_one(tmp_path: Path) -> None:
    (tmp_path / "in_accel_scale").write_text("0.009582\n")  # an ADXL345, m/s^2 of a bit
    (tmp_path / "in_accel_x_scale").write_text("0.1\n")
    clock = Clock()
    source = MotionSource(sensor(tmp_path, 3, -10, 1023), name="motion", wait=clock.wait, now_ns=clock.now)
    batch = source.read(1.1)
    decoder = Decoder([Binding(database_of(MOTION), "motion")])
    samples = decoder.decode(batch)
    told = {decoder.signals[index].path: value for index, value in zip(samples.signal, samples.value, strict=True)}
    assert told[GRAVITY[0]] == pytest.approx(0.3)
    assert told[GRAVITY[1]] == pytest.approx(-0.0958, abs=0.001)
    assert told[GRAVITY[2]] == pytest.approx(9.802, abs=0.001)
    assert told[VIBRATION] == pytest.approx(0.0, abs=1e-9)
    assert source.counters["readings"] == pytest.approx(55, abs=2)
    source.close()
    source.close()


def test_a_sensor_that_is_not_there_is_down_and_found_when_it_comes(tmp_path: Path) -> None:
    text = f"imu:{tmp_path}"
    source = open_source(SourceSpec.parse(text), speed=None, now_ns=0, stop=threading.Event())
    with pytest.raises(BusDown, match="in_accel_x_raw: No such file"):
        source.read(0.0)
    sensor(tmp_path, 0, 0, 1)
    assert source.read(0.0) is not None
    (tmp_path / "in_accel_y_raw").write_text("nothing")
    with pytest.raises(BusDown, match="instead of a number"):
        source.read(0.1)
    source.close()


def test_shaking_is_told_by_how_much_it_strays() -> None:
    watch = MotionWatch()
    told = []
    for number in range(101):
        told += watch.take(number * S // 50, (0.0, math.sqrt(2.0) * math.sin(number * 2 * math.pi / 10), 9.81))
    values = {one.path: one.value for one in told[-4:]}
    assert values[VIBRATION] == pytest.approx(1.0, abs=0.02)
    assert values[GRAVITY[1]] == pytest.approx(0.0, abs=0.03)


@given(st.lists(st.tuples(st.integers(1, S), st.tuples(*[st.floats(-300, 300) | st.just(math.nan)] * 3)), max_size=60))
def test_whatever_it_feels_what_is_told_can_be(life: list[tuple[int, tuple[float, float, float]]]) -> None:
    watch, now_ns, took = MotionWatch(), 0, 0
    for step_ns, felt in life:
        now_ns += step_ns
        for one in watch.take(now_ns, felt):
            assert one.time_ns == now_ns
            assert math.isfinite(one.value)
            assert abs(one.value) <= 400.0
        took += all(abs(one) <= 200.0 for one in felt)
    assert took + watch.counters[IMPLAUSIBLE] == len(life)
