"""Becoming a vehicle, and staying one: the two questions, and what is kept of their answers.

The key is on the disk before anything is asked. Whoever is interrupted asks again with the same key, and the cloud
gives the same answer.
"""

from base64 import b64encode
from pathlib import Path
from typing import Final

from edge.enrolment.identity import FILE, PENDING_FILE, Identity, read_private, utc_text, write_private
from edge.enrolment.keys import BoxKey, blocks_of, pin_of_authority
from edge.enrolment.post import ask, check_cloud
from edge.errors import ConfigError
from edge.wire.enrolment import PATH, Admission, ClaimCode

_RENEWAL: Final = f"{PATH}/renewal"


def enrol(state: Path, cloud: str, code: ClaimCode, *, ca: str = "") -> Identity:
    """Make a key, get it certified, and keep both in the state folder, which the caller holds.

    Raises:
        ConfigError: this box is a vehicle already.
        LinkDown: the cloud cannot be reached; the same command goes on from there.
        TurnedAway: the code opens nothing.
        NotBelieved: whoever answered is not the fleet that the code is of; nothing is kept of it.
        EdgeError: the disk fails.
    """
    known = Identity.read(state)
    if known is not None:
        remedy = "For another code stop the daemon and move that file away first"
        raise ConfigError(f"this box is {known.fleet}/{known.vehicle} already", file=state / FILE, remedy=remedy)
    cloud = check_cloud(cloud)
    key = _pending(state)
    answer = ask(cloud, PATH, key.enrolment(code), ca=ca)
    return _keep(state, key, answer, pin=code.pin, cloud=cloud, ca=ca)


def renew(state: Path) -> Identity:
    """Get the next certificate, for a new key, with the present one.

    Raises:
        ConfigError: this box is no vehicle, or its file is damaged.
        LinkDown: the cloud cannot be reached; try again.
        TurnedAway: the cloud has put this vehicle out, or the certificate ended too long ago.
        NotBelieved: whoever answered is not the fleet's authority.
        EdgeError: the disk fails; what was there stays.
    """
    identity, text = Identity.read(state), read_private(state / FILE)
    if identity is None or text is None:
        raise ConfigError("this box is no vehicle yet", file=state / FILE, remedy="Enrol it: telltale-edge enrol")
    try:
        present = BoxKey.read(text)
        certificate, authority = blocks_of(text)
    except ValueError as error:
        remedy = "Move it away, and enrol the box with a new code"
        raise ConfigError(f"is damaged ({error})", file=state / FILE, remedy=remedy) from error
    key = _pending(state)
    answer = ask(identity.cloud, _RENEWAL, key.renewal(present, certificate), ca=authority + identity.trusted)
    pin = pin_of_authority(authority)
    return _keep(state, key, answer, pin=pin, cloud=identity.cloud, ca=identity.trusted)


def _pending(state: Path) -> BoxKey:
    """The key that was made before an interruption, or a new one; on the disk in either case."""
    file = state / PENDING_FILE
    text = read_private(file)
    if text is not None:
        try:
            return BoxKey.read(text)
        except ValueError:
            pass  # it was never certified, so nothing is lost with it
    key = BoxKey.new()
    write_private(file, key.pem())
    return key


def _keep(state: Path, key: BoxKey, answer: Admission, *, pin: bytes, cloud: str, ca: str) -> Identity:
    believed = key.believe(answer, pin=pin)
    identity = Identity(
        fleet=believed.address.fleet,
        vehicle=believed.address.vehicle,
        broker=answer.broker,
        cloud=cloud,
        renew_at=utc_text(believed.renew_at),
        ends_at=utc_text(believed.ends_at),
        cloud_ca=b64encode(ca.encode("ascii", "replace")).decode(),
        document_key=believed.document_key,
    )
    identity.write(state, key.pem() + answer.certificate + answer.authority)
    (state / PENDING_FILE).unlink(missing_ok=True)
    return identity
