"""What the rest of the cloud may ask of campaigns."""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cloud import counters
from cloud.campaigns import store
from cloud.campaigns.checking import checked
from cloud.campaigns.model import Campaign, CampaignFilter, Doing, Progress, document_of, doing_of, next_change, no_room
from cloud.campaigns.store import Held
from cloud.campaigns.windows import WindowService
from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound, Refused
from cloud.fleet.desired import DesiredService
from cloud.fleet.model import DriveFilter, is_later
from cloud.fleet.refused import VehicleRefusals
from cloud.fleet.service import FleetService
from cloud.heard import Heard
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire.messages import CampaignState, Reported
from edge.wire.signed import DocumentKind
from edge.wire.topics import Address

VEHICLES_MAX = 1000
"""That one campaign names."""
TOLD_LATELY = timedelta(days=30)
"""Signals that no catalogue has are known from what vehicles have told since then."""


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """How many are open and kept of each fleet, and for how long."""

    open_per_fleet: int = 100
    per_fleet: int = 1000
    """What is open is kept beside them."""
    kept_for: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants collected."""

    fields: Mapping[str, Any]
    """Of the wire's campaign, without its id."""
    vehicles: Sequence[str] | None
    """None: all of the fleet."""
    id: str | None = None
    """The asker's own name for it: 32 hex digits, never used for another; None: one is made."""


@dataclass(frozen=True, slots=True)
class Near:
    """Whom it asks."""

    fleet: FleetService
    desired: DesiredService
    refused: VehicleRefusals


