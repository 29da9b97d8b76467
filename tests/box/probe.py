"""Runs in the daemon's place, and tries what an intruder would; one JSON object of attempts and what came of them."""

import ctypes
import json
import mmap
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PORT = int(sys.argv[1])
NEW_NAMESPACE, REALTIME = 0x10000000, 1
FOLDERS = (
    "/", "/etc", "/etc/telltale", "/etc/systemd/system", "/usr/bin", "/opt/telltale/bin", "/srv", "/root", "/home",
    "/boot", "/var", "/var/lib", "/var/log", "/run", "/run/systemd", "/dev/shm", "/sys/fs", "/proc/sys/net",
)  # fmt: skip
KEPT = ("/var/lib/telltale", "/run/telltale-edge", "/tmp")


def tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return "done"


def called(name: str, *arguments: object) -> None:
    """A function of the C library that says by -1 that it could not."""
    if getattr(LIBC, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), "")


def write_in(folder: str) -> None:
    file = Path(folder) / "telltale-probe"
    file.write_text("was here")
    file.unlink()


def reach(address: str, port: int) -> None:
    with socket.socket() as way:
        way.settimeout(5)
        way.connect((address, port))


def made(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


ATTEMPTS: "dict[str, Callable[[], object]]" = {
    **{f"write {folder}": (lambda folder=folder: write_in(folder)) for folder in (*FOLDERS, *KEPT)},  # type: ignore[misc]
    "read /etc/shadow": Path("/etc/shadow").read_bytes,
    "read its configuration": lambda: list(Path("/etc/telltale").iterdir()),
    "read the disk": lambda: os.open("/dev/vda", os.O_RDONLY),
    "read memory": lambda: os.open("/dev/mem", os.O_RDONLY),
    "read the kernel's log": lambda: os.open("/dev/kmsg", os.O_RDONLY),
    "see the first process": lambda: Path("/proc/1").stat(),
    "memory to write and run": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC),
    "become root": lambda: os.setuid(0),
    "mount": lambda: called("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "a namespace": lambda: called("unshare", NEW_NAMESPACE),
    "set the clock": lambda: called("clock_settime", 0, ctypes.byref((ctypes.c_long * 2)(0, 0))),
    "real-time priority": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME)),
    "reboot": lambda: called("syscall", 169, 0, 0, 0, None),
    "load a module": lambda: called("syscall", 175, None, 0, b""),
    "trace": lambda: called("ptrace", 16, 1, None, None),
    "a raw socket": lambda: made(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "a packet socket": lambda: made(socket.AF_PACKET, socket.SOCK_RAW),
    "a bluetooth socket": lambda: made(31, socket.SOCK_RAW),
    "a vsock": lambda: made(40, socket.SOCK_STREAM),
    "a CAN socket": lambda: made(socket.AF_CAN, socket.SOCK_RAW, socket.CAN_RAW),
    "reach the broker": lambda: reach("10.0.2.2", PORT),
    "reach somebody else": lambda: reach("10.0.2.3", 53),
}
print(json.dumps({name: tried(attempt) for name, attempt in ATTEMPTS.items()}), flush=True)
