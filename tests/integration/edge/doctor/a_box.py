"""A box on which all is well, to be spoilt at one place: real files below a root, a real status file, real sockets."""

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from edge.bus.receiver import Kernel
from edge.bus.spec import SourceSpec
from edge.doctor.every import CHECKS
from edge.doctor.examine import Outcome, examine
from edge.doctor.eyes import Eyes
from edge.doctor.looks import CanSocket, Looks
from edge.machine.programs import Python
from edge.machine.time_of_day import TimeOfDay
from edge.status import told
from edge.status.file import StatusFile
from tests import can_links
from tests.brokers import free_port
from tests.in_memory import folder_in_memory
from tests.udp_kernel import UdpKernel
from tests.unit.edge.status.a_status import bus, well

LISTEN_S = 0.25
ENGINE, BODY = "can0", "can1"
TREE = {
    "proc/sys/kernel/osrelease": "6.12.34+rpt-rpi-v8\n",
    "proc/sys/net/core/rmem_max": "4194304\n",
    "proc/modules": "can_raw 28672 1 - Live 0x0\ncan 32768 1 can_raw, Live 0x0\nmcp251x 24576 0 - Live 0x0\n",
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.5\0",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "52582\n",
    "sys/class/rtc/rtc0/name": "rtc-ds1307\n",
    "sys/block/mmcblk0/device/type": "MMC\n",
    "sys/block/mmcblk0/device/life_time": "0x01 0x02\n",
    "sys/block/mmcblk0/device/pre_eol_info": "0x01\n",
    "dev/telltale-obd": "",
}
DRIVERS = {ENGINE: "gs_usb", BODY: "mcp251x"}
SERVICE = {
    "LoadState": "loaded", "UnitFileState": "enabled", "ActiveState": "active", "SubState": "running",
    "NRestarts": "0", "ExecMainStatus": "0", "User": "nobody",
}  # fmt: skip
CONFIG = """
profile = ""
[[bus]]
name = "engine"
source = "can:can0"
bitrate = 500000
ask = "obd"
[[bus]]
name = "body"
source = "can:can1"
bitrate = 125000
[[bus]]
name = "adapter"
source = "elm327:/dev/telltale-obd"
ask = "obd"
[state]
directory = "STATE"
[link]
broker = "mqtts://127.0.0.1:PORT"
LINK
[cab.speech]
enabled = true
[position]
source = "gpsd:127.0.0.1:2947"
"""


