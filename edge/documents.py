"""Documents: what the cloud has signed for this vehicle; what holds is handed to those whom it concerns.

A document is taken when it is by a key that this box knows, for this very vehicle, and newer than the one before. What
was taken is remembered, and goes to work again at the next start. All else is refused, told to the cloud once, and
changes nothing. A thread of its own: a signature is looked at by a child process, which takes a while on a small board.
"""

import hashlib
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge.detect.signature import PublicKey
from edge.errors import EdgeError
from edge.outbox import Outbox, Posting
from edge.verifying import CannotTell, Verifier
from edge.wire.bundles import read_bundle
from edge.wire.campaigns import read_campaigns
from edge.wire.downlink import Desired
from edge.wire.envelope import Clock
from edge.wire.errors import WireError
from edge.wire.messages import Refusal, Reported
from edge.wire.signed import Document, DocumentKind, Signed, signed_text
from edge.wire.topics import Address

log = logging.getLogger(__name__)

RETRY_S: Final = 60.0
"""A child that could not tell is asked again."""
_KEPT: Final = "documents."
_READ: Final[Mapping[DocumentKind, Callable[[str], Document]]] = {
    DocumentKind.CAMPAIGNS: read_campaigns,
    DocumentKind.BUNDLE: read_bundle,
}


@dataclass(frozen=True, slots=True)
class _Taken:
    """What is in force."""

    version: int
    text: str


