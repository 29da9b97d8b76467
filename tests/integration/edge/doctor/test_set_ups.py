"""Boxes that are spoilt at one place each: that place alone is named, whatever else suffers from it."""

import os
import random
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.doctor.check import Result
from edge.doctor.every import CHECKS
from edge.doctor.examine import Outcome
from edge.doctor.look import WHOLE_S
from edge.doctor.looks import CanSocket
from edge.doctor.told import exit_status
from edge.machine.interfaces import State
from edge.machine.programs import Python
from edge.machine.time_of_day import TimeOfDay
from tests.brokers import Mosquitto, free_port
from tests.certificates import DAY, NOW, SmallAuthority
from tests.integration.edge.doctor.a_box import (
    ADAPTER,
    BODY,
    ENGINE,
    FRAMES,
    VOLTS,
    Box,
    asker,
    error_frame,
    frame,
    healthy,
)
from tests.shared import ROOT
from tests.small_disks import fill, small_disk
from tests.unit.edge.status.a_status import bus

NOT_CONNECTED = {"link__connected": False, "link__up_s": None, "link__trouble": "it cannot be reached"}


@dataclass(frozen=True)
class SetUp:
    """How a box is spoilt, and what must be said of it."""

    spoil: Callable[[Box, ExitStack], None]
    check: str
    bus: str = ""
    says: str = ""
    remedy: str = ""
    because: str = ""
    """Checks that suffer, and must name it as their cause."""
    result: Result = Result.WRONG


def supply(box: Box, _: ExitStack) -> None:
    box.write("sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n")


def heat(box: Box, _: ExitStack) -> None:
    box.write("sys/class/thermal/thermal_zone0/temp", "86100\n")
    box.write("sys/devices/platform/soc/soc:firmware/get_throttled", "80008\n")


def slowed(box: Box, _: ExitStack) -> None:
    box.write("sys/devices/platform/soc/soc:firmware/get_throttled", "20002\n")


def old_python(box: Box, _: ExitStack) -> None:
    box.python = Python((3, 10, 14), "aarch64", 64)


def narrow_python(box: Box, _: ExitStack) -> None:
    box.python = Python((3, 11, 2), "armv7l", 32)


def clock_1970(box: Box, stack: ExitStack) -> None:
    """The broker's certificate is then not valid yet, and nobody gets through."""
    with_broker(box, stack)
    box.time = TimeOfDay(datetime(1970, 1, 1, 0, 2, tzinfo=UTC), is_synced=False, has_clock_chip=False)
    box.tell(**NOT_CONNECTED, daemon__is_time_known=False)


def worn_card(box: Box, _: ExitStack) -> None:
    box.write("sys/block/mmcblk0/device/life_time", "0x02 0x0b\n")


def bad_config(box: Box, _: ExitStack) -> None:
    box.config = box.config.replace("bitrate = 125000", "bitrate = 7")


def full_disk(box: Box, stack: ExitStack) -> None:
    (box.folder / "small").mkdir()
    box.state = stack.enter_context(small_disk("tmpfs", box.folder / "small", 8))
    box.state.chmod(0o777)
    fill(box.state)
    box.tell(outbox__trouble="the disk is full")


def no_can(box: Box, stack: ExitStack) -> None:
    box.can_socket = CanSocket.NO_CAN
    box.before = box.after = {}
    with_broker(box, stack)
    box.status = None
    box.service |= {"ActiveState": "failed", "SubState": "failed", "ExecMainStatus": "78"}


def unplugged(box: Box, _: ExitStack) -> None:
    (box.root / "dev/telltale-obd").unlink()
    down = ADAPTER.model_copy(update={"state": "down", "why": "it is not there", "heard_ago_s": None})
    box.tell(
        buses=[bus(), bus(name="body"), down],
        diagnostics=[asker("engine"), asker("adapter", trouble="it is not there")],
    )


def not_allowed(box: Box, _: ExitStack) -> None:
    (box.root / "dev/telltale-obd").chmod(0o600)
    box.tell(diagnostics=[asker("engine"), asker("adapter", trouble="Permission denied")])


def no_state(box: Box, _: ExitStack) -> None:
    box.state.chmod(0o755)


def no_service(box: Box, stack: ExitStack) -> None:
    with_broker(box, stack)
    box.status = None
    box.service |= {"ActiveState": "activating", "SubState": "auto-restart", "NRestarts": "41"}


def not_enabled(box: Box, _: ExitStack) -> None:
    box.service |= {"UnitFileState": "disabled"}


