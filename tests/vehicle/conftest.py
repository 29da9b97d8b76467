"""The bus of the tests with real clients."""

import pytest

from tests.vehicle.clients import Wire


@pytest.fixture(scope="module")
def wire() -> Wire:
    """A bus of this module's own, or vcan0."""
    return Wire()
