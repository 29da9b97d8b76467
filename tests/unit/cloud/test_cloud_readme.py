"""The READMEs of the cloud say what the code says."""

import re
import tomllib
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatch

import pytest

import cloud.wiring  # noqa: F401 - it knows every room, so all tables are there
from cloud.api.problems import Problem
from cloud.bundles.service import BundleSettings
from cloud.campaigns.service import CampaignSettings
from cloud.chat.service import TURNS_MAX
from cloud.columns import METADATA
from cloud.commands.service import CommandSettings, Wish
from cloud.config import CloudConfig
from cloud.errors import CloudError, ConfigError, NotAuthenticated, PartEnded
from cloud.fleet.profile import FORMERS_MAX, Profile
from cloud.health.service import CODES_MAX, HealthSettings
from cloud.inbox.intake import PIECES_MAX
from cloud.notify.dispatch import Answer
from cloud.notify.service import TIDY_EVERY
from cloud.rca.service import CauseService
from edge.wire.envelope import Clock
from edge.wire.messages import Fetch, Result, ResultState, UpdateStep
from tests.shared import ROOT
from tests.unit.cloud.asking import Talk
from tests.unit.cloud.bundled import add, begin, look, said, tell
from tests.unit.cloud.collecting import count_everything
from tests.unit.cloud.services import CAPTURES, WINDOWS, Cloud, open_cloud, with_inbox
from tests.unit.cloud.telling import ADA, notice, post, take
from tests.unit.cloud.test_api import api_of, ask
from tests.unit.cloud.test_intake import BAD, VAN
from tests.unit.cloud.vehicle import (
    Speaker,
    alert,
    capture,
    gap,
    position,
    result,
    summary,
    telemetry,
    trip,
    trouble_code,
)

README = (ROOT / "cloud" / "README.md").read_text()
API_README = (ROOT / "cloud" / "api" / "README.md").read_text()


