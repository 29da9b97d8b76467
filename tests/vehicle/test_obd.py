"""We read OBD-II of control units that share no code with ours: VIN, codes, freeze frame, readiness, 11 and 29 bits."""

import pytest

from edge.diagnostics.findings import SinceCleared, Status
from edge.diagnostics.obd import ObdReader
from edge.diagnostics.opening import frozen_values
from tests.vehicle.asking import WAYS, us_on
from tests.vehicle.clients import Wire
from tests.vehicle.scripted_answers import OBD_ENGINE, OBD_GEARBOX, SOUND, VIN, WRONG
from tests.vehicle.scripted_ecus import ScriptedEcu, scripted, together


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_two_units_of_another_hand_are_read(wire: Wire, way: str, extended: bool) -> None:
    ids = ((0x18DA10F1, 0x18DAF110), (0x18DA18F1, 0x18DAF118)) if extended else ((0x7E0, 0x7E8), (0x7E1, 0x7E9))
    units = [
        ScriptedEcu(request, answer, script, extended=extended)
        for (request, answer), script in zip(ids, (OBD_ENGINE, OBD_GEARBOX), strict=True)
    ]
    engine, gearbox = (f"{answer:08X}" if extended else f"{answer:03X}" for _, answer in ids)
    with scripted(wire, *units), us_on(wire, way, extended=extended) as asker:
        reader = ObdReader(asker, frozen=frozen_values)
        assert reader.discover()
        identity, codes = reader.identity(), reader.codes()
    assert identity is not None
    assert codes is not None
    assert identity.vin == VIN.decode()
    assert identity.units[engine].calibrations == ("SC-ENG-0007A", "SC-ENG-0007B")
    assert identity.units[engine].verifications == ("1791BC82", "4C00A1F7")
    assert identity.units[gearbox].name == "TCM-TransmisCtrl"
    statuses = {key[:2]: code.statuses for key, code in codes.codes.items()}
    assert statuses == {
        (engine, "P0301"): {Status.CONFIRMED, Status.PERMANENT},
        (engine, "P0420"): {Status.CONFIRMED},
        (engine, "P0171"): {Status.PENDING},
    }
    frame = codes.codes[engine, "P0301", None].freeze_frame
    assert frame["Vehicle.Powertrain.CombustionEngine.Speed"] == 1726.0
    assert frame["Vehicle.Speed"] == 50.0
    assert codes.readiness[engine].mil is True
    assert codes.cleared[engine] == SinceCleared(warm_ups=5, distance_km=231)
    assert not [error for unit in units for error in unit.errors]
    assert all(request[0] in {1, 2, 3, 7, 9, 0x0A} for unit in units for request in unit.asked)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", sorted(WRONG))
def test_a_vin_that_comes_malformed_is_unknown_and_the_next_is_read(wire: Wire, way: str, what: str) -> None:
    said = [WRONG[what]]
    broken = ScriptedEcu(0x7E0, 0x7E8, together(lambda request: said if request == b"\x09\x02" else (), OBD_ENGINE))
    with scripted(wire, broken), us_on(wire, way) as asker:
        reader = ObdReader(asker, frozen=frozen_values)
        assert reader.discover()
        first = reader.identity()
        said[0] = SOUND
        second = reader.identity()
    assert first is not None
    assert second is not None
    assert (first.vin, second.vin) == (None, VIN.decode())