def hanging(box: Box, _: ExitStack) -> None:
    box.tell(daemon__judged_ago_s=400.0)


def no_interface(box: Box, _: ExitStack) -> None:
    del box.before[ENGINE], box.after[ENGINE]
    box.silence(ENGINE)


def no_rate(box: Box, _: ExitStack) -> None:
    box.interface(ENGINE, bitrate=None, sample_point=None, is_up=False, state=State.STOPPED)
    box.silence(ENGINE)


def other_rate(box: Box, _: ExitStack) -> None:
    box.interface(ENGINE, bitrate=250_000, state=State.ERROR_PASSIVE)
    box.silence(ENGINE)
    box.speaks[ENGINE] = [error_frame(0x88)]


def link_down(box: Box, _: ExitStack) -> None:
    box.interface(ENGINE, is_up=False, state=State.STOPPED)
    box.silence(ENGINE)


def listens_only(box: Box, _: ExitStack) -> None:
    box.interface(ENGINE, is_listen_only=True)
    box.tell(diagnostics=[asker("engine", silent_because="listen_only"), asker("adapter")])


def acknowledges(box: Box, _: ExitStack) -> None:
    box.interface(BODY, is_listen_only=False)


def bus_off(box: Box, _: ExitStack) -> None:
    box.silence(ENGINE)
    box.after[ENGINE] = box.before[ENGINE]
    box.interface(ENGINE, state=State.BUS_OFF, restart_ms=0)
    box.counts(ENGINE, bus_off=1, bus_errors=30)


def wrong_rate_with_errors(box: Box, _: ExitStack) -> None:
    box.silence(ENGINE)
    box.interface(ENGINE, state=State.ERROR_PASSIVE)
    box.speaks[ENGINE] = [error_frame(0x88)]
    box.counts(ENGINE, bus_errors=900, error_passive=1)


def noise(box: Box, _: ExitStack) -> None:
    """What a controller now and then makes of a bus at another rate: ids of chance."""
    rng = random.Random(7)
    box.speaks[BODY] = [frame(0x8000_0000 | rng.getrandbits(29)) for _ in range(60_000)]


def loose_plug(box: Box, _: ExitStack) -> None:
    box.speaks[ENGINE] = [*FRAMES * 5, error_frame(0x08)]


def wrong_rate_without_errors(box: Box, _: ExitStack) -> None:
    box.silence(BODY)


def gateway(box: Box, _: ExitStack) -> None:
    box.silence(ENGINE)
    assert box.status is not None
    silent = [asker("engine", silent_because="nothing_heard"), asker("adapter")]
    box.status = box.status.model_copy(update={"diagnostics": silent})


def no_frames(box: Box, _: ExitStack) -> None:
    box.drive(BODY, "mcp251xfd")
    box.silence(BODY)


def overruns(box: Box, _: ExitStack) -> None:
    box.counts(BODY, receive_over=40)
    box.speaks[BODY] = [*FRAMES, error_frame(0x04, 0x01)]
    box.tell(buses=[bus(), bus(name="body", lost=40, lost_last_minute=40), ADAPTER])


def small_buffer(box: Box, _: ExitStack) -> None:
    box.write("proc/sys/net/core/rmem_max", "212992\n")


def drops(box: Box, _: ExitStack) -> None:
    box.tell(buses=[bus(lost=5, lost_last_minute=5), bus(name="body"), ADAPTER])


def not_understood(box: Box, _: ExitStack) -> None:
    box.tell(
        buses=[bus(known_percent=0.4), bus(name="body"), ADAPTER], rules__armed=0, rules__unarmed={"never_heard": 27}
    )


def not_read(box: Box, _: ExitStack) -> None:
    """Another program has the adapter."""
    down = ADAPTER.model_copy(update={"state": "down", "why": "Device or resource busy", "heard_ago_s": None})
    asked = [asker("engine"), asker("adapter", trouble="Device or resource busy")]
    box.tell(buses=[bus(), bus(name="body"), down], diagnostics=asked)


def low_voltage(box: Box, _: ExitStack) -> None:
    low = VOLTS.model_copy(update={"value": 11.2})
    asked = [asker("engine", silent_because="low_voltage"), asker("adapter", silent_because="low_voltage")]
    box.tell(signals__values=[low], diagnostics=asked)


def no_answers(box: Box, _: ExitStack) -> None:
    box.tell(diagnostics=[asker("engine", trouble="nobody answers"), asker("adapter")])


def refused_rule(box: Box, _: ExitStack) -> None:
    box.tell(rules__refused=2)


