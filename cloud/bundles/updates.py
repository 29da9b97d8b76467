"""What vehicles say of updates and ask for: each step is kept, and each stretch of a bundle answered in pieces."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.bundles import store, update_store
from cloud.bundles.model import STANDING_OF, Running, Standpoint, Step
from cloud.bundles.rollouts import RolloutService
from cloud.bundles.service import BundleSettings
from cloud.database import Connection, Database
from cloud.heard import Heard
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire.bundles import PIECE_BYTES, Piece
from edge.wire.messages import Fetch, Reported, UpdateReport, UpdateStep
from edge.wire.signed import DocumentKind
from edge.wire.topics import Address

FETCH_WINDOW: Final = timedelta(minutes=10)
_SPARE_BYTES: Final = 1024 * 1024
DOCUMENT: Final = f"signed.{DocumentKind.BUNDLE}"
"""What a vehicle calls the document where it refuses it."""
_AUDITED: Final = {UpdateStep.ROLLED_BACK: "update_rolled_back", UpdateStep.REFUSED: "update_refused"}


def sent_at_most(size: int) -> int:
    """How many bytes of a bundle of this size a vehicle is sent within FETCH_WINDOW.

    Who fetches it once, however fast and with some cuts, is never held back; who asks again and again is.
    """
    return 2 * size + _SPARE_BYTES


class UpdateService:
    """Updates as vehicles tell them. `record` and `asked` run inside the inbox's transaction."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        settings: BundleSettings,
        *,
        rollouts: RolloutService,
        must_exist: Callable[[Address], object],
    ) -> None:
        """Take the parts.

        Args:
            database: where they are kept.
            audit: what everybody writes into.
            settings: how much is kept.
            rollouts: who is told how a vehicle stands.
            must_exist: raises NotFound for a vehicle that was never heard.
        """
        self._database = database
        self._audit = audit
        self._settings = settings
        self._rollouts = rollouts
        self._must_exist = must_exist

    def met(self, connection: Connection, addresses: Collection[Address], at: datetime) -> None:
        """Vehicles were heard: those that are new to their fleet are given what is for newcomers."""
        self._rollouts.met(connection, addresses, at)

    def record(self, connection: Connection, heard: Heard, body: Reported) -> None:
        """Keep a step; a rollout goes on, or stops. What goes wrong is written into the audit, once a document."""
        address = heard.address
        if body.update is not None:
            report = body.update
            is_news = not update_store.has_told(connection, address, report.version, report.step)
            step = self._keep(connection, heard, report)
            is_ours = self._rollouts.knows(connection, address, report.version)
            if report.step in _AUDITED and is_ours and is_news:
                self._note(connection, address, step)
        for refusal in body.refusals:
            if refusal.field == DOCUMENT:
                self._record_refused(connection, heard, refusal.reason)

    def _record_refused(self, connection: Connection, heard: Heard, reason: str) -> None:
        """A vehicle does not believe a document, which the audit has by others. If it is the one that it was given, of
        which it has said nothing else, that is a step as well: it is not tried."""
        wanted = update_store.standpoint(connection, heard.address).wanted
        if wanted is not None and not update_store.has_told(connection, heard.address, wanted.version):
            report = UpdateReport(bundle=wanted.bundle, version=wanted.version, step=UpdateStep.REFUSED, reason=reason)
            self._keep(connection, heard, report)

    def _keep(self, connection: Connection, heard: Heard, report: UpdateReport) -> Step:
        address = heard.address
        step = Step(
            step=report.step,
            reason=report.reason,
            bundle=report.bundle,
            name=_name(connection, address, report.bundle),
            version=report.version,
            observed_at=heard.observed_at,
            clock=heard.clock,
            received_at=heard.received_at,
        )
        update_store.add_step(connection, address, step, heard.place)
        self._find_out_what_runs(connection, address)
        self._rollouts.told(
            connection,
            address,
            report.version,
            STANDING_OF[report.step],
            reason=report.reason,
            place=heard.place,
            at=heard.received_at,
        )
        dropped = update_store.keep_newest(connection, address, self._settings.steps_per_vehicle)
        counters.add(connection, {f"updates_{report.step}": 1, "update_steps_dropped": dropped})
        return step

    def asked(self, connection: Connection, heard: Heard, wish: Fetch, pieces_max: int) -> list[Piece]:
        """The pieces that answer a vehicle; none of what it is not to run, and no more than it may be sent now.

        What is held back is counted: the vehicle asks again for what it lacks.
        """
        wanted, fetched = update_store.wanted_and_fetched(connection, heard.address)
        bundle = None if wanted is None or wanted.bundle != wish.bundle else store.find(connection, wish.bundle)
        if bundle is None or wish.offset >= bundle.size:
            counters.add(connection, {"fetches_refused": 1})
            return []
        since, sent = fetched or (heard.received_at, 0)
        if not since <= heard.received_at < since + FETCH_WINDOW:
            since, sent = heard.received_at, 0
        size = min(wish.size, bundle.size - wish.offset)
        left = max(0, sent_at_most(bundle.size) - sent) // PIECE_BYTES
        allowed = min(size, min(pieces_max, left) * PIECE_BYTES)
        content = store.stretch(connection, bundle.id, wish.offset, allowed) if allowed else b""
        update_store.put_fetched(connection, heard.address, since, sent + len(content))
        pieces = [
            Piece(bundle=bundle.id, offset=wish.offset + start, content=content[start : start + PIECE_BYTES])
            for start in range(0, len(content), PIECE_BYTES)
        ]
        held_back = -(-size // PIECE_BYTES) - len(pieces)
        counters.add(connection, {"pieces_sent": len(pieces), "pieces_held_back": held_back})
        return pieces

    def standpoint(self, address: Address) -> Standpoint:
        """What a vehicle is to run and what it runs.

        Raises:
            NotFound: it was never heard.
        """
        self._must_exist(address)
        with self._database.snapshot() as connection:
            return update_store.standpoint(connection, address)

    def steps(self, address: Address, window: Window) -> Page[Step]:
        """What a vehicle told of updates, what it said last first.

        Raises:
            NotFound: it was never heard.
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int, int))
        self._must_exist(address)
        with self._database.snapshot() as connection:
            rows = update_store.steps(connection, address, after=after, rows_max=window.limit + 1)
        page = window.page(rows, lambda row: row[0])
        return Page([step for _, step in page.items], page.after)

    def _find_out_what_runs(self, connection: Connection, address: Address) -> None:
        """The last that was kept and has not gone back since. Messages may come newest first, so all are looked at."""
        gone: set[int] = set()
        for _, step in update_store.steps(connection, address, after=None, rows_max=self._settings.steps_per_vehicle):
            if step.step is UpdateStep.ROLLED_BACK:
                gone.add(step.version)
            elif step.step is UpdateStep.KEPT and step.version not in gone:
                runs = Running(step.bundle, step.name, step.version, step.received_at)
                update_store.put_runs(connection, address, runs)
                return
        held = update_store.standpoint(connection, address).runs
        if held is not None and held.version in gone:
            update_store.put_runs(connection, address, None)

    def _note(self, connection: Connection, address: Address, step: Step) -> None:
        subject = f"vehicles/{address.fleet}/{address.vehicle}"
        name = "no bundle" if step.bundle is None else f"bundle {step.bundle} {step.name or ''}".rstrip()
        note = f"{name}, version {step.version}: {step.reason or 'no reason given'}"
        who = f"{address.fleet}/{address.vehicle}"
        self._audit.record(
            connection, by=who, action=_AUDITED[step.step], subject=subject, fleet=address.fleet, note=note
        )


def _name(connection: Connection, address: Address, bundle: str | None) -> str | None:
    """What a bundle of the vehicle's fleet is called, as far as it is known."""
    held = None if bundle is None else store.find(connection, bundle)
    return held.name if held is not None and held.fleet == address.fleet else None
