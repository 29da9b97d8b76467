"""Who is asked what, as it is configured: a service for each bus whose control units are asked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from edge.bus.sink import BUSES
from edge.bus.spec import SourceSpec
from edge.config import Bus, Config
from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.diagnostics.opening import Asking
    from edge.diagnostics.service import Service


def services_of(config: Config, specs: Sequence[SourceSpec], *, keeps: bool) -> "Mapping[int, Service]":
    """Services by the place of their bus; `keeps`: what they learn is kept in the state.

    Raises:
        ConfigError: a recording is to be asked.
    """
    return {
        place: _service(config, bus, spec, keeps=keeps)
        for place, (bus, spec) in enumerate(zip(config.bus, specs, strict=True))
        if bus.ask != "nothing"
    }


@contextmanager
def running(services: "Iterable[Service]") -> Iterator[None]:
    """Services that ask, until it is left."""
    started = list(services)
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

    settings = config.diagnostics
    rates = None if settings.pids is None else {int(pid, 16): every_s for pid, every_s in settings.pids.items()}
    return Asking(
        source=bus.source,
        manners=manners(volts_min=settings.volts_min, gateway=settings.silent_connector),
        bitrate=bus.bitrate or BITRATE,
        share=settings.load_percent / 100.0,
        assembling=settings.isotp,
        rates_s=rates,
        shares_reader=True,
    )


def _service(config: Config, bus: Bus, spec: SourceSpec, *, keeps: bool) -> "Service":
    if spec.kind not in BUSES:
        remedy = 'Take ask = "obd" away, or name a bus, as can:can0'
        raise ConfigError("control units cannot be asked there", place=bus.source, remedy=remedy)
    from edge.diagnostics.opening import open_car  # noqa: PLC0415  # as above
    from edge.diagnostics.poller import Rates  # noqa: PLC0415  # as above
    from edge.diagnostics.service import Service  # noqa: PLC0415  # as above

    settings = config.diagnostics
    name = bus.name or bus.source
    file = config.state.directory / f"vehicle-{bus.name or 'bus'}.json" if keeps else None
    rates = Rates(identity_s=settings.identity_s, codes_s=settings.codes_s)
    return Service(name, partial(open_car, asking_of(config, bus)), file=file, rates=rates)
