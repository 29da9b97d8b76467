"""The key that signs what vehicles do only because it is signed: campaigns, and bundles. Knows cryptography.

One for each authority, beside the authority's own key and locked with the same passphrase. The authority certifies it
for this alone, so a box that knows its authority knows whom to believe; a box that did not enrol is given the public
file by hand.
"""

from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from cloud.errors import ConfigError, Refused
from cloud.fleet.provisioning.authority import Authority, check_passphrase, write_new
from edge.wire.signed import TEXT_BYTES_MAX, Document, DocumentKind, Signed, key_id, signed_text

KEY_FILE: Final = "documents.key"
CERTIFICATE_FILE: Final = "documents.pem"
PUBLIC_FILE: Final = "documents.pub.pem"
"""For boxes that did not enrol: `[link] document_keys` of their configuration names it."""
_TOGETHER: Final = "Restore the three documents.* files together, from where the authority's copy is"


class DocumentKey:
    """Signs documents."""

    def __init__(self, key: Ed25519PrivateKey, certificate: str) -> None:
        self._key = key
        self._id = key_id(key.public_key().public_bytes_raw())
        self.pem = certificate
        """Its certificate, by the authority."""

    @classmethod
    def new(cls, authority: Authority) -> Self:
        """Another one, with a key from the operating system's randomness."""
        key = Ed25519PrivateKey.generate()
        return cls(key, authority.certify_documents(key.public_key()))

    @classmethod
    def load(cls, folder: Path, passphrase: str, authority: Authority) -> Self | None:
        """The one that `save` wrote beside this authority; None: there is none, as beside authorities of before.

        Raises:
            ConfigError: it cannot be read, the passphrase is another's, or the authority did not certify it.
        """
        file = folder / KEY_FILE
        try:
            if not file.exists():
                return None
            key = load_pem_private_key(file.read_bytes(), passphrase.encode())
            certificate = (folder / CERTIFICATE_FILE).read_text("ascii")
        except OSError as error:
            raise ConfigError(f"cannot be read ({error.strerror})", file=file, remedy=_TOGETHER) from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            remedy = "It has the passphrase of the authority beside it; " + _TOGETHER
            raise ConfigError("does not open with this passphrase", file=file, remedy=remedy) from error
        if not isinstance(key, Ed25519PrivateKey) or not _is_certified(key, certificate, authority):
            raise ConfigError(f"is not the key that {CERTIFICATE_FILE} certifies", file=file, remedy=_TOGETHER)
        return cls(key, certificate)

    def save(self, folder: Path, passphrase: str) -> None:
        """Write encrypted key, certificate and public key into a folder that has none of them yet.

        Raises:
            ConfigError: there is one, the folder cannot be written, or the passphrase can be guessed.
        """
        check_passphrase(passphrase)
        locked = BestAvailableEncryption(passphrase.encode())
        write_new(folder / KEY_FILE, self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        write_new(folder / CERTIFICATE_FILE, self.pem.encode(), mode=0o644)
        write_new(folder / PUBLIC_FILE, self.public_pem.encode(), mode=0o644)

    @property
    def public_pem(self) -> str:
        """The public half, as boxes read it from a file (SubjectPublicKeyInfo)."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, kind: DocumentKind, document: Document) -> Signed:
        """A document with its signature.

        Raises:
            Refused: it is larger than a message has room for.
        """
        text = document.model_dump_json(by_alias=True)
        if (size := len(text.encode())) > TEXT_BYTES_MAX:
            raise Refused(f"{kind} of {document.vehicle}: {size} bytes, and a document has {TEXT_BYTES_MAX} at most")
        return Signed(kind=kind, text=text, key=self._id, signature=self._key.sign(signed_text(kind, text)).hex())


def _is_certified(key: Ed25519PrivateKey, pem: str, authority: Authority) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(pem.encode())
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.pem.encode()))
        return certificate.public_key() == key.public_key()
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
