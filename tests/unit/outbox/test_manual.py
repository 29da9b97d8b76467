"""What the READMEs say of the outbox is what the code does."""

from edge.config import Config
from edge.outbox import ORDER
from edge.outbox.losses import GAPS_WAITING_MAX
from edge.quotas import Ages, Sizes
from edge.wire.topics import Kind
from tests.shared import ROOT

MANUAL = (ROOT / "edge" / "README.md").read_text("utf-8")
SAMPLE = (ROOT / "systemd" / "telltale-edge.toml").read_text("utf-8")


def table(head: str) -> list[list[str]]:
    """The cells below the head that begins so."""
    lines = MANUAL[MANUAL.index(f"| {head} |") :].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_order_and_the_quotas_of_kinds() -> None:
    settings = Config().outbox
    told = [
        [str(place), kind, str(settings.mb_of(kind)), f"{days:g}" if (days := settings.days_of(kind)) else "never"]
        for place, kind in enumerate(ORDER[:-1], 1)
    ]
    assert [row[:4] for row in table("goes | kind")] == [*told, [str(len(ORDER)), "gap", "none", "none"]]
    assert GAPS_WAITING_MAX == 20, "as the last row says in words"


def test_the_sample_lists_kinds_from_the_top_to_the_bottom() -> None:
    top_down = [kind for kind in reversed(ORDER) if kind != Kind.GAP]
    assert [*Sizes.model_fields] == [*Ages.model_fields] == top_down
    for name in ("mb", "days"):
        lines = SAMPLE[SAMPLE.index(f"[outbox.{name}]") :].partition("\n\n")[0].splitlines()[1:]
        assert [line.split(" = ")[0] for line in lines] == top_down
