"""What is written about rules is what they are."""

import re
from pathlib import Path

from edge.detect.rules import rule
from edge.detect.rules.entry import RuleEntry
from edge.detect.rules.functions import FUNCTIONS
from edge.detect.rules.rule import load_rules

README = Path(rule.__file__).with_name("README.md")


def test_every_function_stands_in_the_table_as_it_is() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", README.read_text(), re.MULTILINE)
    told = {name: (takes, means) for name, takes, means in rows if name in FUNCTIONS}
    assert told == {
        name: (", ".join(one.takes) + (", …" if one.more else ""), one.means) for name, one in FUNCTIONS.items()
    }


def test_the_example_can_be_used_and_every_field_is_told_of(tmp_path: Path) -> None:
    text = README.read_text()
    example = text.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "example.toml").write_text(example)
    [loaded], refused = load_rules([tmp_path / "example.toml"])
    assert refused == []
    assert loaded.concern.rule == "coolant_hot"
    fields = {one.alias or name for name, one in RuleEntry.model_fields.items()}
    assert {
        name for name in fields if f"`{name}`" not in text and not re.search(rf"^{name} = ", example, re.MULTILINE)
    } == set()
