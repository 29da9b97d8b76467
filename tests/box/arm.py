"""A Debian for arm64 whose programs run through QEMU's user emulation, with our wheel installed from its lock.

Nothing is registered on the machine: a user namespace of its own has the emulator for its binaries (binfmt_misc).
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.box.debian import KEPT, LOCK, SUITE, downloaded, lock_for, ran
from tests.shared import ROOT

PACKAGES: Final = ("python3", "python3-venv", "libgomp1", "libstdc++6", "ca-certificates", "espeak-ng")
TESTERS: Final = (
    "pytest", "pytest-timeout", "hypothesis", "iniconfig", "pluggy", "pygments", "sortedcontainers", "attrs", "pyarrow",
    "rich", "markdown-it-py", "mdurl", "jeepney",
)  # fmt: skip
"""What the unit tests of the edge want beside what a box has, from the lock of everything."""
EMULATOR: Final = "/usr/bin/qemu-aarch64-static"
MAGIC: Final = (
    r":aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:" + EMULATOR + ":F"
)
"""A 64-bit little-endian ELF file for EM_AARCH64 (183), executable or shared; F: the emulator is opened now."""
MEASURE: Final = """
import resource, subprocess, sys, time
since = time.monotonic()
status = subprocess.call(sys.argv[1:])
largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"\\n@@ {time.monotonic() - since:.1f} {largest}", file=sys.stderr)
sys.exit(status)
"""
INSIDE: Final = """
mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
printf %s "$0" > /proc/sys/fs/binfmt_misc/register
mount --rbind /proc "$1/proc"; mount --rbind /sys "$1/sys"; mount --rbind /dev "$1/dev"
mount -t tmpfs none "$1/sys/devices/system/cpu"
root=$1; shift
exec chroot "$root" "$@"
"""
"""/sys tells of processors that are not the emulated one: onnxruntime would ask that for theirs, and die."""


def command_in(root: Path, *command: str) -> list[str]:
    """That starts a program of the other architecture in its root."""
    return ["unshare", "-Urm", "sh", "-ec", INSIDE, MAGIC, str(root), *command]


def arm_system() -> Path:
    """A folder with an arm64 Debian, and in `/opt/telltale` the packages of our lock; nothing of ours."""
    for program in ("debootstrap", "dpkg", "unshare", EMULATOR):
        if not shutil.which(program):
            pytest.skip(f"no {program} (apt-get install debootstrap qemu-user-static)")
    made_from = hashlib.sha256(f"{SUITE} {PACKAGES} {TESTERS} {LOCK.read_text()}".encode()).hexdigest()[:16]
    folder = KEPT / f"arm64-{made_from}"
    if folder.exists():
        return folder
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    names = ",".join(PACKAGES)
    ran("debootstrap", "--foreign", "--arch=arm64", "--variant=minbase", f"--include={names}", SUITE, draft)
    for package in sorted((draft / "var" / "cache" / "apt" / "archives").glob("*.deb")):
        ran("dpkg", "-x", package, draft)
    for name in ("passwd", "group"):  # what the second stage of debootstrap would have made
        shutil.copy(draft / "usr" / "share" / "base-passwd" / f"{name}.master", draft / "etc" / name)
    certificates = sorted((draft / "usr" / "share" / "ca-certificates").rglob("*.crt"))
    bundle = draft / "etc" / "ssl" / "certs" / "ca-certificates.crt"  # as above; pip loads it even to load nothing
    bundle.write_text("".join(one.read_text() for one in certificates))
    wheels = draft / "srv" / "wheels"
    wheels.mkdir(parents=True)
    shutil.copy(LOCK, wheels)
    downloaded(wheels, "aarch64", "--require-hashes", "-r", lock_for(draft, "aarch64"))
    downloaded(wheels, "aarch64", "--no-deps", *_pinned(TESTERS))
    ran(*command_in(draft, "python3", "-m", "venv", "/opt/telltale"))
    draft.rename(folder)
    return folder


def _pinned(names: tuple[str, ...]) -> list[str]:
    lock = (ROOT / "requirements.lock").read_text()
    found = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", lock))
    return [f"{name}=={found[name]}" for name in names]


def measured(root: Path, *command: str) -> "tuple[subprocess.CompletedProcess[str], dict[str, float]]":
    """What became of a program in there; its seconds of wall clock and its largest process in MB."""
    timed = [sys.executable, "-c", MEASURE, *command_in(root, *command)]
    done = subprocess.run(timed, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    [told] = re.findall(r"(?m)^@@ ([\d.]+) (\d+)$", done.stderr)
    return done, {"seconds": float(told[0]), "largest_mb": int(told[1]) / 1000}