def refused_model(box: Box, _: ExitStack) -> None:
    box.tell(detectors_off={"coolant": "its package is damaged"})


def no_voice(box: Box, _: ExitStack) -> None:
    (box.programs / "espeak-ng").unlink()
    box.tell(cab={"speech": "espeak-ng is not installed"})


def switched_off_radio(box: Box, _: ExitStack) -> None:
    sensor = 'wheel = "front_left"\naddress = "80:EA:CA:10:8A:78"\n'
    box.config += f'[tyres]\nsource = "ble:hci0"\n[[tyres.sensor]]\n{sensor}'
    down = bus(name="tyres", kind="tyres", state="down", why="hci0: switched off. Remedy: rfkill unblock bluetooth")
    box.tell(buses=[*healthy().buses, down])


def no_sky(box: Box, _: ExitStack) -> None:
    nothing_yet = bus(name="position", kind="position", frames=0, heard_ago_s=None)
    box.tell(buses=[*healthy().buses[:-1], nothing_yet])


def no_lamp(box: Box, _: ExitStack) -> None:
    box.tell(cab={"pins": "gpiochip0 is busy"})


def expired(box: Box, stack: ExitStack) -> None:
    with_broker(box, stack, ends=NOW - DAY / 2)
    box.tell(**NOT_CONNECTED)


def nobody_there(box: Box, _: ExitStack) -> None:
    box.port = free_port()
    box.tell(**NOT_CONNECTED)
    authority = SmallAuthority(box.folder)
    certificate, key = authority.issue("van-7")
    box.link = f'ca = "{authority.file}"\ncertificate = "{certificate}"\nkey = "{key}"'


def broker_of_yesterday(box: Box, stack: ExitStack) -> None:
    with_broker(box, stack, broker_ends=NOW - DAY / 2)
    box.tell(**NOT_CONNECTED)


def lost_key(box: Box, _: ExitStack) -> None:
    (box.folder / "van-7.key").unlink()
    box.tell(**NOT_CONNECTED)


def silent_cloud(box: Box, _: ExitStack) -> None:
    box.tell(link__acknowledged_ago_s=4000.0, outbox__messages=900)


def full_outbox(box: Box, _: ExitStack) -> None:
    box.tell(outbox__bytes=255_000_000)


def with_broker(
    box: Box, stack: ExitStack, *, ends: datetime = NOW + 90 * DAY, broker_ends: datetime = NOW + DAY
) -> None:
    """A real one that lets nobody in without a certificate of its authority."""
    folder = box.folder / "broker"
    folder.mkdir()
    authority = SmallAuthority(folder)
    certificate, key = authority.issue("127.0.0.1", begins=NOW - 2 * DAY, ends=broker_ends)
    port = free_port()
    extra = (
        f"\nlistener {port} 127.0.0.1\ncafile {authority.file}\ncertfile {certificate}\nkeyfile {key}\n"
        "require_certificate true\n"
    )
    stack.enter_context(Mosquitto(folder, extra=extra))
    own, own_key = authority.issue("van-7", begins=NOW - 2 * DAY, ends=ends)
    box.port = port
    box.link = f'ca = "{authority.file}"\ncertificate = "{own}"\nkey = "{own_key}"'


