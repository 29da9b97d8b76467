"""What a Raspberry Pi gets: our wheel with its lock on arm64, and the unit tests of the edge there."""

import os
import shutil
from pathlib import Path

import pytest

from tests.box.arm import TESTERS, arm_system, command_in, measured
from tests.box.debian import ran, wheel
from tests.shared import ROOT

ROOMS = ("bus", "codes", "diagnostics", "edge", "enrolment", "link", "outbox", "suggest", "updates", "wire")
NEED_A_CLOUD = ("tests/unit/enrolment/test_over_https.py", "tests/unit/edge/setup/test_first_boot.py")
pytestmark = [
    pytest.mark.guest,
    pytest.mark.timeout(4 * 3600),
    pytest.mark.skipif(os.geteuid() != 0, reason="another root needs root"),
]


def test_the_wheel_and_the_unit_tests_of_the_edge_on_arm64(tmp_path: Path) -> None:
    root = tmp_path / "root"
    ran("cp", "-a", arm_system(), root)
    built = wheel(tmp_path)
    shutil.copy(built, root / "srv")
    pip = ("/opt/telltale/bin/pip", "install", "-q", "--no-index", "--find-links", "/srv/wheels")
    done, cost = measured(root, *pip, "--require-hashes", "-r", "/srv/wheels/requirements-edge.lock")
    assert done.returncode == 0, done.stderr[-2000:]
    print("installed from the lock:", cost)
    done, cost = measured(root, *pip, "--no-deps", f"/srv/{built.name}")
    assert done.returncode == 0, done.stderr[-2000:]
    print("the wheel:", cost)
    done, cost = measured(root, "/opt/telltale/bin/telltale-edge", "--version")
    assert done.returncode == 0, done.stderr[-2000:]
    print(done.stdout.strip(), cost)
    ran(*command_in(root, *pip, "--no-deps", *TESTERS))
    files = ran("git", "ls-files", "edge", "cloud", "models", "tests", "dbc", "systemd", "*.toml", "*.md", cwd=ROOT)
    for name in files.splitlines():
        place = root / "srv" / "telltale" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, place)
    left_out = [word for file in NEED_A_CLOUD for word in ("--ignore", file)]
    run = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "1800", *left_out)
    where = (
        "env",
        "-C",
        "/srv/telltale",
        "OMP_NUM_THREADS=1",
        "TMPDIR=/dev/shm",
        "PATH=/opt/telltale/bin:/usr/bin:/bin",
    )
    failed = []
    for room in ROOMS:
        done, cost = measured(root, *where, "/opt/telltale/bin/python", *run, f"tests/unit/{room}")
        print(room, cost, done.stdout[-3000:], done.stderr[-3000:] if done.returncode else "", flush=True)
        failed += [room] if done.returncode else []
    assert not failed
