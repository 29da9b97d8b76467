"""What a profile declares of identifiers is asked for, measured and read, and never beyond what may be asked."""

from pathlib import Path

import pytest

from edge.decode.did_entries import DidEntry, DidSignal
from edge.diagnostics.ecu import Ecu, unit_29
from edge.diagnostics.uds.declared import known, unit_of, units, wanted
from edge.diagnostics.uds.values import WantedDid
from edge.errors import ConfigError

HERE = Path("ev.profile.toml")
SOC = DidSignal(name="Soc", byte=0, bits=16, scale=0.01, unit="percent")
BATTERY = DidEntry(response="7EC", did="0101", bytes=4, signals=[SOC])
ABS = DidEntry(response="768", request="760", did="2001", signals=[SOC])
LONG = DidEntry(response="18DAF128", did="2001", bytes=2, signals=[SOC])
KWP = DidEntry(response="7EC", did="01", signals=[SOC])
BMS = Ecu(0x7E4, 0x7EC)


def test_units_are_those_of_iso_15765_4_or_as_the_profile_says() -> None:
    assert [unit_of(entry) for entry in (BATTERY, ABS, LONG)] == [BMS, Ecu(0x760, 0x768), unit_29(0x28)]
    assert units([BATTERY, ABS, KWP]) == {Ecu(0x760, 0x768)}


@pytest.mark.parametrize(("response", "request_"), [("768", None), ("18DBF128", None), ("768", "18DA28F1")])
def test_a_unit_without_an_id_to_ask_on_is_refused_with_a_remedy(response: str, request_: str | None) -> None:
    with pytest.raises(ConfigError, match="nobody knows on which id") as refused:
        unit_of(DidEntry(response=response, request=request_, did="2001", signals=[SOC]))
    assert "Add request" in str(refused.value)


def test_what_is_declared_is_wanted_and_what_has_no_length_alone_and_kwp_not_at_all() -> None:
    assert list(wanted([BATTERY, ABS, KWP], every_s=5.0)) == [
        WantedDid(BMS, 0x0101, 5.0),
        WantedDid(Ecu(0x760, 0x768), 0x2001, 5.0, alone=True),
    ]


def test_a_snapshot_is_measured_and_read_by_the_profile_and_by_j1979() -> None:
    of = known([BATTERY, ABS, KWP], HERE)
    assert of.length(BMS, 0x0101, bytes(20)) == 4
    assert of.length(unit_29(0x28), 0x0101, bytes(20)) is None
    assert of.values(BMS, 0x0101, bytes.fromhex("1F400000")) == {"dbc.Did7EC_0101.Soc": 80.0}
    assert of.length(BMS, 0xF40C, bytes(20)) == 2
    assert of.values(BMS, 0xF40C, bytes.fromhex("1AF8")) == {"Vehicle.Powertrain.CombustionEngine.Speed": 1726.0}
    assert of.length(BMS, 0xF40C, b"\x1a") is None
    assert of.length(BMS, 0x9999, bytes(20)) is None
    assert of.values(BMS, 0x9999, bytes(20)) == {}
