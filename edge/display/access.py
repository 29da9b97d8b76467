"""Who may look: hosts by which the page may be asked for, the code that a device enters once, and its cookie.

On the loopback everybody on this machine may. Elsewhere a device shows a cookie that only this box can have made.
"""

import hashlib
import hmac
import ipaddress
import re
import secrets
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

COOKIE: Final = "telltale_cab"
CODE: Final = re.compile(r"[0-9]{6,12}")
CODE_DIGITS: Final = 6
WRONG_MAX: Final = 5
"""Wrong codes in a minute, of all devices: 300 an hour, so that a million takes more than three thousand."""
WRONG_S: Final = 60.0
_DEVICE_BYTES: Final = 16


def new_code() -> str:
    """Six digits that nobody guesses."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


@dataclass(frozen=True, slots=True)
class Host:
    """A name and a port as a browser writes them into Host and Origin."""

    name: str
    port: int

    @classmethod
    def of(cls, text: str) -> "Host | None":
        """`name:port`, `name` alone for port 80; None where it is neither."""
        found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?", text)
        return cls(found[1].strip("[]").lower().rstrip("."), int(found[2] or 80)) if found else None

    @property
    def is_address(self) -> bool:
        """An address is asked for as it is, so no name server can have led the browser here (DNS rebinding)."""
        try:
            ipaddress.ip_address(self.name)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Hosts:
    """By which names and port this page may be asked for."""

    names: Collection[str]
    port: int
    any_address: bool
    """Whether any address of the machine will do, beside the names."""

    def know(self, text: str) -> bool:
        """Whether a Host header is one of ours."""
        host = Host.of(text)
        if host is None or host.port != self.port:
            return False
        return host.name in self.names or (self.any_address and host.is_address)


@dataclass(slots=True)
class Guard:
    """Lets devices in that know the code; without a code everybody."""

    code: str | None
    key: bytes
    """Signs the cookies; kept with the code, so that a device need not enter it again."""
    monotonic: Callable[[], float]
    wrong: int = 0
    """Wrong codes so far."""
    _wrong_at: deque[float] = field(default_factory=lambda: deque(maxlen=WRONG_MAX))

    def lets_in(self, cookie: str | None) -> bool:
        """Whether this device has entered the code; another code, and every device enters it again."""
        if self.code is None:
            return True
        device, _, seal = (cookie or "").partition(".")
        return hmac.compare_digest(self._seal(device).encode(), seal.encode("utf-8", "surrogateescape"))

    def must_wait(self) -> bool:
        """Whether there were too many wrong codes within a minute."""
        return len(self._wrong_at) == WRONG_MAX and self.monotonic() - self._wrong_at[0] < WRONG_S

    def enter(self, code: str) -> str | None:
        """The cookie of a device that entered the code; None where it is wrong. Not to be asked while `must_wait`."""
        if self.code is None or not hmac.compare_digest(code.encode("utf-8", "replace"), self.code.encode()):
            self.wrong += 1
            self._wrong_at.append(self.monotonic())
            return None
        device = secrets.token_hex(_DEVICE_BYTES)
        return f"{device}.{self._seal(device)}"

    def _seal(self, device: str) -> str:
        return hmac.new(
            self.key, f"{self.code}.{device}".encode("utf-8", "surrogateescape"), hashlib.sha256
        ).hexdigest()
