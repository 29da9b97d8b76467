"""Who acts, and in which fleets they may what. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cloud.security.roles import MATRIX, Permission, Role


class PrincipalKind(StrEnum):
    """What acts."""

    PERSON = "person"
    KEY = "key"
    """A program with an API key."""
    BOOTSTRAP = "bootstrap"
    """Whoever has the token that the service was started with: the first admin, and the way back in."""
    AGENT = "agent"
    """A part of the workflow."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a fleet."""

    role: Role
    fleet: str | None
    """None: in every fleet, those to come among them; an admin's are always so."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody or something that acts."""

    name: str
    """As it stands in audit and timelines: a login, `key/NAME`, `bootstrap` or `agent/NAME`."""
    kind: PrincipalKind
    grants: tuple[Grant, ...]
    only: frozenset[Permission] | None = None
    """A key may be narrower than its role; None: it is not."""

    def may(self, permission: Permission, fleet: str | None = None) -> bool:
        """Whether it may this, in that fleet or (None) in any."""
        within = self.fleets(permission)
        return within is None or (bool(within) if fleet is None else fleet in within)

    def fleets(self, permission: Permission) -> frozenset[str] | None:
        """In which fleets it may this; None: in all of them."""
        if self.only is not None and permission not in self.only:
            return frozenset()
        fleets = [grant.fleet for grant in self.grants if permission in MATRIX[grant.role]]
        return None if None in fleets else frozenset(fleet for fleet in fleets if fleet is not None)


BOOTSTRAP: Final = Principal("bootstrap", PrincipalKind.BOOTSTRAP, (Grant(Role.ADMIN, None),))
