"""Tokens: what is signed (PyJWT), what is only long and random, and the key that signs."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import jwt

from cloud.errors import ConfigError, NotAuthenticated

ACCESS_FOR: Final = timedelta(minutes=15)
"""How long an access token opens the API; then the refresh token gets a new pair."""
KEY_PREFIX: Final = "ttk"
"""API keys begin so: people and leak scanners know them by it."""
_ISSUER: Final = "telltale"
_ALGORITHM: Final = "HS256"
_KEY_BYTES: Final = 32
_TOKEN_BYTES: Final = 24


class Use(StrEnum):
    """What a signed token is for."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed token says."""

    session: str
    generation: int
    """How often the session was refreshed before: an older one was used already."""
    ends_at: datetime


class Signer:
    """Makes and reads signed tokens."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, use: Use, claims: Claims, *, at: datetime) -> str:
        """A token that says this."""
        told = {
            "iss": _ISSUER,
            "use": use.value,
            "sid": claims.session,
            "gen": claims.generation,
            "iat": int(at.timestamp()),
            "exp": int(claims.ends_at.timestamp()),
        }
        return jwt.encode(told, self._key, algorithm=_ALGORITHM)

    def read(self, use: Use, token: str, *, at: datetime) -> Claims:
        """What a token of ours says.

        Raises:
            NotAuthenticated: it is not signed by us, is for another use, or has run out.
        """
        try:
            told: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["iss", "use", "sid", "gen", "exp"], "verify_exp": False, "verify_iat": False},
            )
            claims = Claims(str(told["sid"]), int(told["gen"]), datetime.fromtimestamp(int(told["exp"]), UTC))
        except (jwt.InvalidTokenError, ValueError, OverflowError) as error:
            raise NotAuthenticated("this token is not known here") from error
        if told["use"] != use.value:
            raise NotAuthenticated(f"this is no {use} token")
        if claims.ends_at <= at:
            raise NotAuthenticated("this token has run out; get a new one")
        return claims


def new_token() -> str:
    """A secret that nobody guesses (192 bits)."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def new_name() -> str:
    """A name for a session or a key that nobody guesses (128 bits)."""
    return secrets.token_hex(16)


def digest_of(secret: str) -> str:
    """What is kept of a long random secret. It needs no slow hash: nobody guesses 192 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(shown: str, kept_digest: str) -> bool:
    """Whether a secret is the one, in constant time."""
    return hmac.compare_digest(digest_of(shown), kept_digest)


def signing_key(file: Path) -> bytes:
    """The key in a file, made at the first start, for its owner alone.

    It lies beside the database and not in it, so that a copy of the database opens nothing.

    Raises:
        ConfigError: it cannot be read or made, or others may read it.
    """
    if file.exists():
        return _read_key(file)
    key = secrets.token_bytes(_KEY_BYTES)
    try:
        _make_key(file, key)
    except FileExistsError:
        return _read_key(file)  # somebody was quicker
    except OSError as error:
        raise ConfigError(f"cannot be made ({error.strerror})", file=file, remedy="Make the folder first") from error
    return key


def _make_key(file: Path, key: bytes) -> None:
    """Whole or not at all: written under another name, then given this one unless somebody has it."""
    new = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(key)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(new, file)
    finally:
        new.unlink()


def _read_key(file: Path) -> bytes:
    try:
        key, mode = file.read_bytes(), file.stat().st_mode
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", file=file, remedy="Change its owner") from error
    if mode & 0o077:
        raise ConfigError("others may read this key", file=file, remedy=f"chmod 600 {file}")
    if len(key) != _KEY_BYTES:
        remedy = "Take it away: a new one is made, and people sign in again"
        raise ConfigError(f"a key has {_KEY_BYTES} bytes, this file {len(key)}", file=file, remedy=remedy)
    return key
