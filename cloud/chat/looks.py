"""What the tools about the vehicle look at: health, warnings, codes, diagnosis, and what codes and lamps mean."""

from collections.abc import Hashable
from typing import Final

from cloud.alerts.model import AlertFilter
from cloud.alerts.service import HandledAlert
from cloud.chat.glossary import code_in, family, glossary
from cloud.chat.told import (
    ToldAlert,
    ToldAlerts,
    ToldCause,
    ToldCode,
    ToldCodes,
    ToldComponent,
    ToldDiagnosis,
    ToldHealth,
    ToldLife,
    ToldMeaning,
    ToldVehicle,
    when,
)
from cloud.chat.tools import Asker, Neighbours, Nothing, OfComponent, OfTerm
from cloud.health.knowledge import shipped
from cloud.health.model import Cause, CodeFilter, ComponentHealth, Diagnosis, Lifetime
from cloud.pages import Window
from edge.wire.messages import Action, AlertState

ALERTS_TOLD: Final = 5
CODES_TOLD: Final = 10
CAUSES_TOLD: Final = 3
_ALERTS_LOOKED_AT: Final = 100
_URGENCY: Final = {action: rank for rank, action in enumerate(Action)}


def vehicle(near: Neighbours, asker: Asker, _: Nothing) -> ToldVehicle:
    """The vehicle itself."""
    found = near.fleet.vehicle(asker.address)
    return ToldVehicle(
        fleet=found.address.fleet,
        vehicle=found.address.vehicle,
        presence=near.fleet.presence(found),
        last_seen=when(found.last_seen_at),
    )


def health(near: Neighbours, asker: Asker, _: Nothing) -> ToldHealth:
    """The score of each component with its reasons."""
    address = asker.address

    def work_out() -> ToldHealth:
        found = near.health.health(address)
        return ToldHealth(score=found.score, components=tuple(_component(one) for one in found.components))

    told: ToldHealth = near.recent.of(("health", address), _stamp(near, asker), near.now(), work_out)
    return told


def alerts(near: Neighbours, asker: Asker, _: Nothing) -> ToldAlerts:
    """The warnings that are open, the most urgent first."""
    address = asker.address
    wanted = AlertFilter(fleet=address.fleet, vehicle=address.vehicle, state=AlertState.FIRING, workshop=False)
    found = near.alerts.alerts(wanted, Window(_ALERTS_LOOKED_AT)).items
    still = [one for one in found if one.handling.is_open]
    still.sort(key=lambda one: (_URGENCY[one.alert.action], one.alert.started_at))
    return ToldAlerts(count=len(still), alerts=tuple(_alert(one) for one in still[:ALERTS_TOLD]))


def codes(near: Neighbours, asker: Asker, _: Nothing) -> ToldCodes:
    """The trouble codes that are stored."""
    address = asker.address
    wanted = CodeFilter(fleet=address.fleet, vehicle=address.vehicle, present=True)
    found = near.health.codes(wanted, Window(_ALERTS_LOOKED_AT)).items
    return ToldCodes(
        count=len(found),
        codes=tuple(
            ToldCode(code=one.code, status=one.status, lamp=one.lamp, seen=when(one.seen_at))
            for one in found[:CODES_TOLD]
        ),
    )


def diagnosis(near: Neighbours, asker: Asker, of: OfComponent) -> ToldDiagnosis:
    """What is wrong with a component, or why nobody can say; None: of the one whose score is the worst."""
    worst = health(near, asker, Nothing()).worst if of.component is None else None
    component = of.component or (worst.component if worst is not None else "engine")

    def work_out() -> ToldDiagnosis:
        return told_diagnosis(near.health.diagnose(asker.address, component))

    what = ("diagnosis", asker.address, component)
    told: ToldDiagnosis = near.recent.of(what, _stamp(near, asker), near.now(), work_out)
    return told


def meaning(near: Neighbours, asker: Asker, of: OfTerm) -> ToldMeaning:
    """What a code or a lamp means."""
    code = code_in(of.term)
    if code is not None:
        return _code(near, asker, code)
    lamp = glossary().lamp(of.term)
    if lamp is None:
        return ToldMeaning(term=of.term, known=False)
    return ToldMeaning(term=lamp.name, known=True, kind="lamp", meaning=lamp.meaning, what_to_do=lamp.what_to_do)


def told_diagnosis(found: Diagnosis) -> ToldDiagnosis:
    """A diagnosis in its form."""
    return ToldDiagnosis(
        component=found.component,
        is_sure=found.verdict is not None,
        causes=tuple(_cause(one) for one in found.causes[:CAUSES_TOLD]),
        reason=found.reason,
    )


def _stamp(near: Neighbours, asker: Asker) -> Hashable:
    """Another one as soon as the vehicle was heard, or something was done about any alert."""
    return near.fleet.vehicle(asker.address).last_seen_at, near.alerts.last_step()


def _code(near: Neighbours, asker: Asker, code: str) -> ToldMeaning:
    of_vehicle = CodeFilter(fleet=asker.address.fleet, vehicle=asker.address.vehicle, present=True)
    stored = {one.code.upper() for one in near.health.codes(of_vehicle, Window(_ALERTS_LOOKED_AT)).items}
    signs, causes = [], []
    for system in shipped():
        shown = [one for one in system.symptoms.values() if code in one.codes]
        signs += [f"{one.title} ({system.title})" for one in shown]
        causes += [
            cause.title
            for cause in system.causes
            if any(one.group == system.symptoms[name].group for name in cause.shows for one in shown)
        ]
    return ToldMeaning(
        term=code,
        known=bool(signs),
        kind="code",
        meaning=glossary().codes[family(code)],
        signs=tuple(signs),
        causes=tuple(dict.fromkeys(causes)),
        stored=code in stored,
    )


def _component(one: ComponentHealth) -> ToldComponent:
    return ToldComponent(
        component=one.component,
        title=one.title,
        score=one.score,
        reasons=one.reasons,
        lifetimes=tuple(_life(life) for life in one.lifetimes),
    )


def _life(life: Lifetime) -> ToldLife:
    return ToldLife(
        title=life.title,
        days=_days(life.middle_days),
        days_at_least=_days(life.low_days),
        days_at_most=_days(life.high_days),
        reason=life.reason,
    )


def _days(days: float | None) -> float | None:
    if days is None:
        return None
    return round(days) if days >= 10 else round(days, 1)


def _alert(one: HandledAlert) -> ToldAlert:
    alert = one.alert
    return ToldAlert(
        component=alert.component,
        severity=alert.severity,
        action=alert.action,
        summary=alert.summary,
        advice=alert.advice,
        since=when(alert.started_at),
        signals=tuple(sorted(name for name in alert.values if name.startswith("Vehicle.")))[:10],
    )


def _cause(one: Cause) -> ToldCause:
    return ToldCause(
        title=one.title,
        percent=round(100 * one.probability),
        evidence_for=one.evidence_for[:3],
        evidence_against=one.evidence_against[:3],
        next_test=one.tests[0] if one.tests else None,
    )
