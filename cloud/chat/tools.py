"""The tools: what may be looked at to answer a question, each by a service and with a permission of the one who asks.

A tool looks; none changes anything. What it says is all that an answer may say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cloud.alerts.service import AlertService
from cloud.chat.model import Used
from cloud.chat.recent import Recent
from cloud.chat.told import Told
from cloud.errors import NotAllowed, Refused
from cloud.fleet.service import FleetService
from cloud.health.service import HealthService
from cloud.scheduling.appointments import AppointmentService
from cloud.scheduling.service import SchedulingService
from cloud.scheduling.work_orders import WorkOrderService
from cloud.security.principal import Principal
from cloud.security.roles import Permission
from cloud.workflow.service import WorkflowService
from edge.wire.topics import Address


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Whom the tools ask."""

    fleet: FleetService
    alerts: AlertService
    health: HealthService
    scheduling: SchedulingService
    appointments: AppointmentService
    orders: WorkOrderService
    workflow: WorkflowService
    now: Callable[[], datetime]
    recent: Recent = field(default_factory=Recent)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and about which vehicle. Tools know no other vehicle: none takes its name."""

    principal: Principal
    address: Address

    def may(self, permission: Permission) -> bool:
        """Whether they may this with the vehicle."""
        return self.principal.may(permission, self.address.fleet)

    def must(self, permission: Permission) -> None:
        """Let pass who may.

        Raises:
            NotAllowed: they may not.
        """
        if not self.may(permission):
            raise NotAllowed(f"{self.principal.name} may not {permission.replace('_', ' ')}")


class Nothing(BaseModel):
    """What most tools are told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OfComponent(Nothing):
    """Which component."""

    component: str | None = Field(default=None, max_length=64, description="Such as cooling; null: the worst one.")


class OfTerm(Nothing):
    """Which code or lamp."""

    term: str = Field(min_length=1, max_length=100, description="A trouble code such as P0128, or a lamp in words.")


class OfSignal(Nothing):
    """Which signal."""

    signal: str = Field(max_length=100, description="In words, such as coolant temperature.")


class OfWork(Nothing):
    """Which work."""

    part: str | None = Field(default=None, max_length=100, description="A part in words; null: what is proposed.")


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that can be looked at."""

    name: str
    permission: Permission
    says: str
    """For a language model."""
    takes: type[Nothing]
    look: Callable[[Neighbours, Asker, Any], Told]


class Toolbox:
    """The tools in the hands of one who asks; keeps what each said."""

    def __init__(self, tools: Mapping[str, Tool], near: Neighbours, asker: Asker) -> None:
        self._tools = tools
        self.near = near
        self.asker = asker
        self.used: list[Used] = []

    def look(self, name: str, /, **arguments: Any) -> Any:
        """Use a tool; what it said is kept.

        Raises:
            NotAllowed: the one who asks may not see that.
            Refused: there is no such tool, or it is told something else.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise Refused(f"there is no tool {name[:50]!r}")
        self.asker.must(tool.permission)
        try:
            taken = tool.takes.model_validate(arguments)
        except ValidationError as error:
            raise Refused(f"{name}: {error.errors(include_input=False, include_url=False)[0]['msg']}") from error
        told = tool.look(self.near, self.asker, taken)
        self.keep(name, told)
        return told

    def may(self, name: str) -> bool:
        """Whether the one who asks may use a tool."""
        return self.asker.may(self._tools[name].permission)

    def keep(self, name: str, told: Told) -> None:
        """Put down what was said."""
        self.used.append(Used(name, told.model_dump(mode="json")))


PERMISSION_OF_DEEDS: Final = {
    "answer_yes": Permission.ANSWER_CASES,
    "answer_no": Permission.ANSWER_CASES,
    "choose": Permission.ANSWER_CASES,
    "move": Permission.BOOK,
    "cancel": Permission.BOOK,
}
