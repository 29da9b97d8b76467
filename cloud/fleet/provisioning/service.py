"""Letting vehicles in and putting them out, and what everybody at the door is told."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from cloud.database import Connection, Database
from cloud.errors import Conflict, NotFound, Refused, TooMany
from cloud.fleet.provisioning import authority, store
from cloud.fleet.provisioning.authority import Authority, Requested
from cloud.fleet.provisioning.documents import DocumentKey
from cloud.fleet.provisioning.model import (
    CERTIFICATES_A_DAY,
    CLAIM_FOR,
    CLAIM_FOR_MAX,
    Certificate,
    Claim,
    Door,
    Listed,
    Out,
    Refusal,
    Round,
    Standing,
    State,
)
from cloud.fleet.provisioning.refusals import Refusals
from cloud.pages import Page, Window
from cloud.security.audit import Audit
from edge.wire.enrolment import Admission, ClaimCode, EnrolmentRequest, RenewalRequest, identity_of
from edge.wire.topics import Address

LIST_AGAIN_AFTER: Final = timedelta(days=1)
LIST_LEFT_MIN: Final = timedelta(days=14)
"""A broker with less of a revocation list's life before it is a reason for alarm."""
HELPER_SILENT_AFTER: Final = timedelta(minutes=5)
HELPER_GONE_AFTER: Final = timedelta(days=30)
"""Its broker is no more; until then it is a reason for alarm."""
GUESSES_A_MINUTE: Final = 30
"""A code has 80 random bits, so this is for the audit's sake, not for the code's."""


@dataclass(frozen=True, slots=True)
class ProvisioningSettings:
    """What differs between installations."""

    broker: str
    """Where vehicles are sent: `mqtts://…`."""
    certificate_days: int = 90
    renewal_days: int = 365
    """How long after its end a certificate still gets the next one, so that a vehicle that stood is not locked out."""
    strangers: bool = False
    """Whether vehicles that never had a certificate are listened to: while a fleet moves over."""


