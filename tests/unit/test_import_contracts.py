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

# contract, file, offending line. What does not exist yet is made for the occasion.
OFFENCES = [
    ("edge-rooms", "edge/wire/topics.py", "import edge.frames"),
    ("edge-rooms", "edge/catalogue.py", "import edge.signals"),
    ("edge-rooms", "edge/history.py", "import edge.judgement"),
    ("edge-rooms", "edge/codes/explain.py", "import edge.signals"),
    ("edge-rooms", "edge/detect/rules.py", "import edge.bus.source"),
    ("edge-rooms", "edge/link.py", "import edge.outbox"),
    ("edge-rooms", "edge/bus/source.py", "import edge.daemon"),
    ("edge-rooms", "edge/daemon.py", "import edge.cli"),
    ("edge-rooms", "edge/a_room_nobody_placed.py", ""),
    ("cloud-rooms", "cloud/fleet/service.py", "import cloud.api"),
    ("cloud-rooms", "cloud/inbox/intake.py", "import cloud.app"),
    ("cloud-rooms", "cloud/database.py", "import cloud.alerts.service"),
    ("cloud-rooms", "cloud/broker/mosquitto.py", "import cloud.inbox.store"),
    ("cloud-rooms", "cloud/a_room_nobody_placed.py", ""),
    ("own-tables", "cloud/api/alerts.py", "import cloud.alerts.store"),
    ("own-tables", "cloud/fleet/service.py", "import cloud.alerts.store"),
    ("own-tables", "cloud/alerts/telling.py", "import cloud.notify.contact_store"),
    ("pure-rooms", "edge/decode/decoder.py", "import asyncio"),
    ("pure-rooms", "edge/history.py", "import socket"),
    ("pure-rooms", "edge/suggest/fit.py", "import time"),
    ("pure-rooms", "edge/codes/explain.py", "import time"),
    ("pure-rooms", "edge/trips/log.py", "import time"),
    ("pure-rooms", "edge/style/judge.py", "import time"),
    ("pure-rooms", "edge/gauges.py", "import time"),
    ("pure-rooms", "edge/alerts.py", "import edge.clock"),  # which imports time
    ("edge-alone", "edge/daemon.py", "import cloud.errors"),
    ("edge-alone", "edge/simulator/drive.py", "import models.train"),
    ("edge-alone", "edge/cli.py", "import fastapi"),
    ("edge-alone", "edge/cli_display.py", "import uvicorn"),
    ("edge-alone", "edge/driver/channel.py", "import starlette.routing"),
    ("edge-rooms", "edge/driver/channel.py", "import edge.display.view"),
    ("pure-edge-only", "cloud/inbox/intake.py", "import edge.outbox"),
    ("pure-edge-only", "cloud/blocks/candump.py", "import edge.bus.candump"),
    ("pure-edge-only", "models/train.py", "import edge.simulator.drive"),
    ("pure-edge-only", "models/train.py", "import cloud.errors"),
    ("pure-edge-only", "cloud/app.py", "import models.train"),
    ("units-know-no-cause", "edge/simulator/ecu/memory.py", "import edge.simulator.faults"),
    ("units-know-no-cause", "edge/simulator/car/monitors.py", "import edge.simulator.car.levers"),
    ("physics-knows-no-scenario", "edge/simulator/car/cooling.py", "import edge.simulator.car.faults"),
    ("physics-knows-no-scenario", "edge/simulator/parts/tyres.py", "import edge.simulator.shared_faults"),
    ("python-can", "edge/simulator/drive.py", "import can"),
    ("asammdf", "edge/bus/pythoncan_log.py", "import asammdf"),
    ("udsoncan", "edge/diagnostics/uds/reader.py", "import udsoncan"),
    ("cantools", "edge/bus/source.py", "import cantools"),
    ("onnxruntime", "edge/detect/rules.py", "import onnxruntime"),
    ("cryptography", "edge/detect/signature.py", "import cryptography"),
    ("cryptography", "models/signing.py", "import cryptography.hazmat"),
    ("signatures-aside", "edge/trust.py", "import edge.detect.ed25519"),
    ("signatures-aside", "edge/detect/signature.py", "from edge.detect.ed25519 import fits"),
    ("keys-aside", "edge/enrolment/keeper.py", "import edge.enrolment.keys"),
    ("keys-aside", "edge/daemon.py", "from edge.enrolment.post import ask"),
    ("gpiozero", "edge/driver/lamps.py", "import gpiozero"),
    ("gpiozero", "edge/driver/board.py", "import lgpio"),
    ("jeepney", "edge/driver/desktop.py", "import jeepney"),
    ("jeepney", "edge/tyres/source.py", "import jeepney"),
    ("aiomqtt", "edge/outbox.py", "import aiomqtt"),
    ("paho", "edge/link.py", "import paho.mqtt.client"),
    ("amqtt", "cloud/app.py", "import amqtt.broker"),
    ("ortools", "cloud/scheduling/plan.py", "import ortools.sat"),
    ("icalendar", "cloud/scheduling/service.py", "import icalendar"),
    ("pwdlib", "cloud/security/people.py", "import pwdlib"),
    ("pyjwt", "cloud/security/sign_in.py", "import jwt"),
    ("langgraph", "cloud/workflow/runner.py", "import langgraph.graph"),
    ("langgraph", "cloud/workflow/desk.py", "import langsmith"),
    ("langgraph", "cloud/chat/service.py", "import langgraph.graph"),
    ("onnxruntime", "cloud/chat/understanding.py", "import onnxruntime"),
    ("own-tables", "cloud/chat/looks.py", "import cloud.health.store"),
    ("sql", "cloud/chat/service.py", "import sqlalchemy"),
    ("cloud-rooms", "cloud/workflow/service.py", "import cloud.chat.model"),
    ("chatting-is-pure", "cloud/chat/numbers.py", "import time"),
    ("chatting-is-pure", "cloud/chat/model.py", "import cloud.database"),
    ("cases-are-pure", "cloud/workflow/people.py", "import time"),
    ("cases-are-pure", "cloud/scheduling/work_order.py", "import cloud.database"),
    ("own-tables", "cloud/workflow/visits.py", "import cloud.scheduling.store"),
    ("own-tables", "cloud/workflow/visits.py", "import cloud.scheduling.work_order_store"),
    ("cloud-rooms", "cloud/scheduling/works.py", "import cloud.workflow.model"),
    ("reportlab", "cloud/warranty/service.py", "import reportlab.pdfgen"),
    ("warranty-is-pure", "cloud/warranty/eligibility.py", "import time"),
    ("warranty-is-pure", "cloud/warranty/claim.py", "import cloud.database"),
    ("own-tables", "cloud/warranty/gather.py", "import cloud.alerts.store"),
    ("cloud-rooms", "cloud/workflow/desk.py", "import cloud.warranty.service"),
    ("apprise", "cloud/notify/mail.py", "import apprise"),
    ("telling-is-pure", "cloud/notify/quiet.py", "import time"),
    ("telling-is-pure", "cloud/notify/delivery.py", "import cloud.database"),
    ("planning-is-pure", "cloud/scheduling/rooms.py", "import time"),
    ("planning-is-pure", "cloud/scheduling/plan.py", "import cloud.database"),
    ("causes-are-pure", "cloud/rca/exact.py", "import time"),
    ("causes-are-pure", "cloud/rca/scan.py", "import cloud.database"),
    ("diagnosing-is-pure", "cloud/health/inference.py", "import time"),
    ("diagnosing-is-pure", "cloud/health/score.py", "import cloud.database"),
    ("console-on-the-api", "cloud/console/serve.py", "import cloud.alerts.service"),
    ("console-on-the-api", "cloud/console/serve.py", "import cloud.database"),
    ("sqlite3", "edge/link.py", "import sqlite3"),
    ("rich", "edge/status/telling.py", "from rich.table import Table"),
    ("rich", "edge/daemon.py", "import rich"),
    ("sqlite-utils", "edge/daemon.py", "import sqlite_utils"),
    ("sqlite-utils", "edge/outbox/file.py", "from sqlite_utils import Database"),
    ("sql", "cloud/api/alerts.py", "import sqlalchemy"),
    ("sql", "cloud/app.py", "import alembic"),
    ("training", "edge/detect/rules.py", "import pandas"),
    ("python-obd", "edge/bus/source.py", "import obd"),
    ("python-obd", "edge/diagnostics/elm327/conversation.py", "import obd"),
    ("not-imported", "edge/diagnostics/elm327/conversation.py", "import edge.diagnostics.elm327.child"),
    ("not-imported", "edge/trust.py", "import edge.detect.verify"),
    ("not-imported", "edge/diagnostics/obd.py", "from edge.diagnostics.elm327.child import Adapter"),
]


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", *options], cwd=tree, capture_output=True, text=True, timeout=60, check=False
    )


