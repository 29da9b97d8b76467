"""The folder of updates in the state: the journal, the archive that is being fetched, and the two slots.

journal.json      what is run, tried, asked for and told (journal.py), with a checksum over it
<sha256>.part     the archive, as far as it was fetched
slots/a, slots/b  unpacked bundles: one is run, the other is free or tried
"""

import hashlib
import logging
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge.errors import EdgeError
from edge.updates.disk import Disk
from edge.updates.journal import Journal, Slot
from edge.wire.bundles import Bundle

log = logging.getLogger(__name__)

FOLDER: Final = "updates"
"""In the state."""
_JOURNAL: Final = "journal.json"
_PART: Final = ".part"
_BYTES_MAX: Final = 1_000_000
_READ_BYTES: Final = 256 * 1024


class DiskRefuses(EdgeError):
    """What should be kept is not; nothing has changed, and it may be tried again."""


def wall_clock() -> str:
    """Now, for people."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """One thread at a time works with it; any may look at `journal`."""

    def __init__(
        self,
        state: Path,
        *,
        disk: Disk | None = None,
        now: Callable[[], str] = wall_clock,
        is_looked_at: bool = False,
    ) -> None:
        """Finds what is there. `now`: for people.

        A journal that cannot be read is set aside, but where it `is_looked_at` alone, and the box runs what its
        installer has set up.
        """
        self._is_looked_at = is_looked_at
        self.folder = state / FOLDER
        self.now = now
        self.note = ""
        """What a person should know about how it was found."""
        self.disk = disk or Disk()
        self.journal = self._found()

    def save(self, journal: Journal) -> None:
        """Have this journal from now on, also after a power cut.

        Raises:
            DiskRefuses: it is as it was.
        """
        if journal == self.journal:
            return
        draft = self.folder / f".{_JOURNAL}.part"
        text = journal.model_dump_json(by_alias=True).encode()
        try:
            self.disk.make(self.folder)
            self.disk.write(draft, text + b"\n%08x\n" % zlib.crc32(text))
            self.disk.replace(draft, self.folder / _JOURNAL)
            self.disk.keep_names(self.folder)
        except OSError as error:
            raise DiskRefuses(f"{self.folder / _JOURNAL}: cannot be written: {error.strerror}") from error
        self.journal = journal

    def slot(self, slot: Slot) -> Path:
        """Where a bundle lies."""
        return self.folder / "slots" / slot

    def archive(self, bundle: Bundle) -> Path:
        """Where a bundle's archive lies, as far as it was fetched."""
        return self.folder / f"{bundle.sha256}{_PART}"

    def fetched(self, bundle: Bundle) -> int:
        """Bytes of it that are there."""
        return min(self.disk.size(self.archive(bundle)), bundle.size)

    def append(self, bundle: Bundle, content: bytes) -> None:
        """The next bytes of the archive.

        Raises:
            DiskRefuses: they are not there.
        """
        file = self.archive(bundle)
        offset = self.fetched(bundle)
        try:
            self.disk.make(self.folder)
            self.disk.append(file, offset, content)
            if offset == 0:
                self.disk.keep_names(self.folder)
        except OSError as error:
            with suppress(OSError):
                self.disk.append(file, offset, b"")
            raise DiskRefuses(f"{file.name}: cannot be written: {error.strerror}") from error

    def is_whole(self, bundle: Bundle) -> bool:
        """Whether the archive is what was signed.

        Raises:
            DiskRefuses: it cannot be read.
        """
        counted, digest = 0, hashlib.sha256()
        try:
            with self.archive(bundle).open("rb") as stream:
                while block := stream.read(_READ_BYTES):
                    digest.update(block)
                    counted += len(block)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise DiskRefuses(f"{self.archive(bundle)}: cannot be read: {error.strerror}") from error
        return counted == bundle.size and digest.hexdigest() == bundle.sha256

    def sweep(self, keep: Bundle | None = None) -> None:
        """Take away archives that nobody needs any more; what cannot be taken away stays."""
        keeping = None if keep is None else self.archive(keep)
        for file in self.folder.glob(f"*{_PART}"):
            if file != keeping:
                with suppress(OSError):
                    self.disk.remove(file)

    def room(self) -> int | None:
        """Bytes that may still be written there; None: nobody knows."""
        with suppress(OSError):
            self.disk.make(self.folder)
            return self.disk.free_bytes(self.folder)
        return None

    def _found(self) -> Journal:
        file = self.folder / _JOURNAL
        try:
            raw = self.disk.read(file, _BYTES_MAX)
            return Journal() if raw is None else _read(raw)
        except (OSError, ValueError, ValidationError) as error:
            self.note = (
                f"{file}: cannot be read ({str(error).splitlines()[0]}); this box runs what its installer set up"
            )
            if self._is_looked_at:
                return Journal()
            log.error("%s", self.note)  # noqa: TRY400  # one line
            with suppress(OSError):
                self.disk.replace(file, file.with_name(f"{_JOURNAL}.damaged"))
            return Journal()


def _read(raw: bytes) -> Journal:
    text, _, seal = raw.rstrip(b"\n").rpartition(b"\n")
    if seal != b"%08x" % zlib.crc32(text):
        raise ValueError("the disk has changed it")
    return Journal.model_validate_json(text)
