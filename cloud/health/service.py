"""What the rest of the cloud may ask of health: trouble codes, diagnosis, score, remaining life, services."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cloud import counters
from cloud.alerts.handling import Step
from cloud.alerts.model import AlertFilter
from cloud.alerts.service import AlertService, HandledAlert
from cloud.database import Connection, Database
from cloud.errors import Refused
from cloud.fleet.service import FleetService
from cloud.health import store
from cloud.health.evidence import Evidence, HeardAlert
from cloud.health.indicators import indicators_of
from cloud.health.knowledge import System, system_for
from cloud.health.model import (
    CodeFilter,
    ComponentHealth,
    Diagnosis,
    Lifetime,
    Serviced,
    StandingCode,
    VehicleHealth,
)
from cloud.health.score import score_of
from cloud.health.sorting import elsewhere, of_component, own_codes, since
from cloud.health.stretch import Figure, Fold, begin_of, joined
from cloud.health.verdict import diagnose, unknown_component
from cloud.health.wear import WEARING, lifetime
from cloud.heard import Heard
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire import messages
from edge.wire.messages import AlertState
from edge.wire.topics import Address

CODES_MAX: Final = 500
"""Of one vehicle: a truck has some hundred that can be."""
ALERTS_MAX: Final = 200
ALERTS_FOR: Final = timedelta(days=30)
"""An alert that is over speaks for so long."""
_EXPIRE_EVERY: Final = 64
"""Old rows are looked for when a message's number in its stream divides by this."""
_DENIED: Final = frozenset({Step.FALSE_ALARM, Step.REPAIRED, Step.SUPERSEDED})
_JUST_NOW: Final = timedelta(minutes=1)
"""What is put right now is put right after all that was told, also where a vehicle's clock is ahead."""
_FUTURE_MAX: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How much of a vehicle's past is kept in folds."""

    quarters_per_vehicle: int = 1000
    """Quarters of an hour in which it was heard: some months of driving."""
    days_per_vehicle: int = 1500


