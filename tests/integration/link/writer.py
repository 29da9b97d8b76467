"""A process that puts the same alerts in the same order each time it runs, as a replay does, until it is killed."""

from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from tests.unit.outbox.postings import alert, open_outbox

LAST = "last"


def write(path: Path, size: int, told: Connection) -> None:
    """Put `size` alerts at a time; tell each time that `put` has returned how many that makes in all."""
    outbox = open_outbox(path)
    for first in count(step=size):
        numbers = range(first, first + size)
        outbox.put([alert(n, key=str(n)) for n in numbers], remember={LAST: str(numbers[-1]).encode()})
        told.send(first + size)
