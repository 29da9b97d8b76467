"""Checks of the way to the cloud: certificate, broker, acknowledgements, what waits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from edge.doctor import remedies as do
from edge.doctor.check import Check, Seen, none, warning, well, wrong
from edge.doctor.greeting import Step
from edge.doctor.looks import Looks
from edge.status.told import LinkStatus, OutboxStatus
from edge.status.verdict import ANSWER_S, FULL_SHARE, HANGS_S, SETTLED_S
from edge.status.words import counted, size, span

SOON: Final = timedelta(days=14)
"""An enrolled box renews by itself long before."""
NO_BROKER: Final = "no broker is configured, so nothing leaves the vehicle"


def _certificate(looks: Looks) -> Iterator[Seen]:
    found, now = looks.certificate(), looks.time().utc
    if found is None:
        yield none("this box shows no certificate")
    elif now >= found.ends:
        yield wrong(f"it ended on {found.ends:%Y-%m-%d}", do.RENEW)
    elif now < found.begins:
        yield wrong(f"it is not valid before {found.begins:%Y-%m-%d}", do.RENEW)
    elif found.ends - now < SOON:
        yield warning(f"it ends in {counted((found.ends - now).days, 'day')}", do.SOON)
    else:
        yield well(f"valid for {counted((found.ends - now).days, 'day')} more")


_REMEDIES: Final = {Step.NAME: do.NAME, Step.CONNECTION: do.CONNECTION, Step.TLS: do.TLS, Step.MQTT: do.MQTT}


def _broker(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    link = None if status is None else status.link
    if link is not None and link.connected:
        yield well(f"the daemon is connected to {link.broker} for {span(link.up_s)}")
        return
    greeted = looks.greeted()
    if greeted is None:
        yield none(NO_BROKER)
    elif greeted.step is not Step.TAKEN:
        yield wrong(f"{greeted.broker}: {greeted.trouble}", _REMEDIES[greeted.step])
    elif link is not None:
        yield warning(f"{link.broker} takes us, and the daemon is not connected: {link.trouble}", do.MQTT)
    else:
        yield well(f"{greeted.broker} takes us")


def _cloud(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    link = None if status is None else status.link
    if status is None or link is None:
        yield none("no daemon tells" if status is None else NO_BROKER)
    elif _is_unanswered(link, status.outbox):
        yield wrong(f"{link.broker} takes messages, and no cloud has acknowledged any for long", do.CLOUD)
    elif link.acknowledged_ago_s is None:
        yield none("nothing was acknowledged since the daemon started, and nothing waits for long")
    else:
        yield well(f"acknowledged {span(link.acknowledged_ago_s)} ago")


def _is_unanswered(link: LinkStatus, outbox: OutboxStatus | None) -> bool:
    waits = outbox is not None and (outbox.messages or 0) > link.held
    ago_s = link.up_s if link.acknowledged_ago_s is None else link.acknowledged_ago_s
    return waits and link.connected and (link.up_s or 0.0) > SETTLED_S and (ago_s or 0.0) > ANSWER_S


def _outbox(looks: Looks) -> Iterator[Seen]:
    status = looks.daemon().status
    outbox = None if status is None else status.outbox
    if outbox is None:
        yield none("no daemon tells" if status is None else NO_BROKER)
    elif outbox.trouble:
        yield wrong(outbox.trouble, do.OUTBOX)
    elif outbox.as_of_s is not None and outbox.as_of_s > HANGS_S:
        yield wrong(f"it answers nobody for {span(outbox.as_of_s)}: its disk hangs", do.OUTBOX)
    elif outbox.bytes is not None and outbox.bytes > FULL_SHARE * outbox.bytes_max:
        yield wrong(f"nearly full: {size(outbox.bytes)} of {size(outbox.bytes_max)}", do.FULL)
    elif outbox.messages is None:
        yield none("nobody could ask it yet")
    else:
        told = f"{counted(outbox.messages, 'message')}, {size(outbox.bytes)} of {size(outbox.bytes_max)}"
        lost = sum(outbox.lost.values())
        yield well(f"{told}{f'; {lost:,} never reached the cloud' if lost else ''}")


CERTIFICATE: Final = Check("certificate", "certificate", _certificate, (do.RENEW, do.SOON), ("config", "clock"))
BROKER: Final = Check(
    "broker", "broker", _broker, (do.NAME, do.CONNECTION, do.TLS, do.MQTT), ("config", "clock", "certificate")
)
CLOUD: Final = Check("cloud", "answers of the cloud", _cloud, (do.CLOUD,), ("config", "clock", "certificate", "broker"))
OUTBOX: Final = Check(
    "outbox", "outbox", _outbox, (do.OUTBOX, do.FULL), ("config", "disk", "certificate", "broker", "cloud")
)
