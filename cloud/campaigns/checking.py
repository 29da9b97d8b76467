"""Whether a campaign makes sense before any vehicle is asked: the wire's bounds, the language of rules, the catalogue.

What only a vehicle knows, such as its databases and buses, it judges itself, and says so.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from cloud.errors import Refused
from edge.detect.rules.checking import Known, check_condition
from edge.detect.rules.nodes import SignalNow
from edge.detect.rules.syntax import Wrong, parse
from edge.wire.campaigns import Campaign, OnCondition


def checked(wanted: Mapping[str, Any], now: datetime, units: Callable[[], Mapping[str, str]]) -> Campaign:
    """The campaign that somebody wants, as it is said to vehicles.

    Args:
        wanted: its fields.
        now: the time.
        units: gives units by path of what vehicles of the fleet have told: their own databases may name signals that
            the catalogue does not have.

    Raises:
        Refused: something in it is impossible, unknown, or over already; with place and remedy.
    """
    try:
        campaign = Campaign.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "campaign"
        raise Refused(f"{place}: {first['msg'].removeprefix('Value error, ')}") from error
    if campaign.expires_at <= now:
        raise Refused("expires_at: that is over already. Name a time to come")
    _must_be_known(campaign, units)
    return campaign


def _must_be_known(campaign: Campaign, units: Callable[[], Mapping[str, str]]) -> None:
    if not _problem(campaign, Known(any_dbc=True)):
        return
    if problem := _problem(campaign, Known(units(), any_dbc=True)):
        raise Refused(problem)


def _problem(campaign: Campaign, known: Known) -> str:
    """What is wrong in it, where, and what would be right; "" when nothing is."""
    for number, path in enumerate(campaign.signals):
        try:
            known.unit(SignalNow(path))
        except Wrong as wrong:
            return _said(f"signals.{number}", wrong)
    if isinstance(campaign.trigger, OnCondition):
        try:
            check_condition(parse(campaign.trigger.when), known)
        except Wrong as wrong:
            return _said("trigger.when", wrong)
    return ""


def _said(place: str, wrong: Wrong) -> str:
    where = f" (at character {wrong.at + 1})" if wrong.at else ""
    return f"{place}: {wrong.problem}{where}" + (f". {wrong.remedy}" if wrong.remedy else "")
