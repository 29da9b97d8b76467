"""Plan: which of the campaigns that were asked for this vehicle can do, and why not the others. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from edge.detect.rules.checking import Known, check_condition
from edge.detect.rules.nodes import Node, SignalNow, Stretch
from edge.detect.rules.syntax import Wrong, parse
from edge.wire.campaigns import Campaign, Campaigns, OnCondition
from edge.wire.messages import CampaignReport, CampaignState


@dataclass(frozen=True, slots=True)
class Offer:
    """What this vehicle has."""

    units: Mapping[str, str]
    """Of its signals, by path."""
    buses: Collection[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """A campaign that this vehicle can do."""

    campaign: Campaign
    condition: Node | None
    """That a window begins on; None: on time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one document asks for."""

    planned: Sequence[Planned] = ()
    refused: Sequence[CampaignReport] = ()


def plan_of(document: Campaigns, offer: Offer) -> Plan:
    """Hold each campaign against what the vehicle has; those that are refused take nothing with them."""
    planned: list[Planned] = []
    refused: list[CampaignReport] = []
    for campaign in document.campaigns:
        try:
            planned.append(Planned(campaign, _condition(campaign, offer)))
        except _Cannot as why:
            refused.append(CampaignReport(id=campaign.id, state=CampaignState.REFUSED, reason=str(why)[:2000]))
    return Plan(planned, refused)


class _Cannot(Exception):
    """Why a vehicle cannot do a campaign, with what would be right."""


def _condition(campaign: Campaign, offer: Offer) -> Node | None:
    known = Known(offer.units)
    for number, path in enumerate(campaign.signals):
        _must_send(f"signals.{number}", SignalNow(path), known, offer)
    for number, frame in enumerate(campaign.frames):
        if frame.bus is not None and frame.bus not in offer.buses:
            there = ", ".join(sorted(offer.buses)) or "none"
            raise _Cannot(f"frames.{number}.bus: this vehicle has no bus {frame.bus!r}. It has {there}")
    if not isinstance(campaign.trigger, OnCondition):
        return None
    try:
        condition = check_condition(parse(campaign.trigger.when), known)
    except Wrong as wrong:
        raise _Cannot(_said("trigger.when", wrong)) from None
    for part in condition.walk():
        if isinstance(part, SignalNow | Stretch):
            _must_send("trigger.when", part, known, offer)
    return condition


def _must_send(place: str, signal: SignalNow | Stretch, known: Known, offer: Offer) -> None:
    if signal.path in offer.units:
        return
    try:
        known.unit(signal)
    except Wrong as wrong:
        raise _Cannot(_said(place, wrong)) from None
    raise _Cannot(f"{place}: this vehicle does not send {signal.path}")


def _said(place: str, wrong: Wrong) -> str:
    where = f" (at character {wrong.at + 1})" if wrong.at else ""
    return f"{place}: {wrong.problem}{where}" + (f". {wrong.remedy}" if wrong.remedy else "")
