"""Documents: what is signed for this vehicle goes to work and outlives a restart; all else is told, and no more."""

import json
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from edge.detect.ed25519 import PrivateKey, fits
from edge.detect.signature import PublicKey
from edge.documents import Documents
from edge.outbox import Outbox
from edge.verifying import PROGRAM, Verifier
from edge.wire.campaigns import Campaigns
from edge.wire.downlink import Desired, decode_down, encode_down
from edge.wire.envelope import Clock, StreamClass
from edge.wire.errors import WireError
from edge.wire.messages import Reported
from edge.wire.signed import DocumentKind, Signed, key_id, signed_text
from tests.unit.outbox.postings import ADDRESS, everything, memory_folder, open_outbox

AT: Final = datetime(2026, 11, 30, tzinfo=UTC)
KEY: Final = PrivateKey.new()
OTHER: Final = PrivateKey.new()
MINE: Final = (PublicKey(KEY.public),)


def text_of(version: int, *, fleet: str = ADDRESS.fleet, vehicle: str = ADDRESS.vehicle) -> str:
    return Campaigns(fleet=fleet, vehicle=vehicle, version=version, campaigns=[]).model_dump_json(by_alias=True)


def signed(text: str, key: PrivateKey = KEY, kind: DocumentKind = DocumentKind.CAMPAIGNS) -> Signed:
    return Signed(kind=kind, text=text, key=key_id(key.public), signature=key.sign(signed_text(kind, text)).hex())


@dataclass
class Box:
    """A vehicle that waits for documents."""

    outbox: Outbox
    keys: tuple[PublicKey, ...] = MINE
    verifier: Verifier | None = None
    taken: list[str] = field(default_factory=list)
    posted: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self.documents = Documents(ADDRESS, lambda: self.keys, self.outbox, self.verifier)
        self.documents.serve(DocumentKind.CAMPAIGNS, self._take)
        self.documents.start(lambda: (AT, Clock.SYNCED), self.posted.release)

    def _take(self, text: str) -> None:
        self.taken.append(text)
        self.posted.release()

    def hear(self, *documents: Signed, version: int = 1, news: int = 1) -> list[str]:
        """What was told after the cloud has said this, and so much has come of it."""
        self.documents(Desired(version=version, state={}, signed=list(documents)))
        for _ in range(news):
            assert self.posted.acquire(timeout=60)
        return self.told()

    def told(self) -> list[str]:
        bodies = [one.body for one in everything(self.outbox, StreamClass.RECORD)]
        return [f"{one.field}: {one.reason}" for body in bodies if isinstance(body, Reported) for one in body.refusals]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(open_outbox(tmp_path / "outbox.db")) as outbox:
        yield outbox


@pytest.fixture
def box(outbox: Outbox) -> Iterator[Box]:
    box = Box(outbox)
    yield box
    box.documents.close()


def test_what_is_signed_for_this_vehicle_goes_to_work_once(box: Box) -> None:
    assert box.hear(signed(text_of(5)), version=3) == []
    assert box.taken == [text_of(5)]
    assert box.documents.version == 3
    box.hear(signed(text_of(5)), signed("{}", OTHER), version=4)
    assert box.taken == [text_of(5)], "it was in force already"
    box.hear(signed(text_of(6)), version=5)
    assert box.taken == [text_of(5), text_of(6)]


def test_it_goes_to_work_again_at_the_next_start(outbox: Outbox) -> None:
    before = Box(outbox)
    before.hear(signed(text_of(5)))
    before.documents.close()
    after = Box(outbox)
    assert after.taken == [text_of(5)]
    assert after.hear(signed(text_of(5)[:-1] + " }"), news=2) == [
        "signed.campaigns: version 5 is not newer than 5, which is in force"
    ]
    after.documents.close()


def altered(text: str) -> Signed:
    whole = signed(text)
    return whole.model_copy(update={"text": text.replace('"version":9', '"version":10')})


REFUSED: Final = {
    "by a key that nobody knows": (signed(text_of(9), OTHER), f"it is signed by key {key_id(OTHER.public)}"),
    "by another under our key's name": (
        signed(text_of(9), OTHER).model_copy(update={"key": key_id(KEY.public)}),
        f"its signature is not by key {key_id(KEY.public)}: it is altered, or forged",
    ),
    "altered": (altered(text_of(9)), f"its signature is not by key {key_id(KEY.public)}: it is altered, or forged"),
    "signed as something else": (
        signed(text_of(9), kind=DocumentKind.BUNDLE).model_copy(update={"kind": DocumentKind.CAMPAIGNS}),
        f"its signature is not by key {key_id(KEY.public)}: it is altered, or forged",
    ),
    "without a signature": (
        signed(text_of(9)).model_copy(update={"signature": "0" * 128}),
        f"its signature is not by key {key_id(KEY.public)}: it is altered, or forged",
    ),
    "another vehicle's": (signed(text_of(9, vehicle="other")), f"it is for {ADDRESS.fleet}/other"),
    "another fleet's": (signed(text_of(9, fleet="other")), f"it is for other/{ADDRESS.vehicle}"),
    "from before": (signed(text_of(7)), "version 7 is not newer than 8, which is in force"),
    "of a kind that nobody takes": (signed("{}", kind=DocumentKind.BUNDLE), "this vehicle takes none"),
    "that says what nobody knows": (
        signed(text_of(9)[:-1] + ',"also":1}'),
        "bad_body: also: Extra inputs are not permitted",
    ),
    "that is no JSON": (signed("no JSON"), "bad_body: document: Invalid JSON"),
}