class Box:
    """What is there; a test changes it before it is examined."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.state = folder / "state"
        self.programs = folder / "programs"
        self.state.mkdir()
        self.state.chmod(0o777)
        self.programs.mkdir()
        for name, text in TREE.items():
            self.write(name, text)
        (self.root / "dev/telltale-obd").chmod(0o666)
        for name, driver in DRIVERS.items():
            self.drive(name, driver)
        self.program("espeak-ng", "exit 0")
        self.service = dict(SERVICE)
        self.systemctl = ""
        """What it does instead of telling that."""
        self.before = {
            ENGINE: can_links.controller(ENGINE),
            BODY: can_links.controller(BODY, bitrate=125_000, is_listen_only=True),
        }
        self.after = dict(self.before)
        self.speaks: dict[str, list[bytes]] = {ENGINE: FRAMES, BODY: FRAMES}
        self.status: told.Status | None = healthy()
        self.python = Python((3, 11, 2), "aarch64", 64)
        self.time = TimeOfDay(datetime.now(UTC), is_synced=True, has_clock_chip=True)
        self.can_socket = CanSocket.OPEN
        self.port = 1
        self.link = ""
        self.config = CONFIG

    def write(self, name: str, text: str) -> None:
        """A file below the root."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def drive(self, name: str, driver: str) -> None:
        """The driver of an interface."""
        link = self.root / "sys/class/net" / name / "device/driver"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(f"/sys/bus/drivers/{driver}")

    def program(self, name: str, body: str) -> None:
        """A program that can be found."""
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{body}\n")
        file.chmod(0o755)

    def tell(self, **changed: object) -> None:
        """The daemon tells something else."""
        self.status = healthy(**changed)

    def silence(self, name: str) -> None:
        """Nothing comes on an interface, and the daemon says the same."""
        self.speaks[name] = []
        place = (ENGINE, BODY).index(name)
        assert self.status is not None
        buses = list(self.status.buses)
        buses[place] = buses[place].model_copy(
            update={"heard_ago_s": None, "frames": 0, "frames_per_s": 0.0, "known_percent": None}
        )
        self.status = self.status.model_copy(update={"buses": buses})

    def interface(self, name: str, **changed: object) -> None:
        """It is like this the whole time."""
        self.before[name] = self.after[name] = replace(self.before[name], **changed)  # type: ignore[arg-type]  # of any field

    def counts(self, name: str, **counted: int) -> None:
        """Counters of the kernel that have grown in the end."""
        self.after[name] = replace(self.after[name], counted=replace(self.after[name].counted, **counted))

    def config_file(self) -> Path:
        """As the installer left it."""
        file = self.folder / "edge.toml"
        text = self.config.replace("STATE", str(self.state)).replace("PORT", str(self.port)).replace("LINK", self.link)
        file.write_text(text)
        return file

    def examined(self) -> list[Outcome]:
        """What the doctor says of it."""
        with self.looked() as looks:
            return examine(CHECKS, looks)

    @contextmanager
    def looked(self) -> Iterator[Looks]:
        """What the doctor may look at, while the box is there."""
        lines = "\n".join(f"echo {name}={value}" for name, value in self.service.items())
        self.program("systemctl", self.systemctl or lines)
        path, os.environ["PATH"] = os.environ["PATH"], str(self.programs)
        try:
            with folder_in_memory() as folder, self._speaking() as kernels:
                if self.status is not None:
                    written = self.status.written.model_copy(update={"boot_s": well().written.boot_s})
                    status = self.status.model_copy(update={"written": written})
                    StatusFile([folder], is_asked=True).write(status.as_json())
                yield self.eyes(folder, kernels).looks()
        finally:
            os.environ["PATH"] = path

    def eyes(self, status_folder: Path, kernels: dict[str, Kernel]) -> Eyes:
        """Ours, for this box."""
        looks = iter([self.before, self.after])

        def ask_kernel() -> bytes:
            return can_links.told(next(looks).values())

        return Eyes(
            config_file=self.config_file(), status_folders=[status_folder], listen_s=LISTEN_S, root=self.root,
            ask_kernel=ask_kernel, open_socket=lambda: self.can_socket, kernel_of=kernels.__getitem__,
            this_python=lambda: self.python, now=lambda _: self.time,
        )  # fmt: skip

    @contextmanager
    def _speaking(self) -> Iterator[dict[str, Kernel]]:
        """Somebody sends on each interface, again and again, until nobody listens any more."""
        ports = {name: free_port() for name in self.speaks}
        stop = threading.Event()

        def speak() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                while not stop.wait(0.01):
                    for name, frames in self.speaks.items():
                        for frame in frames:
                            out.sendto(frame, ("127.0.0.1", ports[name]))

        thread = threading.Thread(target=speak, name="a vehicle")
        thread.start()
        try:
            yield {name: UdpKernel(SourceSpec.parse(f"can:{port}?ring=off")) for name, port in ports.items()}
        finally:
            stop.set()
            thread.join()


def frame(identifier: int, payload: bytes = bytes(8)) -> bytes:
    """struct can_frame."""
    return struct.pack("=IB3x8s", identifier, len(payload), payload)


def error_frame(kind: int, controller: int = 0) -> bytes:
    """Of a class (linux/can/error.h), with byte 1."""
    return frame(0x2000_0000 | kind, bytes((0, controller)) + bytes(6))


FRAMES = [frame(identifier) for identifier in (0x0C9, 0x0F1, 0x1E5, 0x3D1)]
ADAPTER = bus(name="adapter", load_percent=None, counters={})
RECEIVER = bus(name="position", kind="position", load_percent=None, counters={})
VOLTS = told.SignalStatus(path="Vehicle.LowVoltageBattery.CurrentVoltage", value=13.9, unit="V", age_s=0.2)


def asker(name: str, **changed: object) -> told.Asker:
    """One that asks and is answered."""
    return told.Asker(**{"bus": name, "trouble": None, "silent_because": None, "counters": {}, **changed})


def healthy(**changed: object) -> told.Status:
    """What the daemon of this box tells."""
    parts: dict[str, object] = {
        "buses": [bus(), bus(name="body"), ADAPTER, RECEIVER],
        "diagnostics": [asker("engine"), asker("adapter")],
        "signals__values": [VOLTS],
        "link__broker": "127.0.0.1:8883",
    }
    return well(**{**parts, **changed})
