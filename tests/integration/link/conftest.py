"""A real broker and an outbox for each test of the link."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.link import Broker
from edge.outbox import Outbox
from tests.brokers import Mosquitto
from tests.unit.outbox.postings import open_outbox


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that runs."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with Mosquitto(folder) as running:
        yield running


@pytest.fixture
def broker(mosquitto: Mosquitto) -> Broker:
    """Where it is."""
    return Broker.of(mosquitto.url)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A new, roomy outbox."""
    with closing(open_outbox(tmp_path / "outbox.db")) as made:
        yield made
