"""Bringing: has the archive of what is asked for come onto the disk, stretch by stretch."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Final, Protocol

from edge.updates.fetching import Fetching
from edge.updates.store import DiskRefuses, Store
from edge.wire.bundles import Bundle, Piece
from edge.wire.messages import Fetch
from edge.wire.topics import Kind

PIECES_MAX: Final = 16
"""That wait to be written; what is more is asked for again."""
SPARE_BYTES: Final = 16_000_000
"""Of the disk, that a bundle leaves to others."""


class Way(Protocol):
    """What is needed of the link."""

    @property
    def session(self) -> int | None:
        """Number of the present session; None: there is none."""

    def allows(self, kind: Kind, size: int, /) -> bool:
        """Whether so many bytes may go by the data budget."""

    def wake(self) -> None:
        """Something new waits in the outbox."""


class Bringing:
    """One archive at a time. Any thread may hand in pieces; one thread has the rest done."""

    def __init__(self, store: Store, monotonic: Callable[[], float]) -> None:
        """`monotonic` gives seconds."""
        self._store, self._monotonic = store, monotonic
        self._lock = threading.Lock()
        self._pieces: deque[Piece] = deque()
        self._counts: Counter[str] = Counter()
        self._fetching: Fetching | None = None

    @property
    def counters(self) -> dict[str, int]:
        """`pieces` and `bytes` taken, `pieces_repeated`, `pieces_dropped`; `asked` and `asked_again` stretches."""
        with self._lock:
            return dict(self._counts)

    @property
    def fetched(self) -> int | None:
        """Bytes of what is being fetched that are there; None: nothing is."""
        fetching = self._fetching
        return None if fetching is None else fetching.have

    @property
    def is_busy(self) -> bool:
        """Whether bytes are missing."""
        fetching = self._fetching
        return fetching is not None and not fetching.is_whole

    def hand_in(self, piece: Piece) -> None:
        """A piece has come."""
        with self._lock:
            if len(self._pieces) < PIECES_MAX:
                self._pieces.append(piece)
            else:
                self._counts["pieces_dropped"] += 1

    def forget(self) -> None:
        """Nothing is fetched any more, and of what was nothing is left."""
        self._fetching = None
        self._store.sweep()

    def is_there(self, wanted: Bundle) -> bool:
        """Take what has come of it; whether it has come to its last byte.

        Raises:
            DiskRefuses: a piece could not be written, and is asked for again.
        """
        if self._fetching is None or self._fetching.bundle != wanted:
            self._store.sweep(wanted)
            self._fetching = Fetching(wanted, self._store.fetched(wanted))
        while (piece := self._next_piece()) is not None:
            self._take(piece, self._fetching)
        return self._fetching.is_whole

    def asked(self, way: Way) -> Fetch | None:
        """What is to be asked for now, if anything may be; it then counts as asked for.

        Raises:
            DiskRefuses: there is no room for it.
        """
        fetching, session = self._fetching, way.session
        if fetching is None or session is None or fetching.bundle.id is None:
            return None
        stretch = fetching.next(self._monotonic(), session)
        if stretch is None or not way.allows(Kind.FETCH, stretch.size):
            return None
        must_have_room(self._store, fetching.bundle.size - fetching.have)
        again = fetching.asked_again
        fetching.ask(stretch, self._monotonic(), session)
        self._count(asked=1, asked_again=fetching.asked_again - again)
        return Fetch(bundle=fetching.bundle.id, offset=stretch.offset, size=stretch.size)

    def _next_piece(self) -> Piece | None:
        with self._lock:
            return self._pieces.popleft() if self._pieces else None

    def _take(self, piece: Piece, fetching: Fetching) -> None:
        new = fetching.new_in(piece)
        if not new:
            self._count(pieces_repeated=1)
            return
        self._store.append(fetching.bundle, new)
        fetching.took(len(new), self._monotonic())
        self._count(pieces=1, bytes=len(new))

    def _count(self, **counted: int) -> None:
        with self._lock:
            self._counts.update(counted)


def must_have_room(store: Store, size: int) -> None:
    """Let pass what leaves enough of the disk to others.

    Raises:
        DiskRefuses: it does not.
    """
    room = store.room()
    if room is not None and room < size + SPARE_BYTES:
        raise DiskRefuses(f"{size} bytes are needed beside {SPARE_BYTES} for others, and {room} are free")
