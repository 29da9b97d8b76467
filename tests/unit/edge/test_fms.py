"""The FMS-Standard: lamps of the Tell Tale Status, weights by axle, from whatever source address."""

from pathlib import Path

import pytest

from edge.config import Config, with_profile
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.frames import EXTENDED, Frame, FrameBatch
from edge.heavy import LAMPS
from edge.prepare import prepare
from tests.shared import ROOT

FMS = ROOT / "dbc" / "fms.dbc"
TELL_TALES, WEIGHTS = 0x18FD7D00, 0x18FEEA00
LAMP = "Vehicle.Telltale.Lamp."


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder([Binding(load_database(FMS))])


def heard(decoder: Decoder, identifier: int, payload: str) -> dict[str, float]:
    batch = decoder.decode(FrameBatch.of([Frame(0, identifier, bytes.fromhex(payload), flags=EXTENDED)]))
    return {decoder.signals[one].path: value for one, value in zip(batch.signal, batch.value, strict=True)}


def block(number: int, **states: int) -> str:
    """A block of the message: each lamp in four bits, the highest 1; not available unless it is given."""
    nibbles = [number, *(8 | states.get(name, 7) for name in LAMPS[15 * number : 15 * number + 15])]
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True)).hex()


@pytest.mark.parametrize("source", [0x00, 0x17, 0xEE])
def test_a_lamp_says_off_red_yellow_or_info_and_else_nothing(decoder: Decoder, source: int) -> None:
    lamps = heard(decoder, TELL_TALES | source, block(0, ParkingBrake=1, FuelLevel=2, EngineOil=0, FrontFogLight=3))
    assert lamps.pop("dbc.TTS.Block") == 0
    assert lamps == {
        f"{LAMP}ParkingBrake": 1,
        f"{LAMP}FuelLevel": 2,
        f"{LAMP}EngineOil": 0,
        f"{LAMP}FrontFogLight": 3,
    }


def test_each_of_sixty_lamps_has_its_place(decoder: Decoder) -> None:
    for place, name in enumerate(LAMPS):
        found = heard(decoder, TELL_TALES, block(place // 15, **{name: 1}))
        assert found == {"dbc.TTS.Block": place // 15, f"{LAMP}{name}": 1}


def test_a_recorded_block_is_read_as_its_makers_read_it(decoder: Decoder) -> None:
    """The example of a maker of telematics boxes: in block 1 the lamp of the oil level is off (tell tale 28)."""
    found = heard(decoder, TELL_TALES, "f1ffffffffff8fff")
    assert found == {"dbc.TTS.Block": 1, f"{LAMP}OilLevel": 0}


@pytest.mark.parametrize("state", [4, 5, 6, 7])
def test_reserved_states_are_unknown(decoder: Decoder, state: int) -> None:
    assert heard(decoder, TELL_TALES, block(2, Retarder=state)) == {"dbc.TTS.Block": 2}


def test_a_block_that_is_not_known_gives_no_lamp(decoder: Decoder) -> None:
    assert heard(decoder, TELL_TALES, "84" + "88" * 7) == {"dbc.TTS.Block": 4}


def test_weights_go_by_axle(decoder: Decoder) -> None:
    third = heard(decoder, WEIGHTS, "20803effffe803ff")
    assert third["Vehicle.Telltale.Axle.Row3.Weight"] == 0x3E80 * 0.5 == 8000
    assert third["Vehicle.Telltale.Cargo.Weight"] == 2000
    assert not {path for path in third if "Row1" in path or "Trailer" in path}


def test_the_profile_brings_database_and_bit_rate() -> None:
    config = with_profile(Config.model_validate({"profile": "fms", "bus": [{"source": "can:can0"}]}), Path())
    assert config.bus[0].bitrate == 250_000
    [note] = [note for note in prepare(config).notes if not note.startswith("rule ")]  # FMS lacks what some need
    assert "Vehicle.Telltale.Fuel.TotalUsed: it is mapped from" in note
