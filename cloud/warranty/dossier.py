"""The evidence of a claim, in pieces: what was known when it was submitted. Pure.

Positions stay out of it: where the vehicle was is nobody's business beyond how far from the workshop.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cloud.alerts.service import HandledAlert
from cloud.health.model import StandingCode
from cloud.warranty.claim import Assessment, Claim, Ruling
from cloud.warranty.gather import Gathered
from cloud.warranty.pieces import Piece, piece
from cloud.warranty.plan import Clause, Plan
from cloud.warranty.signal import WHEREABOUTS
from edge.wire.messages import Value


def pieces_for(claim: Claim, gathered: Gathered, assessment: Assessment, plan: Plan | None) -> list[Piece]:
    """Every piece, by name; what is unknown is null in it, or an empty list."""
    case = gathered.case
    diagnosis = gathered.diagnosis if case is None or case.diagnosis is None else case.diagnosis
    told: dict[str, Any] = {
        "alerts": [_alert(one) for one in gathered.alerts],
        "checks": list(assessment.checks),
        "claim": _claim(claim),
        "codes": [_code(one) for one in gathered.codes],
        "diagnosis": diagnosis,
        "plan": None if plan is None else _plan(plan),
        "signal": gathered.curve,
        "vehicle": gathered.profile,
        "verdict": {"plan": assessment.plan, "as_of": assessment.as_of, **asdict(assessment.verdict)},
        "work_order": gathered.order,
        "workshop": {"centre": gathered.visit.centre, "is_known": gathered.centre is not None},
    }
    return [piece(f"{name}.json", content) for name, content in sorted(told.items())]


def ruling_piece(claim: Claim, ruling: Ruling) -> Piece:
    """What was decided, and who pays by that."""
    return piece("ruling.json", {"state": claim.state, "pays": claim.pays, **asdict(ruling)})


def _claim(claim: Claim) -> dict[str, Any]:
    names = ("number", "work_order", "incident", "address", "component", "work", "statement", "made_by", "made_at")
    return {name: getattr(claim, name) for name in names}


def _alert(one: HandledAlert) -> dict[str, Any]:
    names = ("id", "rule", "component", "severity", "started_at", "ended_at", "summary", "advice", "clock")
    return {name: getattr(one.alert, name) for name in names} | {
        "values": _without_place(one.alert.values),
        "handling": one.handling,
    }


def _code(code: StandingCode) -> dict[str, Any]:
    names = ("ecu", "code", "failure_type", "protocol", "status", "lamp", "seen_at", "clock")
    return {name: getattr(code, name) for name in names} | {"freeze_frame": _without_place(code.freeze_frame)}


def _without_place(values: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in values.items() if not name.startswith(WHEREABOUTS)}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "title": plan.title,
        "unit": plan.unit,
        "clauses": [_clause(clause) for clause in plan.clauses],
    }


def _clause(clause: Clause) -> dict[str, Any]:
    """Its kind, and what it says; sets in order, so that the same plan is the same bytes."""
    told = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(clause).items()}
    return {"kind": type(clause).__name__.lower(), **told}
