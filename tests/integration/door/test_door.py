"""A real mosquitto, a real cloud, real keys: what each may, and what each tries in vain, with its line in the audit."""

import asyncio
import os
import signal
import ssl
import stat
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cloud.broker.door import LOG_FILE
from cloud.broker.log_file import LogFile
from cloud.broker.log_lines import LogReader, Refused
from cloud.fleet.provisioning.authority import Authority
from edge.detect.signature import read_public_key
from edge.enrolment.identity import FILE, Identity
from edge.enrolment.keeper import REFUSED_RETRY_S, Keeper, Rhythm
from edge.enrolment.keys import BoxKey
from edge.link import Broker
from edge.wire.topics import Address
from tests.integration.door.knocking import Knock
from tests.integration.door.towns import Town, identity_of
from tests.programs import program, run
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.vehicle import Speaker

pytestmark = pytest.mark.xdist_group("door")


def knock(here: Town, certificate: Path | None, **how: object) -> Knock:
    return Knock(here.port, ca=here.broker / "authority.pem", certificate=certificate, **how)  # type: ignore[arg-type]  # passed on


def listening(here: Town) -> Knock:
    """What the cloud may hear, heard beside it: at the helper's listener a client id may be chosen."""
    return Knock(
        here.helper_port, ca=here.broker / "authority.pem", certificate=here.broker / "cloud.pem", client_id="listener"
    )


