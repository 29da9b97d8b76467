"""What the rest of the cloud may ask about the workshop's calendar."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from cloud.database import Connection, Database
from cloud.errors import NoSlot, NotFound, Refused
from cloud.scheduling import store
from cloud.scheduling.booking import Booking
from cloud.scheduling.model import CENTRES_MAX, PAIRS_MAX, Centre, Job
from cloud.scheduling.offers import Offer, offers
from cloud.scheduling.plan import Plan, plan
from cloud.scheduling.rooms import Calendar, rooms, why_lost
from cloud.scheduling.store import Known
from cloud.security.audit import Audit


class SchedulingService:
    """Centres, offers and plans.

    An offer holds nothing: three held times for each look would empty the calendar for everybody else. A time is held
    when it is chosen (cloud.scheduling.appointments).
    """

    def __init__(self, database: Database, audit: Audit, now: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._now = now

    def put_centre(self, centre: Centre, *, by: str) -> list[Booking]:
        """Add a centre, or change it, and say which bookings it can no longer keep; safe to repeat.

        Raises:
            Refused: there are too many centres.
        """
        now = self._now()
        with self._database.transaction() as connection:
            known = store.centre_of(connection, centre.id)
            is_new = known is None or known.removed_at is not None
            if is_new and len(store.open_centres(connection)) >= CENTRES_MAX:
                raise Refused(
                    f"there are {CENTRES_MAX} centres, which is all that can be planned with; remove one first"
                )
            if known is not None and not is_new and known.centre == centre:
                return []
            store.put_centre(connection, Known(centre, 0 if known is None else known.revision + 1, None))
            self._audit.record(connection, by=by, action="put_centre", subject=f"centres/{centre.id}", note=centre.name)
            return _lose(connection, centre.id, now, lambda one: why_lost(one.job, one.slot, centre))

    def remove_centre(self, centre: str, *, by: str) -> list[Booking]:
        """Take a centre away and say which bookings are lost with it; safe to repeat.

        Raises:
            NotFound: there never was one.
        """
        now = self._now()
        with self._database.transaction() as connection:
            known = store.centre_of(connection, centre)
            if known is None:
                raise NotFound(f"there is no centre {centre!r}")
            if known.removed_at is not None:
                return []
            store.put_centre(connection, replace(known, revision=known.revision + 1, removed_at=now))
            self._audit.record(connection, by=by, action="remove_centre", subject=f"centres/{centre}")
            return _lose(connection, centre, now, lambda _: "the centre was removed")

    def centre(self, centre: str) -> Centre:
        """One centre.

        Raises:
            NotFound: there is none, or it was removed.
        """
        with self._database.snapshot() as connection:
            return open_centre(connection, centre).centre

    def centres(self) -> list[Centre]:
        """All centres, by id."""
        with self._database.snapshot() as connection:
            return store.open_centres(connection)

    def offers(self, job: Job) -> list[Offer]:
        """One to three times for a job, each the best of its kind.

        Raises:
            NoSlot: there is none; says of each centre why.
        """
        now = self._now()
        with self._database.snapshot() as connection:
            centres, taken = store.open_centres(connection), store.taken(connection, now)
        return offers_at(job, centres, Calendar.at(now, taken))

    def plan(self, jobs: Sequence[Job]) -> Plan:
        """The times at which several jobs together cost least; nothing is held for them.

        Raises:
            Refused: too many jobs for so many centres.
        """
        now = self._now()
        with self._database.snapshot() as connection:
            centres, taken = store.open_centres(connection), store.taken(connection, now)
        if len(jobs) * len(centres) > PAIRS_MAX:
            most = PAIRS_MAX // len(centres)
            raise Refused(f"{len(jobs)} jobs at {len(centres)} centres are too many; plan at most {most} jobs at once")
        return plan(jobs, centres, Calendar.at(now, taken))


def _lose(connection: Connection, centre: str, now: datetime, why: Callable[[Booking], str]) -> list[Booking]:
    lost = []
    for before in store.coming_to(connection, centre, now):
        reason = why(before)
        after = before.lose(reason, now)
        if reason and store.replace_booking(connection, before, after):
            lost.append(after)
    return lost


def offers_at(job: Job, centres: Sequence[Centre], calendar: Calendar) -> list[Offer]:
    """Offers at these centres.

    Raises:
        NoSlot: there are none; says of each centre why.
    """
    found, reasons = rooms(job, centres, calendar)
    if not found:
        raise NoSlot(reasons)
    return offers(found, calendar)


def open_centre(connection: Connection, centre: str) -> Known:
    """A centre that is not removed.

    Raises:
        NotFound: there is none, or it was removed.
    """
    known = store.centre_of(connection, centre)
    if known is None or known.removed_at is not None:
        raise NotFound(f"there is no centre {centre!r}" + ("" if known is None else " any longer; ask for new offers"))
    return known