def make_module(tree: Path, module: str) -> Path:
    """The file of `module` in the tree, made with its packages where there is none."""
    for depth in range(1, module.count(".") + 1):
        package = tree.joinpath(*module.split(".")[:depth])
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
    place = tree.joinpath(*module.split("."))
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    file.touch()
    return file


def _what_is_no_python(folder: str, names: list[str]) -> set[str]:
    """What nobody imports, such as nine tenths of the bytes."""
    passed_over = {"__pycache__", "node_modules", "dist"}
    return {name for name in names if name in passed_over or not (name.endswith(".py") or Path(folder, name).is_dir())}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of our rooms that may be spoiled."""
    for room in ("edge", "cloud", "models"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=_what_is_no_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS])
def test_every_contract_has_an_offence_below(contract: str) -> None:
    assert contract in {offence[0] for offence in OFFENCES}


def test_unbroken_contracts_are_kept(tree: Path) -> None:
    kept = lint(tree)
    assert kept.returncode == 0, kept.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in kept.stdout


@pytest.mark.parametrize("contract", sorted({offence[0] for offence in OFFENCES}))
def test_a_contract_broken_on_purpose_is_told_with_every_place(tree: Path, contract: str) -> None:
    """All offences against one contract at once: a look at the whole tree takes half a second."""
    offences = [
        (file.removesuffix(".py").replace("/", "."), line) for broken, file, line in OFFENCES if broken == contract
    ]
    for offender, line in offences:
        imported = line.removeprefix("import ")
        if imported.split(".")[0] in ("edge", "cloud", "models"):
            make_module(tree, imported)
        with make_module(tree, offender).open("a") as module:
            module.write(f"\n{line}\n")

    broken = lint(tree, "--contract", contract)

    assert broken.returncode == 1, broken.stdout
    assert "Contracts: 0 kept, 1 broken." in broken.stdout
    for offender, line in offences:
        place = f"{offender} -> " if line else offender
        assert place in broken.stdout, f"{offender} is not told of: {line}"
