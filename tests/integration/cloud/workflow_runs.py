"""A program that takes one case from an incident to a repair with the real services, and kills itself on the way.

    python -m tests.integration.cloud.workflow_runs

Each line on stdin is `FOLDER POINTS ANSWER`: a folder with a database, the numbers of the points (counted from the
start of that process) at which it is to die, or "-", and what the owner says. It answers each with the exit of the
child: 0 done, -9 killed. The children are forked, because LangGraph takes seconds to import.

A point is before and after everything that an agent does: its turn at the desk, each message, each call of another
room, and each checkpoint. Messages go into the table `told`, which has no key, in the agents' own transaction: one that
is told twice is there twice.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from langgraph.checkpoint.sqlite import SqliteSaver

from cloud.alerts.service import AlertService
from cloud.alerts.telling import Telling
from cloud.database import Connection, Database
from cloud.health.model import Cause, Diagnosis
from cloud.notify.model import Notice
from cloud.notify.service import NotifyService, NotifySettings
from cloud.pages import Window
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.model import VehiclePreferences
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_order import Outcome, Report
from cloud.scheduling.work_orders import WorkOrderService
from cloud.security.agents import AgentGuard
from cloud.security.audit import Audit
from cloud.security.watch import Watch
from cloud.workflow.circumstances import Surroundings
from cloud.workflow.desk import Desk
from cloud.workflow.model import EDGES, Answer, Case, CaseFilter, CaseState, Message
from cloud.workflow.people import OwnersAnswer
from cloud.workflow.room import Neighbours, Workflow, make_workflow
from cloud.workflow.settings import Patience
from edge.wire.topics import Address
from tests.unit.cloud.workshop import MONDAY

ROUNDS_MAX: Final = 100
Result = TypeVar("Result")


class Points:
    """Counts the points as they are passed, and dies at some of them."""

    def __init__(self, deadly: frozenset[int], log: Path) -> None:
        self._deadly = deadly
        self._log = log
        self._passed = 0
        self._one = Lock()

    def reach(self, name: str) -> None:
        with self._one:  # LangGraph writes from several threads
            self._passed += 1
            with self._log.open("a") as log:
                log.write(f"{self._passed} {name}\n")
            if self._passed in self._deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, act: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(act)
        def call(*args: Any, **kwargs: Any) -> Result:
            self.reach(f"before {name}")
            result = act(*args, **kwargs)
            self.reach(f"after {name}")
            return result

        return call

    def patch(self, kind: type, *names: str) -> None:
        """The library's and the rooms' own methods, with a point on both sides."""
        for name in names:
            setattr(kind, name, self.around(f"{kind.__name__}.{name}", getattr(kind, name)))


def diagnose(address: Address, component: str) -> Diagnosis:
    cause = Cause("pump", component, "The pump is worn", 0.8, (), (), (), "water_pump_replacement")
    return Diagnosis(address, component, MONDAY, (cause,), 0.1, "pump", "clear")


def telling(notify: NotifyService) -> Callable[[Connection, Message], None]:
    """As the service does it, and once more into a table that would show it twice."""

    def tell(connection: Connection, message: Message) -> None:
        connection.execute(sa.text("INSERT INTO told (reason) VALUES (:reason)"), {"reason": message.reason})
        notice = Notice(message.reason, message.fleet, message.vehicle, message.severity, message.title, message.text)
        notify.post(connection, notice)

    return tell


def wire(folder: Path, points: Points) -> tuple[Workflow, WorkOrderService]:
    database = Database(f"sqlite:///{folder / 'telltale.db'}")
    audit = Audit(database, now)
    notify = NotifyService(database, NotifySettings(timedelta(minutes=15), 1000), now, lambda: None)
    alerts = AlertService(database, audit, Telling(notify), now)
    orders = WorkOrderService(database, audit, alerts, now, serviced=lambda *_: None)
    guard = AgentGuard(database, Watch(database, audit, now), audit, EDGES)
    points.patch(AppointmentService, "hold", "confirm")
    points.patch(Desk, "take")
    points.patch(SqliteSaver, "put", "put_writes", "delete_thread")
    orders_points = points.around("open", orders.open)
    orders.open = orders_points  # type: ignore[method-assign]  # only what the agent does is to be counted
    near = Neighbours(
        alerts,
        SchedulingService(database, audit, now),
        AppointmentService(database, audit, now),
        orders,
        Surroundings(lambda _: None, VehiclePreferences, lambda _: ()),
        points.around("diagnose", diagnose),
        points.around("tell", telling(notify)),
        points.around("hand over", guard.pass_on),
    )
    file = folder / "checkpoints.db"
    return make_workflow(database, audit, near, now, patience=Patience(), file=file, look_every_s=1.0), orders


def now() -> Any:
    return MONDAY + timedelta(minutes=1)


def live(folder: Path, deadly: frozenset[int], said: Answer) -> None:
    """Agents and people take turns until the case is over, or declined."""
    workflow, orders = wire(folder, Points(deadly, folder / "points.log"))
    for _ in range(ROUNDS_MAX):
        if workflow.runner.round():
            continue
        [case] = workflow.service.cases(CaseFilter(), Window()).items
        if case.ended_at is not None or case.state is CaseState.DECLINED:
            return
        act(case, workflow, orders, said)
    raise RuntimeError("it does not come to an end")


def act(case: Case, workflow: Workflow, orders: WorkOrderService, said: Answer) -> None:
    """What a person does next."""
    match case.state:
        case CaseState.ASKED:
            workflow.service.answer(case.number, OwnersAnswer(said, "ada"))
        case CaseState.OFFERED:
            workflow.service.choose(case.number, 0, by="ada")
        case CaseState.BOOKED if case.work_order is not None:
            orders.start(case.work_order, by="anna")
        case CaseState.IN_WORK if case.work_order is not None:
            orders.complete(case.work_order, Report(Outcome.REPAIRED, found_cause="pump"), by="anna")
        case _:
            raise RuntimeError(f"nobody knows what to do about {case.state}: {case.reason}")


def fork(folder: Path, deadly: frozenset[int], said: Answer) -> int:
    """One life of the process; its exit, negative for a signal."""
    child = os.fork()
    if not child:
        code = 1
        try:
            live(folder, deadly, said)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    import cloud.workflow.graph  # noqa: F401, PLC0415 - so that no child has to

    for line in sys.stdin:
        folder, points, said = line.split()
        deadly = frozenset() if points == "-" else frozenset(map(int, points.split(",")))
        print(fork(Path(folder), deadly, Answer(said)), flush=True)


def make_told(file: Path) -> None:
    """A table without a key, for what is told."""
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE told (reason TEXT)")
    connection.close()


if __name__ == "__main__":
    main()
