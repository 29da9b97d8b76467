"""LangGraph brings a library along that would tell its maker of every run; it is not let to."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.shared import ROOT

ONCE = """
import sys
from pathlib import Path
from cloud.workflow.graph import Graph
graph = Graph(lambda agent, number: "over", Path(sys.argv[1]))
graph.drive(1)
graph.close()
"""
ALOUD = """
import langgraph.graph as lg
graph = lg.StateGraph(dict)
graph.add_node("a", lambda state: state)
graph.add_edge(lg.START, "a")
graph.compile().invoke({"a": 1})
"""


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """The maker, as a server on this machine; and what it was asked."""
    heard: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def answer(self) -> None:
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - as the base class looks for them

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        threading.Thread(target=server.serve_forever, name="maker").start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", heard
        finally:
            server.shutdown()


def run(program: str, url: str, folder: Path) -> None:
    """With everything set that makes it talk."""
    talkative = {"LANGSMITH_TRACING": "true", "LANGCHAIN_TRACING_V2": "true", "LANGSMITH_API_KEY": "a-key"}
    environment = {**os.environ, **talkative, "LANGSMITH_ENDPOINT": url}
    command = [sys.executable, "-c", program, str(folder / "checkpoints.db")]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60, capture_output=True)


def test_no_run_is_told_to_anybody_whatever_the_environment_says(tmp_path: Path) -> None:
    with listening() as (url, heard):
        run(ONCE, url, tmp_path)
        assert heard == []
        run(ALOUD, url, tmp_path)
        assert heard, "else this test would hear nothing at all"
