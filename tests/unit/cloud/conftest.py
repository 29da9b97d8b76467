from collections.abc import Iterator

import pytest

from tests.unit.cloud.services import Cloud, open_cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Services on an empty database."""
    with open_cloud() as opened:
        yield opened
