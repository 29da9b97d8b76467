"""Topic names: who speaks where. `telltale/v1/<fleet>/<vehicle>/…`, equal on MQTT 3.1.1 and 5."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge.wire.errors import Reason, WireError

ROOT: Final = "telltale/v1"
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A fleet or a vehicle: what is safe as a topic level, a file name and a certificate's common name."""


class Kind(StrEnum):
    """What a vehicle sends: the last level of `…/up/<kind>`."""

    ALERT = "alert"
    DTC = "dtc"
    TRIP = "trip"
    SUMMARY = "summary"
    CAPTURE = "capture"
    TELEMETRY = "telemetry"
    POSITION = "position"
    HEALTH = "health"
    RESULT = "result"
    REPORTED = "reported"
    FETCH = "fetch"
    GAP = "gap"


class Down(StrEnum):
    """What the cloud sends: the last level of `…/down/<kind>`."""

    ACK = "ack"
    COMMAND = "command"
    DESIRED = "desired"
    PIECE = "piece"


@dataclass(frozen=True, slots=True)
class Address:
    """One vehicle in one fleet, and the topics that are its own."""

    fleet: str
    vehicle: str

    def __post_init__(self) -> None:
        for name in (self.fleet, self.vehicle):
            if not NAME.fullmatch(name):
                raise WireError(
                    Reason.BAD_TOPIC,
                    f"{name!r} is no name: up to 64 letters, digits, dots, dashes and underscores, first no mark",
                )

    @property
    def base(self) -> str:
        """What every topic of this vehicle begins with."""
        return f"{ROOT}/{self.fleet}/{self.vehicle}"

    @property
    def status(self) -> str:
        """Retained: online or offline (the broker's last will)."""
        return f"{self.base}/status"

    def up(self, kind: Kind) -> str:
        """Where this vehicle sends messages of a kind."""
        return f"{self.base}/up/{kind}"

    def down(self, kind: Down) -> str:
        """Where this vehicle listens."""
        return f"{self.base}/down/{kind}"


ALL_UP: Final = f"{ROOT}/+/+/up/+"
"""What the cloud subscribes to for messages."""
ALL_STATUS: Final = f"{ROOT}/+/+/status"
"""What the cloud subscribes to for presence."""


def parse_up(topic: str) -> tuple[Address, str]:
    """The sender and the kind (not yet known to be one of ours) of an uplink topic.

    Raises:
        WireError: `bad_topic`.
    """
    return _parse(topic, "up")


def parse_down(topic: str) -> tuple[Address, str]:
    """The vehicle and the kind of a downlink topic.

    Raises:
        WireError: `bad_topic`.
    """
    return _parse(topic, "down")


def parse_status(topic: str) -> Address:
    """The vehicle of a status topic.

    Raises:
        WireError: `bad_topic`.
    """
    levels = topic.split("/")
    if len(levels) != 5 or "/".join(levels[:2]) != ROOT or levels[4] != "status":
        raise WireError(Reason.BAD_TOPIC, f"{topic!r} is not {ROOT}/<fleet>/<vehicle>/status")
    return Address(levels[2], levels[3])


def _parse(topic: str, direction: str) -> tuple[Address, str]:
    levels = topic.split("/")
    if len(levels) != 6 or "/".join(levels[:2]) != ROOT or levels[4] != direction:
        raise WireError(Reason.BAD_TOPIC, f"{topic!r} is not {ROOT}/<fleet>/<vehicle>/{direction}/<kind>")
    return Address(levels[2], levels[3]), levels[5]
