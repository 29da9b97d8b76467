"""Writing what was found: the configuration and the link's bit rate; what was there is kept with its date."""

import json
import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from edge.config import load_config
from edge.driver.settings import PinSettings, SpeechSettings
from edge.enrolled import with_identity
from edge.errors import EdgeError
from edge.install.box import Box
from edge.prepare import Prepared, prepare
from edge.setup.kinds import Ask

MODE: Final = 0o640
"""It may name passwords; the daemon's group reads it."""
NETWORK: Final = "etc/systemd/network/80-{}.network"
SHIPPED_CONFIG: Final = "telltale-edge.toml"
SHIPPED_NETWORK: Final = "80-can0.network"
HEAVY_SAMPLE_POINT: Final = "87.5%"
"""SAE J1939-11 and -15; ISO 11898's 80 % else."""
KILO: Final = 1000


@dataclass(frozen=True, slots=True)
class Choices:
    """What the configuration is made of."""

    source: str
    bitrate: int | None = None
    profile: str = ""
    databases: Sequence[Path] = ()
    rules: Sequence[str] = ()
    ask: Ask = "nothing"
    state: Path = Path("/var/lib/telltale")
    speech: SpeechSettings = field(default_factory=SpeechSettings)
    pins: PinSettings = field(default_factory=PinSettings)


def config_text(choices: Choices, now: datetime) -> str:
    """The configuration: what was found and chosen; everything else is as its defaults have it."""
    lines = [
        f"# Written by telltale-edge setup on {now.astimezone(UTC):%Y-%m-%d}; the next one keeps it, dated.",
        "# `telltale-edge check --config FILE` prints what it comes down to, with every default.",
        f"profile = {_toml(choices.profile)}",
        "",
        "[[bus]]",
        f"source = {_toml(choices.source)}",
    ]
    if choices.bitrate is not None:
        lines.append(f"bitrate = {choices.bitrate}")
    if choices.databases:
        lines.append(f"dbc = {_toml([str(one) for one in choices.databases])}")
    lines.append(f"ask = {_toml(choices.ask)}")
    if choices.rules:
        lines += ["", "[detect]", f"rules = {_toml(list(choices.rules))}"]
    lines += ["", "[state]", f"directory = {_toml(str(choices.state))}"]
    if choices.speech.enabled:
        lines += ["", "[cab.speech]", "enabled = true", f"player = {_toml(choices.speech.player)}"]
    if choices.pins.enabled:
        lines += ["", "[cab.pins]", "enabled = true", f"red = {choices.pins.red}"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Link:
    """A CAN interface as it is to come up at every boot."""

    interface: str
    bitrate: int
    listens_only: bool
    is_heavy: bool


def network_text(shipped: str, link: Link) -> str:
    """The shipped network file with this interface, rate and role."""
    own = f"# {link.interface} at the bit rate that telltale-edge setup found.\n"
    text = re.sub(r"(?m)^# can0 .*\n# A wrong .*\n", own, shipped)
    rate = f"{link.bitrate // KILO}K" if link.bitrate % KILO == 0 else str(link.bitrate)
    changes = {"Name": link.interface, "BitRate": rate, "ListenOnly": "yes" if link.listens_only else "no"}
    if link.is_heavy:
        changes["SamplePoint"] = HEAVY_SAMPLE_POINT
    for name, value in changes.items():
        text = re.sub(rf"(?m)^{name}=.*$", f"{name}={value}", text)
    return text


def checked(text: str, file: Path) -> Prepared:
    """The configuration as `telltale-edge check` reads it, at its place but under another name.

    Raises:
        ConfigError: it cannot be used; with file, place and remedy.
        EdgeError: nothing can be written there.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}.check")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        return prepare(with_identity(load_config(draft)))
    except OSError as error:
        raise EdgeError(f"{file}: cannot be written: {error.strerror}. Run it as root: sudo …") from error
    finally:
        with suppress(OSError):
            draft.unlink()


def put(box: Box, place: PurePosixPath, text: str, *, mode: int, now: datetime, shipped: bytes | None = None) -> str:
    """Put a file in place, whole; what was done. What was there and is another is kept beside it, but for the
    `shipped` one that nobody has touched.

    Raises:
        EdgeError: it cannot be written; what was there stays.
    """
    before, content = box.read(place), text.encode()
    if before == content:
        return f"/{place}: as it was"
    kept = ""
    if before not in {None, shipped}:
        copy = _copy_of(place, now, box.read)
        box.write(copy, before, mode)
        kept = f"; the one before is {copy.name}"
    box.write(place, content, mode)
    return f"/{place}: written{kept}"


def belongs_to_folder(file: Path) -> None:
    """Let the group of the folder, which is the daemon's, read a file that root has written."""
    if os.geteuid() == 0:
        with suppress(OSError):
            os.chown(file, 0, file.parent.stat().st_gid)


def _copy_of(place: PurePosixPath, now: datetime, read: Callable[[PurePosixPath], bytes | None]) -> PurePosixPath:
    """A name that is free."""
    dated = f"{place.name}.{now.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    names = [dated, *(f"{dated}-{number}" for number in range(2, 100))]
    return next(copy for name in names if read(copy := place.with_name(name)) is None)


def _toml(value: str | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False)  # strings of JSON are strings of TOML
