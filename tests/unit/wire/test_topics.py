"""Topic names, there and back."""

import pytest

from edge.wire.envelope import STREAM_OF, StreamClass, stream_class
from edge.wire.errors import Reason, WireError
from edge.wire.topics import Address, Down, Kind, parse_down, parse_status, parse_up

CAR = Address("fleet-1", "WVWZZZ1JZXW000001")


@pytest.mark.parametrize("kind", Kind)
def test_an_uplink_topic_leads_back_to_who_and_what(kind: Kind) -> None:
    assert parse_up(CAR.up(kind)) == (CAR, kind)


@pytest.mark.parametrize("kind", Down)
def test_a_downlink_topic_leads_back_to_who_and_what(kind: Down) -> None:
    assert parse_down(CAR.down(kind)) == (CAR, kind)


def test_a_status_topic_leads_back_to_who() -> None:
    assert parse_status(CAR.status) == CAR


@pytest.mark.parametrize("topic", ["", "telltale/v1/a/b", "telltale/v1/a/b/status/c", "x/v1/a/b/status", CAR.base])
def test_what_is_no_status_topic_is_refused(topic: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_status(topic)
    assert caught.value.reason is Reason.BAD_TOPIC


def test_up_is_not_down() -> None:
    with pytest.raises(WireError):
        parse_down(CAR.up(Kind.ALERT))
    with pytest.raises(WireError):
        parse_up(CAR.down(Down.ACK))


@pytest.mark.parametrize("name", ["", "a/b", "a+", "#", "a b", "-a", ".", "ä", "a\n", "x" * 65])
def test_what_could_break_a_topic_or_a_file_name_is_no_name(name: str) -> None:
    for fleet, vehicle in ((name, "car"), ("fleet", name)):
        with pytest.raises(WireError) as caught:
            Address(fleet, vehicle)
        assert caught.value.reason is Reason.BAD_TOPIC


def test_every_kind_has_a_stream_and_alerts_have_theirs_to_themselves() -> None:
    assert set(STREAM_OF) == set(Kind)
    assert [kind for kind, carrier in STREAM_OF.items() if carrier is StreamClass.ALERT] == [Kind.ALERT]


@pytest.mark.parametrize("carrier", StreamClass)
def test_a_streams_name_says_its_class(carrier: StreamClass) -> None:
    assert stream_class(f"{carrier}-0123456789abcdef") is carrier


@pytest.mark.parametrize("name", ["", "alert", "alert-", "alert-0123456789ABCDEF", "alert-0123456789abcdef0", "bulk-g"])
def test_what_is_no_stream_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no stream"):
        stream_class(name)
