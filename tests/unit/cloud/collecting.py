"""What tests of campaigns share: wishes, vehicles that answer, and windows as they send them."""

from datetime import timedelta
from typing import Any, Final

from cloud.campaigns.model import Campaign
from cloud.campaigns.service import Wanted
from cloud.fleet.refused import AN_HOUR_MAX
from cloud.inbox.campaigns import AT_ONCE_MAX
from cloud.inbox.desired import DesiredStates
from cloud.inbox.model import Arrival
from edge.wire.blocks import digest
from edge.wire.campaigns import Campaigns, read_campaigns
from edge.wire.downlink import Desired, decode_down
from edge.wire.messages import CampaignReport, CampaignState, Refusal, Reported, Telemetry
from edge.wire.sample_block import FORMAT, Sampled, Samples, encode_samples
from edge.wire.signed import DocumentKind
from edge.wire.topics import Address
from tests.in_columns import sampled
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.vehicle import T0, Speaker, minute, summary

VAN: Final = Speaker()
OTHER: Final = Speaker("van-8")
SOUTH: Final = Speaker("van-7", "south")
ID: Final = "4c1d5e6f708192a3b4c5d6e7f8091a2b"
WINDOW: Final = f"{9:032x}"
SPEED: Final = "Vehicle.Speed"
FIELDS: Final[dict[str, Any]] = {
    "name": "Fast",
    "signals": [SPEED],
    "trigger": {"kind": "condition", "when": f"{SPEED} > 100 km/h"},
    "before_s": 10.0,
    "after_s": 20.0,
    "expires_at": T0 + timedelta(days=1),
}
"""Of a campaign that every vehicle can do."""


def met(cloud: Cloud) -> Cloud:
    """The vehicles were heard once."""
    cloud.take(*(one.say(summary(1), 1) for one in (VAN, OTHER, SOUTH)))
    return cloud


def create(cloud: Cloud, *vehicles: str, fleet: str = "north", known_as: str | None = None, **changes: Any) -> Campaign:
    """Ask these vehicles, or without any the whole fleet."""
    fields = {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}
    return cloud.campaigns.create(fleet, Wanted(fields, list(vehicles) or None, known_as), by="ada")


def look(cloud: Cloud, later: timedelta = timedelta()) -> None:
    """What the inbox does once a second."""
    cloud.now += later
    cloud.campaigns.renew(cloud.now, AT_ONCE_MAX)


def document(cloud: Cloud, address: Address = VAN.address) -> Campaigns | None:
    """What a vehicle's signed document says, as it is said to it; None: none was ever signed."""
    for reply in DesiredStates(cloud.desired).due(cloud.now):
        if reply.topic.startswith(f"telltale/v1/{address.fleet}/{address.vehicle}/"):
            for signed in decode_down(Desired, reply.payload).signed:
                if signed.kind is DocumentKind.CAMPAIGNS:
                    return read_campaigns(signed.text)
    return None


def asked_of(cloud: Cloud, address: Address = VAN.address) -> list[str]:
    """The ids in a vehicle's document."""
    told = document(cloud, address)
    return [] if told is None else [one.id for one in told.campaigns]


def reported(*reports: CampaignReport, refusals: tuple[Refusal, ...] = ()) -> Reported:
    """What a vehicle says of its campaigns."""
    return Reported(desired_version=1, state={}, refusals=list(refusals), campaigns=list(reports))


def report(
    campaign: str, state: CampaignState = CampaignState.RUNNING, reason: str = "", **counts: int
) -> CampaignReport:
    """How one of them is doing."""
    return CampaignReport(id=campaign, state=state, reason=reason, **counts)


def samples(part: int, count: int = 3) -> Samples:
    """A second of speeds for each part."""
    begin = (int(T0.timestamp()) + part) * 10**9
    rows = [(begin + row * 10**8, 0, 100.0 + part + row / 10) for row in range(count)]
    return sampled(rows, [Sampled(SPEED, "km/h")])


def telemetry(part: int, block: bytes, campaign: str | None = ID, **changes: object) -> Telemetry:
    """One part of a window of three, as a vehicle tells it."""
    told = {
        "format": FORMAT,
        "started_at": T0 + timedelta(seconds=part),
        "ended_at": T0 + timedelta(seconds=part + 1),
        "count": 3,
        "sha256": digest(block),
        "campaign": campaign,
        "window": WINDOW,
        "part": part,
        "is_last": part == 3,
        "wanted_from": minute(-0.5),
        "wanted_to": minute(1),
    }
    return Telemetry.model_validate({**told, **changes})


def window(
    part: int, seq: int | None = None, *, speaker: Speaker = VAN, block: bytes | None = None, **changes: Any
) -> Arrival:
    """The same as it arrives."""
    sent = encode_samples(samples(part)) if block is None else block
    said = {name: changes.pop(name) for name in ("clock", "received_at") if name in changes}
    return speaker.say(telemetry(part, sent, **changes), part if seq is None else seq, block=sent, **said)


def count_everything(cloud: Cloud) -> None:
    """Have everything happen that is counted of campaigns, where one window's part and one campaign are kept."""
    van = Speaker("van-20")
    cloud.take(van.say(summary(1), 1))
    first = create(cloud, "van-20").id
    look(cloud)
    cloud.take(van.say(reported(report(first, CampaignState.REFUSED, "no"), report(ID)), 2))
    for seq in range(3, 4 + AN_HOUR_MAX):
        refusal = Refusal(field="signed.campaigns", reason=f"forged {seq}")
        cloud.take(van.say(Reported(desired_version=1, state={}, refusals=[refusal]), seq))
    cloud.take(window(1, 1, speaker=van), *(window(part, 1 + part, speaker=van, campaign=first) for part in (1, 2)))
    cloud.take(window(1, 4, speaker=van, campaign=first, window="a" * 32))
    cloud.campaigns.end("north", first, by="test")
    cloud.now += timedelta(seconds=1)
    create(cloud, "van-20")
