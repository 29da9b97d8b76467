"""The fleets' own certificate authority: its key, what it signs, and what it reads of others. Knows cryptography.

Certificates are of EC P-256 with SHA-256: what OpenSSL, mosquitto, paho, rustls and secure elements all have. The
authority's and the brokers' certificates begin in 1970: a box whose clock does not keep time begins there too, and must
be able to reach the broker all the same. A vehicle's own is looked at by a broker, whose clock may be a little behind:
it begins a day ago.
"""

import hashlib
import ipaddress
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloud.errors import ConfigError, Refused
from edge.wire.enrolment import DOCUMENTS, ClaimCode, enrolment_text, identity_of, pin_of, renewal_text
from edge.wire.topics import Address

CERTIFICATE_FILE: Final = "authority.pem"
KEY_FILE: Final = "authority.key"
PASSPHRASE_LENGTH_MIN: Final = 20
"""The key's file is stretched little (PBKDF2 of OpenSSL's default): the passphrase itself must be hard to guess."""
LIST_FOR: Final = timedelta(days=30)
"""An expired revocation list locks everybody out, so it is written anew each day and ends long after."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AUTHORITY_FOR: Final = timedelta(days=30 * 365)
_PROGRAM_FOR: Final = timedelta(days=5 * 365)
_BEHIND: Final = timedelta(days=1)
"""How far a broker's clock may be behind ours."""
_LeafKey = ec.EllipticCurvePublicKey | Ed25519PublicKey
_USAGES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that was just signed."""

    serial: str
    begins_at: datetime
    ends_at: datetime
    pem: str


@dataclass(frozen=True, slots=True)
class Requested:
    """A certificate request whose sender has the key."""

    key: ec.EllipticCurvePublicKey
    der: bytes

    @property
    def public_key(self) -> str:
        """SHA-256 of the key, in hex."""
        return _digest(self.key)


class Authority:
    """Signs what lets vehicles, brokers and the cloud know each other."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def new(cls, name: str, at: datetime) -> Self:
        """Another one, with a key from the operating system's randomness."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, subject, key.public_key(), key.public_key(), (_EPOCH, at + _AUTHORITY_FOR))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, folder: Path, passphrase: str) -> Self:
        """The one that `save` wrote.

        Raises:
            ConfigError: it is not there, or the passphrase is another's.
        """
        certificate = read_authority(folder)
        file = folder / KEY_FILE
        try:
            key = load_pem_private_key(file.read_bytes(), passphrase.encode())
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", file=file, remedy=_MAKE_ONE) from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ConfigError(
                "does not open with this passphrase",
                file=file,
                place="provisioning.passphrase_file",
                remedy="Give the one that telltale-cloud authority made it with",
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or _digest(key.public_key()) != _digest(
            _key_of(certificate)
        ):
            raise ConfigError(f"is not the key of {CERTIFICATE_FILE}", file=file, remedy="Restore the two together")
        return cls(certificate, key)

    def save(self, folder: Path, passphrase: str) -> None:
        """Write certificate and encrypted key into a folder that has none yet.

        Raises:
            ConfigError: there is one, the folder cannot be written, or the passphrase can be guessed.
        """
        check_passphrase(passphrase)
        locked = BestAvailableEncryption(passphrase.encode())
        write_new(folder / KEY_FILE, self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        write_new(folder / CERTIFICATE_FILE, self.pem.encode(), mode=0o644)

    @property
    def pem(self) -> str:
        """Its certificate, for everybody."""
        return _pem(self._certificate)

    @property
    def pin(self) -> bytes:
        """What a claim code knows it by."""
        return pin_of(_spki(self._key.public_key()))

    def admit(self, address: Address, key: ec.EllipticCurvePublicKey, at: datetime, days: int) -> Issued:
        """A vehicle's certificate: its names are ours to give, whatever it asked for."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, address.fleet),
                x509.NameAttribute(NameOID.COMMON_NAME, identity_of(address)),
            ]
        )
        life = (at - _BEHIND, at + timedelta(days=days))
        return self._leaf(subject, key, life, ExtendedKeyUsageOID.CLIENT_AUTH)

    def program(self, name: str, at: datetime) -> str:
        """Key and certificate, as one PEM, of a program that is a client of the broker."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        key = ec.generate_private_key(ec.SECP256R1())
        life = (at - _BEHIND, at + _PROGRAM_FOR)
        issued = self._leaf(subject, key.public_key(), life, ExtendedKeyUsageOID.CLIENT_AUTH)
        return _open_pem(key) + issued.pem

    def server(self, names: Sequence[str], at: datetime) -> str:
        """Key and certificate, as one PEM, of a server that answers to these host names and addresses."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
        key = ec.generate_private_key(ec.SECP256R1())
        hosts = x509.SubjectAlternativeName([_host(name) for name in names])
        life = (_EPOCH, at + _PROGRAM_FOR)
        issued = self._leaf(subject, key.public_key(), life, ExtendedKeyUsageOID.SERVER_AUTH, hosts)
        return _open_pem(key) + issued.pem

    def certify_documents(self, key: Ed25519PublicKey) -> str:
        """The certificate (PEM) of a key that signs documents and nothing else: good for as long as the authority is.

        It begins in 1970, as the authority does: a box that enrols may not know the time.
        """
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOCUMENTS)])
        life = (_EPOCH, self._certificate.not_valid_after_utc)
        return self._leaf(subject, key, life, ExtendedKeyUsageOID.CODE_SIGNING).pem

    def revocation_list(self, number: int, revoked: Iterable[tuple[str, datetime]], at: datetime) -> str:
        """The list of revoked serials (hex), each with when; as PEM."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(at - _BEHIND)
            .next_update(at + LIST_FOR)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for serial, since in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(since)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def holder_of(self, pem: str, request: Requested, signature: bytes) -> str:
        """The serial (hex) of a certificate of ours whose holder signed a request for the next one.

        Raises:
            Refused: it is none of ours, or not its key signed.
        """
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
            certificate.verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            raise Refused("this certificate is not of this authority") from None
        try:
            _key_of(certificate).verify(signature, renewal_text(request.der), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            raise Refused("the request is not signed by the key of this certificate") from None
        return f"{certificate.serial_number:x}"

    def _leaf(
        self,
        subject: x509.Name,
        key: _LeafKey,
        life: tuple[datetime, datetime],
        use: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None = None,
    ) -> Issued:
        builder = _builder(subject, self._certificate.subject, key, self._key.public_key(), life)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage("digital_signature"), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        made = builder.sign(self._key, hashes.SHA256())
        return Issued(f"{made.serial_number:x}", made.not_valid_before_utc, made.not_valid_after_utc, _pem(made))


_MAKE_ONE: Final = "Make one with: telltale-cloud authority --out DIR"


def read_authority(folder: Path) -> x509.Certificate:
    """The certificate alone, for whoever need not sign.

    Raises:
        ConfigError: it is not there, or none.
    """
    file = folder / CERTIFICATE_FILE
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        _key_of(certificate)
    except OSError as error:
        raise ConfigError(
            f"cannot be read ({error.strerror})", file=file, place="provisioning.authority", remedy=_MAKE_ONE
        ) from error
    except (ValueError, UnsupportedAlgorithm, Refused) as error:
        raise ConfigError("is no authority's certificate", file=file, remedy=_MAKE_ONE) from error
    return certificate


def pin_in(folder: Path) -> bytes:
    """The pin of the authority in a folder; its key stays locked.

    Raises:
        ConfigError: there is none.
    """
    return pin_of(_spki(_key_of(read_authority(folder))))


def end_of_list(pem: str) -> datetime:
    """When a revocation list ends.

    Raises:
        ValueError: it is none.
    """
    ends_at = x509.load_pem_x509_crl(pem.encode()).next_update_utc
    if ends_at is None:
        raise ValueError("a revocation list without an end")
    return ends_at


def new_code(pin: bytes) -> ClaimCode:
    """A code that nobody knows yet."""
    return ClaimCode(secrets.token_bytes(10), pin)


def claim_key(code: ClaimCode) -> bytes:
    """The public half of a code's key: 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(code.seed).public_key().public_bytes_raw()


