"""What the rest of the cloud may ask about cases, and what people may do with them."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from cloud.database import Database
from cloud.errors import Conflict
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from cloud.workflow import people, store
from cloud.workflow.desk import case_of, record
from cloud.workflow.model import Case, CaseFilter, CaseState, Entry, Step
from cloud.workflow.people import OwnersAnswer

_STEPS_MAX: Final = 1000


class WorkflowService:
    """Cases, and the people's part in them. What they do is written here; the agents go on with it."""

    def __init__(
        self, database: Database, audit: Audit, now: Callable[[], datetime], *, wake: Callable[[], None]
    ) -> None:
        self._database = database
        self._audit = audit
        self._now = now
        self._wake = wake

    def case(self, number: int) -> tuple[Case, list[Entry]]:
        """One case with its timeline.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            return case_of(connection, number), store.steps(connection, number, _STEPS_MAX)

    def cases(self, wanted: CaseFilter, window: Window) -> Page[Case]:
        """Cases, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, int))
        with self._database.snapshot() as connection:
            rows = store.list_cases(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.made_at, row.number))

    def open_cases(self) -> dict[str, int]:
        """How many open cases there are, by state; each state is there."""
        with self._database.snapshot() as connection:
            return dict.fromkeys(CaseState, 0) | store.count_states(connection)

    def answer(self, number: int, said: OwnersAnswer, sequence: int | None = None) -> Case:
        """The owner says yes or no.

        Raises:
            NotFound: there is no such case.
            Conflict: nobody is asked, or the case is not as the caller saw it.
        """
        return self._act(number, sequence, said.by, lambda case, now: people.answered(case, said, now))

    def choose(self, number: int, offer: int, sequence: int | None = None, *, by: str) -> Case:
        """One of the offered times is wanted.

        Raises:
            NotFound: there is no such case.
            Conflict: nothing is offered, or the case is not as the caller saw it.
            Refused: there is no such offer.
        """
        return self._act(number, sequence, by, lambda case, now: people.chose(case, offer, now))

    def retry(self, number: int, note: str = "", sequence: int | None = None, *, by: str) -> Case:
        """Go on from where it stands still.

        Raises:
            NotFound: there is no such case.
            Conflict: it does not stand still, is not as the caller saw it, or its incident has a newer case.
        """
        return self._act(number, sequence, by, lambda case, now: people.retried(case, note, now))

    def close(self, number: int, note: str = "", sequence: int | None = None, *, by: str) -> Case:
        """Nothing more is to become of it.

        Raises:
            NotFound: there is no such case.
            Conflict: it is over, something is booked, or it is not as the caller saw it.
        """
        return self._act(number, sequence, by, lambda case, now: people.closed(case, note, now))

    def _act(self, number: int, sequence: int | None, by: str, act: Callable[[Case, datetime], Step]) -> Case:
        with self._database.transaction() as connection:
            before = case_of(connection, number)
            if sequence not in {None, before.sequence}:
                raise Conflict(f"the case has changed meanwhile, it is {before.state} now; look at it and decide anew")
            step = act(before, self._now())
            newer = store.open_case_of(connection, before.incident)
            if before.ended_at is not None and step.after.ended_at is None and newer is not None:
                raise Conflict(f"case {newer.number} is about the same incident and is open; act on that one")
            if not store.replace_case(connection, before, step.after):
                raise Conflict("the case has changed meanwhile; look at it and decide anew")
            record(connection, self._audit, step, by)
        self._wake()
        return step.after
