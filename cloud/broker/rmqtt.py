"""The configuration for RMQTT, a cluster, by the rules of mosquitto's. Written from its manual; tried by nobody here.

RMQTT reads no revocation list. Who was put out is denied by name, and the inbox takes nothing of them; a replaced box
keeps its way to the broker until its certificate ends. `config/reload` of its HTTP API makes a new list hold.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cloud.broker.door import AUTHORITY_FILE, CLOUD, SERVER_FILE
from cloud.broker.mosquitto import IN_FLIGHT_MAX, PACKET_BYTES_MAX
from edge.wire.topics import ALL_STATUS, ALL_UP, ROOT

CONF_FILE: Final = "rmqtt.toml"
ACL_FILE: Final = "rmqtt-acl.toml"
_QUEUED_MAX: Final = 10_000


def rmqtt_conf(folder: Path, *, host: str, port: int, node: int = 1) -> str:
    """The text of rmqtt.toml for one node; each node of a cluster has its own `node`."""
    listener = {
        "addr": f"{host}:{port}",
        "cert": str(folder / SERVER_FILE),
        "key": str(folder / SERVER_FILE),
        "client_ca_certs": str(folder / AUTHORITY_FILE),
        "cross_certificate": True,
        "cert_cn_as_username": True,
        "allow_anonymous": False,
        "max_connections": 20_000,
        "max_packet_size": PACKET_BYTES_MAX,
        "max_inflight": IN_FLIGHT_MAX,
        "max_mqueue_len": _QUEUED_MAX,
        "mqueue_rate_limit": "1000,1s",
        "max_qos_allowed": 1,
        "max_topic_levels": 8,
        "max_subscriptions": 16,
        "session_expiry_interval": "2h",
    }
    lines = [
        "# Written by `telltale-cloud broker-config rmqtt`, from RMQTT's manual. It was never run by who wrote it.",
        f"node.id = {node}",
        'log.to = "file"',
        'log.level = "info"',
        f"plugins.dir = {json.dumps(str(folder))}",
        'plugins.default_startups = ["rmqtt-acl", "rmqtt-retainer", "rmqtt-cluster-raft"]',
        "",
        *(f"listener.tls.external.{name} = {json.dumps(value)}" for name, value in listener.items()),
    ]
    return "\n".join(lines) + "\n"


def rmqtt_acl(denied: Iterable[str] = ()) -> str:
    """The text of rmqtt-acl.toml: the first rule that fits decides, and the last denies."""
    rules: list[list[object]] = [["deny", {"user": identity}] for identity in sorted(denied)]
    rules += [
        ["allow", {"user": CLOUD}, "subscribe", [ALL_UP, ALL_STATUS]],
        ["allow", {"user": CLOUD}, "publish", [f"{ROOT}/+/+/down/+"]],
        ["allow", "all", "publish", [f"{ROOT}/%u/up/+", f"{ROOT}/%u/status"]],
        ["allow", "all", "subscribe", [f"{ROOT}/%u/down/+"]],
        ["allow", "all", "connect"],
        ["deny", "all"],
    ]
    lines = ["disconnect_if_pub_rejected = false", "rules = [", *(f"    {_rule(rule)}," for rule in rules), "]"]
    return "\n".join(lines) + "\n"


def _rule(rule: list[object]) -> str:
    return "[" + ", ".join(_value(value) for value in rule) + "]"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {json.dumps(one)}" for name, one in value.items()) + " }"
    return json.dumps(value)
