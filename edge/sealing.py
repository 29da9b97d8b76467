"""Sealing: what the box keeps of its last moment, so that the next start knows how that ended and where it was left.

One small file in the state, written at each start, whenever the vehicle is left or used again, and at the end: some
four times a drive. In private mode it says nothing of where the vehicle is.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.clock import BUILT_S
from edge.detect.tamper import Before
from edge.errors import EdgeError
from edge.files import Draft
from edge.whereabouts import Fix

log = logging.getLogger(__name__)

FILE: Final = "last-seen.json"
BYTES_MAX: Final = 10_000
WRITTEN: Final = (FILE, "outbox.db", "outbox.db-wal")
"""Files of the state whose last change says when the box was last alive; the outbox is written every other minute."""


class _Place(BaseModel):
    latitude_deg: Annotated[float, Field(ge=-90, le=90)]
    longitude_deg: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore")
    version: int = 1
    boot_id: str | None = None
    is_sealed: bool = False
    """Everything was durable; nothing that began since is lost if the power goes."""
    place: _Place | None = None
    vin: str = ""


class Sealing:
    """Used by one thread; a disk that refuses is said once and loses nothing but this."""

    def __init__(
        self,
        folder: Path | None,
        boot_id: str | None,
        *,
        wall_s: Callable[[], float | None] = time.time,
    ) -> None:
        """`folder`: the state; None: nothing is kept. `wall_s`: the wall clock; None: it is not right."""
        self._folder, self._boot_id, self._wall_s = folder, boot_id, wall_s
        self._place: Fix | None = None
        self._vin = ""
        self._is_refused = False
        self.before: Before | None = None
        """How it was before this start; None: this is the first, or nothing is kept."""

    @property
    def place(self) -> Fix | None:
        """Where the vehicle was last known to be."""
        return self._place

    def take_up(self) -> Before | None:
        """How the last run ended; from now on this one is in the middle of something."""
        if self._folder is None:
            return None
        kept, off_s = self._recall(self._folder / FILE), self._off_s(self._folder)
        if kept is not None:
            ended = "sealed" if kept.is_sealed else "killed" if kept.boot_id == self._boot_id else "power_lost"
            place = kept.place
            left = Fix(0, place.latitude_deg, place.longitude_deg, place.accuracy_m) if place else None
            self._place, self._vin = left, kept.vin
            self.before = Before(ended, off_s, left, kept.vin)  # type: ignore[arg-type]  # one of the three
        self._keep(is_sealed=False)
        return self.before

    def see(self, fix: Fix | None, vin: str, *, private: bool) -> None:
        """Where it is and what it calls itself, as far as that is known; in private mode places are forgotten."""
        self._place = None if private else fix or self._place
        self._vin = vin or self._vin

    def seal(self) -> None:
        """Everything is durable."""
        self._keep(is_sealed=True)

    def unseal(self) -> None:
        """Something begins that is not."""
        self._keep(is_sealed=False)

    def _recall(self, file: Path) -> _Kept | None:
        try:
            with file.open("rb") as stream:
                return _Kept.model_validate_json(stream.read(BYTES_MAX))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            log.warning("%s: how the last run ended cannot be read: %s", file, str(error).splitlines()[0])
            return None

    def _off_s(self, folder: Path) -> float | None:
        """For how long nothing was written, where the clock was right then and is now."""
        wall_s = self._wall_s()
        times: list[float] = []
        for name in WRITTEN:
            with suppress(OSError):
                times.append((folder / name).stat().st_mtime)
        if wall_s is None or not times or max(times) < BUILT_S or max(times) > wall_s:
            return None
        return wall_s - max(times)

    def _keep(self, *, is_sealed: bool) -> None:
        if self._folder is None:
            return
        place = self._place and _Place(
            latitude_deg=self._place.latitude_deg,
            longitude_deg=self._place.longitude_deg,
            accuracy_m=self._place.accuracy_m,
        )
        kept = _Kept(boot_id=self._boot_id, is_sealed=is_sealed, place=place, vin=self._vin)
        try:
            draft = Draft(self._folder / FILE)
            try:
                with draft.writing() as stream:
                    stream.write(kept.model_dump_json().encode())
                draft.commit()
            finally:
                draft.close()
        except EdgeError as error:
            if not self._is_refused:
                log.warning("how this run ends cannot be kept: %s", error)
            self._is_refused = True
