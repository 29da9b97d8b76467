"""Which bytes are asked for and when, over a network that loses, repeats and reorders."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from edge.updates.fetching import PACE_S, PATIENCE_MAX_S, PATIENCE_S, STRETCH_BYTES, Fetching, Stretch
from edge.wire.bundles import PIECE_BYTES, Piece
from tests.bundles import ID, bundle_of

ARCHIVE = bytes(range(256)) * 2000  # 512,000 bytes: two stretches
BUNDLE = bundle_of(ARCHIVE)


def pieces(stretch: Stretch) -> list[Piece]:
    """What the cloud answers."""
    ends = range(stretch.offset, stretch.offset + stretch.size, PIECE_BYTES)
    until = stretch.offset + stretch.size
    return [Piece(bundle=ID, offset=at, content=ARCHIVE[at : min(at + PIECE_BYTES, until)]) for at in ends]


def asked(fetching: Fetching, now_s: float, session: int | None = 1) -> Stretch | None:
    stretch = fetching.next(now_s, session)
    if stretch is not None and session is not None:
        fetching.ask(stretch, now_s, session)
    return stretch


def take(fetching: Fetching, stretch: Stretch, now_s: float) -> None:
    for piece in pieces(stretch):
        fetching.took(len(fetching.new_in(piece)), now_s)


def test_one_stretch_after_the_other_until_all_is_there() -> None:
    fetching = Fetching(BUNDLE, 0)
    first = asked(fetching, 0.0)
    assert first == Stretch(0, STRETCH_BYTES)
    assert asked(fetching, 0.1) is None, "one at a time"
    take(fetching, first, 1.0)
    second = asked(fetching, 1.0)
    assert second == Stretch(STRETCH_BYTES, len(ARCHIVE) - STRETCH_BYTES)
    take(fetching, second, 2.0)
    assert fetching.is_whole
    assert asked(fetching, 1e9) is None
    assert (fetching.asked, fetching.asked_again) == (2, 0)


def test_however_fast_it_comes_the_network_has_room_for_others() -> None:
    assert 6.5e6 < 10 * STRETCH_BYTES / PACE_S < 6.6e6
    fetching = Fetching(BUNDLE, 0)
    first = asked(fetching, 0.0)
    assert first is not None
    take(fetching, first, 0.1)
    assert asked(fetching, PACE_S - 0.01) is None
    assert asked(fetching, PACE_S) is not None


def test_it_goes_on_with_the_first_byte_that_is_not_there() -> None:
    fetching = Fetching(BUNDLE, 77)
    stretch = asked(fetching, 0.0)
    assert stretch == Stretch(77, STRETCH_BYTES)


def test_nothing_is_asked_for_without_a_session_and_at_once_in_a_new_one() -> None:
    fetching = Fetching(BUNDLE, 0)
    assert asked(fetching, 0.0, None) is None
    assert asked(fetching, 0.0, 1) is not None
    assert asked(fetching, 1.0, None) is None
    assert asked(fetching, 1.1, 2) is not None
    assert fetching.asked_again == 1


def test_what_does_not_come_is_asked_for_again_ever_more_patiently() -> None:
    fetching, now_s, waits = Fetching(BUNDLE, 0), 0.0, list[float]()
    asked(fetching, now_s)
    for _ in range(9):
        began_s = now_s
        while asked(fetching, now_s) is None:
            now_s += 1.0
        waits.append(now_s - began_s)
    assert waits[:3] == [PATIENCE_S, 2 * PATIENCE_S, 4 * PATIENCE_S]
    assert waits[-1] == PATIENCE_MAX_S
    fetching.took(10, now_s)
    assert asked(fetching, now_s + PATIENCE_S - 1) is None
    assert asked(fetching, now_s + PATIENCE_S) == Stretch(10, STRETCH_BYTES)


def test_of_a_piece_only_what_is_new_is_taken() -> None:
    fetching = Fetching(BUNDLE, 100)
    piece = Piece(bundle=ID, offset=60, content=ARCHIVE[60:160])
    assert fetching.new_in(piece) == ARCHIVE[100:160]
    assert fetching.new_in(piece.model_copy(update={"offset": 101})) == b""
    assert fetching.new_in(piece.model_copy(update={"bundle": "f" * 32})) == b""
    assert fetching.new_in(piece.model_copy(update={"offset": 0, "content": b"x" * 100})) == b""
    behind = Piece(bundle=ID, offset=len(ARCHIVE) - 10, content=b"x" * 20)
    assert Fetching(BUNDLE, len(ARCHIVE) - 10).new_in(behind) == b"x" * 10, "never beyond its size"


@given(st.integers(0, 2**32), st.integers(0, len(ARCHIVE)))
def test_whatever_the_network_does_the_bytes_are_those_of_the_archive(seed: int, have: int) -> None:
    random = Random(seed)
    fetching, got, now_s, way = Fetching(BUNDLE, have), bytearray(ARCHIVE[:have]), 0.0, list[Piece]()
    for _ in range(4000):
        if fetching.is_whole:
            break
        now_s += random.uniform(0.0, 100.0)
        if (stretch := asked(fetching, now_s, random.choice([1, 1, 1, 2]))) is not None:
            way += pieces(stretch)
        if random.random() < 0.1:
            random.shuffle(way)
        while way and random.random() < 0.9:
            piece = way.pop(0)
            if random.random() < 0.1:
                continue
            way += [piece] if random.random() < 0.1 else []
            new = fetching.new_in(piece)
            got += new
            if new:
                fetching.took(len(new), now_s)
    assert bytes(got) == ARCHIVE
