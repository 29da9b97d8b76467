"""An outbox of its own for each test."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.outbox import Outbox
from tests.unit.outbox.postings import memory_folder, open_outbox


@pytest.fixture
def path() -> Iterator[Path]:
    """Where the outbox lies."""
    with memory_folder() as folder:
        yield folder / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    """A new, roomy outbox."""
    with closing(open_outbox(path)) as made:
        yield made
