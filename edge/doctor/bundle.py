"""The bundle: one file for whoever helps from afar, in which there are neither secrets nor places nor who this is."""

import io
import json
import os
import secrets
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from edge.config import Config
from edge.config_parts import Vehicle
from edge.doctor.examine import Outcome
from edge.doctor.look import CouldNotLook
from edge.doctor.looks import Looks
from edge.doctor.redact import Redactor
from edge.doctor.told import as_values
from edge.enrolment.identity import Identity
from edge.errors import ConfigError, EdgeError
from edge.health import edge_version
from edge.personal import is_personal
from edge.status.told import Status

JOURNAL_LINES: Final = 500
UNITS: Final = ("telltale-edge", "telltale-display")
_JOURNAL_S: Final = 10.0
_JOURNAL_BYTES: Final = 2_000_000
_KEPT_BYTES: Final = 1_000_000
_KEPT_MAX: Final = 16
_MODE: Final = 0o600
README: Final = """What `telltale-edge doctor --bundle` has gathered of one box:

doctor.json      every check, as --json has it
config.json      the configuration with every default; without names, passwords, fences and private hours
status.json      what the daemon tells; without whether and where it knows its place, personal signals, alerts' words
interfaces.json  the CAN interfaces
versions.json    of Telltale, Python, the kernel and every package
journal.txt      the last lines of the daemon's log, and of the display's

Passwords, tokens, keys, codes, the VIN and places are taken out of every text, and what looks like one. Fleet,
vehicle and tyre sensors have a number instead of their name, which is another in each bundle.
"""


def write_bundle(file: Path, looks: Looks, outcomes: Sequence[Outcome], at: str) -> None:
    """Put it there, for this user alone; a file of that name is replaced once the new one is whole.

    Raises:
        EdgeError: it cannot be written.
    """
    redactor = _redactor(looks)
    texts = {
        "README.txt": README,
        "doctor.json": _json(redactor.values(as_values(outcomes, at))),
        "config.json": _json(redactor.values(_config(looks))),
        "status.json": _json(redactor.values(_status(looks))),
        "interfaces.json": _json(redactor.values(_interfaces(looks))),
        "versions.json": _json(redactor.values(_versions(looks))),
        "journal.txt": redactor.text(journal()),
    }
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE), "wb") as stream:
            _pack(stream, texts)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise EdgeError(f"{file}: cannot be written: {error.strerror}. Name another place") from error


def journal() -> str:
    """The last lines of our units' log, or why there are none."""
    command = ["journalctl", "--no-pager", "--output=short-iso", f"--lines={JOURNAL_LINES}"]
    try:
        done = subprocess.run(
            [*command, *(f"--unit={unit}" for unit in UNITS)],
            capture_output=True, timeout=_JOURNAL_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no journal: {error}\n"
    said = done.stdout if done.returncode == 0 else done.stderr
    return said[-_JOURNAL_BYTES:].decode("utf-8", "replace")


def _pack(stream: Any, texts: Mapping[str, str]) -> None:
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, text in texts.items():
            content = text.encode()
            member = tarfile.TarInfo(f"telltale-doctor/{name}")
            member.size, member.mode = len(content), _MODE
            archive.addfile(member, io.BytesIO(content))


def _json(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, indent=1) + "\n"


def _redactor(looks: Looks) -> Redactor:
    """With all that this box knows of itself."""
    config = looks.configured().config
    hidden: set[str] = set()
    names: dict[str, str] = {}
    if config is not None:
        hidden |= _of_link(config) | _vins(config.state.directory)
        _name(names, config.vehicle.fleet, config.vehicle.id)
        names |= {one.address: "sensor" for one in config.tyres.sensor}  # whoever has a radio finds the vehicle by them
        with suppress(ConfigError):
            if (identity := Identity.read(config.state.directory)) is not None:
                _name(names, identity.fleet, identity.vehicle)
    status = _told(looks)
    if status is not None:
        _name(names, status.daemon.fleet, status.daemon.vehicle)
    return Redactor(hidden, names, key=secrets.token_bytes(32))


def _name(names: dict[str, str], fleet: str, vehicle: str) -> None:
    """Names that nobody gave are none."""
    unnamed = Vehicle()
    if fleet != unnamed.fleet:
        names[fleet] = "fleet"
    if vehicle != unnamed.id:
        names[vehicle] = "vehicle"


def _of_link(config: Config) -> set[str]:
    link = config.link
    hidden = {link.username}
    with suppress(ValueError):
        parts = urlsplit(link.broker)
        hidden |= {unquote(parts.username or ""), unquote(parts.password or "")}
    if link.password_file is not None:
        with suppress(OSError, UnicodeDecodeError):
            hidden.add(link.password_file.read_text("utf-8").partition("\n")[0])
    return {one for one in hidden if one}


def _vins(state: Path) -> set[str]:
    """As control units have told them (`vehicle-….json` in the state)."""
    found = set()
    for file in sorted(state.glob("vehicle-*.json"))[:_KEPT_MAX]:
        with suppress(OSError, ValueError, RecursionError):
            with file.open("rb") as stream:
                kept = json.loads(stream.read(_KEPT_BYTES))
            found |= {kept.get("vin")} if isinstance(kept, dict) else set()
    return {vin for vin in found if isinstance(vin, str) and vin}


def _config(looks: Looks) -> Any:
    configured = looks.configured()
    if configured.config is None:
        return {"error": str(configured.error)}
    told = configured.config.model_dump(mode="json")
    told["geofence"] = f"{len(told['geofence'])} withheld"
    told["private"] = f"{len(told['private']['hours'])} hours withheld"
    return told


def _told(looks: Looks) -> Status | None:
    try:
        return looks.daemon().status
    except CouldNotLook:
        return None


def _status(looks: Looks) -> Any:
    status = _told(looks)
    if status is None:
        return {"error": "no daemon tells"}
    told = status.model_dump(mode="json", by_alias=True, exclude={"position"})
    told["signals"]["values"] = [one for one in told["signals"]["values"] if not is_personal(one["path"])]
    for alert in told["alerts"]["fires"]:
        alert["summary"] = None
    told["daemon"] |= {"in_trip": None, "trip_since_at": None}
    return told


def _interfaces(looks: Looks) -> Any:
    try:
        return [asdict(one) for one in looks.interfaces().values()]
    except CouldNotLook as error:
        return {"error": str(error)}


def _versions(looks: Looks) -> dict[str, Any]:
    told: dict[str, Any] = {"telltale": edge_version()}
    for name, look in (("python", looks.python), ("kernel", looks.kernel), ("board", looks.board)):
        try:
            told[name] = asdict(look())
        except CouldNotLook as error:
            told[name] = f"could not look: {error}"
    told["packages"] = {one.name: one.version for one in distributions()}
    return told
