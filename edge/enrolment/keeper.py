"""Keeper: sees to it that the certificate is renewed in time, beside everything else that the daemon does."""

import asyncio
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from edge.enrolment.identity import Identity
from edge.errors import ConfigError

log = logging.getLogger(__name__)

LOOK_S: Final = 3600.0
"""How often the clock is looked at; it may be set meanwhile."""
RETRY_S: Final = 900.0
REFUSED_RETRY_S: Final = 86_400.0
"""After a no: a person has to do something, and the cloud need not be asked every minute."""
_SOON: Final = timedelta(days=7)
_CHILD_S: Final = 120.0
TRY_AGAIN: Final = 75
"""EX_TEMPFAIL of sysexits.h, with which the child ends when it is to be tried again soon."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long to wait between two looks, in seconds."""

    look_s: float = LOOK_S
    retry_s: float = RETRY_S
    refused_s: float = REFUSED_RETRY_S


class Keeper:
    """Renews in a child process; what it could not do it says in the log, and tries again."""

    def __init__(
        self,
        state: Path,
        *,
        utc_now: Callable[[], datetime | None],
        random: Callable[[], float],
        on_renewed: Callable[[], None],
        rhythm: Rhythm | None = None,
    ) -> None:
        """`utc_now` gives None while the clock is not known to be right: then nobody knows whether it is time.

        `random` gives numbers in [0, 1), so that a fleet that was let in on one day does not renew in one minute.
        """
        self._state = state
        self._utc_now = utc_now
        self._random = random
        self._on_renewed = on_renewed
        self._rhythm = rhythm or Rhythm()
        self.trouble = ""
        """Why the last try failed; empty when it did not."""

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set. Neither network nor disk nor cloud ends it."""
        while not stop.is_set():
            pause_s = await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s * (0.5 + self._random())):
                    await stop.wait()

    async def _look(self) -> float:
        """Renew if it is time; how long to wait then."""
        now = self._utc_now()
        try:
            identity = Identity.read(self._state)
        except ConfigError as error:
            return self._say(str(error), self._rhythm.refused_s)
        if now is None or identity is None or now < identity.renewal:
            return self._rhythm.look_s
        status, said = await self._renew()
        if status == 0:
            self.trouble = ""
            log.info("the certificate of %s/%s is renewed", identity.fleet, identity.vehicle)
            try:
                self._on_renewed()
            except ConfigError as error:  # the disk, between two moments: the old one is shown until the next start
                return self._say(str(error), self._rhythm.look_s)
            return self._rhythm.look_s
        left = identity.end - now
        wait_s = self._rhythm.refused_s if status == 1 else self._rhythm.retry_s
        if status == 1 and left < _SOON:
            log.error("this box is out in %d days unless somebody gives it a new code", max(left.days, 0))
        return self._say(said, wait_s)

    async def _renew(self) -> tuple[int, str]:
        """The child's status, and its last line."""
        try:
            child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "edge.enrolment.child",
                str(self._state),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            return TRY_AGAIN, f"no child can be started: {error.strerror}"
        try:
            async with asyncio.timeout(_CHILD_S):
                _, said = await child.communicate()
        except TimeoutError:
            return TRY_AGAIN, "the child that renews took too long"
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return child.returncode or 0, lines[-1][:500] if lines else f"the child ended with {child.returncode}"

    def _say(self, trouble: str, wait_s: float) -> float:
        if trouble != self.trouble:
            log.warning("the certificate is not renewed: %s", trouble)
        self.trouble = trouble
        return wait_s
