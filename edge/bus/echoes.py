"""Echoes: tells one's own frames from those of others, on a bus that hands back what was sent on it."""

from typing import Final

from edge.bus.library import can

KINDS_MAX: Final = 4096
"""Different frames that may be under way; beyond, the longest-known one is taken for somebody else's."""

_Frame = tuple[int, bool, bool, bytes]


class Echoes:
    """Each frame that was sent is left out once of what is heard; one that another sent as well is heard."""

    def __init__(self) -> None:
        self._under_way: dict[_Frame, int] = {}

    def expect(self, message: can.Message) -> None:
        """It was sent, and will come back."""
        frame = _frame(message)
        self._under_way[frame] = self._under_way.pop(frame, 0) + 1
        if len(self._under_way) > KINDS_MAX:
            del self._under_way[next(iter(self._under_way))]

    def is_other(self, message: can.Message) -> bool:
        """Whether somebody else sent it; to be asked once for each frame that is heard."""
        frame = _frame(message)
        count = self._under_way.get(frame, 0)
        if not count:
            return True
        if count == 1:
            del self._under_way[frame]
        else:
            self._under_way[frame] = count - 1
        return False


def _frame(message: can.Message) -> _Frame:
    return message.arbitration_id, message.is_extended_id, message.is_remote_frame, bytes(message.data)
