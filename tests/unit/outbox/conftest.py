"""An outbox of its own for each test."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.outbox import Outbox
from tests.unit.outbox.postings import open_outbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the outbox lies."""
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    """A new, roomy outbox."""
    with closing(open_outbox(path)) as made:
        yield made
