"""One town for all: it takes seconds to build."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.door.towns import Town, town


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town that runs."""
    folder: Path = tmp_path_factory.mktemp("town")
    with town(folder) as running:
        yield running
