"""The whole room, wired."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cloud.alerts.service import AlertService
from cloud.database import Database
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_orders import WorkOrderService
from cloud.scheduling.works import KindOfWork, catalogue
from cloud.security.audit import Audit
from cloud.workflow.agents import DataAgent, Diagnose, DiagnosisAgent, EngagementAgent, Judge
from cloud.workflow.circumstances import Surroundings
from cloud.workflow.desk import Allowed, Desk, Tell, World
from cloud.workflow.model import Agent, Case
from cloud.workflow.runner import Runner
from cloud.workflow.service import WorkflowService
from cloud.workflow.settings import Patience
from cloud.workflow.visits import FeedbackAgent, SchedulingAgent, WorkAgent


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The rooms that the agents ask."""

    alerts: AlertService
    scheduling: SchedulingService
    appointments: AppointmentService
    orders: WorkOrderService
    surroundings: Surroundings
    diagnose: Diagnose
    tell: Tell
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Workflow:
    """Everything that the rest of the cloud may ask about cases, and what drives them."""

    service: WorkflowService
    runner: Runner


def make_workflow(
    database: Database,
    audit: Audit,
    near: Neighbours,
    now: Callable[[], datetime],
    *,
    patience: Patience,
    file: Path,
    look_every_s: float,
) -> Workflow:
    """The services of this room.

    Args:
        database: where it keeps everything but checkpoints.
        audit: what everybody writes into.
        near: whom the agents ask.
        now: the clock.
        patience: how long they wait for people.
        file: where checkpoints are kept.
        look_every_s: how soon it is noticed that the world has changed.
    """
    judges: list[Judge] = [
        DataAgent(),
        DiagnosisAgent(near.diagnose),
        EngagementAgent(patience, near.diagnose),
        SchedulingAgent(near.scheduling, near.appointments, near.surroundings, work_of, patience),
        WorkAgent(near.orders, work_of, patience),
        FeedbackAgent(),
    ]
    world = World(near.alerts, near.appointments, near.orders, near.tell, near.allowed)
    by_agent: dict[Agent, Judge] = {judge.agent: judge for judge in judges}
    desk = Desk(database, audit, world, by_agent, now)
    runner = Runner(database, near.alerts, desk, now, file=file, look_every_s=look_every_s)
    return Workflow(WorkflowService(database, audit, now, wake=runner.wake), runner)


def work_of(case: Case) -> KindOfWork:
    """The work that a case asks for: what its cause needs, else an inspection."""
    return catalogue().find(None if case.cause is None else case.cause.work, case.component)