SUFFERS = "frames wrong-rate errors"
SET_UPS = {
    "under-voltage and throttling": SetUp(supply, "supply", says="below 4.63 V now", remedy="5.1 V", because="slowed"),
    "too hot": SetUp(heat, "heat", says="86 °C", remedy="shade", because="slowed"),
    "slowed down": SetUp(slowed, "slowed", says="slowed down for its supply now"),
    "unsupported Python": SetUp(old_python, "python", says="Python 3.10.14", remedy="Python 3.11"),
    "32 bits": SetUp(narrow_python, "python", says="armv7l, 32 bits", remedy="64-bit"),
    "clock at 1970": SetUp(clock_1970, "clock", says="1970-01-01 00:02", because="certificate"),
    "worn card": SetUp(worn_card, "card", says="110 %"),
    "wrong configuration": SetUp(bad_config, "config", says="bitrate", remedy="check --config"),
    "full disk": SetUp(full_disk, "disk", says="are free", remedy="vacuum", because="outbox"),
    "no CAN in the kernel": SetUp(
        no_can, "can-modules", remedy="linux-modules-extra-6.12.34", because="service daemon interface frames"
    ),
    "adapter unplugged": SetUp(unplugged, "adapter", "adapter", says="/dev/telltale-obd", because="polling"),
    "no permission": SetUp(
        not_allowed,
        "permission",
        "adapter",
        says="nobody may not open /dev/telltale-obd",
        remedy="usermod -aG",
        because="polling",
    ),
    "no permission for the state": SetUp(no_state, "permission", says="may not write", remedy="chown -R nobody:"),
    "service that ends again and again": SetUp(no_service, "service", says="41 restarts", because="daemon"),
    "service that is not enabled": SetUp(not_enabled, "service", says="not be started with the box"),
    "daemon that judges nothing": SetUp(hanging, "daemon", says="judged nothing for 6 min"),
    "interface missing": SetUp(
        no_interface, "interface", "engine", says="there is no can0 (CAN interfaces there: can1)"
    ),
    "no bit rate": SetUp(
        no_rate, "bitrate", "engine", says="no bit rate set", remedy="BitRate=500000", because="frames"
    ),
    "another bit rate than configured": SetUp(other_rate, "bitrate", "engine", says="250000 bit/s", because=SUFFERS),
    "link down": SetUp(
        link_down, "link", "engine", says="can0 is down", remedy="ip link set can0 up", because="frames gateway"
    ),
    "listens only": SetUp(listens_only, "listen-only", "engine", remedy="ListenOnly=no", because="polling"),
    "acknowledges for nothing": SetUp(
        acknowledges, "listen-only", "body", remedy="ListenOnly=yes", result=Result.WARNING
    ),
    "bus-off": SetUp(bus_off, "bus-off", "engine", says="not started anew by itself", remedy="60 Ω", because=SUFFERS),
    "wrong bit rate with error frames": SetUp(
        wrong_rate_with_errors,
        "wrong-rate",
        "engine",
        says="at 500000 bit/s can0 hears errors",
        remedy="setup",
        because="frames errors",
    ),
    "noise": SetUp(noise, "wrong-rate", "body", says="hardly an id", remedy="setup"),
    "loose plug": SetUp(loose_plug, "errors", "engine", says="% of what is heard", remedy="60 Ω"),
    "wrong bit rate without error frames": SetUp(
        wrong_rate_without_errors,
        "unproven-rate",
        "body",
        says="the bit rate may be wrong",
        remedy="another BitRate=",
        because="frames",
    ),
    "silent connector behind a gateway": SetUp(
        gateway, "gateway", "engine", remedy="silent_connector = true", because="frames"
    ),
    "no frames": SetUp(no_frames, "frames", "body", says="no frame in", remedy="ignition"),
    "controller overruns": SetUp(
        overruns, "overruns", "body", says="lost 40 frames", remedy="spimaxfrequency", because="drops"
    ),
    "small receive buffer": SetUp(small_buffer, "buffer", says="212,992", result=Result.WARNING),
    "frames that are not kept": SetUp(drops, "drops", "engine", says="5 frames came and were not kept"),
    "nothing understood": SetUp(
        not_understood, "understood", "engine", says="0.4 %", remedy="profile suggest", because="rules"
    ),
    "adapter that another has": SetUp(
        not_read, "reading", "adapter", says="Device or resource busy", because="polling"
    ),
    "low voltage": SetUp(low_voltage, "voltage", says="11.2 V", remedy="Charge", because="polling"),
    "nobody answers": SetUp(no_answers, "polling", "engine", says="nobody answers", remedy="diagnose --bus can:can0"),
    "rules refused": SetUp(refused_rule, "rules", says="2 rules"),
    "model refused": SetUp(refused_model, "models", says="coolant is switched off: its package is damaged"),
    "missing espeak": SetUp(no_voice, "speech", remedy="apt-get install espeak-ng", because="cab"),
    "switched-off Bluetooth": SetUp(
        switched_off_radio, "instruments", "tyres", says="hci0: switched off", remedy="telltale-edge tyres"
    ),
    "antenna without sky": SetUp(
        no_sky, "instruments", "position", says="nothing yet", remedy="see the sky", result=Result.WARNING
    ),
    "lamp that does not reach the driver": SetUp(no_lamp, "cab", says="gpiochip0 is busy"),
    "expired certificate": SetUp(expired, "certificate", says="it ended on", remedy="enrol", because="broker"),
    "broker unreachable": SetUp(nobody_there, "broker", says="Connection refused", remedy="its port is open"),
    "broker whose certificate has expired": SetUp(
        broker_of_yesterday, "broker", says="certificate has expired", remedy="its date"
    ),
    "key that is gone": SetUp(lost_key, "broker", says="link.certificate", remedy="[link] ca and certificate"),
    "silent cloud": SetUp(silent_cloud, "cloud", remedy="telltale-cloud"),
    "full outbox": SetUp(full_outbox, "outbox", says="nearly full", remedy="network"),
}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    tmp_path.chmod(0o755)
    authority = SmallAuthority(tmp_path)
    certificate, key = authority.issue("van-7")
    spoilt = Box(tmp_path)
    spoilt.link = f'ca = "{authority.file}"\ncertificate = "{certificate}"\nkey = "{key}"'
    return spoilt


