"""What vehicles have collected for campaigns: kept part by part, and read again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cloud import counters, pages
from cloud.blocks.unpack import Content
from cloud.campaigns import window_store as store
from cloud.campaigns.window_model import Window, begun_by, content_of, id_of, is_decodable
from cloud.campaigns.writing import Writing
from cloud.captures.model import Part, part_of
from cloud.database import Connection, Database
from cloud.errors import NotFound, Refused
from cloud.heard import Heard
from cloud.security.audit import Audit
from edge.wire.errors import WireError
from edge.wire.messages import Telemetry
from edge.wire.topics import Address

_REASONS_MAX: Final = 5
"""Of parts that cannot be read, in one answer."""


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """How much is kept, and for how long. No window is larger than what is kept of its campaign."""

    parts_per_campaign: int
    bytes_per_campaign: int
    parts: int
    bytes: int
    kept_for: timedelta
    """From when it was first heard of: it may tell where somebody was."""

    def hold(self, window: Window) -> bool:
        """Whether a window is no larger than all that may be kept."""
        parts_max = min(self.parts_per_campaign, self.parts)
        return window.parts <= parts_max and window.size <= min(self.bytes_per_campaign, self.bytes)


@dataclass(frozen=True, slots=True)
class Which:
    """One window."""

    address: Address
    campaign: str
    window: str

    @property
    def subject(self) -> str:
        """Its place in the API."""
        return f"fleets/{self.address.fleet}/campaigns/{self.campaign}/windows/{self.address.vehicle}/{self.window}"


class WindowService:
    """Windows and what is in them. `record` runs inside the inbox's transaction."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        settings: WindowSettings,
        now: Callable[[], datetime],
        *,
        is_asked: Callable[[Connection, Address, str], bool],
    ) -> None:
        """`is_asked` says whether a vehicle was asked for a campaign."""
        self._database = database
        self._audit = audit
        self._settings = settings
        self._now = now
        self._is_asked = is_asked

    def record(self, connection: Connection, heard: Heard, body: Telemetry, block: bytes) -> bool:
        """Keep a part; one that is there already stays as it is. The oldest whole windows make room, counted.

        Returns:
            False where nobody has asked the vehicle for that, or another part stands in its place; it is not kept.
        """
        campaign = body.campaign
        if campaign is None:
            return False
        if not self._is_asked(connection, heard.address, campaign):
            counters.add(connection, {"windows_unknown": 1})
            return False
        part = part_of(heard, body, len(block))
        found = store.find(connection, heard.address, campaign, id_of(body))
        if found is None:
            window = begun_by(heard, campaign, body, part)
        else:
            held = store.part_of(connection, found[0], part.number)
            if held is not None:
                return part.tells_as(held)
            window = found[1].with_part(part, body)
        if not self._settings.hold(window):
            counters.add(connection, {"window_parts_dropped": 1})
            return True
        if found is None:
            number = store.begin(connection, window)
        else:
            number = found[0]
            store.change(connection, number, window)
        store.add_part(connection, number, part, block)
        self._tidy(connection, heard.address.fleet, campaign)
        return True

    def windows(self, fleet: str, campaign: str, vehicle: str | None, page: pages.Window) -> pages.Page[Window]:
        """Windows of a campaign, of one vehicle or (None) of all, the latest start first.

        Raises:
            Refused: the page's cursor is not of this listing.
        """
        after = page.key((datetime, str, str))
        with self._database.snapshot() as connection:
            rows = store.list_windows(
                connection, fleet, campaign, vehicle, self._kept_from(), after=after, rows_max=page.limit + 1
            )
        return page.page(rows, lambda row: (row.started_at, row.address.vehicle, row.id))

    def window(self, which: Which) -> tuple[Window, list[Part]]:
        """One window with the parts that are there, in their order.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            number, found = self._found(connection, which)
            return found, store.parts_of(connection, number)

    def take_block(self, which: Which, part: int, *, by: str) -> bytes:
        """The block of one part as it came, for somebody who takes it along.

        Raises:
            NotFound: there is no such part, or no longer.
        """
        block = self._block(which, part)
        self._taken(which, f"block of part {part}", by=by)
        return block

    def take(self, which: Which, writing: Writing, *, readable_only: bool, by: str) -> Iterator[bytes]:
        """What is in a window, part by part in their order, so that no more than one part is in memory.

        The iterator raises NotFound when a part goes before its turn comes: what was given until then is not all.

        Args:
            which: the window.
            writing: how it is written.
            readable_only: leave out parts that cannot be read, or written so.
            by: who takes it along; it may tell where somebody was, so it is written down.

        Raises:
            NotFound: see `window`.
            Refused: a part cannot be read, or written so, and was not to be left out.
        """
        writing.must_work()
        window, parts = self.window(which)
        reasons = {part.number: self._trouble(which, window, part, writing) for part in parts}
        left_out = [f"part {number}: {reason}" for number, reason in reasons.items() if reason]
        if left_out and not readable_only:
            told = "; ".join(left_out[:_REASONS_MAX])
            remedy = "Ask for another ending, with `readable_only` for the others, or for the blocks of its parts"
            raise Refused(f"{len(left_out)} parts cannot be written so ({told}). {remedy}")
        self._taken(which, f"as {writing.name}, {len(left_out)} parts left out", by=by)
        return writing.write(self._contents(which, [part for part in parts if not reasons[part.number]]))

    def forget(self, connection: Connection, fleet: str, campaigns: Sequence[str]) -> None:
        """These campaigns are no more; what was collected for them goes too."""
        counters.add(connection, {"windows_dropped": store.forget(connection, fleet, campaigns)})

    def _contents(self, which: Which, parts: Sequence[Part]) -> Iterator[Content]:
        for part in parts:
            yield content_of(part, self._block(which, part.number))

    def _trouble(self, which: Which, window: Window, part: Part, writing: Writing) -> str:
        """Why a part cannot be written so; "" where it can be."""
        if part.format != window.format:
            return f"it is {part.format!r}, and the window {window.format!r}"
        if not is_decodable(part):
            return f"{part.format!r} is no known format"
        try:
            return writing.trouble(content_of(part, self._block(which, part.number)))
        except WireError as error:
            return error.detail

    def _block(self, which: Which, part: int) -> bytes:
        with self._database.snapshot() as connection:
            number, _ = self._found(connection, which)
            block = store.block_of(connection, number, part)
        if block is None:
            raise NotFound(f"part {part} of window {which.window!r} is not there")
        return block

    def _taken(self, which: Which, what: str, *, by: str) -> None:
        with self._database.transaction() as connection:
            fleet = which.address.fleet
            self._audit.record(connection, by=by, action="take_window", subject=which.subject, fleet=fleet, note=what)

    def _found(self, connection: Connection, which: Which) -> tuple[int, Window]:
        found = store.find(connection, which.address, which.campaign, which.window)
        if found is None or found[1].heard_at < self._kept_from():
            raise NotFound(f"there is no window {which.window!r} of vehicle {which.address.vehicle!r}, or no longer")
        return found

    def _kept_from(self) -> datetime:
        return self._now() - self._settings.kept_for

    def _tidy(self, connection: Connection, fleet: str, campaign: str) -> None:
        """Let the oldest whole windows go: too long ago, too much of this campaign, too much of all."""
        kept = self._settings
        gone = store.expire(connection, self._kept_from())
        gone += store.keep_newest(
            connection, (fleet, campaign), parts_max=kept.parts_per_campaign, bytes_max=kept.bytes_per_campaign
        )
        gone += store.keep_newest(connection, None, parts_max=kept.parts, bytes_max=kept.bytes)
        counters.add(connection, {"windows_dropped": gone})
