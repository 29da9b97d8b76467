"""From what the installer wrote to an adapter that is asked."""

from collections.abc import Sequence
from importlib.util import find_spec

from edge.diagnostics.ecu import Ecu
from edge.diagnostics.elm327.asker import ElmAsker
from edge.diagnostics.elm327.commands import kind_of
from edge.diagnostics.elm327.conversation import Conversation
from edge.diagnostics.permission import Permission
from edge.diagnostics.poller import Surveyor
from edge.diagnostics.service import Vehicle
from edge.diagnostics.watch import Manners
from edge.errors import ConfigError


def open_elm327(
    port: str,
    manners: Manners,
    *,
    baud: int | None = None,
    protocol: str | None = None,
    permission: Permission | None = None,
    units: Sequence[Ecu] = (),
) -> ElmAsker:
    """An adapter; it need not be there yet, and is waited for with the first question.

    Args:
        port: a serial port: `/dev/ttyUSB0`, `/dev/rfcomm0`.
        manners: what may be asked, and when.
        baud: bit/s of the port; None: found by trying, which takes two seconds more.
        protocol: the bus as an ELM327 numbers it, 6 to 9; None: searched for, with one question on each.
        permission: what may be sent; reads by default.
        units: of the profile, beyond those of ISO 15765-4.

    Raises:
        ConfigError: python-OBD is not installed, or the protocol is not one of these.
    """
    if find_spec("obd") is None:
        raise ConfigError(
            "python-OBD is not installed, so ELM327 adapters cannot be used",
            place=f"elm327:{port}",
            remedy="pip install 'telltale[edge,elm327]'",
        )
    try:
        kind = None if protocol is None else kind_of(protocol)
    except ValueError as error:
        raise ConfigError(str(error), place=f"elm327:{port}") from error
    return ElmAsker(
        Conversation(port, baud=baud), permission or Permission(units=units), manners, kind=kind, units=units
    )


def as_vehicle(asker: ElmAsker, surveyor: Surveyor) -> Vehicle:
    """An adapter as a way to a vehicle."""
    return Vehicle(
        surveyor=surveyor,
        standing=asker,
        listen_to=asker.listen_to,
        bad_install=lambda: asker.watch.bad_install,
        close=asker.close,
    )
