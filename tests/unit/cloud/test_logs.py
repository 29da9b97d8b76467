"""Lines that people and machines can read, and what belongs together says so."""

import io
import json
import logging
import re

import pytest

from cloud.api.server import V1
from cloud.logs import LogFormat, correlated, writes
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.vehicle import Speaker


def written(form: LogFormat, message: str, *arguments: object, error: Exception | None = None, of: str = "") -> str:
    stream = io.StringIO()
    handler = writes(form, stream)
    record = logging.LogRecord("cloud.x", logging.WARNING, "", 0, message, arguments, None)
    if error is not None:
        record.exc_info = (type(error), error, None)
    with correlated(of):
        handler.handle(record)
    return stream.getvalue()


def test_json_is_one_object_on_one_line_whatever_the_message() -> None:
    line = written(LogFormat.JSON, '%s\n\u2028 "quoted"', "ü", error=ValueError("a\nb"), of="0f1e")
    assert line.count("\n") == 1
    told = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told.pop("time"))
    assert "a\nb" in told.pop("error")
    assert told == {"level": "warning", "logger": "cloud.x", "message": 'ü\n\u2028 "quoted"', "correlation": "0f1e"}
    assert json.loads(written(LogFormat.JSON, "x"))["correlation"] is None


def test_text_names_what_it_belongs_to_at_the_end_of_the_line() -> None:
    assert written(LogFormat.TEXT, "broker away").endswith("WARNING cloud.x: broker away\n")
    assert written(LogFormat.TEXT, "broker away", of="0f1e").endswith("broker away [0f1e]\n")


def test_correlations_nest_and_end() -> None:
    with correlated("outer"):
        with correlated("inner"):
            assert written(LogFormat.TEXT, "x", of="innermost").endswith("[innermost]\n")
        assert json.loads(written(LogFormat.JSON, "x", of="outer"))["correlation"] == "outer"
    assert json.loads(written(LogFormat.JSON, "x"))["correlation"] is None


@pytest.mark.parametrize("shown", ["ticket-17", "a" * 64])
def test_a_decent_request_id_is_kept(cloud: Cloud, shown: str) -> None:
    answer = ask(api_of(cloud), f"{V1}/alerts", headers={"X-Request-ID": shown})
    assert answer.headers["x-request-id"] == shown


@pytest.mark.parametrize("shown", [None, "", "a b", "a" * 65, "x\ty", "ü"])
def test_others_are_given_one_whatever_the_answer(cloud: Cloud, shown: str | None) -> None:
    headers = {} if shown is None else {"X-Request-ID": shown}
    given = {
        ask(api_of(cloud), path, token=token, headers=headers).headers["x-request-id"]
        for path, token in ((f"{V1}/alerts", None), ("/nowhere", None), ("/healthz", None))
    }
    assert len(given) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in given)


def test_what_happens_to_an_alert_is_logged_with_its_id(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    handler = writes(LogFormat.JSON, stream)
    logger = logging.getLogger("cloud.alerts.service")
    logger.addHandler(handler)
    try:
        with caplog.at_level(logging.INFO):
            cloud.take(Speaker().say(says.alert(1), 1))
            path = f"{V1}/alerts/north/van-7/{1:032x}/acknowledge"
            ask(api_of(cloud), path, method="POST", body={}, headers={"X-Request-ID": "ticket-17"})
    finally:
        logger.removeHandler(handler)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["correlation"], second["correlation"]) == (f"{1:032x}", "ticket-17")
    assert "is firing (began), incident 1" in first["message"]
    assert "is acknowledged (seen by bootstrap), incident 1" in second["message"]
