"""What the rest of the cloud may ask of captures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.captures import store
from cloud.captures.model import Capture, CaptureFilter, Part, begun_by, frames_of, id_of, part_of
from cloud.captures.writing import Writing
from cloud.database import Connection, Database
from cloud.errors import NotFound, Refused
from cloud.heard import Heard
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire import messages
from edge.wire.errors import WireError
from edge.wire.topics import Address

_REASONS_MAX: Final = 5
"""Of parts that cannot be read, in one answer."""


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """How much is kept, and for how long. No capture is larger than what is kept of its vehicle."""

    parts_per_vehicle: int
    bytes_per_vehicle: int
    parts: int
    bytes: int
    kept_for: timedelta
    """From when it was first heard of: raw frames may tell where somebody was."""

    def hold(self, capture: Capture) -> bool:
        """Whether a capture is no larger than all that may be kept."""
        parts_max = min(self.parts_per_vehicle, self.parts)
        return capture.parts <= parts_max and capture.size <= min(self.bytes_per_vehicle, self.bytes)


class CaptureService:
    """Captures and their frames. `record` runs inside the inbox's transaction."""

    def __init__(
        self, database: Database, audit: Audit, settings: CaptureSettings, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._audit = audit
        self._settings = settings
        self._now = now

    def record(self, connection: Connection, heard: Heard, body: messages.Capture, block: bytes) -> bool:
        """Keep a part; one that is there already stays as it is. The oldest whole captures make room, counted.

        Returns:
            False where another part stands in its place, and this one is not kept.
        """
        part = part_of(heard, body, len(block))
        found = store.find(connection, heard.address, id_of(body))
        if found is None:
            capture = begun_by(heard, body, part)
        else:
            held = store.part_of(connection, found[0], part.number)
            if held is not None:
                return part.tells_as(held)
            capture = found[1].with_part(part, body)
        if not self._settings.hold(capture):
            counters.add(connection, {"capture_parts_dropped": 1})
            return True
        if found is None:
            number = store.begin(connection, capture)
        else:
            number = found[0]
            store.change(connection, number, capture)
        store.add_part(connection, number, part, block)
        self._tidy(connection, heard.address)
        return True

    def captures(self, wanted: CaptureFilter, window: Window) -> Page[Capture]:
        """Captures, the latest start first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str, str))
        with self._database.snapshot() as connection:
            rows = store.list_captures(connection, wanted, self._kept_from(), after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.started_at, row.address.fleet, row.address.vehicle, row.id))

    def capture(self, address: Address, capture: str) -> tuple[Capture, list[Part]]:
        """One capture with the parts that are there, in their order.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            number, found = self._found(connection, address, capture)
            return found, store.parts_of(connection, number)

    def take_block(self, address: Address, capture: str, part: int, *, by: str) -> bytes:
        """The block of one part as it came, for somebody who takes it along.

        Raises:
            NotFound: there is no such part, or no longer.
        """
        block = self._block(address, capture, part)
        self._taken(address, capture, f"block of part {part}", by=by)
        return block

    def take(
        self, address: Address, capture: str, writing: Writing, *, readable_only: bool, by: str
    ) -> Iterator[bytes]:
        """The frames of a capture, part by part in their order, so that no more than one part is in memory.

        The iterator raises NotFound when a part goes before its turn comes: what was given until then is not all.

        Args:
            address: whose it is.
            capture: which one.
            writing: how the frames are written.
            readable_only: leave out parts of which the frames cannot be read or written so.
            by: who takes them along; they may tell where somebody was, so it is written down.

        Raises:
            NotFound: see `capture`.
            Refused: the frames of a part cannot be read, or written so, and were not to be left out.
        """
        _, parts = self.capture(address, capture)
        reasons = {part.number: self._trouble(address, capture, part, writing) for part in parts}
        left_out = [f"part {number}: {reason}" for number, reason in reasons.items() if reason]
        if left_out and not readable_only:
            told = "; ".join(left_out[:_REASONS_MAX])
            remedy = "Ask with `readable_only` for the others, or for the blocks of its parts"
            raise Refused(f"of {len(left_out)} parts there are no frames ({told}). {remedy}")
        self._taken(address, capture, f"frames as {writing.name}, {len(left_out)} parts left out", by=by)
        return self._written(address, capture, [part for part in parts if not reasons[part.number]], writing)

    def _written(self, address: Address, capture: str, parts: Sequence[Part], writing: Writing) -> Iterator[bytes]:
        yield writing.head
        for part in parts:
            yield writing.rows(frames_of(part, self._block(address, capture, part.number)))

    def _trouble(self, address: Address, capture: str, part: Part, writing: Writing) -> str:
        """Why the frames of a part cannot be written so; "" where they can be."""
        if not part.is_decodable:
            return f"{part.format!r} is no known format of frames"
        try:
            return writing.trouble(frames_of(part, self._block(address, capture, part.number)))
        except WireError as error:
            return error.detail

    def _block(self, address: Address, capture: str, part: int) -> bytes:
        with self._database.snapshot() as connection:
            number, _ = self._found(connection, address, capture)
            block = store.block_of(connection, number, part)
        if block is None:
            raise NotFound(f"part {part} of capture {capture!r} is not there")
        return block

    def _taken(self, address: Address, capture: str, what: str, *, by: str) -> None:
        subject = f"captures/{address.fleet}/{address.vehicle}/{capture}"
        with self._database.transaction() as connection:
            self._audit.record(
                connection, by=by, action="take_capture", subject=subject, fleet=address.fleet, note=what
            )

    def _found(self, connection: Connection, address: Address, capture: str) -> tuple[int, Capture]:
        found = store.find(connection, address, capture)
        if found is None or found[1].heard_at < self._kept_from():
            raise NotFound(f"there is no capture {capture!r} of vehicle {address.vehicle!r}, or no longer")
        return found

    def _kept_from(self) -> datetime:
        return self._now() - self._settings.kept_for

    def _tidy(self, connection: Connection, address: Address) -> None:
        """Let the oldest whole captures go: too long ago, too many of this vehicle, too many of all."""
        kept = self._settings
        gone = store.expire(connection, self._kept_from())
        gone += store.keep_newest(
            connection, address, parts_max=kept.parts_per_vehicle, bytes_max=kept.bytes_per_vehicle
        )
        gone += store.keep_newest(connection, None, parts_max=kept.parts, bytes_max=kept.bytes)
        counters.add(connection, {"captures_expired": gone})
