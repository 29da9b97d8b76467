"""What the rest of the cloud may ask of commands."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cloud import counters
from cloud.commands import store
from cloud.commands.model import Command, CommandState
from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound, Refused
from cloud.heard import Heard
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire.commands import BadCommand, check
from edge.wire.messages import Result, Value
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """How many are open and kept of each vehicle, and for how long."""

    open_per_vehicle: int = 20
    per_vehicle: int = 200
    """What is open is kept beside them."""
    kept_for: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a vehicle."""

    name: str
    arguments: Mapping[str, Value]
    expires_in: timedelta
    id: str | None = None
    """The asker's own name for it: 32 hex digits, never used for another; None: one is made."""


class CommandService:
    """Commands from the wish to the result. `record` and `met` run inside the inbox's transaction."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        settings: CommandSettings,
        now: Callable[[], datetime],
        must_exist: Callable[[Address], object],
    ) -> None:
        """Take the parts.

        Args:
            database: where they are kept.
            audit: what everybody writes into.
            settings: how many are kept.
            now: the clock.
            must_exist: raises NotFound for a vehicle that was never heard.
        """
        self._database = database
        self._audit = audit
        self._settings = settings
        self._now = now
        self._must_exist = must_exist

    def issue(self, address: Address, wish: Wish, *, by: str) -> Command:
        """Ask something of a vehicle; safe to repeat with the same id.

        Raises:
            Refused: it is not on the list, or its arguments are wrong.
            NotFound: the vehicle was never heard.
            Conflict: the id is another command's, or too much is open for the vehicle.
        """
        asked = _asked(address, wish, by, self._now())
        self._must_exist(address)
        with self._database.transaction() as connection:
            before = store.find(connection, address, asked.id)
            if before is None:
                self._check_room(connection, address, asked.issued_at)
                if store.add(connection, asked):
                    self._note(connection, asked)
                    return asked
                before = store.find(connection, address, asked.id)  # another cloud was quicker
            if before is None or not before.asks_as(asked):
                raise Conflict(f"{asked.id} is the id of another command of vehicle {address.vehicle!r}: use a new one")
            return before.as_of(asked.issued_at)

    def record(self, connection: Connection, heard: Heard, result: Result) -> bool:
        """Keep what the vehicle says of a command; the first result of each stays.

        Returns:
            False where there is no such command, or another result is held, and this one is not kept.
        """
        before = store.find(connection, heard.address, result.command)
        if before is None:
            counters.add(connection, {"results_unknown": 1})
            return False
        after = before.answered(result, heard.received_at)
        if before.answered_at is None and store.answer(connection, after):
            counters.add(connection, {f"commands_{after.state}": 1})
            return True
        held = store.find(connection, heard.address, result.command)
        return held is not None and held.tells(result)

    def met(self, connection: Connection, address: Address, at: datetime) -> None:
        """A vehicle has said hello: what it may have missed is said at the next look."""
        store.hasten(connection, address, at)

    def take_due(self, at: datetime, most: int) -> list[Command]:
        """What is to be said to vehicles now, noted as said; what nobody has answered in time is given up.

        Whoever asks says it. If that fails it is said at the next turn; of several clouds one is given each.

        Raises:
            UpstreamDown: the database is away.
        """
        with self._database.snapshot() as connection:
            found = store.due(connection, at, most)
        if not found:
            return []
        counts: Counter[str] = Counter()
        said = []
        with self._database.transaction() as connection:
            for before in found:
                after = before.due(at)
                if not store.step(connection, before, after):
                    continue
                if after.state is CommandState.EXPIRED:
                    counts["commands_expired"] += 1
                elif after.times > before.times:
                    said.append(after)
            counters.add(connection, counts)
        return said

    def commands(self, address: Address, window: Window) -> Page[Command]:
        """What was asked of a vehicle, the latest first.

        Raises:
            NotFound: the vehicle was never heard.
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str))
        self._must_exist(address)
        with self._database.snapshot() as connection:
            rows = store.list_commands(connection, address, after=after, rows_max=window.limit + 1)
        now = self._now()
        return window.page([row.as_of(now) for row in rows], lambda row: (row.issued_at, row.id))

    def command(self, address: Address, command: str) -> Command:
        """One command.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            found = store.find(connection, address, command)
        if found is None:
            raise NotFound(f"there is no command {command!r} of vehicle {address.vehicle!r}, or no longer")
        return found.as_of(self._now())

    def _check_room(self, connection: Connection, address: Address, now: datetime) -> None:
        is_open = sum(one.as_of(now).state.is_open for one in store.open_of(connection, address))
        if is_open >= self._settings.open_per_vehicle:
            told = f"{is_open} commands of vehicle {address.vehicle!r} are open, more are not taken"
            raise Conflict(f"{told}: wait for their results, or until they expire")

    def _note(self, connection: Connection, asked: Command) -> None:
        """Write down who asked, and let the oldest go."""
        address = asked.address
        note = f"{asked.id} {asked.name} {json.dumps(asked.arguments, sort_keys=True, ensure_ascii=False)}"
        subject = f"vehicles/{address.fleet}/{address.vehicle}"
        self._audit.record(connection, by=asked.by, action="command", subject=subject, fleet=address.fleet, note=note)
        dropped = store.keep_newest(
            connection,
            address,
            rows_max=self._settings.per_vehicle,
            issued_since=asked.issued_at - self._settings.kept_for,
        )
        counters.add(connection, {"commands_issued": 1, "commands_dropped": dropped})


def _asked(address: Address, wish: Wish, by: str, now: datetime) -> Command:
    """The command that a wish becomes.

    Raises:
        Refused: it is not on the list, or its arguments are wrong; with place and remedy.
    """
    try:
        name, arguments = check(wish.name, wish.arguments)
    except BadCommand as error:
        raise Refused(str(error)) from error
    return Command(
        address=address,
        id=wish.id or secrets.token_hex(16),
        name=name,
        arguments=arguments.model_dump(mode="json"),
        by=by,
        issued_at=now,
        expires_at=now + wish.expires_in,
        state=CommandState.WAITING,
        next_at=now,
    )
