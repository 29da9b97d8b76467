"""The inbox's loop, running in a thread."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from cloud.config import BrokerTarget
from cloud.inbox.intake import Reply
from cloud.inbox.link import Link, LinkState
from cloud.inbox.model import Arrival
from cloud.inbox.session import tls_of
from tests.unit.cloud.vehicle import T0
from tests.waiting import DEADLINE_S


class States:
    """What a link said of itself, and a way to wait for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.all: list[LinkState] = []

    def add(self, state: LinkState) -> None:
        with self._changed:
            self.all.append(state)
            self._changed.notify_all()

    def wait_for(self, predicate: Callable[[LinkState], bool], *, after: int = 0) -> int:
        """Wait for a state; gives how many there were, for the next wait."""
        with self._changed:
            came = self._changed.wait_for(lambda: any(map(predicate, self.all[after:])), DEADLINE_S)
            assert came, f"the link only said {self.all[after:]}"
            return len(self.all)


@contextmanager
def running_link(target: BrokerTarget, take: Callable[[Sequence[Arrival]], list[Reply]]) -> Iterator[States]:
    """The inbox's loop in a thread; it has ended when the block has."""
    states = States()
    link = Link(
        target,
        take,
        client_id="telltale-cloud-test",
        tls=tls_of(target),
        now=lambda: T0,
        uniform=lambda low, _high: low,
        on_change=states.add,
    )
    thread = threading.Thread(target=link.run, name="inbox")
    thread.start()
    try:
        yield states
    finally:
        link.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
        assert link.state in [LinkState(), *states.all]
        link.close()
