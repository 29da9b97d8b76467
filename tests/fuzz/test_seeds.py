"""Every seed once more: what fuzzing found stays mended, and nothing that is tried again and again takes memory."""

import gc
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.drive import SEEDS
from tests.fuzz.targets import TARGETS

STRETCH = 5
"""Rounds after which what is kept is counted."""
STRETCHES_MAX = 40
"""Caches that fill by chance fill ever slower (the interpreter keeps names that were looked up, numpy a few freed
blocks of each size: overlays keep nothing new after some 30); a leak grows in each."""
BLOCKS_MAX = 0.5
"""Of memory that Python gives out, for each input and round; a single object that is kept takes one or two."""


@pytest.fixture
def silence() -> Iterator[None]:
    """Pytest keeps what is said."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def seeds_of(name: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((SEEDS / name).iterdir())]


@pytest.mark.parametrize("file", sorted(SEEDS.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.name}")
def test_a_seed_breaks_no_promise(file: Path) -> None:
    TARGETS[file.parent.name].check(file.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_tried_again_and_again_takes_no_memory(name: str, silence: None) -> None:
    seeds = seeds_of(name)[:8]
    assert seeds, "no seeds"
    grown = [kept_by_a_stretch(name, seeds)]
    while grown[-1] >= BLOCKS_MAX and len(grown) < STRETCHES_MAX:
        grown.append(kept_by_a_stretch(name, seeds))
    assert grown[-1] < BLOCKS_MAX, grown


def kept_by_a_stretch(name: str, seeds: list[bytes]) -> float:
    """Blocks of memory for each input."""
    gc.collect()
    before = sys.getallocatedblocks()
    for content in seeds * STRETCH:
        TARGETS[name].check(content)
    gc.collect()
    return (sys.getallocatedblocks() - before) / (len(seeds) * STRETCH)


def test_seeds_are_small_and_every_target_has_some() -> None:
    sizes = {name: sum(map(len, seeds_of(name))) for name in TARGETS}
    assert all(sizes.values())
    assert sum(sizes.values()) < 200_000, sizes
    assert {folder.name for folder in SEEDS.iterdir()} == set(TARGETS)
