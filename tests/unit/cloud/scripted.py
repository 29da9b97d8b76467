"""A server that speaks as OpenAI's chat completions do, and says what a test has written for it."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Line = Callable[[dict[str, Any]], "Line | dict[str, Any] | bytes | int"]
"""From what was asked to a message, raw bytes, or a status."""


class Scripted(ThreadingHTTPServer):
    """Says one line after the other; the last one for ever."""

    def __init__(self, *lines: Any) -> None:
        self.lines = list(lines)
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.released = threading.Event()
        """Set at the end: what was told to wait waits no longer."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, name="scripted", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def next_line(self, asked: dict[str, Any]) -> Any:
        self.asked.append(asked)
        line = self.lines.pop(0) if len(self.lines) > 1 else self.lines[0]
        return line(asked) if callable(line) else line

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.keys.append(self.headers["Authorization"])
        said = self.server.next_line(json.loads(body)) if self.path == "/v1/chat/completions" else 404
        if said == "wait":
            self.server.released.wait(30)
            return
        if isinstance(said, int):
            self.send_error(said)
            return
        content = said if isinstance(said, bytes) else json.dumps({"choices": [{"message": said}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def words(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def calls(*wanted: tuple[str, Any]) -> dict[str, Any]:
    """The model wants these tools used; arguments that are a string go as they are."""
    rows = [
        {
            "id": f"call-{number}",
            "type": "function",
            "function": {"name": name, "arguments": told if isinstance(told, str) else json.dumps(told)},
        }
        for number, (name, told) in enumerate(wanted)
    ]
    return {"role": "assistant", "content": None, "tool_calls": rows}
