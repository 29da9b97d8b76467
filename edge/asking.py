"""Who is asked what, as it is configured: a service for each bus whose control units are asked."""

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from edge.bus.sink import BUSES
from edge.bus.source import Source
from edge.bus.spec import SourceSpec
from edge.config import Config
from edge.config_parts import Bus
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.diagnostics.findings import Survey
    from edge.diagnostics.opening import Asking
    from edge.diagnostics.service import Service, Vehicle

ADAPTER: Final = "elm327"


@dataclass(frozen=True, slots=True)
class Asked:
    """A bus whose control units are asked."""

    service: "Service"
    source: Source | None
    """Where their answers are heard, of an adapter; a bus has a source anyway."""
    clear: Callable[[], str]
    """Erases their codes, as the owner of the vehicle wants it, while the service pauses; says what was erased, and
    raises EdgeError where nothing was. Takes seconds."""


def asked_buses(
    config: Config, buses: Sequence[Bus], specs: Sequence[SourceSpec], stop: threading.Event, *, keeps: bool
) -> Mapping[int, Asked]:
    """Those of the buses that are asked, by their place; `keeps`: what is learned is kept in the state.

    Raises:
        ConfigError: a recording is to be asked, or an adapter is not to be.
    """
    return {
        place: _asked(config, bus, spec, stop, keeps=keeps)
        for place, (bus, spec) in enumerate(zip(buses, specs, strict=True))
        if bus.ask != "nothing" or spec.kind == ADAPTER
    }


@contextmanager
def running(asked: Iterable[Asked]) -> Iterator[None]:
    """Their services ask until it is left."""
    started = [one.service for one in asked]
    for service in started:
        service.start()
    try:
        yield
    finally:
        for service in started:
            service.stop()


def asking_of(config: Config, bus: Bus) -> "Asking":
    """How a bus is asked."""
    from edge.diagnostics.opening import BITRATE, Asking, manners  # noqa: PLC0415  # python-can, which not all need
    from edge.diagnostics.permission import Permission  # noqa: PLC0415  # as above
    from edge.diagnostics.uds.declared import units  # noqa: PLC0415  # as above

    settings = config.diagnostics
    rates = None if settings.pids is None else {int(pid, 16): every_s for pid, every_s in settings.pids.items()}
    return Asking(
        source=bus.source,
        manners=manners(volts_min=settings.volts_min, gateway=settings.silent_connector),
        bitrate=bus.bitrate or BITRATE,
        share=settings.load_percent / 100.0,
        assembling=settings.isotp,
        permission=Permission(units=units(config.did)),
        rates_s=rates,
        dids=config.did,
        identity=zlib.crc32(f"{config.vehicle.fleet}/{config.vehicle.id}".encode()),
        shares_reader=True,
    )


def _asked(config: Config, bus: Bus, spec: SourceSpec, stop: threading.Event, *, keeps: bool) -> Asked:
    from edge.diagnostics.opening import check_assembling  # noqa: PLC0415  # as above
    from edge.diagnostics.poller import Rates  # noqa: PLC0415  # as above
    from edge.diagnostics.service import Service  # noqa: PLC0415  # as above

    _check(bus, spec)
    settings = config.diagnostics
    name = bus.name or bus.source
    asking = asking_of(config, bus)
    check_assembling(asking)
    label = bus.name or spec.text_option("name", spec.rest)
    opened, source = _way(asking, spec, label, stop, is_heavy=bus.ask == "j1939")
    file = config.state.directory / f"vehicle-{bus.name or 'bus'}.json" if keeps else None
    rates = Rates(identity_s=settings.identity_s, codes_s=settings.codes_s)
    service = Service(name, opened, file=file, rates=rates)
    return Asked(service, source, partial(_clear, service, asking, is_heavy=bus.ask == "j1939"))


def _clear(service: "Service", asking: "Asking", *, is_heavy: bool) -> str:
    from edge.diagnostics.clearing import clear_codes  # noqa: PLC0415  # as above

    permission = replace(asking.permission, clears=True)
    with service.paused():
        told = clear_codes(replace(asking, permission=permission, shares_reader=False), "j1939" if is_heavy else "obd")
    service.hurry()
    return told


def _check(bus: Bus, spec: SourceSpec) -> None:
    if spec.kind == ADAPTER and bus.ask != "obd":
        remedy = 'Write ask = "obd": an adapter says only what it is asked, and speaks nothing else'
        raise ConfigError("nothing would ever be heard there", place=bus.source, remedy=remedy)
    if spec.kind not in (*BUSES, ADAPTER):
        remedy = 'Take ask = "obd" away, or name a bus, as can:can0'
        raise ConfigError("control units cannot be asked there", place=bus.source, remedy=remedy)


def _way(
    asking: "Asking", spec: SourceSpec, name: str, stop: threading.Event, *, is_heavy: bool
) -> "tuple[Callable[[Survey], Vehicle], Source | None]":
    """How it is opened, and where its answers are heard."""
    from edge.diagnostics.opening import adapter_vehicle, open_adapter, open_car, open_truck  # noqa: PLC0415  # as above

    if spec.kind != ADAPTER:
        return partial(open_truck if is_heavy else open_car, asking), None
    from edge.diagnostics.elm327.source import AdapterSource  # noqa: PLC0415  # as above

    asker = open_adapter(asking)
    return partial(adapter_vehicle, asker, asking), AdapterSource(asker, name, stop)
