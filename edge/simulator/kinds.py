"""The kinds of vehicle there are: what `--vehicle` and `sim:` take, and how each is put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import numpy as np

from edge.assets import profile_file
from edge.errors import ConfigError
from edge.frames import Frame
from edge.simulator.broadcast import Sender
from edge.simulator.car.faults import FAULTS as CAR_FAULTS
from edge.simulator.car.petrol import PetrolCar
from edge.simulator.car.senders import SENDERS as CAR_SENDERS
from edge.simulator.car.traits import CarTraits
from edge.simulator.ecu.j1939.diagnostics import Component
from edge.simulator.ecu.j1939.ids import claim
from edge.simulator.ecu.j1939.network import J1939Network
from edge.simulator.ecu.obd_network import ObdNetwork
from edge.simulator.ecu.unit import Unit
from edge.simulator.ev.electric import ElectricCar
from edge.simulator.ev.faults import FAULTS as EV_FAULTS
from edge.simulator.ev.senders import SENDERS as EV_SENDERS
from edge.simulator.ev.traits import EvTraits
from edge.simulator.faults import AnyFault, Ordered
from edge.simulator.journey import Journey, Key, Style
from edge.simulator.truck.faults import FAULTS as TRUCK_FAULTS
from edge.simulator.truck.senders import SENDERS as TRUCK_SENDERS
from edge.simulator.truck.traits import TruckTraits
from edge.simulator.truck.truck import Truck
from edge.simulator.truck.units import FUNCTIONS
from edge.simulator.vehicle import Vehicle
from edge.simulator.weather import Weather

NUMBERS: Final = 2_000_003
"""Identity numbers that are drawn: a prime below what NAME has room for, so that all of a VIN counts."""


class Diagnostics(Protocol):
    """Control units as testers meet them: requests in, answers out, on the axis of the simulated time."""

    def hear(self, frame: Frame, now_ns: int) -> bool:
        """Take a frame from the bus; whether it was meant for a unit of this vehicle."""

    def due(self, until_ns: int) -> list[Frame]:
        """Frames whose time has come, below `until_ns`, in the order of their time."""

    def next_ns(self) -> int | None:
        """When the next frame is due, as far as is known."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a vehicle is made of besides its kind: all of it drawn from one seed."""

    rng: np.random.Generator
    faults: tuple[Ordered, ...]
    journey: Journey
    weather: Weather
    warm: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of vehicle."""

    summary: str
    profile: str
    """Its shipped profile, and the name of its database."""
    style: Style
    senders: Sequence[Sender]
    faults: Mapping[str, type[AnyFault]]
    build: Callable[[Parts], Vehicle]
    network: Callable[[Vehicle, str, str], Diagnostics]
    """Of a vehicle, its VIN, and the name of the bus."""

    @property
    def database(self) -> Path:
        """The shipped DBC file."""
        return profile_file(self.profile, Path()).with_name(f"{self.profile}.dbc")


def _by_name(faults: Sequence[type[AnyFault]]) -> Mapping[str, type[AnyFault]]:
    return MappingProxyType({fault.name: fault for fault in faults})


def _petrol(parts: Parts) -> Vehicle:
    seed = int(parts.rng.integers(2**31))
    return PetrolCar(CarTraits.draw(parts.rng), parts.faults, parts.journey, parts.weather, seed=seed, warm=parts.warm)


def _electric(parts: Parts) -> Vehicle:
    seed = int(parts.rng.integers(2**31))
    return ElectricCar(EvTraits.draw(parts.rng), parts.faults, parts.journey, parts.weather, seed=seed, warm=parts.warm)


def _truck(parts: Parts) -> Vehicle:
    return Truck(TruckTraits.draw(parts.rng), parts.faults, parts.journey, parts.weather, warm=parts.warm)


def _labels(units: Sequence[Unit], vin: str) -> Mapping[int, Component]:
    """Each unit's own, by address: units of another truck have other numbers."""
    number = int.from_bytes(vin.encode(), "big") % NUMBERS
    return {
        unit.address: Component(
            ecu=(unit.name, f"{vin[-6:]}{unit.address:02X}"), claim=claim(FUNCTIONS[unit.name], number + unit.address)
        )
        for unit in units
    }


def _j1939(vehicle: Vehicle, vin: str, bus: str) -> Diagnostics:
    return J1939Network(
        vehicle.units,
        vin=vin,
        readings=vehicle.readings,
        ignition_on=lambda: vehicle.readings()["key"] >= Key.ON,
        components=_labels(vehicle.units, vin),
        bus=bus,
    )


def _obd(
    *, extended: bool = False, obd_on_uds: bool = False, legacy_obd: bool = True
) -> Callable[[Vehicle, str, str], Diagnostics]:
    def connect(vehicle: Vehicle, vin: str, bus: str) -> Diagnostics:
        return ObdNetwork(
            vehicle.units,
            vin=vin,
            readings=vehicle.readings,
            extended=extended,
            obd_on_uds=obd_on_uds,
            legacy_obd=legacy_obd,
            bus=bus,
            moving=lambda: vehicle.readings()["speed_kmh"] > 0.5,
        )

    return connect


CAR: Final = Kind(
    summary="petrol car, OBD-II on 11-bit ids",
    profile="telltale-car",
    style=Style(max_mps=55.0, accel=1.0, crank_s=0.8, reverses=False),
    senders=CAR_SENDERS,
    faults=_by_name(CAR_FAULTS),
    build=_petrol,
    network=_obd(),
)

EV: Final = Kind(
    summary="battery-electric car, UDS alone: it answers no OBD",
    profile="telltale-ev",
    style=Style(max_mps=44.0, accel=1.1, crank_s=0.0, reverses=False),
    senders=EV_SENDERS,
    faults=_by_name(EV_FAULTS),
    build=_electric,
    network=_obd(legacy_obd=False),
)
TRUCK: Final = Kind(
    summary="40 t tractor-trailer, J1939",
    profile="telltale-truck",
    style=Style(max_mps=24.8, accel=0.45, crank_s=1.0, reverses=False),
    senders=TRUCK_SENDERS,
    faults=_by_name(TRUCK_FAULTS),
    build=_truck,
    network=_j1939,
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "car": CAR,
        "car-29bit": replace(CAR, summary="the same with OBD-II on 29-bit ids", network=_obd(extended=True)),
        "car-j1979-2": replace(
            CAR, summary="the same with OBD on UDS only", network=_obd(obd_on_uds=True, legacy_obd=False)
        ),
        "ev": EV,
        "truck": TRUCK,
    }
)
"""By the name that is typed."""


def kind_of(vehicle: str) -> Kind:
    """The kind with this name.

    Raises:
        ConfigError: there is none.
    """
    if vehicle not in KINDS:
        remedy = f"There is: {', '.join(KINDS)}"
        raise ConfigError(f"no vehicle is called {vehicle!r}", place="vehicle", remedy=remedy)
    return KINDS[vehicle]
