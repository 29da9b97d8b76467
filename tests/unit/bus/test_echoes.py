"""One's own frames on a bus that hands them back."""

from hypothesis import given
from hypothesis import strategies as st

from edge.bus.echoes import KINDS_MAX, Echoes
from edge.bus.library import can
from edge.bus.messages import to_messages
from edge.frames import FrameBatch
from tests.unit.bus.strategies import frames


def message(arbitration_id: int, payload: bytes = b"") -> can.Message:
    return can.Message(arbitration_id=arbitration_id, data=payload, is_extended_id=arbitration_id > 0x7FF)


@given(st.lists(st.tuples(st.booleans(), frames()), max_size=20), st.randoms(use_true_random=False))
def test_what_others_sent_is_heard_and_nothing_else_in_whatever_order(
    traffic: list[tuple[bool, object]], order: object
) -> None:
    echoes = Echoes()
    on_bus = []
    others = 0
    for is_own, frame in traffic:
        [sent] = to_messages(FrameBatch.of([frame]))  # type: ignore[list-item]  # what frames() draws
        if is_own:
            echoes.expect(sent)
        others += not is_own
        on_bus.append(sent)
    order.shuffle(on_bus)  # type: ignore[attr-defined]  # a random.Random
    assert sum(echoes.is_other(heard) for heard in on_bus) == others


def test_the_same_frame_of_another_is_heard_once_for_each_time() -> None:
    echoes = Echoes()
    for _ in range(2):
        echoes.expect(message(0x7DF, b"\x02\x01\x00"))
    heard = [echoes.is_other(message(0x7DF, b"\x02\x01\x00")) for _ in range(3)]
    assert heard == [False, False, True]


def test_frames_that_look_alike_are_told_apart() -> None:
    echoes = Echoes()
    echoes.expect(message(0x7DF, b"\x02"))
    for other in (
        message(0x7DE, b"\x02"),
        message(0x7DF, b"\x02\x00"),
        can.Message(arbitration_id=0x7DF, data=b"\x02", is_extended_id=True),
        can.Message(arbitration_id=0x7DF, is_remote_frame=True, is_extended_id=False),
    ):
        assert echoes.is_other(other)


def test_what_never_comes_back_takes_no_room_for_ever() -> None:
    echoes = Echoes()
    for number in range(KINDS_MAX + 1):
        echoes.expect(message(number, b"\x01"))
    assert echoes.is_other(message(0, b"\x01"))
    assert not echoes.is_other(message(1, b"\x01"))
    assert not echoes.is_other(message(KINDS_MAX, b"\x01"))
