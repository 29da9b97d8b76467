"""A box and a cloud over real TLS: who is believed, and what is kept when nobody is."""

import json
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloud.fleet.provisioning.authority import Authority, read_request
from edge.enrolment.enrol import enrol, renew
from edge.enrolment.identity import FILE, PENDING_FILE, Identity
from edge.enrolment.keys import BoxKey, NotBelieved
from edge.enrolment.post import TurnedAway
from edge.errors import LinkDown
from edge.wire.enrolment import DOCUMENTS, EnrolmentRequest
from tests.unit.cloud.doors import VAN
from tests.unit.cloud.services import Cloud, authority, open_cloud, public_key
from tests.unit.cloud.vehicle import T0
from tests.unit.enrolment.served import answers_of, https


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with open_cloud() as opened:
        yield opened


def test_a_box_enrols_and_renews(cloud: Cloud, tmp_path: Path) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    state = tmp_path / "state"
    state.mkdir()
    with https(tmp_path, answers_of(cloud)) as url:
        identity = enrol(state, url, code, ca=authority().pem)
        assert (identity.address, identity.cloud, Identity.read(state)) == (VAN, url, identity)
        before = (state / FILE).read_text()
        assert identity.document_keys == (public_key(),)
        assert renew(state).address == VAN
        assert (state / FILE).read_text() != before
        context = ssl.create_default_context(cafile=state / FILE)
        context.load_cert_chain(state / FILE)
    assert sorted(file.name for file in state.iterdir()) == [FILE]


def test_a_cloud_that_cannot_prove_its_name_gets_nothing(cloud: Cloud, tmp_path: Path) -> None:
    heard: list[bytes] = []

    def listen(_: str, body: bytes) -> tuple[int, bytes]:
        heard.append(body)
        return 201, b"{}"

    code, _ = cloud.provisioning.add(VAN, by="ada")
    with https(tmp_path, listen) as url, pytest.raises(LinkDown, match=r"does not prove that it is 127\.0\.0\.1"):
        enrol(tmp_path, url, code)
    assert heard == []


def test_an_impostor_with_a_good_name_is_not_believed(cloud: Cloud, tmp_path: Path) -> None:
    """TLS is broken, or the system trusts the wrong people: the code still names who may certify."""
    code, _ = cloud.provisioning.add(VAN, by="ada")
    impostor = Authority.new("Fleet", T0)

    def answer(_: str, body: bytes) -> tuple[int, bytes]:
        wish = EnrolmentRequest.model_validate_json(body)
        pem = impostor.admit(VAN, read_request(wish.request).key, T0, 90).pem
        said = {"certificate": pem, "authority": impostor.pem, "broker": "mqtts://evil.example:8883"}
        return 201, json.dumps(said).encode()

    with https(tmp_path, answer, impostor) as url, pytest.raises(NotBelieved, match="somebody stands between"):
        enrol(tmp_path, url, code, ca=impostor.pem)
    assert not (tmp_path / FILE).exists()


def test_a_box_that_enrolled_before_there_was_a_document_key_learns_it_when_it_renews(
    cloud: Cloud, tmp_path: Path
) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    real, says_it = answers_of(cloud), False

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        status, said = real(path, body)
        told = json.loads(said)
        return status, json.dumps(told if says_it else {**told, "documents": None}).encode()

    with https(tmp_path, answer) as url:
        assert enrol(tmp_path, url, code, ca=authority().pem).document_keys == ()
        says_it = True
        assert renew(tmp_path).document_keys == (public_key(),)
        says_it = False
        assert renew(tmp_path).document_keys == (), "and forgets it when nobody signs any more"


def false_documents() -> dict[str, tuple[str, str]]:
    """Certificates that are not for documents, and what is said of each."""
    fleet, key = authority(), Ed25519PrivateKey.generate().public_key()
    vehicle = BoxKey.new()._key.public_key()
    unlike = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "document")])
    alike = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOCUMENTS)])
    life, signing = (T0, T0 + timedelta(days=1)), ExtendedKeyUsageOID.CODE_SIGNING
    return {
        "another authority's": (Authority.new("Fleet", T0).certify_documents(key), "not certified by"),
        "a vehicle's": (fleet.admit(VAN, vehicle, T0, 90).pem, "has not certified that key for documents"),
        "of another name": (fleet._leaf(unlike, key, life, signing).pem, "has not certified that key for documents"),
        "for another use": (
            fleet._leaf(alike, key, life, ExtendedKeyUsageOID.CLIENT_AUTH).pem,
            "has not certified that key for documents",
        ),
        "of another kind": (fleet._leaf(alike, vehicle, life, signing).pem, "not of Ed25519"),
        "the authority's own": (fleet.pem, "not certified by"),
        "noise": ("noise", "not certified by"),
    }


@pytest.mark.parametrize("which", sorted(false_documents()))
def test_a_key_for_documents_is_believed_only_where_the_authority_made_it_one(
    cloud: Cloud, tmp_path: Path, which: str
) -> None:
    """Whoever could put another key in would say what the vehicle runs."""
    code, _ = cloud.provisioning.add(VAN, by="ada")
    pem, says = false_documents()[which]
    real = answers_of(cloud)

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        status, said = real(path, body)
        return status, json.dumps({**json.loads(said), "documents": pem}).encode()

    with https(tmp_path, answer) as url, pytest.raises(NotBelieved, match=says):
        enrol(tmp_path, url, code, ca=authority().pem)
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("broker", ["mqtt://broker.example", "mqtts://user:word@broker.example", "mqtts://a b"])
def test_a_broker_in_the_clear_is_not_accepted(cloud: Cloud, tmp_path: Path, broker: str) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    real = answers_of(cloud)

    def downgrade(path: str, body: bytes) -> tuple[int, bytes]:
        status, said = real(path, body)
        return status, json.dumps({**json.loads(said), "broker": broker}).encode()

    with https(tmp_path, downgrade) as url, pytest.raises(TurnedAway):
        enrol(tmp_path, url, code, ca=authority().pem)
    assert not (tmp_path / FILE).exists()
    assert (tmp_path / PENDING_FILE).exists()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (422, b'{"detail": "this code opens nothing here"}', TurnedAway),
        (409, b"[]", TurnedAway),
        (404, b"\xff", TurnedAway),
        (302, b"", TurnedAway),
        (201, b"<html>", TurnedAway),
        (201, b"x" * 70_000, TurnedAway),
        (429, b'{"detail": "too many"}', LinkDown),
        (503, b"", LinkDown),
    ],
)
def test_what_a_cloud_may_say(cloud: Cloud, tmp_path: Path, status: int, body: bytes, kind: type[Exception]) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    with https(tmp_path, lambda *_: (status, body)) as url, pytest.raises(kind):
        enrol(tmp_path, url, code, ca=authority().pem)
    assert not (tmp_path / FILE).exists()