def told(outcomes: list[Outcome]) -> str:
    return "\n".join(f"{one.seen.result} {one.check.id} {one.seen.subject}: {one.seen.what}" for one in outcomes)


def test_of_a_healthy_box_everything_is_well(box: Box) -> None:
    outcomes = box.examined()
    bad = [one for one in outcomes if one.seen.result in (Result.WRONG, Result.WARNING)]
    assert not bad, told(bad)
    well = {one.check.id for one in outcomes if one.seen.result is Result.WELL}
    assert [check.id for check in CHECKS if check.id not in well] == []
    assert exit_status(outcomes) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root cannot have files of others")
@pytest.mark.parametrize("name", SET_UPS)
def test_what_is_wrong_is_named_and_nothing_else(box: Box, name: str) -> None:
    set_up = SET_UPS[name]
    with ExitStack() as stack:
        set_up.spoil(box, stack)
        outcomes = box.examined()
    bad = [one for one in outcomes if one.seen.result in (Result.WRONG, Result.WARNING)]
    assert [(one.check.id, one.seen.subject) for one in bad] == [(set_up.check, set_up.bus)], told(bad)
    [one] = bad
    assert one.seen.result is set_up.result
    assert set_up.says in one.seen.what
    assert set_up.remedy in one.seen.remedy
    assert one.seen.remedy
    explained = {one.check.id for one in outcomes if one.because == set_up.check}
    assert set(set_up.because.split()) <= explained, told(outcomes)
    wrong = 78 if set_up.check == "config" else 4
    assert exit_status(outcomes) == (wrong if set_up.result is Result.WRONG else 0)


@pytest.mark.parametrize(
    ("ids", "result", "says"),
    [((0x0A0, 0x0C0, 0x0C8, 0x110), Result.WELL, "100 %"), ((0x0C9, 0x0F1, 0x1E5), Result.WRONG, "0 %")],
)
def test_before_the_first_start_what_is_heard_is_held_against_the_databases(
    box: Box, ids: tuple[int, ...], result: Result, says: str
) -> None:
    box.status = None
    database = ROOT / "dbc" / "telltale-car.dbc"
    box.config = box.config.replace('name = "body"', f'name = "body"\ndbc = ["{database}"]')
    box.speaks[BODY] = [frame(one) for one in ids] * 10
    [body] = [one for one in box.examined() if (one.check.id, one.seen.subject) == ("understood", "body")]
    assert (body.seen.result, says in body.seen.what) == (result, True), body


def test_a_tyre_sensor_that_sleeps_while_the_vehicle_stands_is_nothing_to_mend(box: Box) -> None:
    switched_off_radio(box, ExitStack())
    asleep = bus(name="tyres", kind="tyres", counters={"frames": 9, "silent_front_left": 1})
    box.tell(buses=[*healthy().buses, asleep])
    [_, tyres] = [one for one in box.examined() if one.check.id == "instruments"]
    assert (tyres.seen.result, tyres.seen.subject) == (Result.WELL, "tyres")
    assert "front_left; most sleep while the vehicle stands" in tyres.seen.what


def test_what_hangs_is_told_and_all_together_end_in_time(box: Box) -> None:
    box.systemctl = "exec /bin/sleep 60"
    box.tell(**NOT_CONNECTED)
    with socket.create_server(("127.0.0.1", 0)) as nobody_accepts:
        box.port = nobody_accepts.getsockname()[1]
        began = time.monotonic()
        outcomes = box.examined()
        took_s = time.monotonic() - began
    assert took_s < WHOLE_S
    said = {one.check.id: one.seen for one in outcomes}
    assert said["service"].what.startswith("could not look: systemctl: ")
    assert said["permission"].what.startswith("could not look: "), "without the service nobody knows its user"
    assert (said["broker"].result, "no answer" in said["broker"].what) == (Result.WRONG, True)
    assert said["frames"].result is Result.WELL, "the rest goes on"


def test_every_check_has_a_set_up_in_which_it_fails_alone() -> None:
    assert {one.check for one in SET_UPS.values()} == {check.id for check in CHECKS}
