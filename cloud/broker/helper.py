"""The helper beside mosquitto: brings it what the cloud says, and the cloud what it refused.

Every two seconds it reads what the log has got, tells the cloud, and hears whom to keep out. Where that has changed, it
writes the revocation list and the ACL, lets mosquitto read them, waits until the log says that it has, and then takes
the client id of everybody who was put out, which ends their connections. Only then does it say that the change holds.
"""

import json
import logging
import os
import signal
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import BaseModel, ValidationError

from cloud.broker.door import ACL_FILE, LOG_FILE, PID_FILE, REVOKED_FILE, door_acl
from cloud.broker.log_file import LogFile
from cloud.broker.log_lines import LogReader, Refused
from cloud.errors import CloudError, ConfigError, UpstreamDown

EVERY_S: Final = 2.0
TELL_MAX: Final = 500
KEPT_MAX: Final = 5_000
"""Kinds of refusals that wait for a cloud that is away; what is more is counted."""
RELOAD_S_MAX: Final = 10.0
LIST_LEFT_MIN: Final = timedelta(days=14)
TAKE_OVERS_FOR_S: Final = 600.0
STATE_FILE: Final = "helper.json"
_LOOK_S: Final = 0.05
_log = logging.getLogger(__name__)


class _Out(BaseModel):
    fleet: str
    vehicle: str
    change: int


class _Door(BaseModel):
    change: int
    revocation_list: str
    denied: list[str]
    out: list[_Out]


@dataclass(frozen=True, slots=True)
class HelperSettings:
    """Where everything is."""

    folder: Path
    """Of the broker: configuration, lists, log."""
    cloud: str
    """`https://cloud.example`."""
    token: str
    """Of an API key that may `keep_broker`."""
    ca_file: Path | None = None
    """Who signed the cloud's certificate, where the system does not know them."""


