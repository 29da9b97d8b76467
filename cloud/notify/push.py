"""Services that apprise knows: messengers, pagers, text messages.

Apprise blocks, says True or False, and leaves the reason in its log: it is picked up from there, without secrets.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from cloud.notify.channel import FIXED_HOST, Channel, Letter
from cloud.notify.reach import reach
from cloud.notify.sending import NotTaken
from edge.wire.messages import Severity

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase

_KIND: Final = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}
_LOGGER: Final = "apprise"
_SECRET_LENGTH: Final = 6
"""What is shorter is no secret, but a word that may stand anywhere."""


@dataclass(frozen=True, slots=True)
class PushCarrier:
    """Takes letters to what apprise knows."""

    private: bool
    """Whether one's own network may be reached."""

    def carry(self, letter: Letter, channel: Channel) -> None:
        """Hand it to the service.

        Raises:
            NotTaken: the service is away or refuses it; apprise does not say whether for good.
        """
        with _overheard() as said:
            service = _service(channel.address)
            if service is None:
                raise NotTaken(_why(said, channel, "apprise cannot read this address"), for_good=True)
            if channel.address.split(":", maxsplit=1)[0].lower() not in FIXED_HOST:
                reach(str(service.host), int(service.port or 443), private=self.private)
            text = letter.text if letter.link is None else f"{letter.text}\n{letter.link}"
            try:
                taken = service.notify(body=text, title=letter.title, notify_type=_KIND[letter.severity])
            except Exception as error:  # each service is code of somebody else's; all its errors end here
                raise NotTaken(f"apprise failed: {type(error).__name__}") from error
        if not taken:
            raise NotTaken(_why(said, channel, "not taken, and apprise does not say why"))


def readable(address: str) -> bool:
    """Whether apprise can read an address."""
    with _overheard():
        return _service(address) is not None


def _service(address: str) -> "NotifyBase | None":
    import apprise  # noqa: PLC0415 - it loads 177 services, for seconds, and not everybody has a contact of this kind

    asset = apprise.AppriseAsset(app_id="Telltale", app_desc="Telltale", app_url="", http_redirects=False)
    service: NotifyBase | None = apprise.Apprise.instantiate(address, asset=asset)
    return service


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """What apprise warns of in this thread; none of it goes to our own log."""
    said: list[str] = []
    thread = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == thread:
                said.append(record.getMessage())

    listener = Listener(logging.WARNING)
    logger = logging.getLogger(_LOGGER)
    logger.propagate = False
    logger.addHandler(listener)
    try:
        yield said
    finally:
        logger.removeHandler(listener)


def _why(said: list[str], channel: Channel, otherwise: str) -> str:
    """The last that apprise said, without any part of the address that may be secret."""
    why = said[-1] if said else otherwise
    for part in re.split(r"[/:@]+", unquote(channel.address)):
        if len(part) >= _SECRET_LENGTH:
            why = why.replace(part, "…")
    return why
