"""Many lives on a few cores: in order, and as many as there is time for."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

OrderT = TypeVar("OrderT")
LifeT = TypeVar("LifeT")


def lived(live: Callable[[OrderT], LifeT], orders: Iterable[OrderT], *, jobs: int) -> Generator[LifeT, None, None]:
    """Each life in the order of the orders; only a few are begun ahead, so who stops listening stops them soon."""
    if jobs == 1:
        yield from map(live, orders)
        return
    waiting = iter(orders)
    with ProcessPoolExecutor(jobs) as pool:
        begun: deque[Future[LifeT]] = deque(pool.submit(live, order) for order in islice(waiting, 2 * jobs))
        try:
            while begun:
                life = begun.popleft().result()
                begun.extend(pool.submit(live, order) for order in islice(waiting, 1))
                yield life
        finally:
            pool.shutdown(cancel_futures=True)  # cancelled one by one they stop Python 3.11's pool for ever
