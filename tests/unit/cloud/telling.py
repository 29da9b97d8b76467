"""People to tell, notices for them, and a desk that sends what is due, for tests."""

from dataclasses import replace
from datetime import time
from typing import Any, Final

from cloud.notify.channel import Letter
from cloud.notify.delivery import Delivery, DeliveryFilter, State
from cloud.notify.dispatch import Answer
from cloud.notify.model import Contact, Notice
from cloud.notify.quiet import QuietHours
from cloud.notify.sending import NotTaken
from cloud.pages import Window
from edge.wire.messages import Severity
from tests.unit.cloud.services import Cloud

BERLIN: Final = "Europe/Berlin"
NIGHT: Final = QuietHours(time(22), time(7), BERLIN)
ADA: Final = Contact(fleet="north", id="ada", person="Ada", channel="mailto:ada@example.org")
BOB: Final = Contact(fleet="north", id="bob", person="Bob", channel="mailto:bob@example.org", rank=1)
EVE: Final = Contact(fleet="north", id="eve", person="Eve", channel="mailto:eve@example.org", rank=2)


def notice(n: int = 1, **changes: Any) -> Notice:
    made = Notice(
        reason=f"alert/van-7/{n}",
        fleet="north",
        vehicle="van-7",
        severity=Severity.WARNING,
        title=f"van-7: too hot ({n})",
        text="Let it cool",
        escalates=True,
    )
    return replace(made, **changes)


def post(cloud: Cloud, *notices: Notice) -> list[bool]:
    with cloud.database.transaction() as connection:
        return [cloud.notify.post(connection, one) for one in notices]


def settle(cloud: Cloud, reason: str = "alert/van-7/1") -> None:
    with cloud.database.transaction() as connection:
        cloud.notify.settle(connection, "north", reason)


def take(cloud: Cloud, letters_max: int = 100) -> list[Letter]:
    """Whoever sends takes what is due now."""
    return cloud.dispatch.take(letters_max)[0]


def send(cloud: Cloud) -> list[str]:
    """Everything that is due is sent and arrives; to whom."""
    letters = take(cloud)
    for letter in letters:
        cloud.dispatch.answer(Answer(letter))
    return [letter.channel.removeprefix("mailto:").partition("@")[0] for letter in letters]


def fail(cloud: Cloud, why: str = "away", *, for_good: bool = False) -> int:
    """Everything that is due is not taken; how many letters."""
    letters = take(cloud)
    for letter in letters:
        cloud.dispatch.answer(Answer(letter, NotTaken(why, for_good=for_good)))
    return len(letters)


def deliveries(cloud: Cloud) -> dict[str, Delivery]:
    """By contact, of as many as there are of one notice; the newest."""
    page = cloud.notify.deliveries(DeliveryFilter(), Window())
    return {told.delivery.contact: told.delivery for told in reversed(page.items)}


def states(cloud: Cloud) -> dict[str, State]:
    return {contact: one.state for contact, one in deliveries(cloud).items()}
