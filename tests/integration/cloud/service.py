"""`telltale-cloud serve` as a process, started, asked, stopped and killed by tests."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from tests.programs import program
from tests.waiting import SLOWER

TOKEN: Final = "a-token-that-nobody-guesses"
DEADLINE_S: Final = 30.0 * SLOWER
_POLL_S: Final = 0.02


class Service:
    """One run after another on the same database, each with its ports."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.database = folder / "telltale.db"
        self._announce = folder / "where.json"
        self._log = folder / "serve.log"
        self._arguments = arguments
        self._running: subprocess.Popen[bytes] | None = None
        self.api = ""
        self.broker = ""

    def start(self, port: int = 0) -> None:
        """Start it, at a port of its own choice or at this one, and wait until it says where it is."""
        self._announce.unlink(missing_ok=True)
        command = [program("telltale-cloud"), "serve", *self._arguments, "--port", str(port), "--token", TOKEN]
        command += ["--database", f"sqlite:///{self.database}", "--announce", str(self._announce)]
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.wait_until(self._announce.exists, "the announcement")
        where = json.loads(self._announce.read_text())
        assert where["pid"] == self._running.pid
        self.api, self.broker = where["api"], where["broker"]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator does; its exit code."""
        assert self._running is not None
        self._running.send_signal(number)
        return self._running.wait(DEADLINE_S)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self._running is not None
        self._running.kill()
        self._running.wait(DEADLINE_S)

    def get(self, path: str) -> Any:
        """Ask the API, with the token."""
        answer = httpx.get(f"{self.api}{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=DEADLINE_S)
        return answer.json()

    def wait_until_ready(self) -> None:
        """Wait until every part works."""
        self.wait_until(lambda: httpx.get(f"{self.api}/readyz", timeout=DEADLINE_S).status_code == 200, "readiness")

    def wait_until_not_ready(self, part: str) -> str:
        """Wait until this part does not work; the reason that is given."""
        self.wait_until(lambda: bool(self._reason(part)), f"{part} being away")
        return self._reason(part)

    def wait_for_case(self, state: str) -> dict[str, Any]:
        """Wait until the latest case is in a state."""
        latest: dict[str, Any] = {}

        def look() -> bool:
            for case in self.get("/api/v1/cases?limit=1")["items"]:
                latest.update(case)
            return latest.get("state") == state

        self.wait_until(look, f"a case that is {state}")
        return latest

    def post(self, path: str, **body: Any) -> Any:
        """Do something at the API, with the token."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx.post(f"{self.api}{path}", json=body, headers=headers, timeout=DEADLINE_S)
        assert answer.is_success, answer.text
        return answer.json()

    def wait_for_exit(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._running is not None
        return self._running.wait(DEADLINE_S)

    @property
    def log(self) -> str:
        return self._log.read_text()

    def _reason(self, part: str) -> str:
        parts: dict[str, str] = httpx.get(f"{self.api}/readyz", timeout=DEADLINE_S).json().get("parts", {})
        return parts.get(part, "")

    def wait_until(self, condition: Any, what: str) -> None:
        """Another process is waited for, so there is nothing to be notified by."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert self._running is not None
            assert self._running.poll() is None, f"it ended: {self.log}"
            assert time.monotonic() < deadline, f"{what} did not come: {self.log}"
            time.sleep(_POLL_S)


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Service]:
    """A service inside the block, killed after it if it still runs."""
    service = Service(folder, *arguments)
    try:
        service.start()
        yield service
    finally:
        if service._running is not None and service._running.poll() is None:
            service.kill()
