"""Broker: where it is, who we are there, and what we trust."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from edge.errors import ConfigError

_FORM: Final = "Write mqtt://host:1883 or mqtts://host:8883"
_PEM: Final = "Name a PEM file that the daemon may read"


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker's address and credentials."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None

    @classmethod
    def of(
        cls,
        url: str,
        *,
        username: str = "",
        password_file: Path | None = None,
        ca: Path | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> Self:
        """Read `mqtt://[user:password@]host[:1883]`, or `mqtts://…[:8883]` for TLS.

        `ca` is trusted instead of the system's authorities; `certificate` and `key` say who we are. The username and
        the first line of `password_file` win over what is in the URL.

        Raises:
            ConfigError: no broker's URL, or a file that cannot be used.
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
            password=_first_line(password_file) if password_file else unquote(parts.password or "") or None,
            tls=_tls(ca, certificate, key) if secure else None,
            certificate=certificate,
            key=key,
        )

    def look_again(self) -> None:
        """The certificate's file has changed: show the new one from the next connection on.

        Raises:
            ConfigError: it cannot be used; the old one stays.
        """
        if self.tls is not None and self.certificate is not None:
            _show(self.tls, self.certificate, self.key)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _first_line(file: Path) -> str:
    try:
        return file.read_text("utf-8").partition("\n")[0]
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable("password_file", file, error, "Name a text file with the password in its first line") from error


def _tls(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise _unusable("ca", ca, error) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        _show(context, certificate, key)
    return context


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise _unusable("certificate", certificate, error) from error


def _unusable(place: str, file: Path | None, error: Exception, remedy: str = _PEM) -> ConfigError:
    problem = f"cannot be used: {getattr(error, 'strerror', None) or error}"
    return ConfigError(problem, file=file, place=f"link.{place}", remedy=remedy)


def _without_password(url: str) -> str:
    scheme, _, rest = url.rpartition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if scheme else rest.rpartition("@")[2]
