"""Drives cases: opens one for each new incident, and lets those go on for which something happened or is due.

One thread. It wakes when a person acted, and in any case after a while. Killed at any moment it goes on at the next
start, from the database.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cloud import counters
from cloud.alerts.handling import Incident, IncidentFilter
from cloud.alerts.service import AlertService
from cloud.database import Database
from cloud.errors import UpstreamDown
from cloud.pages import LIMIT_MAX, Window
from cloud.workflow import store
from cloud.workflow.desk import Desk
from cloud.workflow.model import Case, Entry, Opening
from edge.wire.topics import Address

if TYPE_CHECKING:
    from cloud.workflow.graph import Graph

_AT_ONCE: Final = 200
_log = logging.getLogger(__name__)


class Runner:
    """The loop behind the workflow."""

    def __init__(
        self,
        database: Database,
        alerts: AlertService,
        desk: Desk,
        now: Callable[[], datetime],
        *,
        file: Path,
        look_every_s: float,
    ) -> None:
        """Nothing is opened yet.

        Args:
            database: where cases are.
            alerts: tells of incidents.
            desk: takes the agents' steps.
            now: the clock.
            file: where checkpoints are kept.
            look_every_s: how soon it is noticed that the world has changed.
        """
        self._database = database
        self._alerts = alerts
        self._desk = desk
        self._now = now
        self._file = file
        self._look_every_s = look_every_s
        self._graph: Graph | None = None
        self._woken = threading.Event()
        self._stop = False
        self._reason = ""

    def run(self) -> None:
        """Drive cases until told to stop; what is away is waited for."""
        try:
            while not self._stop:
                self._woken.clear()
                try:
                    self.round()
                    self._reason = ""
                except UpstreamDown as error:
                    self._reason = str(error)
                    _log.warning("the workflow waits: %s", error)
                self._woken.wait(self._look_every_s)
        finally:
            self.close()

    def wake(self) -> None:
        """Look now: somebody acted."""
        self._woken.set()

    def stop(self) -> None:
        """Let `run` end after what it is at."""
        self._stop = True
        self._woken.set()

    def close(self) -> None:
        """Close the checkpoints."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None

    def parts(self) -> Mapping[str, str]:
        """The loop and each agent with the reason why it does not work; "" when it does."""
        return {"workflow": self._reason, **{f"agent_{agent}": reason for agent, reason in self._desk.health.items()}}

    def round(self) -> int:
        """Open cases for new incidents, and let every case go on that can; how many that were.

        Raises:
            UpstreamDown: the database or the checkpoints cannot be used just now.
        """
        self._open_new()
        driven, away = 0, None
        for case in self._wakeful():
            try:
                self._drive(case)
            except UpstreamDown as error:
                away = error  # of this case, perhaps; the others are tried
            driven += 1
        if away is not None:
            raise away
        return driven

    def _open_new(self) -> None:
        window = Window(LIMIT_MAX)
        while True:
            page = self._alerts.incidents(IncidentFilter(is_open=True), window)
            self._open(page.items)
            if page.after is None:
                return
            window = Window(LIMIT_MAX, page.after)

    def _open(self, incidents: list[Incident]) -> None:
        with self._database.snapshot() as connection:
            known = store.known_comings(connection, [one.number for one in incidents])
        for one in incidents:
            if (one.number, one.reopened) in known:
                continue
            now = self._now()
            opening = Opening(one.number, one.reopened, Address(one.fleet, one.vehicle), one.component)
            with self._database.transaction() as connection:
                case = store.open_case(connection, opening, now)
                if case is not None:
                    entry = Entry(now, "workflow", case.state, case.agent, f"opened for incident {one.number}")
                    store.add_step(connection, case.number, entry)
                    counters.add(connection, {"cases_opened": 1})

    def _wakeful(self) -> Iterator[Case]:
        with self._database.snapshot() as connection:
            due = store.due(connection, self._now(), _AT_ONCE)
        yield from due
        seen, number = {case.number for case in due}, 0
        while True:
            with self._database.snapshot() as connection:
                some = store.open_after(connection, number, _AT_ONCE)
            if not some:
                return
            number = some[-1].number
            yield from (case for case in some if case.number not in seen and self._desk.has_changed(case))

    def _drive(self, case: Case) -> None:
        try:
            self._with_graph().drive(case.number)
        except UpstreamDown:
            raise
        except Exception as error:  # noqa: BLE001 - one case that cannot go on must not stop the others; a person is told
            _log.exception("case %s cannot go on", case.number)
            self._desk.failed(case.number, error)

    def _with_graph(self) -> "Graph":
        if self._graph is None:
            from cloud.workflow.graph import Graph  # noqa: PLC0415 - seconds to import, only for who has a case

            self._graph = Graph(self._desk.take, self._file)
            self._forget_what_is_over(self._graph)
        return self._graph

    def _forget_what_is_over(self, graph: "Graph") -> None:
        """Runs that ended while nobody could say so."""
        for number in graph.threads():
            with self._database.snapshot() as connection:
                case = store.case_of(connection, number)
            if case is None or case.is_halted:
                graph.forget(number)