class HealthService:
    """Codes, diagnosis, score. The `record` methods and `serviced` run inside another's transaction."""

    def __init__(
        self,
        database: Database,
        settings: HealthSettings,
        *,
        knowledge: Sequence[System],
        fleet: FleetService,
        alerts: AlertService,
        audit: Audit,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._settings = settings
        self._knowledge = tuple(knowledge)
        self._fleet = fleet
        self._alerts = alerts
        self._audit = audit
        self._now = now

    def record_code(self, connection: Connection, heard: Heard, body: messages.TroubleCode) -> None:
        """Keep a trouble code, unless a later word on it is held; messages may come newest first."""
        code = _standing(heard, body)
        held = store.code_place(connection, code)
        if held is not None and held >= heard.place:
            return
        store.put_code(connection, code, heard.place)
        if held is None:
            gone = store.expire_codes(connection, heard.address, CODES_MAX)
            counters.add(connection, {"trouble_codes_expired": gone})

    def record_summary(self, connection: Connection, heard: Heard, body: messages.Summary) -> None:
        """Fold the indicators of a minute that was not told before; one under a wrong clock has no place in time."""
        if not heard.clock.is_right:
            counters.add(connection, {"summaries_without_time": 1})
            return
        minute = {name: Figure.of(value) for name, value in indicators_of(body.signals).items()}
        for fold in Fold:
            begin = begin_of(body.started_at, fold)
            held = store.figures_of(connection, heard.address, fold, begin)
            store.put_figures(connection, heard.address, fold, begin, joined(held, minute))
        if heard.place[1] % _EXPIRE_EVERY == 0:
            self._expire(connection, heard.address)

    def serviced(self, connection: Connection, address: Address, component: str, at: datetime, *, by: str = "") -> None:
        """A component was put right at this time: what was known of it before counts no more, and its wear begins anew.

        Safe to repeat; an earlier service than the one that is held changes nothing.
        """
        system = system_for(self._knowledge, component)
        name = component if system is None else system.component
        if at >= self._now() - _JUST_NOW:
            at = max(at, self._latest(connection, address))
        store.put_serviced(connection, address, Serviced(name, at, by))

    def reset(self, address: Address, component: str, at: datetime, *, by: str) -> None:
        """The same in a transaction of its own, with a line in the audit.

        Raises:
            NotFound: the vehicle was never heard.
            Refused: that is in the future.
        """
        if at > self._now() + _FUTURE_MAX:
            raise Refused(f"{at:%Y-%m-%d %H:%M} UTC is in the future: say when the component was put right")
        self._fleet.vehicle(address)
        with self._database.transaction() as connection:
            self.serviced(connection, address, component, at, by=by)
            subject = f"vehicles/{address.fleet}/{address.vehicle}"
            self._audit.record(
                connection, by=by, action="reset_component", fleet=address.fleet, subject=subject, note=component
            )

    def diagnose(self, address: Address, component: str, *, at: datetime | None = None) -> Diagnosis:
        """What is wrong with a component, by everything that was known at this time; None is now.

        Raises:
            NotFound: the vehicle was never heard.
        """
        known = self._known(address, at)
        system = system_for(self._knowledge, component)
        if system is None:
            return unknown_component(address, component, known.evidence.at, self._knowledge)
        return diagnose(system, known.of(system), address)

    def health(self, address: Address, *, at: datetime | None = None) -> VehicleHealth:
        """The score of every component with its reasons, and the vehicle's, which is that of its worst.

        Raises:
            NotFound: the vehicle was never heard.
        """
        known = self._known(address, at)
        components = [self._component(address, known, system) for system in self._knowledge]
        rest = elsewhere(self._knowledge, known.evidence)
        if rest is not None:
            components.append(rest)
        scores = [one.score for one in components if one.score is not None]
        return VehicleHealth(address, min(scores, default=None), tuple(components))

    def lifetimes(self, address: Address, *, at: datetime | None = None) -> list[Lifetime]:
        """How long each part that wears still lasts, of those that the vehicle tells of.

        Raises:
            NotFound: the vehicle was never heard.
        """
        known = self._known(address, at)
        return [life for system in self._knowledge for life in _lifetimes(system, known.of(system))]

    def codes(self, wanted: CodeFilter, window: Window) -> Page[StandingCode]:
        """Trouble codes, what was told last first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, str, str, str, str, str))
        with self._database.snapshot() as connection:
            rows = store.list_codes(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, _key_of)

    def codes_of(self, address: Address, component: str) -> list[StandingCode]:
        """The trouble codes of a vehicle that speak of a component, by when they came; none where it is unknown."""
        system = system_for(self._knowledge, component)
        with self._database.snapshot() as connection:
            codes = store.codes_of(connection, address)
        return [] if system is None else sorted(own_codes(system, codes), key=lambda code: (code.seen_at, code.code))

    def _component(self, address: Address, known: "_Known", system: System) -> ComponentHealth:
        evidence = known.of(system)
        diagnosis = diagnose(system, evidence, address) if evidence.stretches or evidence.codes else None
        own = of_component(system, evidence)
        return score_of(system, own, diagnosis, _lifetimes(system, evidence), known.services.get(system.component))

    def _known(self, address: Address, at: datetime | None) -> "_Known":
        self._fleet.vehicle(address)
        with self._database.snapshot() as connection:
            latest = self._latest(connection, address)
        alerts = self._heard_alerts(address, at)
        at = at or latest
        with self._database.snapshot() as connection:
            evidence = Evidence(
                at=at,
                stretches=store.stretches_of(connection, address, Fold.QUARTER, at),
                alerts=alerts,
                codes=[code for code in store.codes_of(connection, address) if code.seen_at <= at],
                days=store.stretches_of(connection, address, Fold.DAY, at),
            )
            return _Known(evidence, dict(store.services_of(connection, address)))

    def _latest(self, connection: Connection, address: Address) -> datetime:
        """Now, or later where the vehicle's own clock is ahead, so that all it told has been."""
        told_until = store.told_until(connection, address)
        return self._now() if told_until is None else max(self._now(), told_until)

    def _heard_alerts(self, address: Address, at: datetime | None) -> list[HeardAlert]:
        """Those that are open, and those that began lately; without those that people called nothing, or mended, and
        without what a workshop set off."""
        since = (at or self._now()) - ALERTS_FOR
        lately = AlertFilter(fleet=address.fleet, vehicle=address.vehicle, since=since, workshop=False)
        window = Window(limit=ALERTS_MAX)
        found = {one.alert.id: one for one in self._alerts.alerts(lately, window).items}
        firing = replace(lately, since=None, state=AlertState.FIRING)
        found.update({one.alert.id: one for one in self._alerts.alerts(firing, window).items})
        ordered = sorted(found.values(), key=lambda one: (one.alert.started_at, one.alert.id))
        counting = [one for one in ordered if one.handling.step not in _DENIED]
        return [_alert(one) for one in counting if at is None or one.alert.started_at <= at]

    def _expire(self, connection: Connection, address: Address) -> None:
        bounds = {Fold.QUARTER: self._settings.quarters_per_vehicle, Fold.DAY: self._settings.days_per_vehicle}
        gone = sum(store.expire_stretches(connection, address, fold, most) for fold, most in bounds.items())
        counters.add(connection, {"stretches_expired": gone})


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything that is known of a vehicle, and when what was put right."""

    evidence: Evidence
    services: dict[str, Serviced]

    def of(self, system: System) -> Evidence:
        """What counts for one component: nothing from before its last service, unless that was not yet done then."""
        serviced = self.services.get(system.component)
        if serviced is None or serviced.at > self.evidence.at:
            return self.evidence
        return since(self.evidence, serviced.at)


def _lifetimes(system: System, evidence: Evidence) -> list[Lifetime]:
    found = [lifetime(one, evidence.days, evidence.at) for one in WEARING if one.component == system.component]
    return [life for life in found if life is not None]


def _standing(heard: Heard, body: messages.TroubleCode) -> StandingCode:
    return StandingCode(
        address=heard.address,
        ecu=body.ecu,
        code=body.code,
        failure_type=body.failure_type,
        protocol=body.protocol,
        status=body.status,
        lamp=body.lamp,
        seen_at=body.seen_at,
        clock=heard.clock,
        freeze_frame=body.freeze_frame,
        received_at=heard.received_at,
    )


def _alert(one: HandledAlert) -> HeardAlert:
    alert = one.alert
    return HeardAlert(
        alert.rule, alert.component, alert.severity, alert.summary, alert.started_at, one.handling.is_open
    )


def _key_of(code: StandingCode) -> tuple[datetime, str, str, str, str, str]:
    return code.received_at, code.address.fleet, code.address.vehicle, code.ecu, code.code, code.failure_type or ""
