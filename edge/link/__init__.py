"""The MQTT session: empties the outbox whenever there is a network. The only room that knows aiomqtt."""

from edge.link.broker import Broker
from edge.link.budget import KEPT, Allowance, Budget
from edge.link.exchange import Pace
from edge.link.session import Link, LinkStanding

__all__ = ["KEPT", "Allowance", "Broker", "Budget", "Link", "LinkStanding", "Pace"]
