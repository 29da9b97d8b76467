"""A daemon's diagnostics through an adapter: they come back by themselves, whatever happens to it."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.diagnostics.cars import CarSurveyor
from edge.diagnostics.elm327.opening import as_vehicle, open_elm327
from edge.diagnostics.findings import Survey
from edge.diagnostics.opening import frozen_values
from edge.diagnostics.poller import Rates
from edge.diagnostics.service import Service, Vehicle
from edge.diagnostics.watch import Manners
from edge.simulator.elm327 import Defect
from tests.unit.diagnostics.askers import VIN, skip_without_python_obd
from tests.unit.diagnostics.sockets import RETURNS_S, Socket, spoil

LOOK = threading.Event()
"""Never set: waiting for it is looking again a little later."""


@pytest.fixture
def plugs(tmp_path: Path) -> Iterator[Socket]:
    skip_without_python_obd()
    with Socket(tmp_path) as plugs:
        yield plugs


@pytest.fixture
def service(plugs: Socket) -> Iterator[Service]:
    def opened(_known: Survey) -> Vehicle:
        asker = open_elm327(str(plugs.path), Manners(asks=True), protocol="6")
        return as_vehicle(asker, CarSurveyor([asker], frozen=frozen_values, rates_s={0x0C: 0.2}))

    service = Service("obd", opened, file=None, rates=Rates())
    service.start()
    yield service
    service.stop()
    service.take()


def until(condition: Callable[[], object], within_s: float) -> float:
    """Seconds until it holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s
        LOOK.wait(0.02)
    return time.monotonic() - began


def answers(service: Service) -> int:
    return service.counters.get("answers", 0)


@pytest.mark.parametrize("defect", [Defect.SILENT, Defect.UNPLUGGED])
def test_diagnostics_come_back_by_themselves(plugs: Socket, service: Service, defect: Defect) -> None:
    adapter = plugs.plug_in()
    until(lambda: answers(service) > 10, 20.0)
    spoil(adapter, defect)
    noticed_s = until(lambda: service.trouble, 5.0)
    before = answers(service)
    plugs.pull()
    plugs.plug_in()
    back_s = until(lambda: answers(service) > before, RETURNS_S)
    print(f"{defect.value}: noticed after {noticed_s:.2f} s, first answer {back_s:.2f} s after its return")
    until(lambda: service.trouble is None, 5.0)


def test_a_vehicle_is_known_by_its_vin_through_an_adapter(plugs: Socket, service: Service) -> None:
    plugs.plug_in()
    seen: list[str | None] = []

    def is_known() -> bool:
        seen.extend(told.survey.vin for told in service.take())
        return VIN in seen

    until(is_known, 20.0)