class Doorkeeper:
    """What needs no authority's key: claims, revocation, listings. The command line may, beside a running service."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        now: Callable[[], datetime],
        *,
        pin: bytes,
        newest_stream: Callable[[Connection], int],
    ) -> None:
        """`pin` is the authority's, `newest_stream` gives the highest number that a stream has so far."""
        self._database = database
        self._audit = audit
        self._now = now
        self._pin = pin
        self._newest_stream = newest_stream

    def add(self, address: Address, *, by: str, lasts: timedelta = CLAIM_FOR) -> tuple[ClaimCode, datetime]:
        """A code with which a box becomes this vehicle, and when it ends. It is in this answer and nowhere else.

        A code that still waits for the same vehicle opens nothing any more.

        Raises:
            Conflict: it is let in already.
            Refused: its names are too long, or the code would live for too long.
        """
        with self._database.transaction() as connection:
            return self._add(connection, address, by=by, lasts=lasts)

    def add_all(
        self, addresses: Sequence[Address], *, by: str, lasts: timedelta = CLAIM_FOR
    ) -> list[tuple[Address, ClaimCode, datetime]]:
        """The same for many: each has its code afterwards, or none has.

        Raises:
            Conflict: one is let in already.
            Refused: see `add`.
        """
        with self._database.transaction() as connection:
            return [(address, *self._add(connection, address, by=by, lasts=lasts)) for address in addresses]

    def replace(self, address: Address, *, by: str, lasts: timedelta = CLAIM_FOR) -> tuple[ClaimCode, datetime]:
        """The same for another box: the one before is put out at once, and all that is known of the vehicle stays.

        Raises:
            NotFound: it was never let in.
            Refused: the code would live for too long.
        """
        with self._database.transaction() as connection:
            before = self._known(connection, address)
            before = self._put_out(connection, before, by=by, why="replaced")
            return self._claim(connection, address, before, by=by, lasts=lasts)

    def revoke(self, address: Address, *, by: str, why: str = "revoked") -> Standing:
        """Put a vehicle out: its certificates, its codes, and soon its connection; safe to repeat.

        Raises:
            NotFound: it was never to be let in.
        """
        with self._database.transaction() as connection:
            before = self._known(connection, address)
            if before.state is State.REVOKED:
                return before
            return self._put_out(connection, before, by=by, why=why)

    def vehicles(
        self, window: Window, *, fleet: str | None = None, fleets: frozenset[str] | None = None
    ) -> Page[Listed]:
        """Every vehicle that was ever to be let in, by fleet and name.

        Raises:
            Refused: the window's cursor is not of this listing.
        """
        after = window.key((str, str))
        with self._database.snapshot() as connection:
            rows = store.listed(
                connection, self._now(), fleet=fleet, fleets=fleets, after=after, rows_max=window.limit + 1
            )
            held = min((said.applied for said, _ in store.rounds(connection)), default=None)
        if held is not None:
            changes = [row.standing.change for row in rows]
            rows = [
                replace(row, is_shut=held >= change if change else None)
                for row, change in zip(rows, changes, strict=True)
            ]
        return window.page(rows, lambda row: (row.standing.address.fleet, row.standing.address.vehicle))

    def _add(
        self, connection: Connection, address: Address, *, by: str, lasts: timedelta
    ) -> tuple[ClaimCode, datetime]:
        before = store.standing_of(connection, address)
        if before is not None and before.state is State.ADMITTED:
            raise Conflict(f"{_name(address)} is let in already; replace it when its box is another one")
        return self._claim(connection, address, before, by=by, lasts=lasts)

    def _known(self, connection: Connection, address: Address) -> Standing:
        standing = store.standing_of(connection, address)
        if standing is None:
            raise NotFound(f"{_name(address)} was never to be let in")
        return standing

    def _claim(
        self, connection: Connection, address: Address, before: Standing | None, *, by: str, lasts: timedelta
    ) -> tuple[ClaimCode, datetime]:
        if not timedelta(0) < lasts <= CLAIM_FOR_MAX:
            raise Refused(f"a code opens for {CLAIM_FOR_MAX.days} days at most")
        try:
            identity_of(address)
        except ValueError as error:
            raise Refused(str(error)) from error
        now = self._now()
        code = authority.new_code(self._pin)
        store.withdraw_claims(connection, address, now)
        store.add_claim(connection, Claim(0, address, authority.claim_key(code), now, now + lasts, by))
        if before is None:
            before = Standing(address, State.WAITING, now, 0, 0)
        store.put_standing(connection, replace(before, state=State.WAITING, since=now))
        until = (now + lasts).isoformat(timespec="seconds")
        self._note(connection, address, "claim_vehicle", by=by, note=f"until {until}")
        return code, now + lasts

    def _put_out(self, connection: Connection, before: Standing, *, by: str, why: str) -> Standing:
        now, address = self._now(), before.address
        change = int(store.read_door(connection).change) + 1
        store.put_door(connection, change=change)
        certificates = store.revoke_all(connection, address, now, why[:64])
        store.withdraw_claims(connection, address, now)
        standing = Standing(address, State.REVOKED, now, change, self._newest_stream(connection))
        store.put_standing(connection, standing)
        note = f"{why}; {certificates} certificates"
        self._note(connection, address, "revoke_vehicle", by=by, note=note)
        return standing

    def _note(self, connection: Connection, address: Address, action: str, *, by: str, note: str) -> None:
        subject = f"vehicles/{_name(address)}"
        self._audit.record(connection, by=by, action=action, subject=subject, fleet=address.fleet, note=note)


