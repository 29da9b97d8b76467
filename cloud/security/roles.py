"""Roles and what each may: the one table of the house. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """One thing that somebody may or may not."""

    SEE_VEHICLES = "see_vehicles"
    PUT_VEHICLES = "put_vehicles"
    """Say what a vehicle is: its profile."""
    LET_IN = "let_in"
    """Make codes with which boxes become vehicles, replace boxes, revoke."""
    SEE_DRIVES = "see_drives"
    """Trips, summaries, captures and campaigns: where and how somebody drove."""
    COMMAND = "command"
    """Ask a vehicle for a capture, its codes, a self-test, another log level, or to say something to the driver; and
    see what was asked."""
    COMMAND_ALL = "command_all"
    """Beyond that, have it erase trouble codes or begin anew."""
    COLLECT = "collect"
    """Ask vehicles to collect signals or raw frames, and end that. What they have collected is seen like drives."""
    UPDATE = "update"
    """Say which bundle of configuration, rules, profiles and models vehicles are to run; keep and see bundles."""
    SEE_ALERTS = "see_alerts"
    HANDLE_ALERTS = "handle_alerts"
    SEE_HEALTH = "see_health"
    """Diagnoses, scores, trouble codes, remaining life; causes over the fleet, and what is done about them."""
    SEEK_CAUSES = "seek_causes"
    """Look for causes over a fleet, and say what is done about them."""
    SEE_CASES = "see_cases"
    ANSWER_CASES = "answer_cases"
    """Say yes or no for the owner."""
    SEE_BOOKINGS = "see_bookings"
    BOOK = "book"
    """Ask for offers, hold, confirm, move, cancel."""
    PLAN = "plan"
    """Several jobs at once."""
    SEE_CENTRES = "see_centres"
    PUT_CENTRES = "put_centres"
    SEE_WORK = "see_work"
    """Work orders."""
    WORK = "work"
    """Begin and finish work orders."""
    SEE_CLAIMS = "see_claims"
    """Warranty claims and plans."""
    CLAIM = "claim"
    """Make and submit warranty claims, and take their evidence along."""
    DECIDE_CLAIMS = "decide_claims"
    """Write down what was decided of a claim, and say which plan a vehicle has."""
    SEE_ANALYTICS = "see_analytics"
    """How well the service does; time to repair is for everybody who sees work orders."""
    SEE_CONTACTS = "see_contacts"
    """Who is told, and what was told to whom."""
    PUT_CONTACTS = "put_contacts"
    SEE_OPERATIONS = "see_operations"
    """Gaps, quarantine, counters, metrics."""
    KEEP_BROKER = "keep_broker"
    """Be the helper beside a broker: hear whom to keep out, say what was refused."""
    SEE_PEOPLE = "see_people"
    PUT_PEOPLE = "put_people"
    """People, their roles, API keys."""
    CHAT = "chat"
    """Ask about vehicles in a chat; what it may look at and do is what the asker may."""
    SEE_AUDIT = "see_audit"
    SEE_FINDINGS = "see_findings"
    HANDLE_FINDINGS = "handle_findings"
    """Close what behaviour monitoring found, and unlock."""


class Role(StrEnum):
    """What somebody is in a fleet."""

    OWNER = "owner"
    FLEET_MANAGER = "fleet_manager"
    TECHNICIAN = "technician"
    EXECUTIVE = "executive"
    ADMIN = "admin"
    """Of the whole installation, never of one fleet."""


_P = Permission
_LOOK: Final = frozenset(
    {
        _P.SEE_VEHICLES, _P.SEE_ALERTS, _P.SEE_HEALTH, _P.SEE_CASES, _P.SEE_BOOKINGS, _P.SEE_CENTRES, _P.SEE_WORK,
        _P.SEE_CLAIMS, _P.CHAT,
    }
)  # fmt: skip
"""What everybody sees of a fleet of theirs."""
_OWN: Final = _LOOK | {
    _P.PUT_VEHICLES, _P.SEE_DRIVES, _P.HANDLE_ALERTS, _P.ANSWER_CASES, _P.BOOK, _P.SEE_ANALYTICS, _P.SEE_CONTACTS,
    _P.PUT_CONTACTS, _P.CLAIM, _P.COMMAND,
}  # fmt: skip
_MANAGE: Final = _OWN | {
    _P.LET_IN, _P.SEEK_CAUSES, _P.PLAN, _P.WORK, _P.DECIDE_CLAIMS, _P.COMMAND_ALL, _P.COLLECT, _P.UPDATE,
}  # fmt: skip

MATRIX: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.OWNER: _OWN,
    Role.FLEET_MANAGER: _MANAGE,
    Role.TECHNICIAN: _LOOK | {_P.HANDLE_ALERTS, _P.WORK, _P.CLAIM, _P.COMMAND},
    Role.EXECUTIVE: _LOOK | {_P.SEE_ANALYTICS},
    Role.ADMIN: frozenset(_P),
}
"""Who may what. Where somebody drove is the business of neither workshop nor board."""


def matrix_table() -> str:
    """The table in Markdown, a line for each permission."""
    head = ["permission", *Role]
    lines = [[f"`{one}`", *("yes" if one in MATRIX[role] else "" for role in Role)] for one in Permission]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *lines])