def read_request(pem: str) -> Requested:
    """A certificate request; whoever sends it has the key.

    Raises:
        Refused: it is none, of another kind of key, or not signed by its own.
    """
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        key = request.public_key()
        is_held = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Refused("this is no certificate request (PKCS #10, PEM)") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused("the key of a vehicle is of EC P-256")
    if not is_held:
        raise Refused("the request is not signed by its own key")
    return Requested(key, request.public_bytes(Encoding.DER))


def is_claimed(claim: bytes, request: Requested, signature: bytes) -> bool:
    """Whether who sends the request has the code of this claim."""
    try:
        Ed25519PublicKey.from_public_bytes(claim).verify(signature, enrolment_text(request.der))
    except InvalidSignature:
        return False
    return True


def check_passphrase(passphrase: str) -> None:
    """Look whether a passphrase is one that a key may be locked with.

    Raises:
        ConfigError: it can be guessed.
    """
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise ConfigError(
            f"a passphrase of fewer than {PASSPHRASE_LENGTH_MIN} characters can be guessed",
            place="passphrase",
            remedy="Make one with: openssl rand -hex 24",
        )


def write_new(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file that must not be there yet.

    Raises:
        ConfigError: it is, or it cannot be written.
    """
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except FileExistsError as error:
        raise ConfigError(
            "is there already", file=file, remedy="Name another folder; a key is never replaced"
        ) from error
    except OSError as error:
        raise ConfigError(f"cannot be written ({error.strerror})", file=file, remedy="Make the folder first") from error


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: _LeafKey,
    signer: ec.EllipticCurvePublicKey,
    life: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(life[0])
        .not_valid_after(life[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in _USAGES})


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_of(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refused("the certificate is not of an EC key")
    return key


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _digest(key: ec.EllipticCurvePublicKey) -> str:
    return hashlib.sha256(_spki(key)).hexdigest()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _open_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
