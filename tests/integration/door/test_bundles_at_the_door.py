"""A bundle goes through the whole service and a mosquitto with certificates, to the vehicle that it is for alone."""

import os
from typing import Final

import httpx
import pytest

from edge.detect.ed25519 import fits
from edge.detect.signature import read_public_key
from edge.enrolment.identity import FILE
from edge.wire import bundles as wire
from edge.wire.downlink import Desired, decode_down
from edge.wire.messages import FETCH_BYTES_MAX, Fetch, UpdateStep
from edge.wire.signed import signed_text
from edge.wire.topics import Down
from tests.integration.cloud.service import DEADLINE_S, TOKEN
from tests.integration.door.knocking import Knock
from tests.integration.door.test_door import knock
from tests.integration.door.towns import Town
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.bundled import said, zipped
from tests.unit.cloud.vehicle import Speaker

pytestmark = pytest.mark.xdist_group("door")
CAR: Final = Speaker("car-31", "north")
OTHER: Final = Speaker("car-32", "north")


def heard(box: Knock, kind: Down) -> list[bytes]:
    return [payload for topic, payload in box.heard if topic == CAR.address.down(kind)]


def test_a_bundle_reaches_the_vehicle_that_it_is_for_and_nobody_else(here: Town) -> None:
    content = zipped({"models/large/model.onnx": os.urandom(FETCH_BYTES_MAX // 2)})
    with (
        knock(here, here.enrol("north", "car-31") / FILE) as box,
        knock(here, here.enrol("north", "car-32") / FILE) as thief,
    ):
        for one, speaker in ((box, CAR), (thief, OTHER)):
            one.ask_for(f"{speaker.address.base}/down/+")
            arrival = speaker.say(says.trip(1), 1)
            one.say(arrival.topic, arrival.payload)
        thief.ask_for(CAR.address.down(Down.PIECE))
        here.wait_until(lambda: box.heard and thief.heard, "the acknowledgements")
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{here.service.api}/api/v1/bundles/north?name=large"
        added = httpx.post(url, content=content, headers=headers, timeout=DEADLINE_S).json()
        here.service.post("/api/v1/rollouts/north", bundle=added["id"], vehicles=["car-31"])
        here.wait_until(lambda: heard(box, Down.DESIRED), "what it is to run")
        [signed] = decode_down(Desired, heard(box, Down.DESIRED)[-1]).signed
        public = read_public_key(here.folder / "authority" / "documents.pub.pem")
        assert fits(public.content, bytes.fromhex(signed.signature), signed_text(signed.kind, signed.text))
        document = wire.read_bundle(signed.text)
        for seq, speaker, one in ((2, CAR, box), (2, OTHER, thief)):
            wish = speaker.say(Fetch(bundle=added["id"], offset=0, size=FETCH_BYTES_MAX), seq)
            assert one.say(wish.topic, wish.payload)
        pieces = -(-len(content) // wire.PIECE_BYTES)
        here.wait_until(lambda: len(heard(box, Down.PIECE)) >= pieces, "its pieces")
        arrival = CAR.say(said(document, UpdateStep.REFUSED, "unknown table [secrets]"), 3)
        box.say(arrival.topic, arrival.payload)
        line = here.wait_for_line("update_refused", subject="vehicles/north/car-31")
    came = [wire.decode_piece(payload) for payload in heard(box, Down.PIECE)]
    assert b"".join(piece.content for piece in came) == content
    assert {topic for topic, _ in thief.heard} == {OTHER.address.down(Down.ACK)}
    assert line["by"] == "north/car-31"
    assert line["note"].endswith("unknown table [secrets]")
    assert here.wait_for_line("refused_subscribe", subject=CAR.address.down(Down.PIECE))["by"] == "north/car-32"
    assert here.service.get("/api/v1/vehicles/north/car-31/updates")["items"][0]["step"] == "refused"
