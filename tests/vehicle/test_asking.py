"""We ask a simulated car over a real bus: through the kernel's ISO-TP where there is one, and through can-isotp."""

from collections.abc import Iterator

import pytest

from edge.diagnostics.isotp_kernel import kernel_has_isotp
from tests.vehicle.asking import WAYS, us_on
from tests.vehicle.clients import HAS_VCAN, TROUBLE, Wire


@pytest.fixture(scope="module")
def car(wire: Wire) -> Iterator[Wire]:
    with wire.vehicle("car", *TROUBLE):
        yield wire


@pytest.mark.parametrize("way", WAYS)
def test_everybody_answers_and_long_answers_come_whole(car: Wire, way: str) -> None:
    with us_on(car, way) as asker:
        first = asker.ask(b"\x01\x00")
        assert [answer.ecu.name for answer in first] == ["7E8", "7E9"]
        (vin,) = asker.ask(b"\x09\x02")
        assert len(vin.payload) == 20
        calibrations = asker.ask(b"\x09\x04")
        assert [answer.ecu.name for answer in calibrations] == ["7E8", "7E9"]
        assert all(len(answer.payload) > 16 for answer in calibrations)
        (engine,) = asker.ask(b"\x03", first[0].ecu)
        assert engine.payload[0] == 0x43
        assert asker.ask(b"\x09\x02", first[0].ecu)[0].payload == vin.payload
    losses = {name: count for name, count in asker.counters.items() if name.startswith("isotp") and count}
    assert not losses


def test_the_kernel_is_known_to_have_what_the_guest_has() -> None:
    assert kernel_has_isotp() == HAS_VCAN
