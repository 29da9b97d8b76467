"""A vehicle with something wrong, and somebody who asks the chat about it."""

from dataclasses import dataclass, field
from typing import Final

from cloud.chat.model import Conversation, Turn
from cloud.chat.service import ChatService
from cloud.security.principal import Grant, Principal, PrincipalKind
from cloud.security.roles import Role
from edge.wire.topics import Address
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.vehicle import Speaker
from tests.unit.cloud.workshop import MONDAY, centre

VAN: Final = Address("north", "van-7")


def person(name: str, role: Role, fleet: str | None = "north") -> Principal:
    return Principal(name, PrincipalKind.PERSON, (Grant(role, fleet),))


ADA: Final = person("ada", Role.OWNER)
TOM: Final = person("tom", Role.TECHNICIAN)


@dataclass
class Talk:
    """One conversation, while the agents do what they can after each answer."""

    cloud: Cloud
    who: Principal = ADA
    chat: ChatService | None = None
    conversation: Conversation | None = None
    turns: list[Turn] = field(default_factory=list)

    def say(self, text: str) -> Turn:
        held = None if self.conversation is None else self.conversation.id
        self.conversation, turn = (self.chat or self.cloud.chat).ask(self.who, VAN, text, held)
        work(self.cloud)
        self.turns.append(turn)
        return turn

    def hear(self, text: str) -> str:
        return self.say(text).reply.text


def work(cloud: Cloud) -> None:
    while cloud.workflow.runner.round():
        pass


def break_down(cloud: Cloud, *, summary: str = "Too hot") -> None:
    """A van is too hot, has a code, and told its speed for half an hour; one workshop is there."""
    cloud.now = MONDAY
    cloud.scheduling.put_centre(centre(), by="ada")
    van = Speaker()
    cloud.take(van.say(says.alert(1, summary=summary), 1), *(van.say(says.summary(n), n) for n in range(1, 31)))
    cloud.take(van.say(says.trouble_code(), 100))
    work(cloud)
