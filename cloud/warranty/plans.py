"""What the rest of the cloud may ask about warranty plans, and which vehicle has which."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cloud.database import Database
from cloud.errors import NotFound
from cloud.fleet.profiles import ProfileService
from cloud.fleet.service import FleetService
from cloud.security.audit import Audit
from cloud.warranty import store
from cloud.warranty.plan import Plan, plans_for
from edge.wire.topics import Address


class How(StrEnum):
    """How a vehicle's plan is known."""

    ASSIGNED = "assigned"
    """A person said so."""
    BY_MODEL = "by_model"
    """By make, model and year of its profile."""
    UNKNOWN = "unknown"
    """Its profile says too little, or no plan is for such a vehicle."""


@dataclass(frozen=True, slots=True)
class VehiclePlan:
    """Which plan a vehicle has."""

    address: Address
    plan: Plan | None
    how: How


class PlanService:
    """The plans there are; a vehicle has one by a person's word, or by what it is."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        plans: Sequence[Plan],
        now: Callable[[], datetime],
        *,
        fleet: FleetService,
        profiles: ProfileService,
    ) -> None:
        self._database = database
        self._audit = audit
        self._plans = {plan.id: plan for plan in plans}
        self._now = now
        self._fleet = fleet
        self._profiles = profiles

    def all_plans(self) -> list[Plan]:
        """All plans, by id."""
        return [self._plans[name] for name in sorted(self._plans)]

    def plan(self, plan: str) -> Plan:
        """One plan.

        Raises:
            NotFound: there is none.
        """
        if plan not in self._plans:
            raise NotFound(f"there is no warranty plan {plan!r}; there are {', '.join(sorted(self._plans))}")
        return self._plans[plan]

    def plan_of(self, address: Address) -> VehiclePlan:
        """Which plan a vehicle has.

        Raises:
            NotFound: the vehicle was never heard.
        """
        profile = self._profiles.profile(address)
        with self._database.snapshot() as connection:
            said = store.plan_of(connection, address)
        if said is not None and said in self._plans:
            return VehiclePlan(address, self._plans[said], How.ASSIGNED)
        fit = plans_for(self.all_plans(), profile.make, profile.model, profile.model_year)
        return VehiclePlan(address, fit[0], How.BY_MODEL) if fit else VehiclePlan(address, None, How.UNKNOWN)

    def assign(self, address: Address, plan: str | None, *, by: str) -> VehiclePlan:
        """Say which plan a vehicle has; None leaves it to make, model and year. Safe to repeat.

        Raises:
            NotFound: the vehicle was never heard, or there is no such plan.
        """
        self._fleet.vehicle(address)
        if plan is not None:
            self.plan(plan)
        with self._database.transaction() as connection:
            if store.plan_of(connection, address) != plan:
                store.put_plan(connection, address, plan, by, self._now())
                subject = f"vehicles/{address.fleet}/{address.vehicle}"
                note = plan or "by make, model and year"
                self._audit.record(
                    connection, by=by, action="assign_plan", fleet=address.fleet, subject=subject, note=note
                )
        return self.plan_of(address)