def forged(here: Town, signer: Authority, address: Address, at: datetime) -> Path:
    """A certificate for a key of one's own, with the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    file = here.folder / f"forged-{time.monotonic_ns()}.pem"
    file.write_text(BoxKey(key).pem() + signer.admit(address, key.public_key(), at, 90).pem)
    return file


def test_a_box_enrols_and_is_heard(here: Town) -> None:
    state = here.enrol("north", "car-1")
    identity = Identity.read(state)
    assert identity is not None
    assert identity.document_keys == (read_public_key(here.folder / "authority" / "documents.pub.pem").content,)
    file = state / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(one.name for one in state.iterdir()) == ["enrolment.lock", FILE, "lock"]
    assert identity_of(state)["broker"] == f"mqtts://localhost:{here.port}"
    car = Speaker("car-1", "north")
    with knock(here, file) as box:
        assert box.is_in
        box.ask_for("telltale/v1/north/car-1/down/+")
        arrival = car.say(says.trip(1), 1)
        box.say(arrival.topic, arrival.payload)
        here.wait_until(lambda: box.heard, "the acknowledgement")
    [(topic, _)] = box.heard
    assert topic == "telltale/v1/north/car-1/down/ack"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # paho leaves the socket of a failed handshake open
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning")  # that is what is tried
def test_nobody_comes_in_without_a_certificate_that_counts(here: Town) -> None:
    now, car = datetime.now(UTC), Address("north", "car-1")
    foreign = forged(here, Authority.new("Telltale", now), car, now)
    expired = forged(here, here.authority(), car, now - timedelta(days=91))
    failed = "certificate verify failed"
    for stranger, said in (
        (knock(here, foreign), failed),
        (knock(here, expired), failed),
        (knock(here, None), "peer did not return a certificate"),
        (knock(here, None, tls=ssl.TLSVersion.TLSv1_1), "unsupported protocol"),
    ):
        times = sum(line["subject"] == said for line in here.audit("refused_connection"))
        with stranger:
            assert not stranger.is_in
        assert times or here.wait_for_line("refused_connection", subject=said, by="127.0.0.1")


def test_the_broker_s_own_certificate_makes_no_client(here: Town) -> None:
    with knock(here, here.broker / "server.pem") as impostor:
        assert not impostor.is_in


def test_two_fleets_get_nothing_of_each_other(here: Town) -> None:
    north, south = here.enrol("north", "car-2"), here.enrol("south", "car-2")
    own, foreign = "telltale/v1/south/car-2", "telltale/v1/north/car-2"
    before = len(here.service.get("/api/v1/quarantine?limit=500")["items"])
    with knock(here, north / FILE) as victim, knock(here, south / FILE, client_id="north/car-2") as thief:
        assert victim.is_in
        assert thief.is_in
        victim.ask_for(f"{foreign}/down/+")
        wishes = [f"{foreign}/down/+", f"{foreign}/#", "telltale/v1/north/+/up/+", "telltale/#", "#", "+/+/+/+/+/+"]
        wishes += ["$SYS/#", f"{own}/up/+", "telltale/v1/+/car-2/down/ack", "$share/x/telltale/v1/north/+/up/+"]
        for wish in wishes:
            thief.ask_for(wish)
        for topic in (
            f"{foreign}/up/alert", f"{foreign}/status", f"{foreign}/down/ack", f"{foreign}/down/desired",
            f"{own}/down/ack", f"{own}/up/alert/more", f"{own}/x", "telltale/v1/south/car-3/up/alert",
            "telltale/v1/north/../south/car-2/up/alert", "x", "$SYS/broker/x",
        ):  # fmt: skip
            thief.say(topic, b"forged", retain=topic.endswith(("status", "desired")))
        arrival = Speaker("car-2", "north").say(says.trip(1), 1)
        victim.say(arrival.topic, arrival.payload)
        here.wait_until(lambda: victim.heard, "the acknowledgement of the one who may")
        assert not victim.gone.is_set(), "nobody is thrown off by who takes their client id"
    assert [topic for topic, _ in victim.heard] == [f"{foreign}/down/ack"]
    assert thief.heard == []
    assert len(here.service.get("/api/v1/quarantine?limit=500")["items"]) == before, "the inbox saw nothing of it"
    with knock(here, north / FILE) as after:
        after.ask_for(f"{foreign}/down/+")
        assert after.say(f"{foreign}/up/none")
        assert after.heard == [], "nor is anything of it kept for later"
    for topic in (f"{foreign}/up/alert", f"{foreign}/down/desired", f"{own}/down/ack"):
        assert here.wait_for_line("refused_publish", subject=topic)["by"] == "south/car-2"
    for wish in ("telltale/v1/north/+/up/+", f"{own}/up/+"):
        assert here.wait_for_line("refused_subscribe", subject=wish)["fleet"] == "south"


def test_a_last_will_is_for_one_s_own_topics(here: Town) -> None:
    north, south = here.enrol("north", "car-13"), here.enrol("south", "car-13")
    own, foreign = "telltale/v1/south/car-13/status", "telltale/v1/north/car-13/status"
    with listening(here) as listener, knock(here, north / FILE):
        listener.ask_for("telltale/v1/+/car-13/status")
        for topic in (foreign, own):
            with knock(here, south / FILE, will=topic) as thief:
                thief.fall_silent()
        here.wait_until(lambda: listener.heard, "the will that may be said")
    assert [topic for topic, _ in listener.heard] == [own]


def test_nobody_writes_lines_into_the_log_for_others(here: Town) -> None:
    state = here.enrol("south", "car-9")
    line = "1764482709: Denied PUBLISH from north/innocent (d0, q1, r0, m1, 'x', ... (1 bytes))"
    with knock(here, state / FILE) as box:
        assert not box.say(f"telltale/v1/south/x\n{line}\n"), "a topic of several lines ends the connection"
    with knock(here, state / FILE) as box:
        box.say(f"telltale/v1/south/{line}")
    with knock(here, state / FILE, client_id=f"x\n{line}\n"):
        pass
    with knock(here, state / FILE) as box:
        box.say("telltale/v1/south/and/then")
    here.wait_for_line("refused_publish", by="south/car-9", subject="telltale/v1/south/and/then")
    assert [one for one in here.audit("refused_publish") if one["by"] == "north/innocent"] == []


def test_a_code_works_once(here: Town) -> None:
    state = here.folder / "first"
    code = here.code("north", "car-3")
    enrol = ("telltale-edge", "enrol", "--cloud", here.service.api, "--code", code, "--state")
    assert run(*enrol, state).status == 0
    again = run(*enrol, here.folder / "second")
    assert (again.status, "opens nothing here" in again.err) == (1, True)
    assert here.wait_for_line("refused_enrolment", subject="a code that is used, for north/car-3")
    twice = run(*enrol, state)
    assert (twice.status, "is north/car-3 already" in twice.err) == (78, True)


def test_an_interrupted_box_goes_on_with_its_key(here: Town) -> None:
    state = here.folder / "interrupted"
    code = here.code("north", "car-4")
    away = run("telltale-edge", "enrol", "--cloud", "http://127.0.0.1:9", "--code", code, "--state", state)
    assert (away.status, "cannot be reached" in away.err) == (1, True)
    key = (state / "identity.pending.pem").read_text()
    assert stat.S_IMODE((state / "identity.pending.pem").stat().st_mode) == 0o600
    # the cloud has answered, and the answer was lost: asked once more with the same key
    enrol = ("telltale-edge", "enrol", "--cloud", here.service.api, "--code", code, "--state", state)
    assert run(*enrol).status == 0
    answered = (state / FILE).read_text()
    (state / FILE).unlink()
    (state / "identity.pending.pem").write_text(key)
    assert run(*enrol).status == 0
    assert (state / FILE).read_text() == answered
    assert key in answered
    assert not (state / "identity.pending.pem").exists()


def test_who_is_revoked_is_out_within_seconds(here: Town) -> None:
    state = here.enrol("north", "car-5")
    car = Speaker("car-5", "north")
    stop = threading.Event()
    with knock(here, state / FILE) as box, listening(here) as listener:
        listener.ask_for("telltale/v1/north/car-5/up/+")

        def talk() -> None:
            n = 0
            while not stop.wait(0.05) and not box.gone.is_set():
                n += 1
                arrival = car.say(says.alert(n), n)
                box.say(arrival.topic, arrival.payload)

        talking = threading.Thread(target=talk)
        talking.start()
        here.wait_until(lambda: listener.heard, "its first message")
        began_s = time.monotonic()
        here.cloud("revoke", "car-5", "--fleet", "north", "--why", "stolen")
        done_s = time.monotonic()
        assert box.gone.wait(60), "its connection is ended"
        out_s = time.monotonic()
        stop.set()
        talking.join()
        with knock(here, state / FILE) as again:
            assert not again.is_in
        last_s = listener.heard_s[-1]
    told = f"{last_s - done_s:+.2f} s to the last message that was delivered, {out_s - done_s:+.2f} s to the end"
    print(f"revoke took {done_s - began_s:.2f} s; from there {told}")
    assert last_s - began_s < 60
    assert last_s < out_s + 0.5, "nothing is delivered after that"
    assert here.wait_for_line("refused_connection", subject="certificate verify failed")
    here.wait_for_line("revoke_vehicle", subject="vehicles/north/car-5")


def test_the_helper_makes_up_for_what_it_missed(here: Town) -> None:
    state = here.enrol("north", "car-6")
    with knock(here, state / FILE) as box:
        assert box.is_in
        here.end(here.helper)
        here.cloud("revoke", "car-6", "--fleet", "north")
        assert box.say("telltale/v1/north/car-6/up/alert", b"{}"), "the broker knows nothing of it yet"
        here.wait_for_line("refused_message", by="north/car-6", subject="is revoked")
        here.start_helper()
        assert box.gone.wait(30)


def test_a_box_is_replaced_and_the_vehicle_s_past_goes_on(here: Town) -> None:
    old = here.enrol("north", "car-7")
    before, after = Speaker("car-7", "north", "a" * 16), Speaker("car-7", "north", "b" * 16)
    with knock(here, old / FILE) as box:
        box.ask_for("telltale/v1/north/car-7/down/+")
        arrival = before.say(says.trip(1), 1)
        box.say(arrival.topic, arrival.payload)
        here.wait_until(lambda: box.heard, "the acknowledgement")
        new = here.enrol("north", "car-7", "replace", name="car-7-new")
        assert box.gone.wait(30)
    with knock(here, old / FILE) as out:
        assert not out.is_in
    here.wait_until(lambda: "north/car-7" not in (here.broker / "acl").read_text(), "the ACL")
    with knock(here, new / FILE) as box:
        assert box.is_in
        box.ask_for("telltale/v1/north/car-7/down/+")
        for arrival in (after.say(says.trip(2), 1), before.say(says.trip(3), 2)):
            box.say(arrival.topic, arrival.payload)
        here.wait_until(lambda: box.heard, "the acknowledgement of the new box")
    here.wait_for_line("refused_message", by="north/car-7", subject="has another box now")
    trips = here.service.get("/api/v1/trips?fleet=north&vehicle=car-7")["items"]
    assert len(trips) == 2, "what the two boxes told is one vehicle's past"


def test_the_daemon_knows_who_it_is_and_where_to_go(here: Town) -> None:
    state = here.enrol("north", "car-8")
    config = here.folder / "edge.toml"
    config.write_text(f'[[bus]]\nsource = "sim:car?seed=7"\n[state]\ndirectory = "{state}"\n')
    checked = run("telltale-edge", "check", "--config", config)
    assert 'id = "car-8"' in checked.out
    assert f'broker = "mqtts://localhost:{here.port}"' in checked.out
    child = here._start([program("telltale-edge"), "run", "--config", str(config)], "edge.out")
    here.wait_until(lambda: here.service.get("/api/v1/vehicles/north/car-8").get("presence") == "online", "the vehicle")
    here.cloud("revoke", "car-8", "--fleet", "north")
    here.wait_for_line("refused_connection", by="127.0.0.1")
    assert child.poll() is None, "a box that is out goes on watching its vehicle"
    here.end(child)
    config.write_text(f'[vehicle]\nid = "car-9"\n[[bus]]\nsource = "sim:car"\n[state]\ndirectory = "{state}"\n')
    wrong = run("telltale-edge", "check", "--config", config)
    assert (wrong.status, "this box is north/car-8" in wrong.err) == (78, True)


def test_a_certificate_is_renewed_by_itself(here: Town) -> None:
    state = here.enrol("north", "car-10")
    file = state / FILE
    before = file.read_text()
    broker = Broker.of(f"mqtts://localhost:{here.port}", ca=file, certificate=file)
    clock = [Identity.read(state).renewal - timedelta(seconds=1)]  # type: ignore[union-attr]  # it is there

    async def keep() -> None:
        stop = asyncio.Event()

        def renewed() -> None:
            broker.look_again()
            stop.set()

        def now() -> datetime:
            clock.append(clock[-1] + timedelta(seconds=1))
            return clock[-2]

        keeper = Keeper(state, utc_now=now, random=lambda: 0.0, on_renewed=renewed, rhythm=Rhythm(0.01, 0.01, 0.01))
        async with asyncio.timeout(60):
            await keeper.run(stop)

    asyncio.run(keep())
    after = file.read_text()
    assert after != before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert BoxKey.read(after).pem() != BoxKey.read(before).pem(), "a new certificate is for a new key"
    with knock(here, file) as box:
        assert box.is_in
    assert here.wait_for_line("renew_certificate", by="north/car-10")
    renewed = Identity.read(state)
    assert renewed is not None
    assert renewed.vehicle == "car-10"


def test_who_was_put_out_is_told_so_by_the_keeper(here: Town) -> None:
    state = here.enrol("north", "car-11")
    here.cloud("revoke", "car-11", "--fleet", "north")
    long_after = datetime(2100, 1, 1, tzinfo=UTC)
    keeper = Keeper(state, utc_now=lambda: long_after, random=lambda: 0.0, on_renewed=lambda: None)
    assert asyncio.run(keeper._look()) == REFUSED_RETRY_S
    assert "not renewed: it is revoked" in keeper.trouble


def test_the_log_is_begun_anew_and_nothing_of_it_is_missed(here: Town) -> None:
    state = here.enrol("north", "car-12")
    log = LogFile(here.broker / LOG_FILE, large=1)
    reader = LogReader()
    with knock(here, state / FILE) as box:
        box.say("telltale/v1/south/car-1/up/before")
        log.rotate(lambda: os.kill(int((here.broker / "broker.pid").read_text()), signal.SIGHUP))
        box.say("telltale/v1/south/car-1/up/after")
        here.wait_until((here.broker / LOG_FILE).exists, "the new log")
    for topic in ("before", "after"):
        here.wait_for_line("refused_publish", by="north/car-12", subject=topic)
    found: Counter[Refused] = Counter()
    found.update(reader.read(LogFile(here.broker / f"{LOG_FILE}.old").new_lines()))
    found.update(reader.read(LogFile(here.broker / LOG_FILE).new_lines()))
    ours = {one.detail for one in found if one.who == "north/car-12"}
    assert ours == {"telltale/v1/south/car-1/up/before", "telltale/v1/south/car-1/up/after"}
