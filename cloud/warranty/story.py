"""A claim as people read it: from its pieces of evidence to the blocks of a document. Pure.

It says nothing that is not in a piece.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter

from cloud.warranty.eligibility import Decision
from cloud.warranty.pack import Cover
from cloud.warranty.page import Block, Box, Chart, Document, Heading, Lines, NewPage, Rows, Tone
from cloud.warranty.signal import SignalCurve

Told = Mapping[str, Any]
"""Every piece, by its name without the ending."""
Listed = Sequence[tuple[str, str, int]]
"""Name, SHA-256 and size of each file."""

UNKNOWN: Final = "unknown"
_CURVE: Final = TypeAdapter(SignalCurve)
_TONE: Final = {
    Decision.ELIGIBLE: Tone.GOOD,
    Decision.NOT_ELIGIBLE: Tone.BAD,
    Decision.CANNOT_BE_SAID: Tone.OPEN,
}
_FACTS: Final = (0.27, 0.73)
_HOW_TO_VERIFY: Final = (
    "SHA-256 of each piece, beside this document in the pack; the manifest has the hash of this document as well. "
    "`telltale-cloud warranty verify` says whether any of them was changed."
)
_SHARE_MIN: Final = 0.01
"""Of a cause that is worth a word."""
_SHOWN_MAX: Final = 10
"""Alerts, codes or parts in a table; all of them are in the evidence."""


def tell(cover: Cover, told: Told, listed: Listed) -> Document:
    """The whole document."""
    claim = told["claim"]
    vehicle = f"{claim['address']['vehicle']} of fleet {claim['address']['fleet']}"
    mark = "" if cover.state != "draft" else "DRAFT: not submitted, as of now"
    blocks = [
        *_verdict(told),
        *_claimed(told),
        *_happened(told),
        NewPage(),
        *_checks(told),
        *_chart(told),
        *_plan(told),
        NewPage(),
        *_hashes(listed),
    ]
    subtitle = f"{vehicle}: {claim['component']}, {told['work_order']['title']}"
    return Document(f"Warranty claim {cover.claim}, {cover.state}", subtitle, mark, blocks)


def _verdict(told: Told) -> Iterator[Block]:
    verdict = told["verdict"]
    decision = Decision(verdict["decision"])
    clause = f"Clause {verdict['clause']}" if verdict["clause"] else "No clause was reached"
    lacks = ", ".join(verdict["lacks"])
    text = f"{clause}: {verdict['reason']}." + (f" Missing or in conflict: {lacks}." if lacks else "")
    text += f"\n\u201c{verdict['text']}\u201d" if verdict["text"] else ""
    yield Box(f"By the plan: {_words(decision)}", text, _TONE[decision])
    ruling = told.get("ruling")
    if ruling is None:
        yield Lines(["Nobody has decided yet who pays."])
        return
    pays = f"The {ruling['pays']} pays."
    note = f" {ruling['note']}" if ruling["note"] else ""
    tone = Tone.GOOD if ruling["state"] == "approved" else Tone.BAD
    yield Box(f"Decided: {ruling['state']}. {pays}", f"By {ruling['by']} on {_when(ruling['at'])}.{note}", tone)


def _claimed(told: Told) -> Iterator[Block]:
    claim, vehicle = told["claim"], told["vehicle"]
    said = claim["statement"]
    services = said["maintenance"]
    part = vehicle["parts"].get(claim["component"])
    yield Heading("What is claimed")
    yield Rows(
        (),
        [
            ("Failed", _when(said["failed_at"])),
            ("Odometer at the failure", _km(said["odometer_km"])),
            ("Circumstances", ", ".join(said["circumstances"]) or "none were named"),
            ("Services since new", UNKNOWN if services is None else _services(services)),
            ("Claimed by", f"{claim['made_by']}, {_when(claim['made_at'])}"),
            ("Note", said["note"] or "none"),
        ],
        _FACTS,
    )
    yield Heading("The vehicle")
    yield Rows(
        (),
        [
            ("VIN", vehicle["vin"] or UNKNOWN),
            ("Make, model, year", ", ".join(str(vehicle[name] or UNKNOWN) for name in ("make", "model", "model_year"))),
            ("In service since", vehicle["in_service_on"] or UNKNOWN),
            ("Country", vehicle["country"] or UNKNOWN),
            (f"Part: {claim['component']}", "none is recorded" if part is None else _part(part)),
        ],
        _FACTS,
    )


def _happened(told: Told) -> Iterator[Block]:
    order = told["work_order"]
    yield Heading("What happened")
    yield from _alerts(told["alerts"])
    yield Lines([_diagnosed(told["diagnosis"])])
    report = order["report"]
    begun, ended = order["started_at"], order["ended_at"]
    yield Rows(
        (),
        [
            ("Work order", f"{order['number']}: {order['title']} ({order['kind']})"),
            ("Workshop", told["workshop"]["centre"]),
            ("Done", f"{_when(begun)} to {_when(ended)}"),
            ("Found", "; ".join(report["findings"]) or "nothing was written down"),
            ("Cause found", report["found_cause"] or "not said"),
            ("Parts changed", ", ".join(report["parts_changed"]) or "none were named"),
        ],
        _FACTS,
    )


def _alerts(alerts: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    if not alerts:
        yield Lines(["No alert belongs to this incident any more."])
        return
    rows = [(_when(one["started_at"]), one["severity"], one["summary"], one["rule"]) for one in alerts[:_SHOWN_MAX]]
    yield Rows(("Alert", "Severity", "What the vehicle said", "Rule"), rows, (0.23, 0.13, 0.42, 0.22))
    if len(alerts) > _SHOWN_MAX:
        yield Lines([f"{len(alerts) - _SHOWN_MAX} more alerts are in evidence/alerts.json."])


def _diagnosed(diagnosis: Mapping[str, Any]) -> str:
    causes = [one for one in diagnosis["causes"][:3] if one["probability"] >= _SHARE_MIN]
    likely = "; ".join(f"{one['title']} ({one['probability']:.0%})" for one in causes) or "no cause was named"
    sure = "sure enough" if diagnosis["verdict"] else f"no verdict, {diagnosis['reason']}"
    return f"Diagnosis of {_when(diagnosis['made_at'])}: {likely}; {sure}."


def _checks(told: Told) -> Iterator[Block]:
    yield Heading("Does it fit what the vehicle told?")
    rows = [(one["subject"], _words(one["finding"]), one["reason"], _sources(one["sources"])) for one in told["checks"]]
    yield Rows(("Check", "Finding", "Why", "Sources"), rows, (0.11, 0.17, 0.42, 0.30))


def _sources(sources: Sequence[str]) -> str:
    shown = "; ".join(sources[:3])
    more = len(sources) - 3
    return (f"{shown}; {more} more" if more > 0 else shown) or "none"


def _chart(told: Told) -> Iterator[Block]:
    yield Heading("The signal around the failure")
    if told["signal"] is None:
        yield Lines(["The vehicle told no signal around the failure that its alerts name."])
        return
    curve = _CURVE.validate_python(told["signal"], strict=False)
    caption = "Mean of each summary, with its least and greatest value; the upright line is the failure."
    yield Chart(curve, f"{curve.path}. {caption}")


def _plan(told: Told) -> Iterator[Block]:
    plan = told["plan"]
    if plan is None:
        yield Heading("The plan")
        yield Lines(["No warranty plan is known for this vehicle."])
        return
    yield Heading(f"The plan: {plan['title']}")
    decisive = told["verdict"]["clause"]
    rows = [(one["id"] + (" *" if one["id"] == decisive else ""), one["text"]) for one in plan["clauses"]]
    yield Rows(("Clause", "Text"), rows, (0.11, 0.89))
    yield Lines(["* decides" if decisive else "None of them was reached."])


def _hashes(listed: Listed) -> Iterator[Block]:
    yield Heading("Evidence")
    yield Lines([_HOW_TO_VERIFY])
    rows = [(name, sha256, f"{size}") for name, sha256, size in listed]
    yield Rows(("File", "SHA-256", "Bytes"), rows, (0.25, 0.64, 0.11), is_code=True)


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def _when(text: str | None) -> str:
    return UNKNOWN if text is None else f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M} UTC"


def _km(km: float | None) -> str:
    return UNKNOWN if km is None else f"{km:,.0f} km".replace(",", " ")


def _services(services: Sequence[Mapping[str, Any]]) -> str:
    return "; ".join(f"{one['on']} at {_km(one['km'])}" for one in services) or "none"


def _part(part: Mapping[str, Any]) -> str:
    on, km = part["fitted_on"], part["fitted_km"]
    if on is None and km is None:
        return f"{part['number']}, nothing says that it was fitted later"
    return f"{part['number']}, fitted on {on or 'an unknown day'} at {'an unknown distance' if km is None else _km(km)}"
