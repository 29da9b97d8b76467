"""Looking: the status file of a daemon, with how old it is by a clock that nobody sets."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from edge.errors import EdgeError
from edge.status.boot import boot_id, boot_s, process_start
from edge.status.place import NAME
from edge.status.told import SCHEMA, Status

BYTES_MAX: Final = 4_000_000
OLD_S: Final = 10.0
"""Ten beats: what is older nobody writes any more."""


class NoDaemon(EdgeError):
    """No daemon runs, or it tells nothing."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found."""

    file: Path
    raw: Mapping[str, Any]
    """As it is written."""
    age_s: float | None
    """By the time since the machine was started; None: it is of before that, or says nothing that could be reckoned."""
    is_running: bool | None
    """Whether the process that wrote it is there still; None: nobody says."""

    @property
    def is_old(self) -> bool:
        """Nobody writes it any more."""
        return self.age_s is None or self.age_s > OLD_S

    @property
    def why_old(self) -> str:
        """What became of who wrote it."""
        if self.age_s is None:
            return f"no daemon runs: {self.file} is of before this machine was started"
        ago = f"{self.age_s:.0f} s ago"
        if self.is_running:
            pid = _written(self.raw).get("pid")
            return f"the daemon hangs: its process {pid} is there, and last told something {ago}"
        ended = "its process is gone" if self.is_running is False else "nobody says what became of its process"
        return f"no daemon runs: the last one told something {ago}, and {ended}"

    @property
    def status(self) -> Status:
        """What it says.

        Raises:
            EdgeError: nothing that this version understands.
        """
        schema = self.raw.get("schema")
        if schema != SCHEMA:
            problem = f"{self.file}: says {str(schema)[:40]!r}, and this version reads {SCHEMA!r}"
            raise EdgeError(f"{problem}. Use the telltale-edge that the daemon is of; --json shows it all the same")
        try:
            return Status.model_validate(dict(self.raw))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise _no_status(self.file, f"{place}: {first['msg']}") from error

    @property
    def as_json(self) -> str:
        """As it is written, with its age before everything else."""
        age_s = None if self.age_s is None else round(self.age_s, 2)
        return json.dumps({"age_s": age_s, **self.raw}, ensure_ascii=False, indent=1) + "\n"


def look(folders: Sequence[Path]) -> Looked:
    """The file in the first folder that has one.

    Raises:
        NoDaemon: none has.
        EdgeError: it cannot be read, or is no JSON.
    """
    for folder in folders:
        file = folder / NAME
        try:
            with file.open("rb") as stream:
                content = stream.read(BYTES_MAX + 1)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise EdgeError(
                f"{file}: cannot be read: {error.strerror}. Look as the daemon's user, or as root"
            ) from error
        return _looked(file, content)
    where = " or ".join(str(folder / NAME) for folder in folders)
    remedy = "Start one; one that runs says in its log why it tells nothing. --status DIR looks elsewhere"
    raise NoDaemon(f"no daemon runs here: there is no {where}. {remedy}")


def _looked(file: Path, content: bytes) -> Looked:
    if len(content) > BYTES_MAX:
        raise _no_status(file, f"it is larger than {BYTES_MAX:,} bytes")
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _no_status(file, str(error)[:100]) from error
    if not isinstance(raw, dict):
        raise _no_status(file, "no JSON object")
    written = _written(raw)
    return Looked(file, raw, _age_s(written), _is_running(written))


def _no_status(file: Path, why: str) -> EdgeError:
    return EdgeError(f"{file}: is no status of a daemon ({why}). Restart the daemon: it is written anew every second")


def _written(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    written = raw.get("written")
    return written if isinstance(written, dict) else {}


def _age_s(written: Mapping[str, Any]) -> float | None:
    at_s, here = written.get("boot_s"), boot_id()
    if isinstance(at_s, bool) or not isinstance(at_s, int | float) or written.get("boot_id") != here:
        return None
    age_s = boot_s() - at_s
    return max(0.0, age_s) if -OLD_S < age_s < float("inf") else None


def _is_running(written: Mapping[str, Any]) -> bool | None:
    pid, began = written.get("pid"), written.get("process_start")
    if not isinstance(pid, int) or not isinstance(began, int) or written.get("boot_id") != boot_id():
        return None
    return process_start(pid) == began
