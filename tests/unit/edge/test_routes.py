"""Routes: a J1939 message is known from any sender, however many there are, and what is counted stays bounded."""

from pathlib import Path

import pytest

from edge.decode import routes
from edge.decode.database import load_database
from edge.decode.decoder import FLAT_FROM, Binding, Decoder
from edge.frames import EXTENDED, Frame, FrameBatch
from tests.unit.edge.test_transport import DBC


@pytest.mark.parametrize("room", [routes.KNOWN_MAX, 3])
@pytest.mark.parametrize("frames", [FLAT_FROM - 1, 200])
def test_every_sender_and_priority_is_decoded_also_beyond_what_is_counted_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, frames: int
) -> None:
    monkeypatch.setattr(routes, "KNOWN_MAX", room)
    (tmp_path / "truck.dbc").write_text(DBC)
    decoder = Decoder([Binding(load_database(tmp_path / "truck.dbc"))])
    ids = [0x00FEF100 | (number % 8) << 26 | number % 256 for number in range(frames)]
    content = bytes([0, 0, 0x50, *bytes(5)])
    for _ in range(2):
        samples = decoder.decode(FrameBatch.of([Frame(1, one, content, flags=EXTENDED) for one in ids]))
        assert samples.value.tolist() == [80.0] * frames
        assert samples.source is not None
        assert samples.source.tolist() == [one & 0xFF for one in ids]
    assert decoder.counts.known.total() == 2 * frames
    assert len(decoder.counts.known) == min(frames, room + 1 if room < frames else frames)


def test_an_id_that_no_standard_frame_has_is_unknown(tmp_path: Path) -> None:
    """0x8F1 is 0x0F1 with a bit that eleven bits do not hold."""
    (tmp_path / "car.dbc").write_text(DBC + 'BO_ 241 Low: 1 ECU\n SG_ X : 0|8@1+ (1,0) [0|0] "" ECU\n')
    decoder = Decoder([Binding(load_database(tmp_path / "car.dbc"))])
    samples = decoder.decode(FrameBatch.of([Frame(1, 0x8F1, b"\x01"), Frame(2, 0x0F1, b"\x02")]))
    assert samples.value.tolist() == [2.0]
    assert decoder.counts.unknown == {routes.OTHERS: 1}
