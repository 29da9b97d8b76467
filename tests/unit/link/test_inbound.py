"""What comes down faster than it is read is bounded, and what is dropped counted."""

import asyncio
from collections import Counter

import pytest
from aiomqtt import Message

from edge.link.session import _counting_queue


def test_a_full_queue_drops_and_counts() -> None:
    counted: Counter[str] = Counter()
    queue = _counting_queue(counted)(maxsize=2)
    message = Message("topic", b"", qos=1, retain=False, mid=1, properties=None)
    queue.put_nowait(message)
    queue.put_nowait(message)
    with pytest.raises(asyncio.QueueFull):
        queue.put_nowait(message)
    assert (queue.qsize(), counted) == (2, {"dropped": 1})
