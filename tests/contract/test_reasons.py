"""Every reason to refuse a message, by the message that earns it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from edge.wire.codec import BULK_BYTES_MAX, JSON_BYTES_MAX, decode
from edge.wire.downlink import Ack, decode_down
from edge.wire.errors import Reason, WireError
from edge.wire.topics import Kind
from tests.contract.golden import ADDRESS, FOLDER

ALERT = (FOLDER / "up.alert.firing.json").read_bytes()
BLOCK = (FOLDER / "up.telemetry.block.bin").read_bytes()
UP = ADDRESS.up(Kind.ALERT)
RECORD = "record-0123456789abcdef"


def changed(envelope: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None) -> bytes:
    """The golden alert with other values in some fields; `...` takes a field away."""
    whole = {**json.loads(ALERT), **(envelope or {})}
    if isinstance(whole["body"], dict):
        whole["body"] = without_gaps({**whole["body"], **(body or {})})
    return json.dumps(without_gaps(whole)).encode()


def without_gaps(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in fields.items() if value is not ...}


REFUSED: list[tuple[Reason, str, bytes]] = [
    *(
        (Reason.BAD_TOPIC, topic, ALERT)
        for topic in (
            "",
            "telltale/v1",
            "telltale/v2/golden/truck-12/up/alert",
            "telltale/v1/golden/truck-12/down/alert",
            "telltale/v1/golden/truck-12/up/alert/more",
            "telltale/v1/golden/truck 12/up/alert",
            "telltale/v1/.golden/truck-12/up/alert",
            f"telltale/v1/golden/{'x' * 65}/up/alert",
        )
    ),
    (Reason.UNKNOWN_KIND, f"{ADDRESS.base}/up/weather", ALERT),
    (Reason.UNKNOWN_KIND, f"{ADDRESS.base}/up/", ALERT),
    (Reason.TOO_LARGE, UP, ALERT + b" " * JSON_BYTES_MAX),
    (Reason.TOO_LARGE, ADDRESS.up(Kind.TELEMETRY), BLOCK + bytes(BULK_BYTES_MAX)),
    (Reason.NOT_JSON, UP, b""),
    (Reason.NOT_JSON, UP, ALERT[:-1]),
    (Reason.NOT_JSON, UP, b"\xff\xfe\xfd"),
    (Reason.NOT_JSON, UP, b"[" * 10_000),
    (Reason.BAD_ENVELOPE, UP, b"[]"),
    (Reason.BAD_ENVELOPE, UP, b"{}"),
    *((Reason.BAD_ENVELOPE, UP, changed({field: ...})) for field in json.loads(ALERT)),
    (Reason.BAD_ENVELOPE, UP, changed({"seq": 0})),
    (Reason.BAD_ENVELOPE, UP, changed({"seq": 2**63})),
    (Reason.BAD_ENVELOPE, UP, changed({"stream": "alert-xyz"})),
    (Reason.BAD_ENVELOPE, UP, changed({"stream": "gossip-0123456789abcdef"})),
    (Reason.BAD_ENVELOPE, UP, changed({"observed_at": "2026-11-21T06:30:00"})),
    (Reason.BAD_ENVELOPE, UP, changed({"observed_at": "0001-01-01T00:00:00+14:00"})),
    (Reason.BAD_ENVELOPE, UP, changed({"clock": "sundial"})),
    (Reason.BAD_ENVELOPE, UP, changed({"vehicle": "truck 12"})),
    (Reason.BAD_ENVELOPE, ADDRESS.up(Kind.TELEMETRY), b"TTB1"),
    (Reason.BAD_ENVELOPE, ADDRESS.up(Kind.TELEMETRY), b"TTB2" + BLOCK[4:]),
    (Reason.BAD_ENVELOPE, ADDRESS.up(Kind.TELEMETRY), BLOCK[:40]),
    (Reason.WRONG_VEHICLE, UP, changed({"vehicle": "truck-13"})),
    (Reason.WRONG_STREAM, UP, changed({"stream": RECORD})),
    (Reason.WRONG_STREAM, ADDRESS.up(Kind.GAP), changed({"schema": "gap/1"})),
    (Reason.UNSUPPORTED_SCHEMA, UP, changed({"schema": "alert/2"})),
    (Reason.UNSUPPORTED_SCHEMA, ADDRESS.up(Kind.DTC), changed({"stream": RECORD})),
    *((Reason.BAD_BODY, UP, changed(body={field: ...})) for field in json.loads(ALERT)["body"]),
    (Reason.BAD_BODY, UP, changed(body={"id": "ABC"})),
    (Reason.BAD_BODY, UP, changed(body={"severity": "dreadful"})),
    (Reason.BAD_BODY, UP, changed(body={"summary": "x" * 2001})),
    (Reason.BAD_BODY, UP, changed(body={"values": {str(n): 1.0 for n in range(201)}})),
    (Reason.BAD_BODY, UP, changed(body={"values": {"Vehicle.Speed": float("nan")}})),
    (Reason.BAD_BODY, UP, changed(body={"values": {"Vehicle.Speed": float("inf")}})),
    (Reason.BAD_BODY, UP, changed(body={"values": {"Vehicle.Speed": [1.0]}})),
    (Reason.BAD_BODY, UP, changed(body={"started_at": "yesterday"})),
    (Reason.BAD_BODY, ADDRESS.up(Kind.TELEMETRY), BLOCK[:-1]),
    (Reason.BAD_BODY, ADDRESS.up(Kind.TELEMETRY), BLOCK[:-1] + b"\0"),
]


@pytest.mark.parametrize(("reason", "topic", "payload"), REFUSED)
def test_a_bad_message_is_refused_by_its_reason(reason: Reason, topic: str, payload: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode(topic, payload)
    assert caught.value.reason is reason
    assert str(caught.value) == f"{reason}: {caught.value.detail}"


def test_every_reason_can_be_reached_but_the_one_that_only_a_store_can_see() -> None:
    assert {reason for reason, *_ in REFUSED} == set(Reason) - {Reason.SEQ_REUSED}


@pytest.mark.parametrize(
    ("file", "field", "value"),
    [
        ("up.health.degraded.json", "uptime_s", float("inf")),
        ("up.health.degraded.json", "counters", {"frames": 2**63}),
        ("up.health.degraded.json", "counters", {"frames": -1}),
        ("up.position.whole.json", "accuracy_m", float("inf")),
        ("up.position.whole.json", "latitude_deg", float("nan")),
        ("up.position.whole.json", "heading_deg", 360.0),
        ("up.reported.partly.json", "desired_version", 2**63),
        ("up.gap.evicted.json", "ranges", []),
        ("up.gap.evicted.json", "ranges", [[5, 4]]),
        ("up.gap.evicted.json", "ranges", [[0, 4]]),
        ("up.gap.evicted.json", "ranges", [[1, 2**63]]),
        ("up.gap.evicted.json", "cause", "bad_luck"),
    ],
)
def test_figures_that_no_database_could_keep_are_refused(file: str, field: str, value: object) -> None:
    envelope = json.loads((FOLDER / file).read_bytes())
    envelope["body"][field] = value
    with pytest.raises(WireError) as caught:
        decode(ADDRESS.up(Kind(file.split(".")[1])), json.dumps(envelope).encode())
    assert caught.value.reason is Reason.BAD_BODY


def test_times_are_utc_whatever_offset_they_came_with() -> None:
    there = decode(
        UP, changed({"observed_at": "2026-11-21T08:30:00+02:00"}, {"started_at": "2026-11-21T08:30:00+02:00"})
    )
    assert there == decode(UP, ALERT)
    assert there.observed_at.isoformat() == "2026-11-21T06:30:00+00:00"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b'{"stream":"alert-0123456789abcdef","upto":-1}',
        b'{"stream":"alert-0123456789abcdef","upto":9223372036854775808}',
        b'{"stream":"alert-0123456789abcdef","upto":1,"also":[[3,2]]}',
        b'{"schema":"ack/2","stream":"alert-0123456789abcdef","upto":1}',
    ],
)
def test_a_bad_acknowledgement_is_refused(payload: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode_down(Ack, payload)
    assert caught.value.reason is Reason.BAD_BODY
