"""Campaigns of a fleet, how each stands on each vehicle, and what a vehicle's document says. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from edge.wire.campaigns import CAMPAIGNS_MAX, Campaigns
from edge.wire.campaigns import Campaign as Wish
from edge.wire.messages import CampaignReport, CampaignState
from edge.wire.signed import TEXT_BYTES_MAX
from edge.wire.topics import Address

FRAME_BYTES: Final = 500
"""Of a document around its campaigns: who it is for, its version."""


class Standing(StrEnum):
    """How a campaign stands on a vehicle: `asked` until it says; then what it says."""

    ASKED = "asked"
    WAITING = CampaignState.WAITING
    RUNNING = CampaignState.RUNNING
    SPENT = CampaignState.SPENT
    OVER = CampaignState.OVER
    REFUSED = CampaignState.REFUSED


@dataclass(frozen=True, slots=True)
class Campaign:
    """What somebody wants collected."""

    fleet: str
    wish: Wish
    """As it is said to vehicles; its id is the campaign's."""
    vehicles: tuple[str, ...] | None
    """By name; None: all of the fleet, those to come among them."""
    by: str
    created_at: datetime
    ended_at: datetime | None = None
    """When a person ended it; None: nobody did."""
    ended_by: str | None = None

    @property
    def id(self) -> str:
        """32 hex digits."""
        return self.wish.id

    def is_open(self, at: datetime) -> bool:
        """Whether vehicles are asked for it; before `starts_at` too, so that they know in time."""
        return self.ended_at is None and at < self.wish.expires_at

    def is_for(self, address: Address) -> bool:
        """Whether this vehicle is asked for it."""
        return self.fleet == address.fleet and (self.vehicles is None or address.vehicle in self.vehicles)

    def asks_as(self, other: "Campaign") -> bool:
        """Whether it asks the same of the same vehicles: a request that was sent twice."""
        return (self.fleet, self.wish, self.vehicles) == (other.fleet, other.wish, other.vehicles)


@dataclass(frozen=True, slots=True)
class Doing:
    """How a campaign is doing on one vehicle."""

    address: Address
    standing: Standing
    reason: str = ""
    windows: int | None = None
    """That began, as the vehicle counts; None, as of the two below: it has not said anything of it."""
    missed: int | None = None
    bytes: int | None = None
    told_at: datetime | None = None
    """When the vehicle said so, by its clock; None: it has not said anything of it."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign over all its vehicles."""

    vehicles: Mapping[Standing, int]
    """How many stand how."""
    windows: int = 0
    """That began, as the vehicles count."""
    missed: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class CampaignFilter:
    """Which campaigns of a fleet are wanted; None is all."""

    fleet: str
    is_open: bool | None = None


def doing_of(address: Address, report: CampaignReport, told_at: datetime) -> Doing:
    """What a vehicle says of one campaign."""
    return Doing(address, Standing(report.state), report.reason, report.windows, report.missed, report.bytes, told_at)


def document_of(address: Address, campaigns: Sequence[Campaign], version: int) -> Campaigns:
    """All that a vehicle is to collect; the more urgent come first, then the older."""
    ordered = sorted(campaigns, key=lambda one: (-one.wish.priority, one.created_at, one.id))
    wishes = [one.wish for one in ordered]
    return Campaigns(fleet=address.fleet, vehicle=address.vehicle, version=version, campaigns=wishes)


def next_change(campaigns: Iterable[Campaign]) -> datetime | None:
    """When the first of them leaves a document by itself; None: there is none."""
    return min((one.wish.expires_at for one in campaigns), default=None)


def no_room(campaign: Campaign, others: Collection[Campaign]) -> str:
    """Why a document has no room for one more campaign beside those that are open in its fleet; "": it has.

    A vehicle that is named by none has those of the whole fleet; no vehicle has more than these and what names it.
    """
    of_all = [one for one in others if one.vehicles is None]
    by_name: dict[str, list[Campaign]] = {}
    for one in others:
        for name in one.vehicles or ():
            by_name.setdefault(name, []).append(one)
    names = by_name.keys() if campaign.vehicles is None else campaign.vehicles
    loads = [(name, [*of_all, *by_name.get(name, ()), campaign]) for name in names] or [("", [*of_all, campaign])]
    for name, load in loads:
        whose = f"vehicle {name!r}" if name else "the fleet"
        if len(load) > CAMPAIGNS_MAX:
            return f"{whose} has {len(load) - 1} campaigns, and a vehicle takes {CAMPAIGNS_MAX} at a time"
        size = sum(len(one.wish.model_dump_json().encode()) + 1 for one in load)
        if size > TEXT_BYTES_MAX - FRAME_BYTES:
            return f"with it the campaigns of {whose} would take {size} bytes, and a document has {TEXT_BYTES_MAX}"
    return ""