@pytest.mark.parametrize(("document", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_for_it_is_told_once_and_does_nothing(box: Box, document: Signed, why: str) -> None:
    box.hear(signed(text_of(8)))
    [told] = box.hear(document, version=2)
    assert told.startswith(f"signed.{document.kind}: {why}")
    box.hear(document, signed(text_of(11)), version=3)
    assert box.told() == [told], "each is told once"
    assert box.taken == [text_of(8), text_of(11)]
    assert box.documents.counters == {"taken": 2, "refused": 2}


def test_a_box_that_knows_no_key_believes_nobody(outbox: Outbox) -> None:
    box = Box(outbox, keys=())
    [told] = box.hear(signed(text_of(1)))
    assert told.endswith("knows no key that could have signed it: enrol it, or name link.document_keys")
    assert not box.taken
    box.documents.close()


def test_a_child_that_cannot_tell_changes_nothing_and_is_asked_again(outbox: Outbox, tmp_path: Path) -> None:
    once = tmp_path / "once"
    program = f"""
import os, sys
if not os.path.exists({str(once)!r}):
    sys.exit(9)
os.execv({PROGRAM[0]!r}, {list(PROGRAM)!r})
"""
    box = Box(outbox, verifier=Verifier([sys.executable, "-c", program]))
    box.documents(Desired(version=1, state={}, signed=[signed(text_of(1)), signed("{}", OTHER)]))
    assert box.posted.acquire(timeout=60), "the second of them is refused"
    assert box.documents.counters["undecided"] == 1
    assert not box.taken
    once.touch()
    box.hear(signed(text_of(1)), version=2)
    assert box.taken == [text_of(1)]
    box.documents.close()


def test_what_the_disk_has_damaged_is_as_if_it_had_not_been(outbox: Outbox) -> None:
    outbox.put([], remember={"documents.campaigns": json.dumps({"version": "many"}).encode()})
    box = Box(outbox)
    assert not box.taken
    box.hear(signed(text_of(1)))
    assert box.taken == [text_of(1)]
    box.documents.close()


class AtOnce(Verifier):
    """The same answer as the child's, without a process for each of ten thousand."""

    def fits(self, public: bytes, signature: bytes, text: bytes) -> bool:
        """Whether it fits."""
        return fits(public, signature, text)


def noise(rng: random.Random, whole: bytes) -> bytes:
    """Something like a desired state: a place of the document or of its signature is another, or any bytes are."""
    if rng.random() < 0.7:
        told = json.loads(whole)
        [document] = told["signed"]
        place = rng.choice([*document, "text", "text"])
        said = document[place]
        at = rng.randrange(len(said))
        document[place] = said[:at] + rng.choice(["", "0", "9", "f", " ", said[at]]) + said[at + 1 :]
        return json.dumps(told).encode()
    damaged = bytearray(whole)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(damaged))
        damaged[at : at + rng.randrange(1, 3)] = rng.choice([rng.randbytes(rng.randrange(3)), b"0", b"9", b'"'])
    return bytes(damaged)


def test_of_ten_thousand_damaged_messages_only_what_was_signed_goes_to_work() -> None:
    with memory_folder() as folder, closing(open_outbox(folder / "outbox.db")) as outbox:
        _try_ten_thousand(outbox)


def _try_ten_thousand(outbox: Outbox) -> None:
    rng, taken = random.Random(13), list[str]()
    documents = Documents(ADDRESS, lambda: MINE, outbox, AtOnce())
    documents.serve(DocumentKind.CAMPAIGNS, taken.append)
    genuine = [text_of(version) for version in range(1, 30)]
    forged = [text_of(version, vehicle="other") for version in range(1, 30)]
    understood = 0
    for number in range(10_000):
        text, key = rng.choice([(rng.choice(genuine), KEY), (rng.choice(genuine), OTHER), (rng.choice(forged), KEY)])
        whole = encode_down(Desired(version=number + 1, state={}, signed=[signed(text, key)]))
        try:
            desired = decode_down(Desired, noise(rng, whole))
        except WireError:
            continue
        understood += 1
        documents._looked(desired, lambda: (AT, Clock.SYNCED), lambda: None)
    assert understood > 1_000
    assert documents.counters["refused"] > 500
    assert set(taken) <= set(genuine)
    assert taken == sorted(taken, key=lambda text: int(json.loads(text)["version"])), "each is newer than the last"
