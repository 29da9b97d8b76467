"""LibraryAssembly: long answers put together by can-isotp, over our own line."""

from collections import Counter, deque
from collections.abc import Collection, Sequence
from typing import Final

from edge.diagnostics.ecu import Ecu
from edge.diagnostics.library import isotp
from edge.diagnostics.line import Line, NotNow
from edge.frames import EXTENDED, Frame

LENGTH_MAX: Final = 4095
"""Bytes of an answer; classic CAN without the escape sequence (ISO 15765-2 9.6.3)."""
UNITS_MAX: Final = 64
"""That may answer one question; others are ignored, counted."""
WAITS_MS: Final = 1_000
"""N_Cr (ISO 15765-2 table 21)."""
_CROWDED: Final = "isotp_crowded_out"


class LibraryAssembly:
    """One end of ISO-TP for each unit that answers, made when its first frame comes and gone with the question."""

    def __init__(self, line: Line, *, padding: int = 0xCC) -> None:
        self._line = line
        self._padding = padding
        self._ends: dict[Ecu, _End] = {}
        self.losses: Counter[str] = Counter()
        """Answers that did not become whole, by the name of can-isotp's error."""

    def begin(self, units: Collection[Ecu]) -> None:
        """Whoever answers is taken."""
        del units
        self._ends.clear()

    def take(self, unit: Ecu, frame: Frame) -> None:
        """A frame of a unit's answer; flow control leaves at once where it is due."""
        end = self._ends.get(unit)
        if end is None:
            if len(self._ends) >= UNITS_MAX:
                self.losses[_CROWDED] += 1
                return
            end = self._ends[unit] = _End(unit, self._line, self.losses, self._padding)
        end.take(frame)

    def ready(self) -> Sequence[tuple[Ecu, bytes]]:
        """Answers that are whole since the last call."""
        return [(unit, payload) for unit, end in self._ends.items() for payload in end.whole()]

    def is_waiting(self) -> bool:
        """Whether a long answer is on its way."""
        return any(end.is_waiting for end in self._ends.values())

    def end(self) -> None:
        """Half an answer is dropped."""
        for end in self._ends.values():
            if end.is_waiting:
                self.losses["isotp_unfinished"] += 1
        self._ends.clear()


class _End:
    """One unit's half of a conversation."""

    def __init__(self, unit: Ecu, line: Line, losses: Counter[str], padding: int) -> None:
        self._unit = unit
        self._line = line
        self._losses = losses
        self._heard: deque[isotp.CanMessage] = deque()
        mode = isotp.AddressingMode.Normal_29bits if unit.extended else isotp.AddressingMode.Normal_11bits
        params = {
            "tx_padding": padding,
            "stmin": line.budget.separation_ms(extended=unit.extended),
            "blocksize": 0,
            "max_frame_size": LENGTH_MAX,
            "rx_consecutive_frame_timeout": WAITS_MS,
        }
        self._layer = isotp.TransportLayerLogic(
            rxfn=lambda _wait_s: self._heard.popleft() if self._heard else None,
            txfn=self._send,
            address=isotp.Address(mode, txid=unit.request, rxid=unit.answer),
            error_handler=self._count,
            params=params,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether its answer has begun and is not whole."""
        return bool(self._layer.is_rx_active())

    def take(self, frame: Frame) -> None:
        """Hear a frame."""
        extended = bool(frame.flags & EXTENDED)
        self._heard.append(isotp.CanMessage(arbitration_id=frame.id, data=frame.payload, extended_id=extended))
        self._layer.process()

    def whole(self) -> list[bytes]:
        """Its answers since the last call; late pieces are given up."""
        self._layer.process()
        whole: list[bytes] = []
        while (payload := self._layer.recv()) is not None:
            whole.append(bytes(payload))
        return whole

    def _send(self, message: isotp.CanMessage) -> None:
        flags = EXTENDED if message.is_extended_id else 0
        frame = Frame(self._line.now_ns(), message.arbitration_id, bytes(message.data), flags=flags)
        try:
            self._line.send(frame)
        except NotNow:
            self._losses["isotp_silenced"] += 1

    def _count(self, error: Exception) -> None:
        self._losses[f"isotp_{_snake(type(error).__name__)}"] += 1


def _snake(name: str) -> str:
    """`WrongSequenceNumberError` as `wrong_sequence_number`."""
    spaced = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return spaced.removesuffix("_error").removeprefix("_")
