"""Passwords: argon2id through pwdlib, of which two are computed at a time, since each takes 64 MiB."""

from threading import BoundedSemaphore
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from cloud.errors import Refused

LENGTH_MIN: Final = 15
"""Without a second factor (NIST SP 800-63B-4, 3.1.1.2). Nothing else is asked of a password, as there."""
LENGTH_MAX: Final = 200
AT_ONCE: Final = 2
_WAIT_S: Final = 5.0


class Busy(Exception):
    """Too many passwords are being looked at."""


class Passwords:
    """Hashes and checks. Safe to use from several threads."""

    def __init__(self, memory_kib: int = 65536) -> None:
        self._hash = PasswordHash((Argon2Hasher(memory_cost=memory_kib),))
        self._turns = BoundedSemaphore(AT_ONCE)
        self._nobody = self._hash.hash("nobody has this password")

    def digest(self, password: str) -> str:
        """What is kept of a password.

        Raises:
            Refused: it is too short, or longer than anybody types.
            Busy: too many are being looked at.
        """
        if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
            raise Refused(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters")
        with _Turn(self._turns):
            return self._hash.hash(password)

    def check(self, password: str, digest: str | None) -> bool:
        """Whether it is the one; without a digest it takes as long and is not.

        Raises:
            Busy: too many are being looked at.
        """
        if len(password) > LENGTH_MAX:
            return False
        with _Turn(self._turns):
            try:
                return self._hash.verify(password, digest or self._nobody) and digest is not None
            except UnknownHashError:
                return False


class _Turn:
    def __init__(self, turns: BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=_WAIT_S):
            raise Busy

    def __exit__(self, *_: object) -> None:
        self._turns.release()
