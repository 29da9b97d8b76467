"""Broker: where it is, who we are there, and what we trust."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from edge.errors import ConfigError

_FORM = "Write mqtt://host:1883 or mqtts://host:8883"


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker's address and credentials."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        url: str,
        *,
        username: str = "",
        password: str = "",
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> Self:
        """Read `mqtt://[user:password@]host[:1883]`, or `mqtts://…[:8883]` for TLS.

        `ca` is trusted instead of the system's authorities; `certificate` and `key` say who we are. What is given
        beside the URL wins over what is in it.

        Raises:
            ConfigError: no such scheme, or a file that cannot be used.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
            host = (parts.hostname or "").encode("idna").decode()
        except ValueError as error:
            raise ConfigError(f"the broker's URL cannot be read: {error}", place="link.broker", remedy=_FORM) from error
        if parts.scheme not in {"mqtt", "mqtts"} or not host:
            raise ConfigError(f"{_without_password(url)!r} is no broker", place="link.broker", remedy=_FORM)
        secure = parts.scheme == "mqtts"
        return cls(
            host=host,
            port=port or (8883 if secure else 1883),
            username=username or unquote(parts.username or "") or None,
            password=password or unquote(parts.password or "") or None,
            tls=_tls(ca, certificate, key) if secure else None,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise _unusable("ca", ca, error) from error
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key)
        except OSError as error:
            raise _unusable("certificate", certificate, error) from error
    return context


def _unusable(place: str, file: Path | None, error: OSError) -> ConfigError:
    # An SSLError has no strerror; what it says is in its text.
    problem = f"cannot be used: {error.strerror or error}"
    return ConfigError(problem, file=file, place=f"link.{place}", remedy="Name a PEM file that the daemon may read")


def _without_password(url: str) -> str:
    scheme, _, rest = url.rpartition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if scheme else rest.rpartition("@")[2]
