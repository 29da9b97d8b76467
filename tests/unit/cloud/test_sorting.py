"""Whatever the bytes are, a message turns out to be understood, a greeting, or rejected by name."""

import json
from datetime import UTC, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from cloud.inbox.model import Arrival, Greeting, Rejected, Understood, sort
from edge.wire.blocks import MAGIC
from edge.wire.downlink import Status, encode_down
from edge.wire.errors import Reason
from edge.wire.messages import Alert
from edge.wire.topics import Kind
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import T0, Speaker

VAN = Speaker()
TOPICS = st.one_of(
    st.sampled_from([VAN.address.up(kind) for kind in Kind]),
    st.sampled_from([VAN.address.status, "telltale/v1/north/status", "telltale/v1/a b/c/status", ""]),
    st.text(max_size=60),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(topic=TOPICS, payload=st.binary(max_size=200) | st.builds(lambda b: MAGIC + b, st.binary(max_size=60)))
def test_any_bytes_have_an_answer(topic: str, payload: bytes) -> None:
    assert isinstance(sort(Arrival(topic, payload, T0)), Rejected | Greeting)


@given(field=st.sampled_from(["schema", "vehicle", "stream", "seq", "observed_at", "clock", "body"]), value=JSON)
def test_any_value_in_any_field_has_an_answer(field: str, value: object) -> None:
    message = VAN.say(says.alert(), 1)
    payload = json.dumps({**json.loads(message.payload), field: value}).encode()
    assert isinstance(sort(Arrival(message.topic, payload, T0)), Understood | Rejected)


@given(field=st.sampled_from(list(Alert.model_fields)), value=JSON)
def test_any_value_in_any_field_of_a_body_has_an_answer(field: str, value: object) -> None:
    message = VAN.say(says.alert(), 1)
    envelope = json.loads(message.payload)
    envelope["body"][field] = value
    assert isinstance(sort(Arrival(message.topic, json.dumps(envelope).encode(), T0)), Understood | Rejected)


def test_times_are_brought_to_utc() -> None:
    local = T0.astimezone(timezone(timedelta(hours=2)))
    body = says.alert().model_copy(update={"started_at": local})
    sorted_ = sort(VAN.say(body, 1, observed_at=local))
    assert isinstance(sorted_, Understood)
    assert isinstance(sorted_.uplink.body, Alert)
    assert sorted_.uplink.observed_at.tzinfo is UTC
    assert sorted_.uplink.body.started_at.tzinfo is UTC
    assert sorted_.uplink.body.started_at == T0


def test_a_hello_and_a_goodbye() -> None:
    for online in (True, False):
        arrival = Arrival(VAN.address.status, encode_down(Status(online=online)), T0)
        assert sort(arrival) == Greeting(VAN.address, online)


def test_a_bad_greeting_has_no_place_to_acknowledge() -> None:
    rejected = sort(Arrival(VAN.address.status, b"online", T0))
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.slot) == (Reason.BAD_BODY, None)


def test_a_broken_message_may_claim_no_other_vehicles_place() -> None:
    rejected = sort(Arrival(VAN.address.up(Kind.ALERT), Speaker("van-8").payload(says.alert(), 1), T0))
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.slot) == (Reason.WRONG_VEHICLE, None)


def test_the_same_body_under_another_kind_is_another_message() -> None:
    right = VAN.say(says.alert(), 1)
    wrong = sort(Arrival(f"{VAN.address.base}/up/gossip", right.payload, T0))
    good = sort(right)
    assert isinstance(wrong, Rejected)
    assert isinstance(good, Understood)
    assert wrong.slot is not None
    assert wrong.slot.sha256 != good.slot.sha256
