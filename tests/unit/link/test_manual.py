"""What the README says of the link is what the code does."""

from edge.link import Pace
from edge.link.budget import ALWAYS, BULK_SHARE, RECORD_SHARE
from edge.link.networks import _HEADERS
from edge.wire.topics import Kind
from tests.shared import ROOT

MANUAL = (ROOT / "edge" / "README.md").read_text("utf-8").partition("\n## The link\n")[2].partition("\n## ")[0]
PROSE = " ".join(MANUAL.split())


def test_the_shares_of_a_day_and_what_always_goes() -> None:
    assert f"| {BULK_SHARE:.0%} | blocks;".replace("%", " %") in MANUAL
    assert f"| {RECORD_SHARE:.0%} | records but trouble codes |".replace("%", " %") in MANUAL
    assert "alerts and trouble codes always go" in MANUAL
    assert {Kind.ALERT, Kind.DTC} == ALWAYS


def test_what_is_waited_for_and_counted() -> None:
    pace = Pace()
    assert pace.keepalive_s == 3600
    assert "MQTT's keep-alive is an hour" in PROSE
    assert f"one after {pace.probe_s} s without a word" in PROSE
    assert f"{pace.probe_s // 4} s at most often" in PROSE
    assert pace.accept_s == 60.0
    assert "has not accepted a message after a minute" in PROSE
    assert pace.look_s == 2.0
    assert "Every two seconds" in PROSE
    for headers in _HEADERS.values():
        assert f"{headers} " in PROSE
