"""A small Debian with systemd on a disk, our wheel and what it needs installed in it as the guide says.

The bare system is kept between runs (`build/guest/`), since making it takes a minute and a half and asks the network;
our wheel is built and installed anew each time.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from tests.shared import ROOT

SUITE: Final = os.environ.get("BOX_SUITE", "bookworm")
PYTHONS: Final = {"bookworm": "3.11", "trixie": "3.13"}
if SUITE not in PYTHONS:
    raise pytest.UsageError(f"BOX_SUITE={SUITE} is no Debian that is tried here; there are {', '.join(PYTHONS)}")
PYTHON: Final = PYTHONS[SUITE]
PLATFORMS: Final = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014")
PACKAGES: Final = (
    "systemd", "systemd-sysv", "dbus", "udev", "kmod", "iproute2", "procps", "ca-certificates", "python3",
    "python3-venv", "espeak-ng", "alsa-utils", "libpam-systemd", "polkitd",
)  # fmt: skip
LOCK: Final = ROOT / "requirements-edge.lock"
KEPT: Final = ROOT / "build" / "guest"
SIZE_MB: Final = 1800


def bare_system() -> Path:
    """A folder with Debian and the packages of our lock in `/opt/telltale`; nothing of ours."""
    if not shutil.which("debootstrap"):
        pytest.skip("no debootstrap (apt-get install debootstrap)")
    made_from = hashlib.sha256(f"{SUITE} {PACKAGES} {LOCK.read_text()}".encode()).hexdigest()[:16]
    folder = KEPT / f"debian-{made_from}"
    if folder.exists():
        return folder
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    ran("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, draft)
    wheels = draft / "srv" / "wheels"
    wheels.mkdir(parents=True)
    shutil.copy(LOCK, wheels)
    downloaded(wheels, "x86_64", "--require-hashes", "-r", lock_for(draft, "x86_64"))
    ran("chroot", draft, "python3", "-m", "venv", "/opt/telltale")
    offline = ("/opt/telltale/bin/pip", "install", "-q", "--no-index", "--find-links", "/srv/wheels")
    ran("chroot", draft, *offline, "--require-hashes", "-r", f"/srv/wheels/{LOCK.name}")
    shutil.rmtree(wheels)
    (draft / "etc" / "machine-id").write_text("")
    (draft / "etc" / "hostname").write_text("box\n")
    (draft / "etc" / "hosts").write_text("127.0.0.1 localhost box\n")
    ran("chroot", draft, "apt-get", "clean")
    draft.rename(folder)
    return folder


def lock_for(folder: Path, processor: str) -> Path:
    """What our lock comes to on the Python of that Debian; pip asks its own about markers, whomever it loads for."""
    there = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0", "platform_machine": processor}
    joined = LOCK.read_text().replace("\\\n", " ").splitlines()
    lines = [line for line in joined if line.strip() and not line.lstrip().startswith("#")]
    wanted = []
    for line in lines:
        pinned, *hashes = line.split(" --hash=")
        requirement = Requirement(pinned)
        if requirement.marker is None or requirement.marker.evaluate(there):
            wanted.append(" --hash=".join([f"{requirement.name}{requirement.specifier}", *hashes]))
    (resolved := folder / "srv" / f"for-{processor}.lock").write_text("\n".join(wanted))
    return resolved


def downloaded(folder: Path, processor: str, *what: str | Path) -> None:
    """Wheels for the Python of that Debian on `processor`; `what`: of pip download."""
    platforms = [word for name in PLATFORMS for word in ("--platform", f"{name}_{processor}")]
    pip = (sys.executable, "-m", "pip", "download", "-q", "--only-binary", ":all:", "--python-version", PYTHON)
    ran(*pip, *platforms, "--platform", "any", "-d", folder, *what)


def wheel(folder: Path) -> Path:
    """Our wheel, built into `folder`."""
    ran(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


def disk_with(
    bare: Path,
    built: Path,
    folder: Path,
    trial: Path,
    given: Mapping[str, object],
    *,
    prepare: Callable[[Path], object] = lambda _: None,
) -> Path:
    """An image: the system, our wheel installed as the guide says, and a trial that runs once it has booted.

    `trial`: a program of Python that is run as root with its output on the console; `given`: what it is told;
    `prepare`: does to the root what an image's builder does.
    """
    root = folder / "root"
    ran("cp", "-a", "--reflink=auto", bare, root)
    shutil.copy(built, root / "srv")
    ran("chroot", root, "/opt/telltale/bin/pip", "install", "-q", "--no-index", "--no-deps", f"/srv/{built.name}")
    (root / "srv" / built.name).unlink()
    shutil.copy(trial, root / "srv" / "trial.py")
    here = Path(__file__).parent
    package = root / "srv" / "tests" / "box"
    package.mkdir(parents=True)
    for name in ("inside.py", "hooked.py", "network.py", "asks.py"):
        shutil.copy(here / name, package)
    shutil.copy(here / "probe.py", root / "srv")
    shutil.copy(ROOT / "systemd" / "samples" / "telltale-edge-network.conf", root / "srv")
    (root / "srv" / "given.json").write_text(json.dumps(given))
    shutil.copytree(here / "hook", root / "srv" / "hook", ignore=shutil.ignore_patterns("__pycache__"))
    unit = root / "etc" / "systemd" / "system" / "trial.service"
    unit.write_text(TRIAL)
    (unit.parent / "serial-getty@ttyS0.service").symlink_to("/dev/null")  # it would hang up on everybody else there
    wanted = unit.parent / "multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / unit.name).symlink_to(f"../{unit.name}")
    prepare(root)
    image = folder / "disk.img"
    ran("truncate", "-s", f"{SIZE_MB}M", image)
    ran("mkfs.ext4", "-q", "-F", "-d", root, image)
    shutil.rmtree(root)
    return image


TRIAL: Final = """[Unit]
Description=A trial of the box
After=basic.target systemd-networkd.service
[Service]
Type=simple
ExecStart=/usr/bin/python3 -u /srv/trial.py
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
OOMScoreAdjust=-900
"""


def ran(*command: str | Path, cwd: Path | None = None) -> str:
    """What a program said; a failure shows it."""
    words: Sequence[str] = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
