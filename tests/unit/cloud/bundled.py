"""Bundles for tests, and vehicles that say what becomes of them."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from cloud.bundles.model import Bundle, Rollout, Standing
from cloud.bundles.rollouts import Plan
from cloud.inbox.bundles import Bundles
from cloud.inbox.desired import DesiredStates
from cloud.pages import LIMIT_MAX, Window
from edge.detect.ed25519 import fits
from edge.wire import bundles as wire
from edge.wire.downlink import Desired, decode_down
from edge.wire.messages import Fetch, Reported, UpdateReport, UpdateStep
from edge.wire.signed import DocumentKind, signed_text
from tests.unit.cloud.services import Cloud, public_key
from tests.unit.cloud.vehicle import T0, Speaker, summary

RULE: Final = b"""
[[rule]]
alert = "coolant_hot"
expr = "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 112 Celsius"
for = "3s"
component = "cooling"
severity = "critical"
action = "stop_now"
summary = "Too hot"
"""
RULES: Final = {"rules/coolant.toml": RULE}


def zipped(files: Mapping[str, bytes] = RULES, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files; the same ones are the same bytes, whenever they are packed."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    return written.getvalue()


def add(cloud: Cloud, name: str = "winter rules", content: bytes | None = None, fleet: str = "north") -> Bundle:
    """A bundle of its own by its name."""
    files = {f"dbc/{name.replace(' ', '-')}.dbc": name.encode()} | RULES
    return cloud.bundles.add(fleet, name, zipped(files) if content is None else content, by="ada")


def vans(cloud: Cloud, count: int) -> list[Speaker]:
    """So many vehicles, the first one heard first."""
    speakers = [Speaker(f"van-{n}") for n in range(1, count + 1)]
    for n, van in enumerate(speakers):
        cloud.take(van.say(summary(1), 1, received_at=T0.replace(minute=n % 60)))
    return speakers


def begin(
    cloud: Cloud,
    bundle: Bundle | None,
    *names: str,
    first: int | None = None,
    fleet: str = "north",
    newcomers: bool = False,
) -> Rollout:
    """A rollout for these vehicles, or for all, and newcomers."""
    plan = Plan(None if bundle is None else bundle.id, names or None, first, newcomers=newcomers)
    return cloud.rollouts.begin(fleet, plan, by="ada")


def look(cloud: Cloud) -> dict[str, wire.Bundle]:
    """What vehicles hear at the next look of the inbox, as far as it is signed by whom they know; by vehicle."""
    Bundles(cloud.rollouts.give_due).due(cloud.now)
    heard = {}
    for reply in DesiredStates(cloud.desired).due(cloud.now):
        for signed in decode_down(Desired, reply.payload).signed:
            if signed.kind is DocumentKind.BUNDLE:
                text = signed_text(signed.kind, signed.text)
                assert fits(public_key(), bytes.fromhex(signed.signature), text)
                document = wire.read_bundle(signed.text)
                assert reply.retain
                assert reply.topic == f"telltale/v1/{document.fleet}/{document.vehicle}/down/desired"
                heard[document.vehicle] = document
    return heard


def said(
    document: wire.Bundle, step: UpdateStep, reason: str = "", *, bundle: str | None = None, version: int | None = None
) -> Reported:
    """What a vehicle reports of a document."""
    told = UpdateReport(bundle=bundle or document.id, version=version or document.version, step=step, reason=reason)
    return Reported(desired_version=document.version, state={}, refusals=[], update=told)


def tell(cloud: Cloud, van: Speaker, seq: int, report: Reported) -> None:
    """A vehicle says so now."""
    cloud.take(van.say(report, seq, received_at=cloud.now))


def standings(cloud: Cloud, rollout: Rollout) -> dict[str, Standing]:
    """How each vehicle of a rollout stands."""
    page = cloud.rollouts.members(rollout.fleet, rollout.number, Window(LIMIT_MAX))
    return {member.vehicle: member.standing for member in page.items}


def fetch(cloud: Cloud, van: Speaker, seq: int, wish: Fetch) -> list[wire.Piece]:
    """What comes back of a bundle."""
    replies = cloud.intake.take([van.say(wish, seq, received_at=cloud.now)])
    return [wire.decode_piece(reply.payload) for reply in replies if reply.topic.endswith("/down/piece")]
