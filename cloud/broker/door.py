"""The configuration for a mosquitto that knows each vehicle by its certificate, and lets it speak for itself alone.

A certificate's common name is `<fleet>/<vehicle>`. It is the user name, so one pattern confines every vehicle of every
fleet to its own topics, and the client id as well, so nobody can throw off another by taking theirs. A second listener,
on loopback, is for the helper that ends the connections of who was put out: there a client id may be chosen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud.broker.mosquitto import lasting_and_bounded
from edge.wire.topics import ALL_STATUS, ALL_UP, ROOT

CLOUD: Final = "telltale-cloud"
"""The cloud's name at the broker; a vehicle's has a slash in it."""
HELPER: Final = "telltale-helper"
CONF_FILE: Final = "mosquitto.conf"
ACL_FILE: Final = "acl"
AUTHORITY_FILE: Final = "authority.pem"
SERVER_FILE: Final = "server.pem"
REVOKED_FILE: Final = "revoked.pem"
CLOUD_FILE: Final = "cloud.pem"
HELPER_FILE: Final = "helper.pem"
LOG_FILE: Final = "broker.log"
PID_FILE: Final = "broker.pid"
CONNECTIONS_MAX: Final = 20_000
_DENIED_HEAD: Final = "# Who was put out and not let in again."


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What differs between one installation and the next."""

    folder: Path
    """Where everything lies; mosquitto's user reads it, and the helper writes there."""
    host: str = "0.0.0.0"  # nosec B104
    port: int = 8883
    helper_port: int = 8884
    user: str | None = None
    """Who it runs as when started by root; by default the packager's `mosquitto`."""


def door_conf(settings: DoorSettings) -> str:
    """The text of mosquitto.conf."""
    folder = settings.folder
    lines = [
        "# Written by `telltale-cloud broker-config mosquitto`.",
        "per_listener_settings false",
        "allow_anonymous false",
        f"acl_file {folder / ACL_FILE}",
        f"pid_file {folder / PID_FILE}",
        *lasting_and_bounded(folder),
        "# What it refuses stands in `debug` only. The helper reads this file, tells the cloud, and keeps it small.",
        f"log_dest file {folder / LOG_FILE}",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "log_type information",
        "log_type debug",
        "",
        f"listener {settings.port} {settings.host}",
        f"max_connections {CONNECTIONS_MAX}",
        *_tls(folder),
        "use_username_as_clientid true",
        "",
        "# For the helper alone: it takes the client id of who was put out, which ends their connection.",
        f"listener {settings.helper_port} 127.0.0.1",
        "max_connections 10",
        *_tls(folder),
    ]
    if settings.user is not None:
        lines.append(f"user {settings.user}")
    return "\n".join(lines) + "\n"


def door_acl(denied: Iterable[str]) -> str:
    """The text of the ACL: each vehicle its own topics, the cloud what is the cloud's, and these identities nothing."""
    lines = [
        f"pattern write {ROOT}/%u/up/+",
        f"pattern write {ROOT}/%u/status",
        f"pattern read {ROOT}/%u/down/+",
        "",
        f"user {CLOUD}",
        f"topic read {ALL_UP}",
        f"topic read {ALL_STATUS}",
        f"topic write {ROOT}/+/+/down/+",
        "",
        _DENIED_HEAD,
    ]
    for identity in sorted(denied):
        lines += [f"user {identity}", "topic deny #"]
    return "\n".join(lines) + "\n"


def _tls(folder: Path) -> list[str]:
    return [
        f"cafile {folder / AUTHORITY_FILE}",
        f"certfile {folder / SERVER_FILE}",
        f"keyfile {folder / SERVER_FILE}",
        f"crlfile {folder / REVOKED_FILE}",
        "tls_version tlsv1.2",
        "require_certificate true",
        "use_identity_as_username true",
    ]