class ProvisioningService(Doorkeeper):
    """All of it: enrolment, renewal, and what brokers are told."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        now: Callable[[], datetime],
        *,
        authority: Authority,
        settings: ProvisioningSettings,
        newest_stream: Callable[[Connection], int],
        documents: DocumentKey | None = None,
    ) -> None:
        """`documents` signs campaigns and bundles; without it, nobody does."""
        super().__init__(database, audit, now, pin=authority.pin, newest_stream=newest_stream)
        self._authority = authority
        self._settings = settings
        self.documents = documents
        self.refusals = Refusals(database, audit, now)
        self._guessed: deque[datetime] = deque(maxlen=GUESSES_A_MINUTE)

    def enrol(self, wish: EnrolmentRequest, *, sender: str) -> Admission:
        """Let a box in that has a code. The same box gets the same answer again while the code lasts.

        Args:
            wish: what it asks for.
            sender: where it asks from, for the audit.

        Raises:
            Refused: the request is no good, or the code is not known, used by another box, withdrawn or expired: which
                of them stands in the audit only.
        """
        requested = authority.read_request(wish.request)
        with self._database.transaction() as connection:
            claim = store.claim_of(connection, bytes.fromhex(wish.claim))
            why = self._why_not(claim, requested, bytes.fromhex(wish.signature))
            if claim is not None and why is None:
                return self._admit_by(connection, claim, requested)
        self._refuse("enrolment", sender, f"a code that is {why}", None if claim is None else claim.address)
        raise Refused("this code opens nothing here: it may be used, expired or withdrawn; ask for a new one")

    def renew(self, wish: RenewalRequest, *, sender: str) -> Admission:
        """The next certificate, for whoever has the key of the present one. The same request gets the same answer.

        Raises:
            Refused: the request is no good, or the certificate is another authority's, revoked, or ended too long ago.
            TooMany: this vehicle had enough today.
        """
        requested = authority.read_request(wish.request)
        try:
            serial = self._authority.holder_of(wish.certificate, requested, bytes.fromhex(wish.signature))
        except Refused as error:
            self._refuse("renewal", sender, str(error), None)
            raise
        with self._database.transaction() as connection:
            present = store.certificate(connection, serial)
            why = self._why_no_renewal(connection, present)
            if present is not None and why is None:
                known = store.certificate_for(connection, present.address, requested.public_key)
                if known is None:
                    known = self._issue(connection, present.address, requested)
                    self._note(
                        connection, present.address, "renew_certificate", by=identity_of(present.address),
                        note=f"{serial} → {known.serial}",
                    )  # fmt: skip
                return self._answer(known)
        who = sender if present is None else identity_of(present.address)
        self._refuse("renewal", who, f"a certificate that is {why}", None if present is None else present.address)
        raise Refused(f"this certificate is not renewed: it is {why}; a new code from the fleet is needed")

    def door(self, said: Round) -> Door:
        """What a broker must know, for the helper that says how far it is."""
        now = self._now()
        with self._database.transaction() as connection:
            store.put_round(connection, said, now)
            store.forget_helpers(connection, now - HELPER_GONE_AFTER)
            row = store.read_door(connection)
            change, revocation_list = int(row.change), row.list_pem
            made_at: datetime | None = row.list_made_at
            is_old = made_at is None or now - made_at >= LIST_AGAIN_AFTER or made_at > now
            if is_old or row.list_change != change or revocation_list is None:
                number = int(row.list_number) + 1
                serials = store.revoked(connection, now - LIST_AGAIN_AFTER)
                revocation_list = self._authority.revocation_list(number, serials, now)
                store.put_door(
                    connection, list_number=number, list_change=change, list_made_at=now, list_pem=revocation_list
                )
            out = [Out(address, at) for address, at in store.put_out_since(connection, said.applied)]
            return Door(change, str(revocation_list), tuple(store.denied(connection)), tuple(out))

    def barred(self, connection: Connection, address: Address) -> tuple[str, int]:
        """Why nothing is taken of a vehicle ("": it is), and up to which number its streams are closed."""
        standing = store.standing_of(connection, address)
        if standing is None:
            return ("" if self._settings.strangers else "was never let in"), 0
        if standing.state is State.REVOKED:
            return "is revoked", standing.closed_upto
        if standing.state is State.WAITING:
            return "has not enrolled yet", standing.closed_upto
        return "", standing.closed_upto

    def trouble(self) -> str:
        """What is wrong at the brokers' doors, as far as their helpers tell; "" when nothing is."""
        now = self._now()
        with self._database.snapshot() as connection:
            rounds = store.rounds(connection)
            if not rounds and store.has_certificates(connection):
                return "no helper of a broker has ever asked: who is revoked stays connected"
        told = []
        for said, seen_at in rounds:
            if now - seen_at > HELPER_SILENT_AFTER:
                told.append(f"{said.helper} is silent since {seen_at.isoformat(timespec='seconds')}")
            if said.list_ends_at is not None and said.list_ends_at - now < LIST_LEFT_MIN:
                ends = said.list_ends_at.isoformat(timespec="minutes")
                told.append(f"{said.helper}: the revocation list at its broker ends {ends}, and then nobody gets in")
        return "; ".join(told)

    def _admit_by(self, connection: Connection, claim: Claim, requested: Requested) -> Admission:
        """What a good claim gets: what it got before, or a certificate."""
        address, now = claim.address, self._now()
        known = store.certificate_for(connection, address, requested.public_key)
        if claim.used_at is None or known is None:
            known = self._issue(connection, address, requested)
            store.use_claim(connection, claim, by=requested.public_key, at=now)
            before = self._known(connection, address)
            store.put_standing(connection, replace(before, state=State.ADMITTED, since=now))
            self._note(
                connection, address, "enrol_vehicle", by=identity_of(address), note=f"certificate {known.serial}"
            )
        return self._answer(known)

    def _issue(self, connection: Connection, address: Address, requested: Requested) -> Certificate:
        now = self._now()
        if store.issued_since(connection, address, now - timedelta(days=1)) >= CERTIFICATES_A_DAY:
            raise TooMany(f"{_name(address)} was given {CERTIFICATES_A_DAY} certificates in a day", wait_s=3600)
        issued = self._authority.admit(address, requested.key, now, self._settings.certificate_days)
        certificate = Certificate(
            serial=issued.serial,
            address=address,
            public_key=requested.public_key,
            begins_at=issued.begins_at,
            ends_at=issued.ends_at,
            issued_at=now,
            pem=issued.pem,
        )
        store.add_certificate(connection, certificate)
        return certificate

    def _answer(self, certificate: Certificate) -> Admission:
        return Admission(
            certificate=certificate.pem,
            authority=self._authority.pem,
            documents=None if self.documents is None else self.documents.pem,
            broker=self._settings.broker,
        )

    def _why_not(self, claim: Claim | None, requested: Requested, signature: bytes) -> str | None:
        if claim is None:
            return "not known"
        if not authority.is_claimed(claim.key, requested, signature):
            return "not the sender's"
        return claim.problem(requested.public_key, self._now())

    def _why_no_renewal(self, connection: Connection, present: Certificate | None) -> str | None:
        """A certificate that has a successor is not renewed after its end: an old copy of a box is not the box."""
        if present is None:
            return "not a vehicle's"
        if present.revoked_at is not None:
            return "revoked"
        over_for = self._now() - present.ends_at
        if over_for > timedelta(days=self._settings.renewal_days):
            return f"over since {present.ends_at.date()}"
        if over_for > timedelta(0) and store.issued_since(connection, present.address, present.issued_at):
            return "over, and has a successor"
        return None

    def _refuse(self, kind: str, who: str, detail: str, address: Address | None) -> None:
        """Write it down; a flood of guesses is only turned away. Good requests never come here, so it stops none."""
        now = self._now()
        if len(self._guessed) == GUESSES_A_MINUTE and timedelta(0) <= now - self._guessed[0] < timedelta(minutes=1):
            raise TooMany("too many requests that open nothing", wait_s=60)
        self._guessed.append(now)
        told = detail if address is None else f"{detail}, for {_name(address)}"
        self.refusals.note([Refusal(kind, who, told, fleet=None if address is None else address.fleet)])


def _name(address: Address) -> str:
    return f"{address.fleet}/{address.vehicle}"