class CampaignService:
    """Campaigns from the wish to what vehicles say of them. `record` and `met` run inside the inbox's transaction."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        settings: CampaignSettings,
        now: Callable[[], datetime],
        *,
        near: Near,
        windows: WindowService,
    ) -> None:
        """`windows` keeps what vehicles have collected."""
        self._database = database
        self._audit = audit
        self._settings = settings
        self._now = now
        self._near = near
        self.windows = windows

    def create(self, fleet: str, wanted: Wanted, *, by: str) -> Campaign:
        """Ask vehicles of a fleet to collect something; safe to repeat with the same id.

        Raises:
            Refused: something in it is impossible or unknown, with place and remedy.
            NotFound: a vehicle was never heard.
            Conflict: nobody signs here, the id is another campaign's, or too much is open.
        """
        self._near.desired.must_sign()
        asked = self._asked(fleet, wanted, by)
        for name in asked.vehicles or ():
            self._near.fleet.vehicle(Address(fleet, name))
        with self._database.transaction() as connection:
            before = store.find(connection, fleet, asked.id)
            if before is not None:
                if before.asks_as(asked):
                    return before
                raise Conflict(f"{asked.id} is the id of another campaign of fleet {fleet!r}: use a new one")
            self._check_room(connection, asked)
            store.add(connection, asked)
            members = self._near.fleet.members(connection, fleet)
            targets = [one for one in members if asked.is_for(one)]
            store.ask(connection, asked.id, targets)
            store.make_due(connection, targets, asked.created_at)
            self._note(connection, asked, "create_campaign", by=by, note=_summary(asked, len(targets)))
            self._let_old_go(connection, fleet)
        return asked

    def end(self, fleet: str, campaign: str, *, by: str) -> Campaign:
        """Ask for it no more; what was collected stays. One that is over already stays as it is.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.transaction() as connection:
            before = self._found(connection, fleet, campaign)
            now = self._now()
            if not before.is_open(now):
                return before
            after = replace(before, ended_at=now, ended_by=by)
            store.end(connection, after)
            store.make_due(connection, store.asked_for(connection, fleet, campaign), now)
            self._note(connection, after, "end_campaign", by=by, note=before.wish.name)
        return after

    def campaigns(self, wanted: CampaignFilter, window: Window) -> Page[tuple[Campaign, Progress]]:
        """Campaigns of a fleet with how they are doing, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str))
        with self._database.snapshot() as connection:
            rows = store.list_campaigns(connection, wanted, self._now(), after=after, rows_max=window.limit + 1)
            known = store.progress(connection, wanted.fleet, [row.id for row in rows])
        both = [(row, known[row.id]) for row in rows]
        return window.page(both, lambda row: (row[0].created_at, row[0].id))

    def campaign(self, fleet: str, campaign: str) -> tuple[Campaign, Progress]:
        """One campaign, and how it is doing.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            found = self._found(connection, fleet, campaign)
            return found, store.progress(connection, fleet, [campaign])[campaign]

    def vehicles(self, fleet: str, campaign: str, window: Window) -> Page[Doing]:
        """How a campaign stands on each vehicle that is asked for it, by name.

        Raises:
            NotFound: see `campaign`.
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str,))
        with self._database.snapshot() as connection:
            self._found(connection, fleet, campaign)
            rows = store.doings(connection, fleet, campaign, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.address.vehicle,))

    def met(self, connection: Connection, address: Address, at: datetime) -> None:
        """A vehicle was heard: one that is new is asked for what its fleet is asked for."""
        store.meet(connection, address, at)

    def record(self, connection: Connection, heard: Heard, body: Reported) -> None:
        """Keep how campaigns are, as a vehicle says; what it refuses is in the audit."""
        for report in body.campaigns or ():
            if not store.is_asked(connection, heard.address, report.id):
                counters.add(connection, {"campaign_reports_unknown": 1})
                continue
            if report.state is CampaignState.REFUSED:
                self._near.refused.note(connection, heard, "campaign_refused", f"campaign {report.id}", report.reason)
            if is_later(heard.place, store.place_of(connection, heard.address, report.id)):
                doing = doing_of(heard.address, report, heard.observed_at)
                store.tell(connection, report.id, doing, heard.place)

    def renew(self, at: datetime, most: int) -> None:
        """Sign anew the documents of vehicles whose campaigns have changed: begun, ended, over, or of a new vehicle.

        At most so many at once; the rest is due still. Of several clouds each does what the others have not done.

        Raises:
            UpstreamDown: the database is away.
        """
        if not self._near.desired.can_sign:
            return
        with self._database.snapshot() as connection:
            if not store.due(connection, at, 1):
                return
        with self._database.transaction() as connection:
            open_in: dict[str, list[Campaign]] = {}
            for held in store.due(connection, at, most):
                fleet = held.address.fleet
                if fleet not in open_in:
                    open_in[fleet] = store.open_in(connection, fleet, at)
                self._renew(connection, held, [one for one in open_in[fleet] if one.is_for(held.address)])

    def _renew(self, connection: Connection, held: Held, mine: Sequence[Campaign]) -> None:
        wanted = frozenset(one.id for one in mine)
        version = held.version
        if wanted != held.campaigns:
            for campaign in wanted - held.campaigns:
                store.ask(connection, campaign, [held.address])
            document = partial(document_of, held.address, mine)
            version = self._near.desired.sign_for(connection, held.address, DocumentKind.CAMPAIGNS, document)
            counters.add(connection, {"campaign_documents_signed": 1})
        store.put_document(connection, Held(held.address, version, wanted), next_change(mine))

    def _asked(self, fleet: str, wanted: Wanted, by: str) -> Campaign:
        """The campaign that a wish becomes.

        Raises:
            Refused: something in it is impossible or unknown.
        """
        now = self._now()
        names = None if wanted.vehicles is None else tuple(sorted(set(wanted.vehicles)))
        if names is not None and not 0 < len(names) <= VEHICLES_MAX:
            raise Refused(f"vehicles: 1 to {VEHICLES_MAX} are named, or the whole fleet is meant: leave it out")
        fields = {**wanted.fields, "id": wanted.id or secrets.token_hex(16)}
        return Campaign(fleet, checked(fields, now, partial(self._units, fleet)), names, by, now)

    def _units(self, fleet: str) -> dict[str, str]:
        """Units of signals by path, of what vehicles of a fleet have told lately."""
        told = self._near.fleet.heard_since(self._now() - TOLD_LATELY, DriveFilter(fleet=fleet))
        return {path: one.unit for summary in told for path, one in summary.signals.items()}

    def _check_room(self, connection: Connection, asked: Campaign) -> None:
        others = store.open_in(connection, asked.fleet, asked.created_at)
        if len(others) >= self._settings.open_per_fleet:
            raise Conflict(f"{len(others)} campaigns of fleet {asked.fleet!r} are open, more are not taken: end one")
        if problem := no_room(asked, others):
            raise Conflict(f"{problem}: end one first")

    def _let_old_go(self, connection: Connection, fleet: str) -> None:
        now = self._now()
        gone = store.old(
            connection, fleet, now, rows_max=self._settings.per_fleet, over_before=now - self._settings.kept_for
        )
        if gone:
            self.windows.forget(connection, fleet, gone)
            store.forget(connection, fleet, gone)
        counters.add(connection, {"campaigns_created": 1, "campaigns_dropped": len(gone)})

    def _found(self, connection: Connection, fleet: str, campaign: str) -> Campaign:
        found = store.find(connection, fleet, campaign)
        if found is None:
            raise NotFound(f"there is no campaign {campaign!r} of fleet {fleet!r}, or no longer")
        return found

    def _note(self, connection: Connection, campaign: Campaign, action: str, *, by: str, note: str) -> None:
        subject = f"fleets/{campaign.fleet}/campaigns/{campaign.id}"
        self._audit.record(connection, by=by, action=action, subject=subject, fleet=campaign.fleet, note=note)


def _summary(campaign: Campaign, vehicles: int) -> str:
    """What was asked of whom, whole, for the audit."""
    of_whom = "the whole fleet" if campaign.vehicles is None else ", ".join(campaign.vehicles)
    wish = campaign.wish.model_dump(mode="json", exclude={"id"}, exclude_defaults=True)
    return f"{vehicles} vehicles ({of_whom}): {json.dumps(wish, ensure_ascii=False)}"
