"""A box's key and certificate. Of the rooms on a vehicle this one and edge.detect.ed25519 know cryptography.

Importing it costs 10 MB, so the daemon does not: `telltale-edge enrol` and the child that renews do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edge.errors import EdgeError
from edge.wire.enrolment import (
    DOCUMENTS,
    Admission,
    ClaimCode,
    EnrolmentRequest,
    RenewalRequest,
    address_of,
    enrolment_text,
    pin_of,
    renewal_text,
)
from edge.wire.topics import Address

RENEW_AFTER: Final = 2 / 3
"""Of a certificate's life."""


class NotBelieved(EdgeError):
    """Whoever answered is not the fleet that the code is of."""


class BoxKey:
    """A P-256 key that is made here and stays here."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key

    @classmethod
    def new(cls) -> "BoxKey":
        """Another one, from the operating system's randomness."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, pem: str) -> "BoxKey":
        """The key in a PEM; what else is in it is passed over.

        Raises:
            ValueError: there is none of ours.
        """
        start = pem.index("-----BEGIN PRIVATE KEY-----")
        try:
            key = load_pem_private_key(pem[start:].encode(), None)
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(str(error)) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key of EC P-256")  # noqa: TRY004 - of a file, which no type is wrong in
        return cls(key)

    def pem(self) -> str:
        """PKCS #8, open: whoever can read the file has the box."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def enrolment(self, code: ClaimCode) -> EnrolmentRequest:
        """What is sent to become a vehicle: the code itself is not in it."""
        request = self._request()
        claim = Ed25519PrivateKey.from_private_bytes(code.seed)
        return EnrolmentRequest(
            claim=claim.public_key().public_bytes_raw().hex(),
            request=request.public_bytes(Encoding.PEM).decode(),
            signature=claim.sign(enrolment_text(request.public_bytes(Encoding.DER))).hex(),
        )

    def renewal(self, present: "BoxKey", certificate: str) -> RenewalRequest:
        """What is sent for the next certificate, of this key, by whoever has the present one."""
        request = self._request()
        text = renewal_text(request.public_bytes(Encoding.DER))
        return RenewalRequest(
            certificate=certificate,
            request=request.public_bytes(Encoding.PEM).decode(),
            signature=present._key.sign(text, ec.ECDSA(hashes.SHA256())).hex(),  # noqa: SLF001 - of the same class
        )

    def believe(self, answer: Admission, *, pin: bytes) -> "Believed":
        """Look whether an answer is what it must be.

        Raises:
            NotBelieved: the authority is not of this pin, did not sign a vehicle's certificate for this key, or did not
                sign the certificate of the key for documents, as such.
        """
        try:
            authority = x509.load_pem_x509_certificate(answer.authority.encode())
            certificate = x509.load_pem_x509_certificate(answer.certificate.encode())
            signer = authority.public_key()
            if pin_of(_spki(signer)) != pin:
                raise NotBelieved("the answer is of another authority than the code: somebody stands between")
            certificate.verify_directly_issued_by(authority)
            if _spki(certificate.public_key()) != _spki(self._key.public_key()):
                raise NotBelieved("the certificate is not for the key of this box")
            usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
            if ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
                raise NotBelieved("the certificate is not a vehicle's")
            [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            address = address_of(str(name.value))
            document_key = "" if answer.documents is None else _document_key(answer.documents, authority)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
            raise NotBelieved(f"the answer is no certificate of the code's authority ({error})") from error
        return Believed(address, certificate.not_valid_before_utc, certificate.not_valid_after_utc, document_key)

    def _request(self) -> x509.CertificateSigningRequest:
        nobody = x509.Name([])  # the cloud gives the names
        return x509.CertificateSigningRequestBuilder().subject_name(nobody).sign(self._key, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class Believed:
    """What a good certificate says."""

    address: Address
    begins_at: datetime
    ends_at: datetime
    document_key: str
    """In hex, the public key by which campaigns and bundles are signed; empty: nobody signs any."""

    @property
    def renew_at(self) -> datetime:
        """When the next one is asked for."""
        return self.begins_at + (self.ends_at - self.begins_at) * RENEW_AFTER


def blocks_of(pem: str) -> tuple[str, str]:
    """The box's certificate and the authority's, from an identity's file.

    Raises:
        ValueError: they are not both there.
    """
    own, authority = x509.load_pem_x509_certificates(pem[pem.index("-----BEGIN CERTIFICATE-----") :].encode())
    return own.public_bytes(Encoding.PEM).decode(), authority.public_bytes(Encoding.PEM).decode()


def pin_of_authority(pem: str) -> bytes:
    """What a claim code of this authority knows it by."""
    return pin_of(_spki(x509.load_pem_x509_certificate(pem.encode()).public_key()))


def _document_key(pem: str, authority: x509.Certificate) -> str:
    """The key that an authority has certified for documents, in hex: a vehicle's or a broker's certificate is none.

    Raises:
        NotBelieved: it has certified it for something else, or another authority has.
    """
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.verify_directly_issued_by(authority)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        [name] = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        key = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound) as error:
        raise NotBelieved(f"the key for documents is not certified by the code's authority ({error})") from error
    if list(usage) != [ExtendedKeyUsageOID.CODE_SIGNING] or name.value != DOCUMENTS:
        raise NotBelieved("the authority has not certified that key for documents")
    if not isinstance(key, Ed25519PublicKey):
        raise NotBelieved("the key for documents is not of Ed25519")
    return key.public_bytes_raw().hex()


def _spki(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("not a key of EC P-256")  # noqa: TRY004 - of a file, which no type is wrong in
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