class Helper:
    """Runs in the thread that calls it, until it is stopped."""

    def __init__(
        self,
        settings: HelperSettings,
        *,
        end_connection: Callable[[str], None],
        list_ends_at: Callable[[str], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        """`end_connection` throws an identity off the broker; `list_ends_at` reads the end of a revocation list."""
        self._folder = settings.folder
        verify: Any = True if settings.ca_file is None else ssl.create_default_context(cafile=settings.ca_file)
        self._client = httpx.Client(
            base_url=f"{settings.cloud.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {settings.token}"},
            timeout=20.0,
            verify=verify,
        )
        self._end_connection = end_connection
        self._list_ends_at = list_ends_at
        self._every_s = every_s
        self._stopping = threading.Event()
        self._applied, position, self._owes_reload = self._read_state()
        self._log = LogFile(self._folder / LOG_FILE, position=position)
        self._reader = LogReader()
        self._kept: Counter[Refused] = Counter()
        self.lost = 0
        """Refusals that were not told, since the cloud was away for too long."""
        self._trouble = ""
        self._state = ""
        self._warned_at = datetime.fromtimestamp(0, UTC)
        self._forgot_s = time.monotonic()

    @property
    def applied(self) -> int:
        """The last change at the door that holds at the broker."""
        return self._applied

    def run(self) -> None:
        """Go round until `stop`; what is away is waited for."""
        try:
            while not self._stopping.is_set():
                try:
                    self.round()
                    self._say("")
                except CloudError as error:
                    self._say(str(error))
                self._warn_of_list()
                self._stopping.wait(self._every_s)
        finally:
            self._client.close()

    def stop(self) -> None:
        """End `run` after the round at hand; from any thread."""
        self._stopping.set()

    def round(self) -> None:
        """Once: read, tell, hear, apply.

        Raises:
            UpstreamDown: the cloud or the broker is away; what was not told or applied is at the next round.
            ConfigError: the cloud does not let us in, or a file cannot be written.
        """
        if time.monotonic() - self._forgot_s > TAKE_OVERS_FOR_S:
            self._reader.forget_take_overs()
            self._forgot_s = time.monotonic()
        self._read_log()
        door = self._ask()
        if door.change != self._applied or self._owes_reload or self._differs(door):
            self._apply(door)
        self._write_state()

    def _read_log(self) -> None:
        for refused, times in self._reader.read(self._log.new_lines()).items():
            if refused in self._kept or len(self._kept) < KEPT_MAX:
                self._kept[refused] += times
            else:
                self.lost += times
        if self._log.is_large:
            self._log.rotate(lambda: self._signal(signal.SIGHUP))

    def _ask(self) -> _Door:
        ends_at = self._end_of_list()
        telling = dict(list(self._kept.items())[:TELL_MAX])
        said = {
            "applied": self._applied,
            "list_ends_at": None if ends_at is None else ends_at.isoformat(),
            "refused": [
                {
                    "kind": one.kind,
                    "who": _printable(one.who, 200),
                    "detail": _printable(one.detail, 400),
                    "times": times,
                    "fleet": one.fleet and one.fleet[:64],
                }
                for one, times in telling.items()
            ],
        }
        try:
            answer = self._client.post("/broker/door", json=said)
        except httpx.HTTPError as error:
            raise UpstreamDown(f"the cloud cannot be reached ({error})") from error
        if answer.status_code in {401, 403, 404, 409}:
            remedy = "Give the helper an API key that may keep_broker, of a cloud with an authority"
            raise ConfigError(f"the cloud answers {answer.status_code}", place="--key-file", remedy=remedy)
        if answer.status_code != httpx.codes.OK:
            raise UpstreamDown(f"the cloud answers {answer.status_code}")
        for one, times in telling.items():
            self._kept[one] -= times
            if self._kept[one] <= 0:
                del self._kept[one]
        try:
            return _Door.model_validate_json(answer.content)
        except ValidationError as error:
            raise UpstreamDown("the cloud's answer cannot be read") from error

    def _differs(self, door: _Door) -> bool:
        return _content(self._folder / REVOKED_FILE) != door.revocation_list or _content(
            self._folder / ACL_FILE
        ) != door_acl(door.denied)

    def _apply(self, door: _Door) -> None:
        """Make the change hold: the lists, the reload, the connections; in this order."""
        self._owes_reload = True
        self._write_state()  # who is interrupted from here on reloads, though the lists are as they should be
        write(self._folder / REVOKED_FILE, door.revocation_list)
        write(self._folder / ACL_FILE, door_acl(door.denied))
        self._reload()
        self._owes_reload = False
        for identity in dict.fromkeys(f"{out.fleet}/{out.vehicle}" for out in door.out):
            self._end_connection(identity)
            _log.info("%s is out", identity)
        self._applied = door.change

    def _reload(self) -> None:
        before = self._reader.reloads
        self._signal(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_S_MAX
        while self._reader.reloads == before:
            if time.monotonic() > deadline:
                raise UpstreamDown(f"mosquitto has not read its lists within {RELOAD_S_MAX:g} s")
            self._stopping.wait(_LOOK_S)
            self._read_log()

    def _signal(self, number: signal.Signals) -> None:
        """Tell mosquitto; a file that was left behind may name a program that has nothing to do with it."""
        file = self._folder / PID_FILE
        try:
            pid = int(file.read_text())
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            if name != "mosquitto":
                raise UpstreamDown(f"{file}: {pid} is {name}, not mosquitto")
            os.kill(pid, number)
        except (OSError, ValueError) as error:
            raise UpstreamDown(f"{file}: no mosquitto that we may tell to read its lists ({error})") from error

    def _end_of_list(self) -> datetime | None:
        text = _content(self._folder / REVOKED_FILE)
        try:
            return None if text is None else self._list_ends_at(text)
        except ValueError:
            return None

    def _warn_of_list(self) -> None:
        """Once a day say that nobody will get in any more, if a cloud that is away does not come back."""
        ends_at, now = self._end_of_list(), datetime.now(UTC)
        if ends_at is None or ends_at - now > LIST_LEFT_MIN or now - self._warned_at < timedelta(days=1):
            return
        self._warned_at = now
        _log.error("the revocation list ends %s, and then mosquitto lets nobody in", ends_at.isoformat())

    def _read_state(self) -> tuple[int, tuple[int, int], bool]:
        """What was applied, 0 where it is not known: then everybody who was ever put out is thrown off once more.

        And how far the log was read, and whether mosquitto may not have read its lists.
        """
        try:
            known = json.loads((self._folder / STATE_FILE).read_text())
            applied, inode, offset = (max(int(known[name]), 0) for name in ("applied", "inode", "offset"))
        except (OSError, ValueError, KeyError, TypeError):
            return 0, (0, 0), True
        return applied, (inode, offset), bool(known.get("owes_reload", True))

    def _write_state(self) -> None:
        inode, offset = self._log.position
        known = {"applied": self._applied, "inode": inode, "offset": offset, "owes_reload": self._owes_reload}
        state = json.dumps(known)
        if state != self._state:
            write(self._folder / STATE_FILE, state)
            self._state = state

    def _say(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            _log.warning("%s; will be tried again", trouble)
        elif self._trouble and not trouble:
            _log.info("works again")
        self._trouble = trouble


def write(file: Path, text: str) -> None:
    """Replace a file, whole.

    Raises:
        ConfigError: it cannot be written.
    """
    draft = file.with_name(f".{file.name}.part")
    try:
        with draft.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError as error:
        remedy = "Run the helper as the broker's user"
        raise ConfigError(f"cannot be written ({error.strerror})", file=file, remedy=remedy) from error


def _content(file: Path) -> str | None:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _printable(text: str, length: int) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text)[:length]
