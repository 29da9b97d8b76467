"""A box and a cloud over real TLS: who is believed, and what is kept when nobody is."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cloud.errors import CloudError
from cloud.fleet.provisioning.authority import Authority, read_request
from edge.enrolment.enrol import enrol, renew
from edge.enrolment.identity import FILE, PENDING_FILE, Identity
from edge.enrolment.keys import NotBelieved
from edge.enrolment.post import TurnedAway
from edge.errors import LinkDown
from edge.wire.enrolment import PATH, EnrolmentRequest, RenewalRequest
from tests.unit.cloud.doors import VAN, provisioning_of
from tests.unit.cloud.services import Cloud, authority, open_cloud
from tests.unit.cloud.vehicle import T0

Answer = Callable[[str, bytes], tuple[int, bytes]]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with open_cloud() as opened:
        yield opened


def answers_of(cloud: Cloud) -> Answer:
    """What the API says, without the rest of it."""
    service = provisioning_of(cloud)

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        try:
            if path == PATH:
                said = service.enrol(EnrolmentRequest.model_validate_json(body), sender="box")
            else:
                said = service.renew(RenewalRequest.model_validate_json(body), sender="box")
        except CloudError as error:
            return error.status, json.dumps({"title": error.title, "detail": str(error)}).encode()
        return 201, said.model_dump_json(by_alias=True).encode()

    return answer


@contextmanager
def https(folder: Path, answer: Answer, signer: Authority | None = None) -> Iterator[str]:
    """A server with a certificate for 127.0.0.1; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    file = folder / "server.pem"
    file.write_text((signer or authority()).server(["127.0.0.1"], T0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        serving = threading.Thread(target=server.serve_forever, name="https")
        serving.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            serving.join()
            server.socket.close()


def test_a_box_enrols_and_renews(cloud: Cloud, tmp_path: Path) -> None:
    code, _ = cloud.provisioning.add(VAN, by="ada")
    state = tmp_path / "state"
    state.mkdir()
    with https(tmp_path, answers_of(cloud)) as url:
        identity = enrol(state, url, code, ca=authority().pem)
        assert (identity.address, identity.cloud, Identity.read(state)) == (VAN, url, identity)
        before = (state / FILE).read_text()
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
