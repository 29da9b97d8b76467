"""The knowledge base: the shipped one is clean, and every mistake in one is found with its place and remedy."""

import re
from pathlib import Path

import pytest

from cloud.errors import ConfigError
from cloud.health.indicators import INDICATORS
from cloud.health.knowledge import FOLDER, load_knowledge, load_system, shipped, system_for
from cloud.health.lint import lint
from cloud.health.wear import WEARING
from cloud.scheduling.works import catalogue

GOOD = """
component = "wipers"
title = "Wipers"
healthy = 0.3
other = 0.1
other_shows = 0.3

[[symptom]]
id = "code"
title = "code of the wipers"
codes = ["B1001"]

[[symptom]]
id = "hot"
title = "heat"
indicator = "coolant_c"
above = 100.0
absent = 90.0

[[cause]]
id = "motor"
title = "motor"
prior = 0.6
work = "inspection"
tests = ["listen"]
source = "judgement"
shows = { code = 0.9 }

[[cause]]
id = "linkage"
title = "linkage"
prior = 0.4
work = "inspection"
tests = ["look"]
source = "judgement"
shows = { hot = 0.9 }
"""


def complaints(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "wipers.toml").write_text(text)
    return [str(one) for one in lint(load_knowledge(tmp_path))]


def test_the_shipped_one_has_no_complaint() -> None:
    assert lint(shipped()) == []


def test_the_catalogue_has_the_work_of_every_cause() -> None:
    assert {cause.work for system in shipped() for cause in system.causes} <= set(catalogue().kinds())


def test_every_indicator_is_used() -> None:
    levels = [symptom.level for system in shipped() for symptom in system.symptoms.values()]
    used = {level.indicator for level in levels if level is not None} | {one.indicator for one in WEARING}
    assert set(INDICATORS) == used


def test_alerts_names_lead_to_a_system() -> None:
    assert system_for(shipped(), "battery_12v") is system_for(shipped(), "charging")
    assert system_for(shipped(), "wipers") is None


def test_a_good_one_has_no_complaint(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "place", "problem"),
    [
        ("shows = { code = 0.9 }", "shows = { cod = 0.9 }", "cause motor", "is no symptom of this file"),
        ("shows = { code = 0.9 }", "shows = {}", "cause motor", "shows nothing"),
        ("shows = { code = 0.9 }", "shows = { code = 1.0 }", "cause motor", "no probability"),
        ("shows = { hot = 0.9 }", "shows = { code = 0.8 }", "cause motor", "nothing tells it from linkage"),
        ("shows = { hot = 0.9 }", "shows = { code = 0.2 }", "symptom hot", "no cause shows it"),
        ("prior = 0.6", "prior = 0.7", "prior", "add up to 1.100"),
        ("prior = 0.6", "prior = -0.6", "cause motor", "its prior is no probability"),
        ("healthy = 0.3", "healthy = 1.3", "healthy", "is no probability"),
        ('codes = ["B1001"]', 'codes = ["B1001"]\nrules = ["x"]', "symptom code", "declared in 2 ways"),
        ('codes = ["B1001"]', "", "symptom code", "declared in 0 ways"),
        ('indicator = "coolant_c"', 'indicator = "coolant"', "symptom hot", "there is no indicator 'coolant'"),
        ("absent = 90.0", "absent = 110.0", "symptom hot", "absent beyond the level"),
        ('codes = ["B1001"]', 'codes = ["B1001"]\nleak = 0.0', "symptom code", "its leak is no probability"),
        ('codes = ["B1001"]', 'codes = ["B1001"]\nneeds = "x"', "symptom code", "which is no indicator"),
        ('title = "Wipers"', 'title = "Wipers"\nalso = ["wipers"]', "component", "claimed twice"),
        ('id = "linkage"', 'id = "motor"', "cause motor", "another cause has this id"),
    ],
)
def test_a_mistake_is_found_with_its_place_and_remedy(
    tmp_path: Path, before: str, after: str, place: str, problem: str
) -> None:
    found = complaints(tmp_path, GOOD.replace(before, after))
    assert any(re.match(rf"wipers.toml, {place}: .*{re.escape(problem)}.*\. [A-Z]", one) for one in found), found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("component = ", "not TOML"),
        (GOOD.replace('id = "code"', 'id = "Code"'), "symptom.0.id"),
        (GOOD.replace('tests = ["listen"]', ""), "cause.0.tests"),
        (GOOD.replace("healthy", "health"), "health"),
    ],
)
def test_what_cannot_be_read_names_file_and_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "wipers.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        load_system(file)
    assert str(file) in str(caught.value)


def test_no_knowledge_base_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no knowledge base"):
        load_knowledge(tmp_path)
    assert FOLDER.is_dir()
