"""A disk with Python and the outbox on it, made of this machine's own files."""

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from tests.shared import ROOT

SIZE: Final = "900M"
PACKAGES: Final = ("annotated_types", "numpy", "numpy.libs", "pydantic", "pydantic_core", "typing_inspection")
"""What the outbox and the contract need."""
INIT: Final = """#!/bin/sh
exec 2>&1
export PYTHONPATH=/srv PYTHONDONTWRITEBYTECODE=1
echo BOOTED
/usr/bin/python3 /srv/writer.py /var/outbox/outbox.db
echo OVER
sync
"""
DURABLE: Final = "{'FULL' if durable else 'NORMAL'}"
"""How the outbox says it; without it nothing waits for the disk."""


def make_disk(image: Path, folder: Path, *, is_careless: bool = False) -> None:
    """An ext4 image. `is_careless`: with an outbox that waits for no disk, to show that the test can fail."""
    base = Path(sys.base_prefix)
    python = Path(os.path.realpath(sys.executable))
    packages = Path(sysconfig.get_paths()["purelib"])
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    _copy(python, folder / "usr/bin/python3")
    shutil.copytree(stdlib, folder / "usr" / stdlib.relative_to(base), ignore=shutil.ignore_patterns("test"))
    srv = folder / "srv"
    for name in PACKAGES:
        shutil.copytree(packages / name, srv / name, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    shutil.copy(packages / "typing_extensions.py", srv)
    shutil.copytree(ROOT / "edge", srv / "edge", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests/power/writer.py", srv)
    _copy(ROOT / "tests/unit/outbox/postings.py", srv / "tests/unit/outbox/postings.py")
    if is_careless:
        file = srv / "edge/outbox/disk.py"
        text = file.read_text()
        assert text.count(DURABLE) == 1
        file.write_text(text.replace(DURABLE, "OFF"))
    compileall.compile_dir(srv, quiet=2, stripdir=str(folder))
    for name in ("bin", "lib64", "lib"):
        (folder / name).mkdir(exist_ok=True)
    for name in ("dev", "proc", "sys", "tmp", "var/outbox"):
        (folder / name).mkdir(parents=True)
    _copy(Path(os.path.realpath("/bin/sh")), folder / "bin/sh")
    _copy(Path(os.path.realpath(str(shutil.which("sync")))), folder / "bin/sync")
    (folder / "init").write_text(INIT)
    (folder / "init").chmod(0o755)
    _libraries(folder)
    subprocess.run(["truncate", "-s", SIZE, str(image)], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-d", str(folder), str(image)], check=True)


def _copy(file: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, to)


def _libraries(folder: Path) -> None:
    """Whatever the programs and modules on the disk are linked with, where they look for it."""
    programs = [folder / "usr/bin/python3", folder / "bin/sh", folder / "bin/sync", *folder.rglob("*.so*")]
    for program in programs:
        told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=False).stdout
        for path in re.findall(r"(?:=> )?(/[^ ]+) \(0x", told):
            place = folder / path.lstrip("/")
            if not place.exists() and not path.startswith(str(folder)):
                _copy(Path(os.path.realpath(path)), place)
