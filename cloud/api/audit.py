"""/audit and /findings: who did what, and what was not like them."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from cloud.api.access import Caller, ServicesOf, WindowOf, may
from cloud.api.forms import Form, Moment, PageForm, Prose, page_form
from cloud.security.audit_model import AuditFilter, Entry
from cloud.security.behaviour import Kind
from cloud.security.finding import Finding, FindingFilter
from cloud.security.roles import Permission
from edge.wire.messages import Severity

router = APIRouter(tags=["audit"])
Name = Annotated[str, Field(examples=["ada@example.org"])]


class EntryForm(Form):
    """One thing that somebody did."""

    id: Annotated[int, Field(examples=[42])]
    at: Moment
    by: Name
    action: Annotated[str, Field(examples=["alert_repaired"])]
    fleet: Annotated[str | None, Field(examples=["north"])]
    subject: Annotated[str, Field(examples=["alerts/north/van-7/0f1e2d3c4b5a69788796a5b4c3d2e1f0"])]
    """What it was done to, as its place in this API."""
    note: str
    correlation: Annotated[str, Field(examples=["4d7f0c2a9b8e4f61a1c3d5e7f9012345"])]
    """The id of the request, or of the alert, that it belongs to."""
    chain: Annotated[str, Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
    """SHA-256 over this and the entry before."""

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """In this form."""
        deed = entry.deed
        return cls(
            id=entry.id,
            at=deed.at,
            by=deed.by,
            action=deed.action,
            fleet=deed.fleet,
            subject=deed.subject,
            note=deed.note,
            correlation=deed.correlation,
            chain=entry.chain,
        )


class FindingForm(Form):
    """Behaviour that is not like somebody."""

    id: Annotated[int, Field(examples=[3])]
    principal: Name
    kind: Kind
    severity: Severity
    first_at: Moment
    last_at: Moment
    times: Annotated[int, Field(examples=[1])]
    detail: Annotated[str, Field(examples=["4210 actions within the hour, at most 600 expected"])]
    closed_at: Annotated[Moment | None, Field(examples=[None])]
    closed_by: Annotated[str | None, Field(examples=[None])]
    note: str
    locked: bool
    """The tokens of this principal open nothing until somebody closes the finding."""

    @classmethod
    def of(cls, finding: Finding) -> Self:
        """In this form."""
        return cls(**{name: getattr(finding, name) for name in FindingForm.model_fields})


class LookedForm(Form):
    """What there is to say about a finding."""

    note: Annotated[Prose, Field(examples=["A report that runs once a year"])] = ""


def _wanted(
    by: Annotated[str | None, Query(max_length=200)] = None,
    action: Annotated[str | None, Query(max_length=64)] = None,
    fleet: str | None = None,
) -> AuditFilter:
    return AuditFilter(by=by, action=action, fleet=fleet)


def _wanted_findings(
    principal: Annotated[str | None, Query(max_length=200)] = None,
    kind: Kind | None = None,
    open_only: Annotated[bool | None, Query(alias="open", description="Open ones, or closed ones.")] = None,
) -> FindingFilter:
    return FindingFilter(principal, kind, open_only)


@router.get("/audit")
def list_audit(
    caller: Annotated[Caller, may(Permission.SEE_AUDIT)],
    services: ServicesOf,
    window: WindowOf,
    wanted: Annotated[AuditFilter, Depends(_wanted)],
) -> PageForm[EntryForm]:
    """What was done, the newest first."""
    return page_form(services.security.audit.entries(caller.only(wanted), window), EntryForm.of)


@router.get("/findings")
def list_findings(
    _: Annotated[Caller, may(Permission.SEE_FINDINGS)],
    services: ServicesOf,
    window: WindowOf,
    wanted: Annotated[FindingFilter, Depends(_wanted_findings)],
) -> PageForm[FindingForm]:
    """Findings, the newest first."""
    return page_form(services.security.watch.findings(wanted, window), FindingForm.of)


@router.post("/findings/{number}/close")
def close_finding(
    caller: Annotated[Caller, may(Permission.HANDLE_FINDINGS)],
    services: ServicesOf,
    number: Annotated[int, Path(ge=1, le=2**63 - 1)],
    looked: LookedForm,
) -> FindingForm:
    """Somebody else than its subject has looked at it: what was locked for it is open again; safe to repeat."""
    return FindingForm.of(services.security.watch.close(number, by=caller.name, note=looked.note))
