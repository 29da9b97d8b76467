"""From figures to what is told of them; what nobody knows is null."""

from collections.abc import Callable
from typing import Any

import pytest

from edge.bus.spec import SourceSpec
from edge.config import Config
from edge.config_parts import Bus
from edge.detect.sensors.commissioning import Stage
from edge.detect.sensors.progress import Progress
from edge.outbox import Standing
from edge.status import told
from edge.status.pace import Bits, Flow
from edge.status.parts import bus_of, known_percent, models_of, outbox_of, settled, update_of
from edge.status.telling import _bitrate
from edge.updates.journal import Runs
from edge.updates.updates import Standing as UpdateStanding
from tests.bundles import VERSION, bundle_of
from tests.unit.edge.status.test_vehicle import moment


def a_bus(
    bits: Bits, *, is_live: bool = True, down: str | None = None, counters: dict[str, int] | None = None
) -> told.BusStatus:
    counters = {"frames": 100} if counters is None else counters
    flow = Flow(0.0)
    for second in range(1, 11):
        flow.look(float(second), counters, 250_000 * second)
    return bus_of(
        "can0", flow, bits, down=down, counters=counters, now_s=10.0, is_live=is_live, known_percent=None,
            kind="can",
    )  # fmt: skip


def fd(bits: Bits) -> Bits:
    bits.is_fd = True
    return bits


@pytest.mark.parametrize(
    ("bits", "is_live", "load"),
    [
        (Bits(500_000), True, 50.0),
        (Bits(None), True, None),
        (fd(Bits(500_000)), True, None),
        (Bits(500_000), False, None),
    ],
    ids=["known", "no bit rate", "CAN FD", "a replay"],
)
def test_a_load_is_told_where_it_can_be_known(bits: Bits, is_live: bool, load: float | None) -> None:
    assert a_bus(bits, is_live=is_live).load_percent == load


def test_a_bus_that_is_down_says_why_and_one_that_counts_no_frames_has_no_rate() -> None:
    down = a_bus(Bits(None), down="no such device", counters={})
    assert (down.state, down.why, down.frames, down.frames_per_s) == ("down", "no such device", None, None)
    assert len(a_bus(Bits(None), down="x" * 9999).why or "") == told.TEXT_MAX


@pytest.mark.parametrize(
    ("source", "configured", "wanted"),
    [
        ("can:can0", None, None),
        ("can:can0", 250_000, 250_000),
        ("pythoncan:slcan:/dev/ttyACM0?bitrate=500000", None, 500_000),
        ("pythoncan:slcan:/dev/ttyACM0?bitrate=500000", 250_000, 250_000),
        ("pythoncan:slcan:/dev/ttyACM0?bitrate=fast", None, None),
    ],
)
def test_where_the_bit_rate_is_said(source: str, configured: int | None, wanted: int | None) -> None:
    assert _bitrate(Bus(source=source, bitrate=configured), SourceSpec.parse(source)) == wanted


def test_what_is_understood_is_told_of_each_bus_with_the_buses_inside_of_it() -> None:
    known = {("engine", False, 1): 90, ("body/can1", False, 1): 10, ("bodywork", False, 1): 1000}
    unknown = {("engine", False, 2): 10, ("body/can2", False, 2): 30}
    now = moment({}, known=known, unknown=unknown)
    assert known_percent("engine", 3, now) == 90.0
    assert known_percent("body", 3, now) == 25.0
    assert known_percent("silent", 3, now) is None
    assert known_percent("can:can0", 1, now) == round(100 * 1100 / 1140, 1)
    assert known_percent("engine", 3, None) is None


def progress(stage: Stage) -> Progress:
    return Progress("sensors", stage, 0.5, 2.0, 0.5, (), 7)


def test_models_run_learn_or_are_off() -> None:
    off = {"sensors": "takes 80 ms a tick", "forged": "is signed by nobody", "rules": "broken", "at once": "broken"}
    names = ["coolant", "sensors"]
    assert [(one.name, one.state) for one in models_of(names, [progress(Stage.FITTING)], {})] == [
        ("coolant", "running"), ("sensors", "learning"),
    ]  # fmt: skip
    assert [one.state for one in models_of(names, [progress(Stage.ARMED)], {})] == ["running", "running"]
    assert [(one.name, one.state, one.reason) for one in models_of(names, [progress(Stage.FITTING)], off)] == [
        ("coolant", "running", None),
        ("sensors", "off", "takes 80 ms a tick"),
        ("forged", "off", "is signed by nobody"),
    ]


def test_an_outbox_that_nobody_could_ask_yet_is_unknown_and_says_why() -> None:
    unknown = outbox_of(None, Config(), as_of_s=5.0, trouble="the disk is failing")
    assert (unknown.messages, unknown.bytes, unknown.as_of_s, unknown.set_aside) == (None, None, None, None)
    assert unknown.trouble == "the disk is failing"
    assert unknown.bytes_max == 256_000_000
    empty = outbox_of(Standing((), {"bytes": 0, "lost.evicted.trip": 2}, 0, None), Config(), as_of_s=5.0, trouble=None)
    assert (empty.messages, empty.bytes, empty.as_of_s, empty.lost) == (0, 0, 5.0, {"evicted.trip": 2})


@pytest.mark.parametrize(("fails", "ends"), [(0, True), (3, True), (4, False)])
def test_what_grows_while_it_is_counted_is_asked_again_and_not_for_ever(fails: int, ends: bool) -> None:
    asked: list[Any] = []

    def ask() -> int:
        asked.append(None)
        if len(asked) <= fails:
            raise RuntimeError("dictionary changed size during iteration")
        return 7

    question: Callable[[], int] = ask
    if ends:
        assert settled(question) == 7
        return
    with pytest.raises(RuntimeError):
        settled(question)


def test_a_bundle_on_trial_and_one_that_is_fetched() -> None:
    runs = Runs(slot="b", id="a" * 32, name="autumn", version=3)
    standing = UpdateStanding(runs, True, 12.34, bundle_of(b"xyz", name="winter"), 2, "x" * 1000)
    assert update_of(standing) == told.UpdateStatus(
        slot="b", name="autumn", version=3, on_trial=True, probation_left_s=12.3, wanted="winter",
        wanted_version=VERSION, fetched_bytes=2, wanted_bytes=3, trouble="x" * told.TEXT_MAX,
    )  # fmt: skip
    quiet = update_of(UpdateStanding(Runs(), False, None, None, None, None))
    assert (quiet.slot, quiet.name, quiet.wanted, quiet.trouble) == (None, "none", None, None)
