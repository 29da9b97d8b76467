"""One batch of messages, one transaction: each stored once, and the acknowledgements that follow from the database."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud import counters
from cloud.database import Connection, Database
from cloud.fleet.provisioning.model import Refusal
from cloud.fleet.provisioning.service import ProvisioningService
from cloud.heard import Heard
from cloud.inbox import aside_store
from cloud.inbox.ledger import Claim, Ledger
from cloud.inbox.model import Arrival, Greeting, Rejected, Slot, Understood, sender_of, sort
from cloud.inbox.routing import Features
from edge.wire.bundles import Piece, encode_piece
from edge.wire.downlink import encode_down
from edge.wire.errors import Reason
from edge.wire.messages import Fetch, Gap
from edge.wire.topics import Address, Down

Sorted = Understood | Greeting | Rejected
PIECES_MAX: Final = 160
"""Of bundles, that answer one batch: 10 MiB, as much as all its messages can ask for. Who is left out asks again."""


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """How much is kept of what is not a feature's own."""

    quarantine_rows: int
    quarantine_bytes: int
    shelf_rows: int
    shelf_bytes: int
    gap_rows: int
    receipts_per_stream: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to a vehicle once the batch is durable."""

    topic: str
    payload: bytes
    retain: bool = False
    """Whether the broker keeps it for when the vehicle is there again."""


class Intake:
    """Takes batches in. Called from one thread at a time."""

    def __init__(
        self,
        database: Database,
        features: Features,
        settings: InboxSettings,
        now: Callable[[], datetime],
        provisioning: ProvisioningService | None = None,
    ) -> None:
        """`provisioning` says of whom nothing is taken; without one, everybody is listened to."""
        self._database = database
        self._features = features
        self._settings = settings
        self._now = now
        self._provisioning = provisioning

    def take(self, arrivals: Sequence[Arrival]) -> list[Reply]:
        """Store a batch, durably, and give the acknowledgements to send, and pieces of bundles that were asked for.

        Raises:
            UpstreamDown: the database cannot be used just now; nothing of the batch is stored. Give it again, whole.
        """
        letters = [(arrival, sort(arrival)) for arrival in arrivals]
        with self._database.transaction() as connection:
            batch = _Batch(connection, self._features, self._settings, letters, self._provisioning)
            for arrival, letter in letters:
                batch.take(arrival, letter)
            return batch.finish(self._now)


class _Batch:
    """What one transaction remembers until it ends."""

    def __init__(
        self,
        connection: Connection,
        features: Features,
        settings: InboxSettings,
        letters: Sequence[tuple[Arrival, Sorted]],
        provisioning: ProvisioningService | None,
    ) -> None:
        self._connection = connection
        self._features = features
        self._settings = settings
        self._seen: set[Address] = set()
        self._met: set[Address] = set()
        """The same, and those that said hello."""
        self._seqs = _seqs_by_stream(letters)
        self._ledgers: dict[tuple[Address, str], Ledger] = {}
        self._counts: Counter[str] = Counter()
        self._provisioning = provisioning
        self._barred: dict[Address, tuple[str, int]] = {}
        self._refused: Counter[tuple[Address, str]] = Counter()
        self._pieces: list[tuple[Address, Piece]] = []

    def take(self, arrival: Arrival, letter: Sorted) -> None:
        """Put one message where it belongs."""
        if self._is_barred(arrival, letter):
            return
        match letter:
            case Greeting():
                self._greet(arrival, letter)
            case Rejected(reason, detail, slot):
                if slot is None or self._claim(slot, "rejected", arrival) is not Claim.REPEATED:
                    self._quarantine(arrival, reason, detail)
            case Understood(slot):
                claim = self._claim(slot, letter.uplink.kind, arrival)
                if claim is Claim.NEW:
                    self._tell(arrival, letter)
                elif claim is Claim.REUSED:
                    self._quarantine(arrival, Reason.SEQ_REUSED, f"{slot.stream} {slot.seq} is another message's")

    def finish(self, now: Callable[[], datetime]) -> list[Reply]:
        """Write the receipts, keep the bounds, read the acknowledgements; they say what time it is.

        What was asked for of bundles comes behind them.
        """
        acks = [(one.address, one.close(self._settings.receipts_per_stream)) for one in self._ledgers.values()]
        self._keep_bounds()
        counters.add(self._connection, self._counts)
        self._tell_refused()
        at = now()
        self._features.updates.met(self._connection, self._met, at)
        said = [Reply(address.down(Down.ACK), encode_down(ack.model_copy(update={"at": at}))) for address, ack in acks]
        return said + [Reply(address.down(Down.PIECE), encode_piece(piece)) for address, piece in self._pieces]

    def _is_barred(self, arrival: Arrival, letter: Sorted) -> bool:
        """Whether it is of a vehicle that is not let in, or of the box that it had before; nothing is kept of it.

        It is not acknowledged either: a box that is let in again has not forgotten it.
        """
        if self._provisioning is None or (address := sender_of(arrival.topic)) is None:
            return False
        if address not in self._barred:
            self._barred[address] = self._provisioning.barred(self._connection, address)
        why, closed_upto = self._barred[address]
        slot = None if isinstance(letter, Greeting) else letter.slot
        if not why and slot is not None and closed_upto and self._ledger(address, slot.stream).number <= closed_upto:
            why = "has another box now"
            del self._ledgers[address, slot.stream]  # or it would be acknowledged
        if why:
            self._refused[address, why] += 1
        return bool(why)

    def _tell_refused(self) -> None:
        if self._provisioning is not None and self._refused:
            refused = [
                Refusal("message", f"{address.fleet}/{address.vehicle}", why, times, address.fleet)
                for (address, why), times in self._refused.items()
            ]
            self._provisioning.refusals.note_in(self._connection, refused)

    def _greet(self, arrival: Arrival, greeting: Greeting) -> None:
        self._counts["greetings"] += 1
        self._features.fleet.record_presence(
            self._connection,
            greeting.address,
            arrival.received_at,
            online=greeting.online,
            retained=arrival.retained,
        )
        if greeting.online and not arrival.retained:
            self._features.commands.met(self._connection, greeting.address, arrival.received_at)
            self._features.campaigns.met(self._connection, greeting.address, arrival.received_at)
            self._met.add(greeting.address)

    def _claim(self, slot: Slot, kind: str, arrival: Arrival) -> Claim:
        if slot.address not in self._seen:
            self._features.fleet.see(self._connection, slot.address, arrival.received_at)
            self._features.campaigns.met(self._connection, slot.address, arrival.received_at)
            self._seen.add(slot.address)
            self._met.add(slot.address)
        claim = self._ledger(slot.address, slot.stream).claim(slot, kind, arrival.received_at)
        self._counts[f"messages_{claim}"] += 1
        return claim

    def _ledger(self, address: Address, stream: str) -> Ledger:
        key = (address, stream)
        if key not in self._ledgers:
            self._ledgers[key] = Ledger(self._connection, address, stream, self._seqs[key])
        return self._ledgers[key]

    def _tell(self, arrival: Arrival, message: Understood) -> None:
        slot, uplink = message.slot, message.uplink
        place = (self._ledger(slot.address, slot.stream).number, slot.seq)
        offset_s = uplink.correction.offset_s if uplink.correction else 0.0
        heard = Heard(slot.address, place, uplink.observed_at, uplink.clock, arrival.received_at, offset_s)
        if isinstance(uplink.body, Gap):
            self._ledger(slot.address, uplink.body.stream).cover(uplink.body.ranges)
            self._counts["gaps"] += 1
        if isinstance(uplink.body, Fetch):
            room = PIECES_MAX - len(self._pieces)
            pieces = self._features.updates.asked(self._connection, heard, uplink.body, room)
            self._pieces += [(slot.address, piece) for piece in pieces]
        if not self._features.tell(self._connection, heard, uplink, arrival.payload):
            self._counts["shelved"] += 1

    def _quarantine(self, arrival: Arrival, reason: Reason, detail: str) -> None:
        self._counts[f"quarantined_{reason}"] += 1
        aside_store.put_quarantined(self._connection, arrival, reason=reason, detail=detail)

    def _keep_bounds(self) -> None:
        """Let the oldest go where something was added, and count how many went."""
        connection, settings = self._connection, self._settings
        if any(name.startswith("quarantined_") for name in self._counts):
            self._counts["quarantine_dropped"] = aside_store.bound_quarantine(
                connection, rows_max=settings.quarantine_rows, bytes_max=settings.quarantine_bytes
            )
        if self._counts["shelved"]:
            self._counts["shelf_dropped"] = aside_store.bound_shelf(
                connection, rows_max=settings.shelf_rows, bytes_max=settings.shelf_bytes
            )
        if self._counts["gaps"]:
            self._counts["gaps_dropped"] = aside_store.bound_gaps(connection, rows_max=settings.gap_rows)


def _seqs_by_stream(letters: Sequence[tuple[Arrival, Sorted]]) -> dict[tuple[Address, str], set[int]]:
    """The numbers that a batch will claim, so that each stream is asked for all of its own at once."""
    seqs: dict[tuple[Address, str], set[int]] = defaultdict(set)
    for _, letter in letters:
        slot = None if isinstance(letter, Greeting) else letter.slot
        if slot is not None:
            seqs[slot.address, slot.stream].add(slot.seq)
    return seqs
