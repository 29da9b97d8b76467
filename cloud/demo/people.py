"""Who takes part: one person for each role, each with a sign-in that lasts as long as the demo."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cloud.demo.car import FLEET
from cloud.demo.client import Client
from cloud.security.roles import Role

_NAMES: Final = {
    Role.OWNER: ("owner", "Olga, whose car it is"),
    Role.FLEET_MANAGER: ("manager", "Max, who looks after the fleet"),
    Role.TECHNICIAN: ("technician", "Toni, in the workshop"),
    Role.EXECUTIVE: ("executive", "Eva, who wants figures"),
    Role.ADMIN: ("admin", "Ada, who runs the cloud"),
}
"""Role → login, and who that is."""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who acts, each with their own line to the API."""

    owner: Client
    manager: Client
    technician: Client
    admin: Client
    sign_ins: tuple[str, ...]
    """A line for each role: login, password, who it is."""


@contextmanager
def invite(root: Client) -> Iterator[People]:
    """Add a person for each role through the API, and sign in those who act."""
    password = secrets.token_urlsafe(12)
    for role, (login, name) in _NAMES.items():
        grant = {"role": role, "fleet": None if role is Role.ADMIN else FLEET}
        root.put(f"/people/{login}", {"name": name, "grants": [grant], "password": password})
    clients = {role: root.signed_in(login, password) for role, (login, _) in _NAMES.items()}
    try:
        yield People(
            owner=clients[Role.OWNER],
            manager=clients[Role.FLEET_MANAGER],
            technician=clients[Role.TECHNICIAN],
            admin=clients[Role.ADMIN],
            sign_ins=tuple(f"{login:<12}{password}   {name}" for login, name in _NAMES.values()),
        )
    finally:
        for client in clients.values():
            client.close()
