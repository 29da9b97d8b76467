"""Who is to run which bundle: at once, or some first and the others only after these have kept it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cloud import counters
from cloud.bundles import rollout_store, update_store
from cloud.bundles.model import Member, Rollout, RolloutState, Running, Standing, next_state
from cloud.bundles.service import BundleSettings, found
from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound, Refused
from cloud.fleet.desired import DesiredService
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire.bundles import Bundle as Wanted
from edge.wire.signed import DocumentKind
from edge.wire.topics import Address

VEHICLES_MAX: Final = 10_000
"""Of one rollout."""
NONE: Final = "none"
"""What no bundle is called."""
GOES_ON: Final = "the first have kept it"


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody wants some vehicles to run."""

    bundle: str | None
    """None: what the installer has set up, and nothing else."""
    vehicles: Sequence[str] | None
    """None: all that are in the fleet now."""
    first: int | None = None
    """So many first, those that were heard last; None: all at once."""
    probation_s: int = 300
    alerts_max: int = 10
    newcomers: bool = False
    """Whoever comes to the fleet later is given it as well; only where `vehicles` is None."""


class RolloutService:
    """Rollouts from the plan to their end. `met` and `told` run inside the inbox's transaction."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        settings: BundleSettings,
        now: Callable[[], datetime],
        *,
        heard: Callable[[str], Mapping[str, datetime]],
        desired: DesiredService,
    ) -> None:
        """Take the parts.

        Args:
            database: where they are kept.
            audit: what everybody writes into.
            settings: how many are kept.
            now: the clock.
            heard: the vehicles of a fleet, each with when it was heard last.
            desired: who signs what vehicles are to run, and hands it to them.
        """
        self._database = database
        self._audit = audit
        self._settings = settings
        self._now = now
        self._heard = heard
        self._desired = desired

    def begin(self, fleet: str, plan: Plan, *, by: str) -> Rollout:
        """Have vehicles run a bundle, or none.

        Raises:
            NotFound: there is no such bundle, or vehicle.
            Refused: there is no vehicle, or there are too many; or newcomers are to have what is for some by name.
            Conflict: another rollout waits for one of them, or nobody signs here.
        """
        self._desired.must_sign()
        members = self._members(fleet, plan)
        now = self._now()
        staged = plan.first is not None and plan.first < len(members)
        with self._database.transaction() as connection:
            name = NONE if plan.bundle is None else found(connection, fleet, plan.bundle).name
            other = rollout_store.in_the_way(connection, fleet, [member.vehicle for member in members])
            if other is not None:
                told = f"rollout {other[0]} is not over for vehicle {other[1]!r}"
                raise Conflict(f"{told}: stop it, or let it go on, or leave out the vehicles it waits for")
            rollout = Rollout(
                fleet=fleet,
                number=0,
                bundle=plan.bundle,
                name=name,
                first=plan.first if staged else None,
                probation_s=plan.probation_s,
                alerts_max=plan.alerts_max,
                state=RolloutState.FIRST if staged else RolloutState.ALL,
                by=by,
                at=now,
                changed_at=now,
                newcomers=plan.newcomers,
            )
            rollout = replace(rollout, number=rollout_store.begin(connection, rollout, members))
            if plan.newcomers:
                rollout_store.take_over(connection, fleet)
            whom = members[0].vehicle if len(members) == 1 else f"{len(members)} vehicles"
            staging = f", {plan.first} first" if staged else ""
            later = ", and newcomers" if plan.newcomers else ""
            self._note(connection, "begin_rollout", rollout, by=by, note=f"{name!r} for {whom}{staging}{later}")
            dropped = rollout_store.keep_newest(connection, fleet, self._settings.rollouts_per_fleet)
            counters.add(connection, {"rollouts_begun": 1, "rollouts_dropped": dropped})
        return rollout

    def stop(self, fleet: str, number: int, *, why: str, by: str) -> Rollout:
        """Give it to nobody else; safe to repeat. Who has it keeps it: give them another one.

        Raises:
            NotFound: there is no such rollout.
            Conflict: nobody waits for it any more.
        """
        with self._database.transaction() as connection:
            before = self._waiting(connection, fleet, number, RolloutState.STOPPED)
            if before.state is RolloutState.STOPPED:
                return before
            after = before.stopped(why, self._now())
            self._move(connection, after, by=by)
        return after

    def go_on(self, fleet: str, number: int, *, why: str, by: str) -> Rollout:
        """Give it to the others as well, though the first have not all kept it; safe to repeat.

        Raises:
            NotFound: there is no such rollout.
            Conflict: nobody waits for it any more.
        """
        with self._database.transaction() as connection:
            before = self._waiting(connection, fleet, number, RolloutState.ALL)
            if before.state is RolloutState.ALL:
                return before
            after = before.for_all(why, self._now())
            self._move(connection, after, by=by)
        return after

    def give_due(self, at: datetime, most: int) -> int:
        """Sign for vehicles whose turn it is, so many at most; how many were given it. Nobody, where nobody signs.

        Raises:
            UpstreamDown: the database is away.
        """
        with self._database.snapshot() as connection:
            if not rollout_store.due(connection, 1) or not self._desired.can_sign:
                return 0
        with self._database.transaction() as connection:
            due = rollout_store.due(connection, most)
            for number, vehicle in due:
                self._give(connection, self._any(connection, number), vehicle, at)
        return len(due)

    def met(self, connection: Connection, addresses: Collection[Address], at: datetime) -> None:
        """Vehicles were heard: who was never given anything comes into the rollout that is for newcomers."""
        names: dict[str, set[str]] = {}
        for address in addresses:
            names.setdefault(address.fleet, set()).add(address.vehicle)
        joined = 0
        for rollout in rollout_store.for_newcomers(connection, names):
            for vehicle in rollout_store.strangers(connection, rollout.fleet, names[rollout.fleet]):
                joined += rollout_store.join(connection, rollout, vehicle, at)
        counters.add(connection, {"rollouts_joined": joined})

    def told(
        self,
        connection: Connection,
        address: Address,
        version: int,
        standing: Standing,
        *,
        reason: str,
        place: tuple[int, int],
        at: datetime,
    ) -> None:
        """A vehicle says how it stands with a document: a rollout may go on, or stop."""
        numbers = rollout_store.tell(connection, address, version, standing, reason=reason, place=place, at=at)
        for number in numbers:
            before = self._any(connection, number)
            state = next_state(before, *self._standings(connection, number))
            if state is before.state:
                continue
            said = f"vehicle {address.vehicle} {standing.replace('_', ' ')}" + (f": {reason}" if reason else "")
            after = before.for_all(GOES_ON, at) if state is RolloutState.ALL else before.stopped(said, at)
            self._move(connection, after, by=f"{address.fleet}/{address.vehicle}")

    def knows(self, connection: Connection, address: Address, version: int) -> bool:
        """Whether a document is one that a rollout has given the vehicle, as far as that is known."""
        return rollout_store.has_given(connection, address, version)

    def rollouts(self, window: Window, *, fleet: str | None, fleets: frozenset[str] | None) -> Page[Rollout]:
        """Rollouts, the newest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = rollout_store.list_rollouts(
                connection, fleet=fleet, fleets=fleets, after=after, rows_max=window.limit + 1
            )
        return window.page(rows, lambda row: (row.number,))

    def rollout(self, fleet: str, number: int) -> Rollout:
        """One rollout.

        Raises:
            NotFound: it never was, or it has made room for newer ones.
        """
        with self._database.snapshot() as connection:
            return self._found(connection, fleet, number)

    def counts(self, number: int) -> dict[Standing, int]:
        """How many vehicles of a rollout stand how."""
        with self._database.snapshot() as connection:
            return dict(self._standings(connection, number)[0])

    def members(self, fleet: str, number: int, window: Window) -> Page[Member]:
        """The vehicles of a rollout, by name.

        Raises:
            NotFound: there is no such rollout.
            Refused: the window's cursor is not of this listing.
        """
        key = window.key((str,))
        after = None if key is None else str(key[0])
        with self._database.snapshot() as connection:
            self._found(connection, fleet, number)
            rows = rollout_store.members(connection, number, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.vehicle,))

    def _members(self, fleet: str, plan: Plan) -> list[Member]:
        """The vehicles of a plan; those that were heard last go first, since they will answer soonest."""
        if plan.newcomers and plan.vehicles is not None:
            raise Refused("newcomers: they are given what is for the whole fleet. Leave out vehicles, or newcomers")
        there = self._heard(fleet)
        wanted = sorted(there if plan.vehicles is None else set(plan.vehicles))
        missing = [vehicle for vehicle in wanted if vehicle not in there]
        if missing:
            raise NotFound(f"there is no vehicle {missing[0]!r} in fleet {fleet!r}")
        if not wanted and not plan.newcomers:
            raise Refused(f"fleet {fleet!r} has no vehicle yet: one must have been heard")
        if len(wanted) > VEHICLES_MAX:
            raise Refused(f"vehicles: {len(wanted)}, and {VEHICLES_MAX} are the most. Name some of them")
        first = len(wanted) if plan.first is None else plan.first
        newest = set(sorted(wanted, key=lambda vehicle: there[vehicle], reverse=True)[:first])
        now = self._now()
        return [
            Member(
                vehicle=vehicle,
                is_first=plan.first is not None and vehicle in newest,
                standing=Standing.DUE if vehicle in newest else Standing.HELD,
                reason="",
                version=None,
                changed_at=now,
            )
            for vehicle in wanted
        ]

    def _give(self, connection: Connection, rollout: Rollout, vehicle: str, at: datetime) -> None:
        address = Address(rollout.fleet, vehicle)
        held = None if rollout.bundle is None else found(connection, rollout.fleet, rollout.bundle)

        def document(version: int) -> Wanted:
            whose = {"fleet": rollout.fleet, "vehicle": vehicle, "version": version}
            care = {"probation_s": rollout.probation_s, "alerts_max": rollout.alerts_max}
            if held is None:
                return Wanted(id=None, **whose, **care)
            return Wanted(id=held.id, name=held.name, size=held.size, sha256=held.sha256, **whose, **care)

        version = self._desired.sign_for(connection, address, DocumentKind.BUNDLE, document)
        rollout_store.give(connection, rollout.number, vehicle, version, at)
        rollout_store.replace_under_way(connection, address, rollout.number, at)
        wanted = Running(rollout.bundle, None if held is None else held.name, version, at)
        update_store.put_wanted(connection, address, rollout.number, wanted)

    def _move(self, connection: Connection, after: Rollout, *, by: str) -> None:
        """Keep a new state, and what it means for those that wait."""
        rollout_store.change(connection, after)
        stopped = after.state is RolloutState.STOPPED
        into, of = (Standing.LEFT_OUT, {Standing.HELD, Standing.DUE}) if stopped else (Standing.DUE, {Standing.HELD})
        rollout_store.release(connection, after.number, into, after.changed_at, of=of)
        self._note(connection, "stop_rollout" if stopped else "widen_rollout", after, by=by, note=after.why)
        counters.add(connection, {"rollouts_stopped": 1 if stopped else 0})

    def _waiting(self, connection: Connection, fleet: str, number: int, wanted: RolloutState) -> Rollout:
        """A rollout for which somebody waits, or which is as wanted already."""
        rollout = self._found(connection, fleet, number)
        waits = any(standing.waits for standing in self._standings(connection, number)[0])
        may_stop = rollout.newcomers and wanted is RolloutState.STOPPED
        if not (waits or may_stop) and rollout.state is not wanted:
            raise Conflict(f"nobody waits for rollout {number} any more: begin another one")
        return rollout

    def _standings(self, connection: Connection, number: int) -> tuple[dict[Standing, int], dict[Standing, int]]:
        """How many of its vehicles stand how, and how many of those that go first."""
        return (
            rollout_store.standings(connection, number),
            rollout_store.standings(connection, number, first_only=True),
        )

    def _any(self, connection: Connection, number: int) -> Rollout:
        """A rollout that has vehicles, and so is there."""
        rollout = rollout_store.find(connection, number)
        if rollout is None:
            raise NotFound(f"there is no rollout {number}")
        return rollout

    def _found(self, connection: Connection, fleet: str, number: int) -> Rollout:
        rollout = rollout_store.find(connection, number)
        if rollout is None or rollout.fleet != fleet:
            raise NotFound(f"there is no rollout {number} in fleet {fleet!r}, or no longer")
        return rollout

    def _note(self, connection: Connection, action: str, rollout: Rollout, *, by: str, note: str) -> None:
        subject = f"rollouts/{rollout.fleet}/{rollout.number}"
        self._audit.record(connection, by=by, action=action, subject=subject, fleet=rollout.fleet, note=note)