class Documents:
    """Called by the link's thread with what the cloud wants; everything else happens in a thread of its own."""

    def __init__(
        self,
        address: Address,
        keys: Callable[[], Sequence[PublicKey]],
        outbox: Outbox,
        verifier: Verifier | None = None,
    ) -> None:
        """`keys`: by whom documents may be, as of now, or a ConfigError; `verifier`: another than the ordinary one."""
        self._address, self._keys, self._outbox = address, keys, outbox
        self._verifier = verifier or Verifier()
        self._takers: dict[DocumentKind, Callable[[str], None]] = {}
        self._taken: dict[DocumentKind, _Taken] = {}
        self._counts: Counter[str] = Counter()
        self._turn = threading.Condition()
        self._desired: Desired | None = None
        self._version = 0
        self._is_over = False
        self._thread: threading.Thread | None = None

    @property
    def version(self) -> int:
        """Of the last desired state that was looked at; 0 before any."""
        with self._turn:
            return self._version

    @property
    def counters(self) -> Mapping[str, int]:
        """Documents that were `taken`, `refused`, or `undecided` because nobody could tell whether a signature fits."""
        with self._turn:
            return dict(self._counts)

    def __call__(self, desired: Desired) -> None:
        """Look at this next; an older one that still waits is not looked at any more."""
        with self._turn:
            self._desired = desired
            self._turn.notify()

    def serve(self, kind: DocumentKind, taker: Callable[[str], None]) -> None:
        """From the start on give the texts of this kind that hold to `taker`; now that which was in force in the last
        run. A kind that nobody takes is refused.

        Raises:
            EdgeError: the outbox's disk is failing.
        """
        self._takers[kind] = taker
        taken = _kept(self._outbox, kind)
        if taken is None:
            return
        self._taken[kind] = taken
        try:
            taker(taken.text)
        except WireError as error:  # a version of before could read it
            log.warning("the %s that were in force cannot be read any more: %s", kind, error)

    def start(self, stamp: Callable[[], tuple[datetime, Clock]], on_posted: Callable[[], None]) -> None:
        """Begin to look. `stamp`: the time of what is told; `on_posted` is called when something new waits."""
        self._thread = threading.Thread(target=self._work, args=(stamp, on_posted), name="documents", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; what was not looked at yet comes again with the next connection. Safe to repeat."""
        with self._turn:
            self._is_over = True
            self._turn.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self, stamp: Callable[[], tuple[datetime, Clock]], on_posted: Callable[[], None]) -> None:
        again: Desired | None = None
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._is_over or self._desired is not None, RETRY_S if again else None)
                if self._is_over:
                    return
                desired, self._desired = self._desired or again, None
            if desired is None:
                continue
            again = desired if self._looked(desired, stamp, on_posted) else None

    def _looked(
        self, desired: Desired, stamp: Callable[[], tuple[datetime, Clock]], on_posted: Callable[[], None]
    ) -> bool:
        """Look at each document; whether one has to be looked at again."""
        with self._turn:
            self._version = max(self._version, desired.version)
        is_undecided = False
        for signed in desired.signed:
            try:
                self._take(signed)
            except _Refused as why:
                self._count("refused")
                log.warning("signed %s are refused: %s", signed.kind, why)
                if self._told(signed, str(why), stamp()):
                    on_posted()
            except (CannotTell, EdgeError) as error:
                self._count("undecided")
                log.error("signed %s are looked at again in a minute: %s", signed.kind, error)  # noqa: TRY400  # one line
                is_undecided = True
        return is_undecided

    def _take(self, signed: Signed) -> None:
        """Put a document in force.

        Raises:
            _Refused: it is not to be believed, or not for here, or not for now.
            CannotTell: whether it is to be believed.
            EdgeError: the disk is failing, or a key cannot be read.
        """
        before = self._taken.get(signed.kind)
        if before is not None and before.text == signed.text:
            return
        taker = self._takers.get(signed.kind)
        if taker is None:
            raise _Refused("this vehicle takes none")
        keys = {key.id: key for key in self._keys()}
        if not keys:
            raise _Refused("this vehicle knows no key that could have signed it: enrol it, or name link.document_keys")
        key = keys.get(signed.key)
        if key is None:
            raise _Refused(f"it is signed by key {signed.key}, and this vehicle knows {', '.join(sorted(keys))}")
        if not self._verifier.fits(key.content, bytes.fromhex(signed.signature), signed_text(signed.kind, signed.text)):
            raise _Refused(f"its signature is not by key {signed.key}: it is altered, or forged")
        try:
            document = _READ[signed.kind](signed.text)
        except WireError as error:
            raise _Refused(str(error)) from None
        if (document.fleet, document.vehicle) != (self._address.fleet, self._address.vehicle):
            raise _Refused(f"it is for {document.fleet}/{document.vehicle}")
        if before is not None and document.version <= before.version:
            raise _Refused(f"version {document.version} is not newer than {before.version}, which is in force")
        taken = _Taken(document.version, signed.text)
        kept = json.dumps({"version": taken.version, "text": taken.text}).encode()
        self._outbox.put([], remember={f"{_KEPT}{signed.kind}": kept})
        self._taken[signed.kind] = taken
        taker(signed.text)
        self._count("taken")
        log.info("signed %s, version %d, are in force", signed.kind, document.version)

    def _told(self, signed: Signed, why: str, stamp: tuple[datetime, Clock]) -> bool:
        """Tell the cloud of a refusal, of each document once."""
        refusals = [Refusal(field=f"signed.{signed.kind}", reason=why[:2000])]
        body = Reported(desired_version=self.version, state={}, refusals=refusals)
        digest = hashlib.sha256(f"{signed.model_dump_json()}\0{why}".encode()).hexdigest()[:32]
        try:
            return self._outbox.put([Posting(body, *stamp, key=f"refused:{digest}")]) > 0
        except EdgeError as error:
            log.error("a refusal cannot be told: %s", error)  # noqa: TRY400  # one line
            return False

    def _count(self, what: str) -> None:
        with self._turn:
            self._counts[what] += 1


class _Refused(Exception):
    """A document that changes nothing; why."""


def _kept(outbox: Outbox, kind: DocumentKind) -> _Taken | None:
    """What was in force; None also where the disk has damaged it, and then the cloud's next word is taken."""
    kept = outbox.recall(f"{_KEPT}{kind}")
    try:
        told = json.loads(kept or b"{}")
        return _Taken(int(told["version"]), str(told["text"])) if told else None
    except (ValueError, TypeError, KeyError):
        return None
