"""One question to the cloud over HTTPS, with the standard library: a box has no other HTTP client."""

import http.client
import ipaddress
import json
import ssl
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from edge.errors import ConfigError, EdgeError, LinkDown
from edge.wire.enrolment import Admission

ANSWER_S: Final = 30.0
ANSWER_BYTES_MAX: Final = 65_536
_FORM: Final = "Write --cloud https://cloud.example"


class TurnedAway(EdgeError):
    """The cloud is there and says no."""


def check_cloud(url: str) -> str:
    """The cloud's address without what does not belong to it.

    Raises:
        ConfigError: it is none, or in the clear to another machine.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(f"{url!r} is no address: {error}", place="--cloud", remedy=_FORM) from error
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
        raise ConfigError(f"{url!r} is no cloud's address", place="--cloud", remedy=_FORM)
    if parts.scheme == "http" and not _is_here(host):
        raise ConfigError("the cloud is spoken to over HTTPS alone, but on this machine", place="--cloud", remedy=_FORM)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"


def ask(cloud: str, path: str, said: BaseModel, *, ca: str = "") -> Admission:
    """Post a request and read the answer.

    Args:
        cloud: as `check_cloud` gives it.
        path: from there.
        said: the request.
        ca: PEM of who is trusted beside whom the system trusts.

    Raises:
        LinkDown: nobody answers, or not the one who should; try again.
        TurnedAway: the answer is no.
        ConfigError: `ca` is none.
    """
    parts = urlsplit(cloud)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, ca)
    try:
        connection.request("POST", f"{parts.path}{path}", said.model_dump_json(), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read(ANSWER_BYTES_MAX)
    except ssl.SSLCertVerificationError as error:
        raise LinkDown(
            f"{cloud} does not prove that it is {parts.hostname}: {error.verify_message}. Is this box's clock right? "
            "Whom else to trust says --ca FILE"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise LinkDown(f"{cloud} cannot be reached: {error}") from error
    finally:
        connection.close()
    if answer.status != http.client.CREATED:
        raise _no(cloud, answer.status, body)
    try:
        return Admission.model_validate_json(body)
    except ValidationError as error:
        raise TurnedAway(f"{cloud} answers something else than a Telltale cloud does") from error


def _connection(scheme: str, host: str, port: int | None, ca: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=ANSWER_S)
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(cadata=ca)
        except ssl.SSLError as error:
            raise ConfigError("holds no certificate", place="--ca", remedy="Name a PEM file") from error
    return http.client.HTTPSConnection(host, port, timeout=ANSWER_S, context=context)


def _no(cloud: str, status: int, body: bytes) -> EdgeError:
    try:
        said = json.loads(body)
        detail = str(said.get("detail") or said.get("title") or "") if isinstance(said, dict) else ""
    except ValueError:
        detail = ""
    text = f"{cloud} answers {status}{': ' if detail else ''}{detail[:500]}"
    later = status >= http.client.INTERNAL_SERVER_ERROR or status == http.client.TOO_MANY_REQUESTS
    return LinkDown(text) if later else TurnedAway(text)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
