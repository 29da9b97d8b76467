"""What others may ask about streams."""

from cloud.database import Connection
from cloud.inbox import store


def newest_stream(connection: Connection) -> int:
    """The highest number that a stream has so far; 0 before any."""
    return store.newest(connection)