def rows(text: str, head: str) -> list[list[str]]:
    """The cells of the table whose head begins so."""
    table = text[text.index(f"| {head}") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_table_is_described_as_in_the_code() -> None:
    described = {cells[0].strip("`"): cells[1] for cells in rows(README, "table | what it holds")}
    assert described == {table.name: table.comment for table in METADATA.tables.values()}


def test_the_settings_are_the_defaults() -> None:
    written = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert written is not None
    shown = tomllib.loads(written[1])
    defaults = CloudConfig.model_validate({"broker": {"embedded": True}}).model_dump(exclude_none=True)
    assert shown == defaults
    optional = set(re.findall(r"^# (\w+) =", written[1], re.MULTILINE))
    assert optional == {
        "token",
        "url",
        "ca_file",
        "certificate_file",
        "authority",
        "passphrase_file",
        "broker",
        "key_file",
        "smtp_url",
        "public_url",
        "checkpoint_file",
        "rul_model",
        "plans",
        "base_url",
        "model",
        "api_key",
    }


def test_every_counter_is_described() -> None:
    names = [re.sub("<.*>", "*", name.strip(" `")) for cells in rows(README, "counter") for name in cells[0].split(",")]
    small = with_inbox(gap_rows=1, shelf_rows=1, quarantine_rows=1)
    none, one_part = HealthSettings(0, 0), replace(CAPTURES, parts=1)
    with open_cloud(
        inbox=small,
        health_settings=none,
        summaries_per_vehicle=1,
        deliveries_kept=1,
        conversations_kept=1,
        captures_kept=one_part,
        commands_kept=CommandSettings(per_vehicle=1),
        bundles_kept=BundleSettings(per_fleet=1, rollouts_per_fleet=1, steps_per_vehicle=1),
        campaigns_kept=CampaignSettings(per_fleet=1),
        windows_kept=replace(WINDOWS, parts=1),
    ) as cloud:
        cloud.take(*BAD.values())
        cloud.take(VAN.say(alert(1), 1), VAN.say(alert(1), 1), VAN.say(alert(2), 1))
        cloud.take(VAN.say(telemetry(), 1), VAN.say(telemetry(), 2))
        parts = ({"id": f"{n:032x}", "part": part} for n, part in ((1, 1), (2, 1), (2, 2)))
        cloud.take(*(VAN.say(capture().model_copy(update=told), seq) for seq, told in enumerate(parts, start=3)))
        cloud.take(VAN.say(gap(f"alert-{'0' * 16}", (1, 1), (3, 3)), 1))
        with pytest.raises(NotAuthenticated):
            cloud.security.sign_in.sign_in("nobody", "a password")
        cloud.take(VAN.say(summary(1), 63), VAN.say(summary(2), 64))
        cloud.take(VAN.say(summary(3), 65, clock=Clock.UNSYNCED))
        cloud.take(*(VAN.say(trouble_code(f"P{n:04d}"), 100 + n) for n in range(CODES_MAX + 1)))
        cloud.workflow.runner.round()
        cloud.contacts.put(ADA, by="ada")
        post(cloud, *(notice(n) for n in range(TIDY_EVERY)))
        letter, *_ = take(cloud)
        for _ in ("in time", "too late"):
            cloud.dispatch.answer(Answer(letter))
        for n in range(FORMERS_MAX + 2):
            cloud.profiles.put(Profile(VAN.address, firmware=str(n)), by="test")
        looks = CauseService(cloud.database, cloud.security.audit, cloud.causes._near, lambda: cloud.now, scans_kept=1)
        for _ in range(2):
            looks.scan("north", by="test")
        talk = Talk(cloud)
        for _ in range(TURNS_MAX + 1):
            talk.say("tell me a joke")
        Talk(cloud).say("hello")
        for seq, state in enumerate(ResultState, start=700):
            wish = Wish("self_test", {}, timedelta(minutes=5), f"{seq:032x}")
            cloud.commands.issue(VAN.address, wish, by="test")
            cloud.take(VAN.say(Result(command=f"{seq:032x}", state=state, reason="", values={}), seq))
        cloud.take(VAN.say(result(), 710))
        count_everything(cloud)
        cloud.take(VAN.say(trip().model_copy(update={"overspeed": 1}), 1999))
        for seq, later in ((2000, timedelta()), (2048, timedelta(days=500))):
            cloud.now += later
            cloud.take(VAN.say(position(), seq, observed_at=cloud.now))
        update(cloud)
        counted = set(cloud.counts())
    assert [name for name in counted if not any(fnmatch(name, known) for known in names)] == []
    assert [known for known in names if not any(fnmatch(name, known) for name in counted)] == [
        "greetings",
        "works_unknown",
        "chat_withheld",
        "chat_model_*",
        "refused_*",
        "refusals_untold",
        "refusals_dropped",
    ]


def update(cloud: Cloud) -> None:
    """All that is counted of bundles."""
    cloud.take(Speaker("van-8").say(summary(1), 1))
    for name in ("one", "two"):
        bundle = add(cloud, name)
    cloud.rollouts.stop("north", begin(cloud, bundle, "van-7", "van-8", first=1).number, why="", by="test")
    begin(cloud, bundle, "van-7")
    document = look(cloud)["van-7"]
    for seq, step in enumerate(UpdateStep, start=3000):
        tell(cloud, VAN, seq, said(document, step))
    wish = Fetch(bundle=bundle.id, offset=0, size=1)
    beyond = wish.model_copy(update={"offset": bundle.size})
    cloud.intake.take([*(VAN.say(wish, seq) for seq in range(3100, 3101 + PIECES_MAX)), VAN.say(beyond, 4000)])
    begin(cloud, None, newcomers=True)
    cloud.take(Speaker("van-9").say(summary(1), 1))


def test_every_path_is_described(cloud: Cloud) -> None:
    described = {cells[0].strip("`") for cells in rows(API_README, "path")}
    assert described == set(ask(api_of(cloud), "/api/v1/openapi.json").json()["paths"])


def test_every_problem_is_described() -> None:
    described = {(cells[0].strip("`"), int(cells[1])) for cells in rows(API_README, "type")}
    never_asked: set[type[CloudError]] = {ConfigError, PartEnded}
    answered = kinds_of(CloudError) - never_asked | {CloudError}
    assert described == {(kind.slug, kind.status) for kind in answered if kind.__module__ == "cloud.errors"}


def kinds_of(kind: type[CloudError]) -> set[type[CloudError]]:
    return {found for direct in kind.__subclasses__() for found in {direct, *kinds_of(direct)}}


def test_a_problem_has_an_example() -> None:
    Problem.model_validate(Problem.model_json_schema()["example"])
