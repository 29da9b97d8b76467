import json
from dataclasses import asdict
from pathlib import Path

from tests.study.rules import healthy_lives, scenario_lives
from tests.study.rules.judged import Told
from tests.study.rules.kept import read_lives

TOLD = Told("hot", "cooling", "critical", 12.0, 10, False, True, True, "hot")
ILL = scenario_lives.Lived(
    "car", "coolant_leak", 1, False, False, 1.0, "any", 9.0, 20.0, None, 30.0, 25, 20, 7, (TOLD,), False
)
WELL = healthy_lives.Lived("ev", "city", "hot", 2, 30.0, 25, 20, 28, None, (TOLD, TOLD), False)


def test_lives_are_read_as_they_were_written_and_count_once(tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    files[0].write_text(json.dumps({"rows": [], "lives": [asdict(ILL)]}))
    files[1].write_text(json.dumps({"lives": [asdict(WELL), asdict(ILL)]}))
    assert read_lives(files) == ([ILL], [WELL])
