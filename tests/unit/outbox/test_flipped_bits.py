"""Bits that flip in the outbox's file at 200 places: kept, declared or counted, and never a wrong word."""

from pathlib import Path

import pytest

from edge.outbox import Outbox
from edge.outbox.seals import is_sealed, seal
from tests.study.flipped_bits import HITS, PLACES, REMEMBERED, SEED, places, table
from tests.unit.outbox.postings import alert


def test_at_200_places_the_outbox_goes_on_and_says_nothing_that_was_not_written() -> None:
    outcomes = list(places(PLACES, SEED))
    print(table(outcomes))
    assert [(number, one.hit, one.wrong) for number, one in enumerate(outcomes) if one.wrong] == []
    assert {one.hit for one in outcomes} == set(HITS)
    assert len({one.kept + one.declared + one.untold for one in outcomes}) == 1, "each is accounted for"
    assert any(one.declared for one in outcomes), "some lose single messages"
    aside = [one for one in outcomes if one.is_aside]
    assert sum(not one.declared and not one.untold for one in aside) > len(aside) / 2, "most files that break, none"
    assert any(not one.declared and not one.is_aside for one in outcomes), "and some nothing"


@pytest.mark.parametrize("value", [REMEMBERED, b""])
def test_what_is_remembered_and_was_changed_is_forgotten_and_counted(outbox: Outbox, path: Path, value: bytes) -> None:
    outbox.put([alert(1)], remember={"alerts.firing": value})
    assert outbox.recall("alerts.firing") == value
    outbox._disk.db.execute("UPDATE remembered SET value = value || X'20'")
    assert outbox.recall("alerts.firing") is None
    assert outbox.counters()["remembered_unreadable"] == 1


def test_a_tally_that_cannot_be_is_not_told(outbox: Outbox) -> None:
    """The health message would be refused by its own model."""
    outbox._disk.db.execute("INSERT INTO tally VALUES ('lost.evicted.alert', -5), ('lost.evicted.trip', 'x')")
    outbox._disk.db.execute("INSERT INTO tally VALUES ('lost.evicted.dtc', 7), ('lost.evictee.dtc', 7)")
    assert {name: count for name, count in outbox.counters().items() if name.startswith("lost")} == {
        "lost.evicted.dtc": 7
    }


def test_a_seal_tells_values_and_their_borders_apart() -> None:
    assert is_sealed(seal("a", 1), "a", 1)
    assert is_sealed(None, "a", 1), "an earlier version wrote none"
    assert len({seal("a", 11), seal("a1", 1), seal("a", 1, 1), seal("a", 12)}) == 4
