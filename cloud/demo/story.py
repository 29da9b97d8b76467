"""What is told on the terminal, and the owner's phone."""

import json
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final, Self

from cloud.demo.car import VEHICLE

_BODY_MAX: Final = 65_536


class Story:
    """Lines on the terminal, each with the second at which it was told."""

    def __init__(self) -> None:
        self._started_s = time.monotonic()
        self._lock = threading.Lock()

    def tell(self, text: str) -> None:
        """Print one line (or several) now."""
        at_s = time.monotonic() - self._started_s
        with self._lock:
            for line in text.splitlines():
                print(f"[{at_s:5.1f} s] {line}", flush=True)

    def say(self, who: str, what: str) -> None:
        """Print who says or does what, in two columns."""
        begin = f"{who}:" if who else ""
        self.tell(f"{begin:<19} {what}")

    def ask(self, question: str) -> str:
        """Put a question, and give the line that was typed, lower case; "" at the end of the input."""
        self.tell(question)
        return sys.stdin.readline().strip().lower()

    def ring(self, body: str) -> None:
        """What the phone shows of the car of the story; its neighbours' owners have phones of their own."""
        try:
            title = str(json.loads(body)["title"])
        except (ValueError, LookupError, TypeError):
            title = body[:100]
        if VEHICLE in title.replace(":", ",").split(","):
            self.say("the owner's phone", title)


class Phone(HTTPServer):
    """The owner's phone: a webhook on this machine that hears what the cloud tells people."""

    def __init__(self, ring: Callable[[str], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), _BODY_MAX))
                self.send_response(204)
                self.end_headers()
                ring(body.decode(errors="replace"))

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.serve_forever, name="phone", daemon=True)

    @property
    def url(self) -> str:
        """Where it rings."""
        return f"http://127.0.0.1:{self.server_port}/owner"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
