"""A cloud over real TLS, as far as a box that enrols sees it."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cloud.errors import CloudError
from cloud.fleet.provisioning.authority import Authority
from edge.wire.enrolment import PATH, EnrolmentRequest, RenewalRequest
from tests.unit.cloud.doors import provisioning_of
from tests.unit.cloud.services import Cloud, authority
from tests.unit.cloud.vehicle import T0

Answer = Callable[[str, bytes], tuple[int, bytes]]


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
