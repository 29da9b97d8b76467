"""Bundles on a real daemon: fetched over a real broker, checked, tried, kept, and rolled back when they are bad."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from edge.detect.signature import read_public_key
from edge.updates.disk import Disk
from edge.updates.journal import Before, Journal
from edge.updates.overlay import FILE
from edge.updates.store import Store
from edge.updates.unpack import unpack
from edge.wire.bundles import PIECE_BYTES, PROBATION_S_MIN, Bundle, Piece, encode_piece
from edge.wire.downlink import Desired, ack_of, encode_down
from edge.wire.signed import DocumentKind, Signed, key_id, signed_text
from tests.brokers import Mosquitto
from tests.bundles import (
    SETS_RULES,
    VERSION,
    asked_for,
    bundle_of,
    journal_in,
    none_of,
    packed,
    rules,
    standing_vehicle,
    wrong_model,
)
from tests.programs import program
from tests.signed import Keys, new_keys
from tests.waiting import wait_until

WITHIN_S: Final = 60.0
NOBODY: Final = "mqtt://127.0.0.1:9"


@dataclass
class Box:
    """A daemon that listens to a vehicle that stands, and what it leaves."""

    folder: Path
    broker: str = NOBODY
    more: str = ""
    """Of the configuration's table `link`."""
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def journal(self) -> Journal:
        return journal_in(self.state)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def write(self) -> None:
        standing_vehicle(self.folder / "drive.csv")
        (self.folder / "edge.toml").write_text(
            f'[vehicle]\nfleet = "fleet-1"\nid = "car-1"\n[[bus]]\nsource = "table:drive.csv?loop=on"\n'
            f'[state]\ndirectory = "state"\n[cab]\nvoice = "none"\n[status]\nenabled = false\n'
            f'[link]\nbroker = "{self.broker}"\nresend_s = 1.0\nbackoff_max_s = 1.0\ndrain_s = 0\n{self.more}'
        )

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.child = subprocess.Popen(
                [program("telltale-edge"), "--log", "info", "run", "--config", str(self.folder / "edge.toml")],
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def end(self, how: signal.Signals) -> int:
        assert self.child is not None
        self.child.send_signal(how)
        return self.child.wait(timeout=30)

    def wait(self, condition: Callable[[Journal], bool], what: str) -> None:
        wait_until(lambda: condition(self.journal), f"{what}; its log:\n{self.log}", within_s=WITHIN_S)

    def wait_settled(self) -> None:
        def is_over(journal: Journal) -> bool:
            return journal.wanted is None and journal.trial is None and not journal.untold and journal.newest > 0

        self.wait(is_over, "it is kept, refused or rolled back")

    def told(self) -> list[tuple[int, str]]:
        """Version and step of every report that waits for the cloud, in the order of their numbers."""
        with closing(sqlite3.connect(self.state / "outbox.db")) as db:
            rows = db.execute("SELECT payload FROM message WHERE kind = 'reported' ORDER BY id").fetchall()
        updates = [json.loads(payload)["body"].get("update") for (payload,) in rows]
        return [(update["version"], update["step"]) for update in updates if update]

    def timeline(self) -> str:
        """What happened, for people."""
        return "\n".join(f"{step.at}  {step.version}  {step.step:<12} {step.reason}" for step in self.journal.steps)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    made.write()
    yield made
    if made.child is not None:
        made.child.kill()
        made.child.wait()
    print(made.timeline())


@dataclass
class Cloud:
    """Says what it wants, acknowledges what comes, and answers `fetch` with pieces."""

    port: int
    archive: bytes
    deaf_after: int | None = None
    """Pieces, after which it answers none, until this is None again."""
    pieces: int = 0
    offsets: list[int] = field(default_factory=list)
    """That were asked for."""
    updates: list[tuple[int, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _stored: dict[str, set[int]] = field(default_factory=dict)

    @contextmanager
    def running(self) -> Iterator["Cloud"]:
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.on_message = lambda client, _, message: self._hear(client, message)
        client.connect("127.0.0.1", self.port)
        client.subscribe("telltale/v1/+/+/up/+", qos=1)
        client.loop_start()
        self._client = client
        try:
            yield self
        finally:
            client.disconnect()
            client.loop_stop()
            client.on_message = None
            del self._client  # a ring of references would leave its sockets to the collector

    def wants(self, document: Bundle, keys: Keys, *, version: int, altered: bool = False) -> None:
        """Have the broker keep a signed document for the vehicle."""
        text = document.model_dump_json(by_alias=True)
        signature = keys.sign_bytes(signed_text(DocumentKind.BUNDLE, text)).hex()
        key = key_id(read_public_key(keys.public).content)
        said = text.replace('"autumn"', '"winter"') if altered else text
        signed = Signed(kind=DocumentKind.BUNDLE, text=said, key=key, signature=signature)
        desired = encode_down(Desired(version=version, state={}, signed=[signed]))
        self._client.publish("telltale/v1/fleet-1/car-1/down/desired", desired, 1, retain=True).wait_for_publish(10)

    def _hear(self, client: mqtt.Client, message: mqtt.MQTTMessage) -> None:
        if bytes(message.payload).startswith(b"TTB1"):
            return
        envelope = json.loads(message.payload)
        stored = self._stored.setdefault(envelope["stream"], set())
        base, _, kind = message.topic.partition("/up/")
        if envelope["seq"] not in stored:
            stored.add(envelope["seq"])
            self._act(client, base, kind, envelope["body"])
        ack = encode_down(ack_of(envelope["stream"], [(one, one) for one in stored]))
        client.publish(f"{base}/down/ack", ack, 1)

    def _act(self, client: mqtt.Client, base: str, kind: str, body: Mapping[str, Any]) -> None:
        if kind == "reported":
            self.refusals += [one["reason"] for one in body["refusals"]]
        if kind == "reported" and body.get("update"):
            self.updates.append((body["update"]["version"], body["update"]["step"]))
        if kind != "fetch":
            return
        self.offsets.append(body["offset"])
        until = body["offset"] + body["size"]
        for at in range(body["offset"], until, PIECE_BYTES):
            if self.deaf_after is not None and self.pieces >= self.deaf_after:
                return
            self.pieces += 1
            content = self.archive[at : min(at + PIECE_BYTES, until)]
            client.publish(
                f"{base}/down/piece", encode_piece(Piece(bundle=body["bundle"], offset=at, content=content)), 1
            )


def test_a_signed_bundle_is_fetched_across_kills_checked_tried_and_kept(box: Box, tmp_path: Path) -> None:
    padding = {"dbc/padding.dbc": os.urandom(700_000)}  # that nobody names, and nothing packs
    archive = packed({**rules(2), **padding})
    bundle = bundle_of(archive)
    keys = new_keys(tmp_path, "documents")
    box.more = 'document_keys = ["documents.pub.pem"]\n'
    with Mosquitto(tmp_path) as broker:
        box.broker = broker.url
        box.write()
        store = Store(box.state, is_looked_at=True)
        with Cloud(broker.port, archive, deaf_after=5).running() as cloud:
            cloud.wants(bundle, keys, version=1, altered=True)
            box.start()
            wait_until(lambda: len(cloud.refusals) == 1, "what is altered is refused", within_s=WITHIN_S)
            assert "its signature is not by key" in cloud.refusals[0]
            assert not cloud.offsets, "and nothing is fetched"
            cloud.wants(bundle, keys, version=2)
            wait_until(lambda: store.fetched(bundle) == 5 * PIECE_BYTES, "five pieces", within_s=WITHIN_S)
            box.end(signal.SIGKILL)
            cloud.deaf_after = None
            box.start()
            box.wait_settled()
            wait_until(lambda: len(cloud.updates) == 3, "the cloud knows")
    assert cloud.updates == [(VERSION, "fetching"), (VERSION, "trying"), (VERSION, "kept")]
    assert cloud.offsets[:3] == [0, 4 * PIECE_BYTES, 5 * PIECE_BYTES], "it went on with the first byte that it lacked"
    assert box.journal.kept.slot == "a"
    assert not list((box.state / "updates").glob("*.part")), "the archive is not needed any more"
    assert box.end(signal.SIGTERM) == 0
    box.start()
    wait_until(lambda: box.log.count("listening") == 4, "the kept bundle runs after every start")


def test_what_fails_its_check_is_refused_with_the_reason_and_never_tried(box: Box) -> None:
    bad: dict[str, tuple[Mapping[str, str | bytes], str]] = {
        "another box": ({FILE: '[vehicle]\nid = "car-2"\n'}, "edge.toml, vehicle: may not be set by a bundle"),
        "no such rule": ({FILE: SETS_RULES}, "there is no 'rules/more.toml' in the bundle"),
        "a rule that is none": ({**rules(1), "rules/more.toml": '[[rule]]\nalert = "x"\n'}, "rule x: expr"),
        "golden rows": (wrong_model(), "off the golden answers"),
        "a database": (
            {
                FILE: '[[bus]]\ndbc = ["dbc/x.dbc"]\nmapping = "dbc/x.vss.toml"\n',
                "dbc/x.dbc": "",
                "dbc/x.vss.toml": "[",
            },
            "dbc/x.dbc: holds no CAN messages",
        ),
        "a profile that leads out": (
            {FILE: 'profile = "profiles/v.profile.toml"\n', "profiles/v.profile.toml": 'rules = ["/etc/rules.toml"]\n'},
            "no such rule pack",
        ),
        "no archive": ({}, "it is no zip archive"),
    }
    for number, (name, (files, problem)) in enumerate(bad.items()):
        archive = packed(files) if files else b"PK is no archive"
        asked_for(box.state, bundle_of(archive, version=VERSION + number), archive)
        box.start()
        box.wait_settled()
        step = box.journal.steps[-1]
        assert (step.version, step.step) == (VERSION + number, "refused"), name
        assert problem in step.reason, name
        assert str(box.state) not in step.reason, name
        assert box.end(signal.SIGTERM) == 0
    assert [step for _, step in box.told()] == ["refused"] * len(bad)
    assert "beginning anew" not in box.log


def test_rules_that_flood_are_rolled_back_at_once_and_their_version_is_not_tried_again(box: Box) -> None:
    archive = packed(rules(30))
    bundle = bundle_of(archive, alerts_max=5)
    asked_for(box.state, bundle, archive)
    box.start()
    box.wait_settled()
    assert [step.step for step in box.journal.steps] == ["trying", "rolled_back"]
    assert "30 alerts began" in box.journal.steps[-1].reason
    wait_until(lambda: box.log.count("listening") == 3, "what ran before runs again")
    assert box.end(signal.SIGTERM) == 0
    assert asked_for(box.state, bundle).journal.wanted is None
    assert box.told() == [(VERSION, "trying"), (VERSION, "rolled_back")]


def on_trial(box: Box, files: Mapping[str, str | bytes], probation_s: int = PROBATION_S_MIN) -> None:
    """A state in which the next start tries this bundle, as if it had passed its check."""
    archive = packed(files)
    bundle = bundle_of(archive, probation_s=probation_s)
    store = asked_for(box.state, bundle, archive)
    unpack(store.archive(bundle), store.slot("a"), Disk())
    store.save(store.journal.tries(Before()))


def test_a_configuration_that_cannot_start_is_rolled_back_in_the_same_process(box: Box) -> None:
    on_trial(box, rules(1))
    (box.state / "updates" / "slots" / "a" / FILE).write_text("[detect\n")  # as a disk might
    box.start()
    box.wait_settled()
    assert [step.step for step in box.journal.steps] == ["trying", "rolled_back"]
    assert "it cannot be started" in box.journal.steps[-1].reason
    wait_until(lambda: box.log.count("listening") == 1, "it listens, at the first start")
    assert "beginning anew" not in box.log


def test_what_cannot_be_started_after_it_was_loaded_is_rolled_back_and_the_next_start_says_whose_mistake_it_is(
    box: Box,
) -> None:
    on_trial(box, rules(1))
    box.more = 'document_keys = ["absent.pem"]\n'
    box.write()
    box.start()
    assert box.child is not None
    assert box.child.wait(timeout=30) == 78
    assert [step.step for step in box.journal.steps] == ["trying", "rolled_back"]
    assert "absent.pem" in box.journal.steps[-1].reason
    assert box.log.count("beginning anew: what ran before runs again") == 1


def test_a_model_that_goes_wrong_on_trial_is_rolled_back_at_its_end(box: Box) -> None:
    on_trial(box, {**wrong_model(), "models/warm/model.onnx": b"no model"})
    box.start()
    box.wait_settled()
    assert [step.step for step in box.journal.steps] == ["trying", "rolled_back"]
    assert "detector.warm" in box.journal.steps[-1].reason


def test_a_trial_whose_starts_end_badly_is_rolled_back_before_it_is_read_again(box: Box) -> None:
    on_trial(box, rules(1), probation_s=3600)
    for number in range(1, 4):
        box.start()
        wait_until(lambda number=number: box.log.count("listening") == number, "it runs", within_s=WITHIN_S)  # type: ignore[misc]  # mypy knows no such lambda
        assert box.journal.trial is not None
        box.end(signal.SIGKILL)
    box.start()
    box.wait_settled()
    assert box.journal.steps[-1].reason == "it was started 3 times, and none of them ended well"
    assert box.told() == [(VERSION, "trying"), (VERSION, "rolled_back")]


def test_starts_that_end_well_are_no_reason_and_their_time_counts(box: Box) -> None:
    on_trial(box, rules(1), probation_s=3600)
    for number in range(1, 6):
        box.start()
        wait_until(lambda number=number: box.log.count("listening") == number, "it runs", within_s=WITHIN_S)  # type: ignore[misc]  # mypy knows no such lambda
        assert box.end(signal.SIGTERM) == 0
    trial = box.journal.trial
    assert trial is not None
    assert trial.starts == 0


def test_back_to_what_the_installer_has_set_up_and_a_kept_bundle_that_is_lost(box: Box) -> None:
    on_trial(box, rules(1))
    store = asked_for(box.state, none_of(VERSION + 1))
    store.save(store.journal.begins("").keeps(""))
    box.start()
    box.wait_settled()
    assert [(step.version, step.step) for step in box.journal.steps[-2:]] == [
        (VERSION + 1, "trying"),
        (VERSION + 1, "kept"),
    ]
    assert box.journal.kept.slot is None


def test_killed_at_any_moment_of_applying_it_comes_to_the_same_end_and_says_each_step_once(box: Box) -> None:
    archive = packed(rules(2))
    asked_for(box.state, bundle_of(archive), archive)
    moments: list[Callable[[], bool]] = [
        (box.state / "updates" / "slots" / "a").exists,
        lambda: box.journal.trial is not None,
        lambda: any(step.step == "trying" for step in box.journal.steps),
    ]
    for moment in moments:
        box.start()
        wait_until(moment, "the moment to pull the plug", within_s=WITHIN_S)
        box.end(signal.SIGKILL)
    box.start()
    box.wait_settled()
    assert box.told() == [(VERSION, "trying"), (VERSION, "kept")]
    assert box.journal.kept.slot == "a"


def test_who_is_told_to_end_ends_though_it_was_about_to_begin_anew(box: Box) -> None:
    archive = packed(rules(2))
    asked_for(box.state, bundle_of(archive), archive)
    box.start()
    box.wait(lambda journal: journal.trial is not None, "it is about to be tried")
    assert box.child is not None
    with suppress(ProcessLookupError):
        box.child.send_signal(signal.SIGTERM)
    assert box.child.wait(timeout=30) in (0, -signal.SIGTERM)
