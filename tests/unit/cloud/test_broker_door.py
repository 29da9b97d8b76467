"""What is written for brokers that know vehicles by their certificates, and what is read in mosquitto's log."""

import os
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.broker.door import DoorSettings, door_acl, door_conf
from cloud.broker.log_file import LogFile
from cloud.broker.log_lines import KINDS, TAKEN_OVER_MAX, LogReader, Refused
from cloud.broker.rmqtt import rmqtt_acl, rmqtt_conf
from cloud.errors import UpstreamDown

SAID = """\
1764482709: New connection from 192.0.2.7:38123 on port 8883.
1764482709: New client connected from 192.0.2.7:38123 as north/car-1 (p2, c1, k60, u'north/car-1').
1764482709: Received SUBSCRIBE from north/car-1
1764482709: \ttelltale/v1/north/car-1/down/+ (QoS 1)
1764482709: \ttelltale/v1/north/+/down/ack (QoS 1)
1764482709: Sending SUBACK to north/car-1
1764482709: Received SUBSCRIBE from telltale-cloud
1764482709: \ttelltale/v1/+/+/up/+ (QoS 1)
1764482709: Received PUBLISH from north/car-1 (d0, q1, r0, m3, 'telltale/v1/north/car-1/up/alert', ... (1 bytes))
1764482709: Denied PUBLISH from south/car-1 (d0, q1, r0, m4, 'telltale/v1/north/car-1/up/alert', ... (7 bytes))
1764482709: Denied PUBLISH from south/car-1 (d0, q1, r1, m5, 'telltale/v1/north/car-1/up/alert', ... (7 bytes))
1764482710: OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading
1764482710: New connection from 198.51.100.9:32859 on port 8883.
1764482710: OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed
1764482710: Client <unknown> disconnected: Protocol error.
1764482711: Client connection from 203.0.113.5 failed: error:0A0000C7:SSL routines::peer did not return a certificate.
1764482711: Client connection from 203.0.113.5 failed: error:1417A0C1:SSL routines:tls_post_process:no shared cipher.
"""


def read(text: str, reader: LogReader | None = None) -> Counter[Refused]:
    return (reader or LogReader()).read(text.splitlines())


def test_a_vehicle_may_its_own_topics_and_no_others() -> None:
    lines = door_acl(["north/car-1"]).splitlines()
    assert lines[:3] == [
        "pattern write telltale/v1/%u/up/+",
        "pattern write telltale/v1/%u/status",
        "pattern read telltale/v1/%u/down/+",
    ]
    assert lines[-2:] == ["user north/car-1", "topic deny #"]


def test_only_the_helper_may_choose_a_client_id(tmp_path: Path) -> None:
    text = door_conf(DoorSettings(tmp_path, port=8883, helper_port=8884, user="mosquitto"))
    vehicles, helper = text.split("\nlistener ")[1:]
    assert vehicles.startswith("8883 0.0.0.0\n")
    assert helper.startswith("8884 127.0.0.1\n")
    assert "use_username_as_clientid true" in vehicles
    assert "use_username_as_clientid" not in helper
    for listener in (vehicles, helper):
        for line in ("require_certificate true", "use_identity_as_username true", "tls_version tlsv1.2"):
            assert f"\n{line}\n" in listener
        assert f"crlfile {tmp_path}/revoked.pem\n" in listener
    assert "allow_anonymous false" in text


def test_rmqtt_is_written_as_toml(tmp_path: Path) -> None:
    conf = tomllib.loads(rmqtt_conf(tmp_path, host="0.0.0.0", port=8883))
    listener = conf["listener"]["tls"]["external"]
    assert (listener["cross_certificate"], listener["cert_cn_as_username"]) == (True, True)
    assert listener["allow_anonymous"] is False
    rules = tomllib.loads(rmqtt_acl(["north/car-1"]))["rules"]
    assert rules[0] == ["deny", {"user": "north/car-1"}]
    assert rules[-1] == ["deny", "all"]
    assert ["allow", "all", "publish", ["telltale/v1/%u/up/+", "telltale/v1/%u/status"]] in rules


def test_what_a_log_says_was_refused() -> None:
    found = read(SAID)
    assert found == {
        Refused("subscribe", "north/car-1", "telltale/v1/north/+/down/ack"): 1,
        Refused("publish", "south/car-1", "telltale/v1/north/car-1/up/alert"): 2,
        Refused("connection", "198.51.100.9", "certificate verify failed"): 1,
        Refused("connection", "203.0.113.5", "peer did not return a certificate"): 1,
        Refused("connection", "203.0.113.5", "no shared cipher"): 1,
    }
    assert {one.fleet for one in found} == {"north", "south", None}
    assert {one.kind for one in found} <= set(KINDS)


def test_a_box_that_was_copied_is_noticed_and_one_that_moves_is_not() -> None:
    reader = LogReader()
    line = "1: Client north/car-1 already connected, closing old connection."
    assert read("\n".join([line] * (TAKEN_OVER_MAX - 1)), reader) == Counter()
    [found] = read(line, reader)
    assert (found.kind, found.who) == ("two_boxes", "north/car-1")
    assert read(line, reader) == Counter(), "once is enough"
    reader.forget_take_overs()
    assert read(line, reader) == Counter()


def test_a_topic_cannot_pass_for_another_line() -> None:
    told = "Denied PUBLISH from south/x (d0, q1, r0, m4, '{}', ... (7 bytes))"
    evil = "1: " + told.format("a', ... (1 bytes)) 1: Denied PUBLISH from north/y (d0, q1, r0, m4, 'b")
    assert {one.who for one in read(evil)} <= {"south/x"}


@given(st.lists(st.text()))
def test_any_lines_are_read(lines: list[str]) -> None:
    LogReader().read(lines)


def test_a_log_is_read_once_over_rotations_and_restarts(tmp_path: Path) -> None:
    file = tmp_path / "broker.log"
    log = LogFile(file, large=10)
    assert list(log.new_lines()) == []
    file.write_text("one\ntwo\nthr")
    assert list(log.new_lines()) == ["one", "two"]
    again = LogFile(file, position=log.position)
    with file.open("a") as stream:
        stream.write("ee\n")
        stream.flush()
        assert list(log.new_lines()) == ["three"]
        assert list(again.new_lines()) == ["three"], "another one goes on where it was"
        assert log.is_large
        log.rotate(lambda: None)
        stream.write("written into the old one\n")
    file.write_text("new\n")
    assert list(log.new_lines()) == ["written into the old one", "new"]
    assert list(log.new_lines()) == []


def test_a_writer_that_cannot_be_told_goes_on_in_the_old_log(tmp_path: Path) -> None:
    file = tmp_path / "broker.log"
    file.write_text("one\n")
    log = LogFile(file, large=1)
    assert list(log.new_lines()) == ["one"]

    def away() -> None:
        raise UpstreamDown("no mosquitto")

    with pytest.raises(UpstreamDown):
        log.rotate(away)
    with (tmp_path / "broker.log.old").open("a") as stream:
        stream.write("two\n")
    assert list(log.new_lines()) == ["two"]


def test_a_log_that_was_cut_is_read_from_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "broker.log"
    file.write_text("a long line\n")
    log = LogFile(file)
    assert list(log.new_lines()) == ["a long line"]
    os.truncate(file, 0)
    file.write_text("short\n")
    assert list(log.new_lines()) == ["short"]
