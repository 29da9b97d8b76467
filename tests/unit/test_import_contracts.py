"""Each import contract in pyproject.toml holds for our rooms, and breaks when it is broken on purpose."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.shared import ROOT

LINT = Path(sys.executable).parent / "lint-imports"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# contract, file, offending line. The file is made where it does not exist.
OFFENCES = [
    ("edge-rooms", "edge/wire/topics.py", "import edge.frames"),
    ("edge-rooms", "edge/catalogue.py", "import edge.signals"),
    ("edge-rooms", "edge/history.py", "import edge.judgement"),
    ("edge-rooms", "edge/detect/rules.py", "import edge.bus"),
    ("edge-rooms", "edge/link.py", "import edge.outbox"),
    ("edge-rooms", "edge/bus/source.py", "import edge.daemon"),
    ("edge-rooms", "edge/daemon.py", "import edge.cli"),
    ("edge-rooms", "edge/a_room_nobody_placed.py", ""),
    ("pure-rooms", "edge/decode/decoder.py", "import asyncio"),
    ("pure-rooms", "edge/history.py", "import socket"),
    ("pure-rooms", "edge/trips.py", "import time"),
    ("pure-rooms", "edge/alerts.py", "import edge.bus.loop"),  # which imports asyncio
    ("edge-alone", "edge/daemon.py", "import cloud"),
    ("edge-alone", "edge/simulator/drive.py", "import models"),
    ("edge-alone", "edge/cli.py", "import fastapi"),
    ("pure-edge-only", "cloud/inbox.py", "import edge.outbox"),
    ("pure-edge-only", "models/train.py", "import edge.simulator.drive"),
    ("pure-edge-only", "models/train.py", "import cloud"),
    ("pure-edge-only", "cloud/app.py", "import models"),
    ("python-can", "edge/simulator/drive.py", "import can"),
    ("cantools", "edge/bus/source.py", "import cantools"),
    ("onnxruntime", "edge/detect/rules.py", "import onnxruntime"),
    ("aiomqtt", "edge/outbox.py", "import aiomqtt"),
    ("paho", "edge/link.py", "import paho.mqtt.client"),
    ("amqtt", "cloud/app.py", "import amqtt.broker"),
    ("sqlite3", "edge/link.py", "import sqlite3"),
    ("sql", "cloud/fleet/service.py", "import sqlalchemy"),
    ("sql", "cloud/app.py", "import alembic"),
    ("training", "edge/detect/rules.py", "import pandas"),
    ("not-imported", "edge/bus/source.py", "import obd"),
]


def lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", "--contract", contract],
        cwd=tree, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of our rooms, and in it one module of a shell that the offences can lean on."""
    for room in ("edge", "cloud", "models"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS])
def test_every_contract_is_broken_by_an_offence(contract: str) -> None:
    assert contract in {offence[0] for offence in OFFENCES}


def test_unbroken_contracts_are_kept(tree: Path) -> None:
    kept = subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=tree, capture_output=True, text=True, timeout=60, check=False
    )
    assert kept.returncode == 0, kept.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in kept.stdout


@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES)
def test_a_broken_contract_is_told(tree: Path, contract: str, file: str, line: str) -> None:
    (tree / "edge" / "bus" / "loop.py").write_text("import asyncio\n")
    offender = tree / file
    offender.parent.mkdir(parents=True, exist_ok=True)
    (offender.parent / "__init__.py").touch()
    offender.write_text((offender.read_text() if offender.exists() else "") + f"\n{line}\n")
    module = file.removesuffix(".py").replace("/", ".")

    broken = lint(tree, contract)

    assert broken.returncode == 1, broken.stdout
    assert "Contracts: 0 kept, 1 broken." in broken.stdout
    assert module in broken.stdout
