"""What the rest of the cloud may ask about claims, and the evidence for them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound, Refused
from cloud.pages import Page, Window
from cloud.scheduling.work_order import OrderState, WorkOrder
from cloud.security.audit import Audit
from cloud.warranty import store
from cloud.warranty.assess import assess
from cloud.warranty.claim import Assessment, Claim, ClaimFilter, ClaimState, Ruling, Statement, checked
from cloud.warranty.dossier import pieces_for, ruling_piece
from cloud.warranty.gather import Gathered, Sources, failed_at, gather
from cloud.warranty.pack import EVIDENCE, Cover, make_pack
from cloud.warranty.pieces import Piece, by_name, digest_of
from cloud.warranty.plan import Plan
from cloud.warranty.plans import PlanService
from cloud.warranty.seal import Seal
from cloud.warranty.story import tell


@dataclass(frozen=True, slots=True)
class NewClaim:
    """What a claim is made from; what is left out is taken from the work order's incident, or unknown."""

    work_order: int
    statement: Statement
    """Its `failed_at` is set aside where `from_incident`."""
    from_incident: bool = False


class WarrantyService:
    """Claims, and the plans they are judged by. What is submitted is kept as it was then."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        sources: Sources,
        plans: PlanService,
        now: Callable[[], datetime],
        *,
        seal: Seal,
    ) -> None:
        self._database = database
        self._audit = audit
        self._sources = sources
        self.plans = plans
        self._now = now
        self._seal = seal

    def make(self, new: NewClaim, *, by: str) -> Claim:
        """Begin a claim about a done work order; safe to repeat with the same words.

        Raises:
            NotFound: there is no such order.
            Refused: nothing was repaired, or the statement cannot be.
            Conflict: the order has a claim with another statement.
        """
        order = self._sources.orders.order(new.work_order)
        _must_be_repaired(order)
        now, statement = self._now(), new.statement
        if new.from_incident:
            statement = replace(statement, failed_at=failed_at(order, self._sources.alerts))
        statement = checked(statement, now)
        with self._database.transaction() as connection:
            is_new = store.add_claim(connection, _row(order, by, now), statement)
            claim = store.claim_of_order(connection, order.number)
            if claim is None:
                raise LookupError(f"the claim about work order {order.number} is gone")  # it was just written
            if is_new:
                self._tell(connection, claim, by)
            elif claim.statement != statement:
                remedy = "PUT another statement while it is a draft"
                raise Conflict(f"work order {order.number} has claim {claim.number} already; {remedy}")
            return claim

    def restate(self, number: int, statement: Statement, sequence: int | None = None, *, by: str) -> Claim:
        """Put another statement in a draft; safe to repeat.

        Raises:
            NotFound: there is no such claim.
            Conflict: it was submitted, or is not as the caller saw it.
            Refused: the statement cannot be.
        """
        now = self._now()
        good = checked(statement, now)
        return self._change(number, sequence, lambda claim: claim.state_anew(good, now), by)

    def submit(self, number: int, sequence: int | None = None, *, by: str) -> Claim:
        """Hand a draft in, with its evidence as it is now; safe to repeat by the same person.

        Raises:
            NotFound: there is no such claim.
            Conflict: it is decided, or not as the caller saw it.
        """
        draft = self.claim(number)
        if draft.state is ClaimState.SUBMITTED and draft.submitted_by == by:
            return draft
        now = self._now()
        gathered, plan = self._gather(draft)
        assessment = assess(draft, gathered, plan, now)
        pieces = pieces_for(draft, gathered, assessment, plan)
        with self._database.transaction() as connection:
            before = _claim(connection, number)
            after = before.submit(assessment, by, now)
            if draft.sequence != before.sequence:
                raise Conflict(f"claim {number} has changed meanwhile, it is {before.state} now; look at it")
            digest = digest_of({f"{EVIDENCE}{one.name}": one.sha256 for one in pieces})
            self._replace(connection, before, after, sequence, by, note=f", evidence {digest}")
            store.add_pieces(connection, number, pieces)
            return after

    def decide(self, number: int, *, approved: bool, note: str = "", sequence: int | None = None, by: str) -> Claim:
        """Write down what was decided; safe to repeat.

        Raises:
            NotFound: there is no such claim.
            Conflict: it is a draft, was decided otherwise, or is not as the caller saw it.
            Refused: it says nothing about why, and needs to.
        """
        ruling = Ruling(by, self._now(), note)
        return self._change(number, sequence, lambda claim: claim.decide(approved=approved, ruling=ruling), by)

    def claim(self, number: int) -> Claim:
        """One claim.

        Raises:
            NotFound: there is none.
        """
        with self._database.snapshot() as connection:
            return _claim(connection, number)

    def claims(self, wanted: ClaimFilter, window: Window) -> Page[Claim]:
        """Claims, the latest first.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((datetime, int))
        with self._database.snapshot() as connection:
            rows = store.list_claims(connection, wanted, after=after, rows_max=window.limit + 1)
        return window.page(rows, lambda row: (row.made_at, row.number))

    def assessment(self, claim: Claim) -> Assessment:
        """What plan and telemetry say: of a draft as of now, else as of the submission."""
        if claim.assessment is not None:
            return claim.assessment
        gathered, plan = self._gather(claim)
        return assess(claim, gathered, plan, self._now())

    def pack(self, number: int) -> bytes:
        """The evidence pack of a claim, a zip. Of what was submitted it is the same bytes each time.

        Raises:
            NotFound: there is no such claim.
        """
        from cloud.warranty.pdf import render  # noqa: PLC0415  # reportlab takes half a second, and few ask for a pack

        claim = self.claim(number)
        pieces = self._pieces(claim)
        if claim.ruling is not None:
            pieces = sorted([*pieces, ruling_piece(claim, claim.ruling)], key=lambda one: one.name)
        as_of = claim.changed_at if claim.assessment is not None else self._now()
        cover = Cover(claim.number, claim.state, as_of)
        listed = [(f"{EVIDENCE}{one.name}", one.sha256, len(one.content)) for one in pieces]
        story = Piece(f"claim-{number}.pdf", render(tell(cover, by_name(pieces), listed)))
        evidence = [Piece(f"{EVIDENCE}{one.name}", one.content) for one in pieces]
        return make_pack(cover, [story, *evidence], self._seal)

    def _pieces(self, claim: Claim) -> list[Piece]:
        if claim.assessment is not None:
            with self._database.snapshot() as connection:
                return store.pieces_of(connection, claim.number)
        gathered, plan = self._gather(claim)
        return pieces_for(claim, gathered, assess(claim, gathered, plan, self._now()), plan)

    def _gather(self, claim: Claim) -> tuple[Gathered, Plan | None]:
        order = self._sources.orders.order(claim.work_order)
        return gather(self._sources, order, claim.statement.failed_at), self.plans.plan_of(claim.address).plan

    def _change(self, number: int, sequence: int | None, change: Callable[[Claim], Claim], by: str) -> Claim:
        with self._database.transaction() as connection:
            before = _claim(connection, number)
            after = change(before)
            if after != before:
                self._replace(connection, before, after, sequence, by)
            return after

    def _replace(
        self, connection: Connection, before: Claim, after: Claim, sequence: int | None, by: str, *, note: str = ""
    ) -> None:
        if sequence not in {None, before.sequence} or not store.replace_claim(connection, before, after):
            raise Conflict(f"claim {before.number} has changed meanwhile, it is {before.state} now; look at it")
        self._tell(connection, after, by, note)

    def _tell(self, connection: Connection, claim: Claim, by: str, note: str = "") -> None:
        said = "" if claim.assessment is None else f", {claim.assessment.verdict.decision}"
        self._audit.record(
            connection,
            by=by,
            action=f"claim_{claim.state}",
            fleet=claim.address.fleet,
            subject=f"claims/{claim.number}",
            note=f"{claim.work} at {claim.address.vehicle}{said}{note}",
        )


def _must_be_repaired(order: WorkOrder) -> None:
    if order.state is not OrderState.DONE:
        remedy = "complete it with outcome repaired first" if not order.is_over else "only what was repaired is claimed"
        raise Refused(f"work order {order.number} is {order.state}: {remedy}")


def _row(order: WorkOrder, by: str, now: datetime) -> dict[str, object]:
    return {
        "work_order": order.number,
        "incident": order.incident,
        "fleet": order.address.fleet,
        "vehicle": order.address.vehicle,
        "component": order.component,
        "work": order.kind,
        "state": ClaimState.DRAFT,
        "sequence": 0,
        "made_by": by,
        "made_at": now,
        "changed_at": now,
    }


def _claim(connection: Connection, number: int) -> Claim:
    found = store.claim_of(connection, number)
    if found is None:
        raise NotFound(f"there is no claim {number}")
    return found
