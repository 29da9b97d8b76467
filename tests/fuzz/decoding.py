"""Decoding: one frame at a time, many at once and through the daemon's decoder give the same numbers, bit for bit."""

from collections.abc import Sequence
from typing import Final

from edge.decode.decoder import Binding
from edge.frames import ERROR, Frame
from tests.fuzz.databases import check_tables, sound_database
from tests.fuzz.decoders import Counted, by_flat, by_scalar, decoded
from tests.fuzz.dice import Dice
from tests.fuzz.frames import batches, frames, with_room

FRAMES_MAX: Final = 18
"""Enough for the decoder to take them at once."""


def decode_anything(content: bytes) -> None:
    """A database or two on their buses, and frames for them."""
    dice = Dice(content)
    names = ("a.dbc", "b.dbc") if dice.chance(4) else ("a.dbc",)
    found = [one for name in names if (one := sound_database(dice, name)) is not None]
    bindings = [Binding(database, dice.pick(("", "can0", "can1"))) for database, _ in found]
    some = frames(dice, [one for _, ids in found for one in ids], FRAMES_MAX)
    some += some[: max(0, FRAMES_MAX - len(some))]
    for database, _ in found:
        check_tables(database.tables, len(database.tables.root), len(database.signals))
        pairs = [(message, frame.payload) for message in range(len(database.tables.root)) for frame in some[:4]]
        for pair, flat, scalar in zip(
            pairs, by_flat(database.tables, pairs), by_scalar(database.tables, pairs), strict=True
        ):
            assert flat == scalar, f"message {pair[0]}, payload {pair[1].hex()}: {flat} is not {scalar}"
    compare_ways(bindings, some)


def compare_ways(bindings: Sequence[Binding], some: Sequence[Frame]) -> None:
    """The same frames in whatever batches give the same samples and the same counts."""
    at_once = batches(some, [len(some) or 1])
    samples, counts = decoded(bindings, at_once)
    check_counts(counts, some)
    for other in (batches(some, [5, 6, 1]), *([[with_room(batch) for batch in at_once]] if len(some) % 2 else [])):
        again, counted = decoded(bindings, other)
        assert again == samples, "other samples in other batches"
        assert counted == counts, f"other counts in other batches: {counted}, {counts}"


def check_counts(counts: Counted, some: Sequence[Frame]) -> None:
    """Every frame is accounted for once."""
    errors = sum(bool(frame.flags & ERROR) for frame in some)
    heard = sum(counts.known.values()) + sum(counts.unknown.values())
    assert counts.frames == len(some)
    assert heard + errors == len(some), f"{heard} heard and {errors} errors of {len(some)}"
    assert sum(counts.undecodable.get("error_frame", {}).values()) == errors
    assert counts.decoded <= len(some)
    assert counts.decoded <= counts.samples
