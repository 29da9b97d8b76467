"""What the rest of the cloud may ask about corrective and preventive actions, and whether they helped."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cloud.database import Database
from cloud.errors import Conflict, NotFound, Refused
from cloud.pages import Page, Window
from cloud.rca import capa_store as store
from cloud.rca import store as insight_store
from cloud.rca.capa import (
    BEFORE_MAX,
    OPEN_MAX,
    Capa,
    CapaFilter,
    CapaState,
    Check,
    Effect,
    Kind,
    check_of,
)
from cloud.rca.cohort import Attribute, Observed, Period, Side, Unit, pieces_of, side_of
from cloud.rca.gather import Neighbours, gather
from cloud.security.audit import Audit

_FUTURE_MAX: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class NewCapa:
    """What an action is opened with."""

    fleet: str
    kind: Kind
    title: str
    what: str
    owner: str
    due_on: date
    component: str | None = None
    attribute: Attribute | None = None
    value: str | None = None
    insight: int | None = None
    """Where it is named, component, attribute and value are the insight's."""


class CapaService:
    """Actions from open to verified."""

    def __init__(self, database: Database, audit: Audit, near: Neighbours, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._near = near
        self._now = now

    def open(self, new: NewCapa, *, by: str) -> Capa:
        """Open an action.

        Raises:
            NotFound: there is no such insight in this fleet.
            Refused: it does not say what it is about, or the fleet has too many.
        """
        with self._database.transaction() as connection:
            if store.count_open(connection, new.fleet) >= OPEN_MAX:
                raise Refused(f"fleet {new.fleet!r} has {OPEN_MAX} open actions, which is the most; close one")
            component, attribute, value = new.component, new.attribute, new.value
            if new.insight is not None:
                insight = insight_store.insight_of(connection, new.insight)
                if insight is None or insight.fleet != new.fleet:
                    raise NotFound(f"there is no insight {new.insight}")
                component, attribute, value = insight.component, insight.attribute, insight.value
            if component is None:
                raise Refused("component: name what is to go wrong no more, or the insight that says so")
            if (attribute is None) != (value is None):
                raise Refused("attribute and value: name both, or neither for all of the fleet")
            capa = Capa(
                number=0,
                fleet=new.fleet,
                kind=new.kind,
                title=new.title,
                what=new.what,
                component=component,
                attribute=attribute,
                value=value,
                insight=new.insight,
                owner=new.owner,
                due_on=new.due_on,
                state=CapaState.OPEN,
                sequence=0,
                made_at=self._now(),
                done_at=None,
                ended_at=None,
                note="",
            )
            number = store.add_capa(connection, capa)
            self._audit.record(
                connection, by=by, action="open_capa", fleet=new.fleet, subject=f"capa/{number}", note=new.title
            )
        return self.capa(number)

    def done(self, number: int, sequence: int, done_at: datetime | None, note: str, *, by: str) -> Capa:
        """It was done in all of its vehicles at this time, None being now; safe to repeat.

        Raises:
            NotFound: there is none.
            Conflict: it is over, or not as the caller saw it.
            Refused: that is in the future, or before it was opened by more than a year.
        """
        now = self._now()
        at = done_at or now
        if at > now + _FUTURE_MAX:
            raise Refused(f"done_at: {at:%Y-%m-%d %H:%M} UTC is in the future")
        if at < now - BEFORE_MAX:
            raise Refused(f"done_at: {at:%Y-%m-%d} is more than {BEFORE_MAX.days} days ago")
        return self._change(number, sequence, lambda before: before.done(at, note), by)

    def close(self, number: int, sequence: int, state: CapaState, note: str, *, by: str) -> Capa:
        """Verified or ineffective where the counts say so, dropped where it was not done; safe to repeat.

        Raises:
            NotFound: there is none.
            Conflict: it is in another state, not as the caller saw it, or the counts do not say so.
            Refused: nothing is closed with such a state.
        """
        now = self._now()
        found = self.capa(number)
        if state is CapaState.DROPPED:
            return self._change(number, sequence, lambda before: before.dropped(now, note), by)
        check = self.check(found)
        if state is CapaState.VERIFIED:
            return self._change(number, sequence, lambda before: before.verified(check, now, note), by)
        if state is CapaState.INEFFECTIVE:
            return self._change(number, sequence, lambda before: before.ineffective(check, now, note), by)
        raise Refused(f"state: {state} is no end; close with verified, ineffective or dropped")

    def capa(self, number: int) -> Capa:
        """One action.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            found = store.capa_of(connection, number)
        if found is None:
            raise NotFound(f"there is no action {number}")
        return found

    def capas(self, wanted: CapaFilter, window: Window) -> Page[Capa]:
        """Actions, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((int,))
        with self._database.snapshot() as connection:
            rows = store.list_capas(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.number,))

    def check(self, capa: Capa) -> Check:
        """Whether it helped, until it was closed or until now."""
        if capa.done_at is None:
            return Check(Effect.NOT_DONE, "it was not done", Unit.DAYS, None, None, None, None)
        done_at, until = capa.done_at, max(capa.ended_at or self._now(), capa.done_at + timedelta(seconds=1))
        periods = (Period(done_at - BEFORE_MAX, done_at), Period(done_at, until))
        known = [gather(self._near, capa.fleet, period) for period in periods]
        unit = known[0].unit
        if unit is not known[1].unit:
            unit = Unit.DAYS
            known = [gather(self._near, capa.fleet, period, unit) for period in periods]
        members = {one.address for one in known[0].vehicles if _is_in(one, capa, periods[0])}
        before, after = (
            _side((one for one in each.vehicles if one.address in members), capa.component, period)
            for each, period in zip(known, periods, strict=True)
        )
        return check_of(before, after, unit)

    def _change(self, number: int, sequence: int, change: Callable[[Capa], Capa], by: str) -> Capa:
        with self._database.transaction() as connection:
            before = store.capa_of(connection, number)
            if before is None:
                raise NotFound(f"there is no action {number}")
            after = change(before)
            if after == before:
                return before
            if sequence != before.sequence or not store.replace_capa(connection, before, after):
                raise Conflict(f"action {number} has changed meanwhile, it is {before.state} now; look at it")
            self._audit.record(
                connection,
                by=by,
                action=f"capa_{after.state}",
                fleet=after.fleet,
                subject=f"capa/{number}",
                note=after.note or after.title,
            )
            return after


def _is_in(vehicle: Observed, capa: Capa, period: Period) -> bool:
    """Whether an action is taken in a vehicle: it had at the time before what the action is about."""
    if capa.attribute is None:
        return True
    return any(
        trait.attribute is capa.attribute
        and trait.value == capa.value
        and trait.component in {None, capa.component}
        and (trait.until is None or trait.until > period.since)
        and (trait.since is None or trait.since < period.until)
        for trait in vehicle.traits
    )


def _side(vehicles: Iterable[Observed], component: str, period: Period) -> Side:
    return side_of([piece for one in vehicles for piece in pieces_of(one, component, (), period)])
