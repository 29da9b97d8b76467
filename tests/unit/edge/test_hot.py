"""What must not wait for the tick: said once, by the sample, and not again when the alert begins."""

from pathlib import Path
from typing import Any

import pytest

from edge.alerts import AlertBook
from edge.bus.can_filters import wanted_of
from edge.bus.spec import SourceSpec
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.detect.rules.detector import RuleDetector
from edge.detect.rules.rule import Rule, rule_of
from edge.driver.attention import RESTS_NS, When
from edge.driver.cab import Cab
from edge.driver.terminal import Terminal
from edge.frames import Frame, FrameBatch
from edge.grid import Cells
from edge.history import Window
from edge.hot import AGAIN_NS, Early, HotWatch
from edge.judgement import Judgement
from edge.looking import Looking
from edge.tell import Teller
from edge.wire.envelope import Clock

MS = 1_000_000
S = 1000 * MS
DBCS = Path(__file__).parents[3] / "dbc"
DBC = """VERSION ""

BU_: ECU

BO_ 256 Engine: 4 ECU
 SG_ Speed : 0|16@1+ (0.1,0) [0|300] "km/h" ECU
 SG_ Temp : 16|8@1- (1,0) [-40|127] "degC" ECU
"""
MAPPING = """
[signals]
"Engine.Speed" = { path = "Vehicle.Speed" }
"Engine.Temp" = { path = "Vehicle.Exterior.AirTemperature", period_s = 0.1 }
"""
HOT = "Vehicle.Exterior.AirTemperature > 40"


def rule(**fields: Any) -> Rule:
    usual = {
        "alert": "hot",
        "expr": HOT,
        "component": "cabin",
        "severity": "critical",
        "action": "stop_now",
        "summary": "",
        "driver": "It is {value} degrees",
    }
    return rule_of(usual | fields)


@pytest.fixture
def binding(tmp_path: Path) -> Binding:
    (tmp_path / "car.dbc").write_text(DBC)
    (tmp_path / "car.vss.toml").write_text(MAPPING)
    return Binding(load_database(tmp_path / "car.dbc"))


class Drive:
    """A vehicle whose hot frames are looked at at once, and all of them at the tick."""

    def __init__(self, binding: Binding, *rules: Rule) -> None:
        self.said: list[str] = []
        self.hot = HotWatch(rules, [binding])
        decoder = Decoder([binding])
        self.judgement = Judgement(decoder, [RuleDetector(rules)], vehicle="v", grid_ns=100 * MS, summary_ns=60 * S)
        self.teller = Teller(self.judgement.book, Cab([Terminal(self._hear)], and_more=str))
        self.tick = 0
        self._hand_on()

    def _hear(self, line: str) -> None:
        self.said.append(line.removeprefix("cab: *chime* *chime* *chime* ").rstrip())

    def frames(self, at: int, *temps: int) -> FrameBatch:
        return FrameBatch.of([Frame(at + n, 256, bytes([0x68, 1, temp, 0])) for n, temp in enumerate(temps)])

    def hear(self, *temps: int) -> list[str]:
        """What is said of samples at once."""
        before = len(self.said)
        self.heard = self.frames(self.tick * 100 * MS, *temps)
        self.teller.early(self.hot.look(self.heard))
        return self.said[before:]

    def close(self) -> list[str]:
        """What is said at the tick, of the samples that were heard before it."""
        before = len(self.said)
        self.tick += 1
        cells = Cells(self.heard, [self.tick * 100 * MS], [len(self.heard)])
        self.teller.tell(self.judgement.advance(cells), Clock.SYNCED)
        self.heard = self.frames(0)
        self._hand_on()
        return self.said[before:]

    def _hand_on(self) -> None:
        self.hot.at_tick(self.judgement.history.window(), self.judgement.book)


def test_a_sample_is_spoken_of_at_once_and_not_again_at_the_tick(binding: Binding) -> None:
    drive = Drive(binding, rule())
    assert drive.hear(20) == []
    assert drive.close() == []
    assert drive.hear(41, 20) == ["It is 41 degrees"]
    assert drive.hear(41, 42) == [], "said a moment ago"
    assert drive.close() == []
    [alert] = drive.judgement.book.firing
    assert alert.started == 200 * MS
    assert drive.hear(43) == [], "it fires"


def test_when_it_begins_anew_it_is_found_anew_but_said_only_after_a_rest(binding: Binding) -> None:
    drive = Drive(binding, rule())
    rests = RESTS_NS[When.NOW] // (100 * MS)
    for ticks, said in ((AGAIN_NS // (100 * MS), ["It is 41 degrees"]), (rests, []), (20, ["It is 41 degrees"])):
        assert drive.hear(41) == said
        drive.close()
        for _ in range(ticks):
            drive.hear(20)
            assert drive.close() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"severity": "warning"},
        {"driver": ""},
        {"for": "100ms"},
        {"expr": f"duration({HOT}) >= 0"},
        {"expr": "min_over_time(Vehicle.Exterior.AirTemperature[10s]) > 40"},
    ],
)
def test_what_is_not_urgent_waits_for_the_tick(binding: Binding, fields: dict[str, str]) -> None:
    hot = HotWatch([rule(**fields)], [binding])
    assert hot.rules == ()
    assert hot.wanted("can0") == []


def test_what_else_a_rule_speaks_of_is_as_it_was_at_the_last_tick(binding: Binding) -> None:
    moving = f'{HOT} and avg_over_time(Vehicle.Speed[200ms]) > 30 and state("driving")'
    drive = Drive(binding, rule(expr=moving))
    assert drive.hear(41) == [], "nothing is known yet"
    drive.heard = drive.frames(0)
    for _ in range(3):
        drive.hear(20)
        drive.close()
    assert drive.hear(41) == ["It is 41 degrees"]


def test_a_text_may_speak_of_a_duration_which_is_reckoned_at_ticks(binding: Binding) -> None:
    drive = Drive(binding, rule(driver="{value} after {duration(Vehicle.Speed > 1)} s"))
    assert drive.hear(41) == ["41 after unknown s"]


def test_an_inhibited_rule_and_one_that_cools_down_say_nothing(binding: Binding) -> None:
    gate = rule(alert="gate", expr="Vehicle.Speed > 1", severity="info", inhibits=["hot"])
    drive = Drive(binding, rule(), gate)
    drive.hear(20)
    drive.close()
    assert drive.hear(41) == []
    cooling = Drive(binding, rule(cooldown="1m"))
    assert cooling.hear(41) == ["It is 41 degrees"]
    cooling.close()
    for _ in range(20):
        cooling.hear(20)
        cooling.close()
    assert cooling.hear(41) == []


def test_frames_of_hot_signals_are_named_as_the_kernel_has_them(binding: Binding) -> None:
    assert HotWatch([rule()], [binding]).wanted("can0") == ["100"]
    hot_engine = rule(expr="Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature > 110")
    truck = HotWatch([hot_engine], [Binding(load_database(DBCS / "telltale-truck.dbc"))]).wanted("can0")
    fms = HotWatch([hot_engine], [Binding(load_database(DBCS / "fms.dbc"), "front")])
    assert truck == ["00FEEE00/00FFFF00"], "from whatever sender and with whatever priority"
    assert fms.wanted("front") == ["00FEEE00/00FFFF00"]
    assert fms.wanted("rear") == []
    for wanted in (truck, fms.wanted("front")):
        assert wanted_of(SourceSpec.parse(f"can:can0?only={','.join(wanted)}"))


def test_of_a_group_that_two_senders_fill_otherwise_the_one_that_is_hot_is_asked_for() -> None:
    truck = [Binding(load_database(DBCS / "telltale-truck.dbc"))]
    filters = rule(expr="Vehicle.Telltale.Fuel.FilterDifferentialPressure > 100 kPa")
    tank = rule(expr="Vehicle.Powertrain.FuelSystem.RelativeLevel < 1 percent")
    assert HotWatch([filters], truck).wanted("can0") == ["00FEFC00/00FFFFFF"]
    assert HotWatch([tank], truck).wanted("can0") == ["00FEFC17/00FFFFFF"]


def test_only_frames_that_can_decide_are_fetched(binding: Binding) -> None:
    by_one = rule(expr="avg_over_time(Vehicle.Speed[1s]) > 30 and Vehicle.Powertrain.CombustionEngine.Speed > 7000")
    car = Binding(load_database(DBCS / "telltale-car.dbc"))
    alone = rule(expr="Vehicle.Powertrain.CombustionEngine.Speed > 7000")
    assert HotWatch([by_one], [car]).wanted("can0") == HotWatch([alone], [car]).wanted("can0") != []


def test_nothing_heard_says_nothing(binding: Binding) -> None:
    assert HotWatch([rule()], [binding]).look(FrameBatch.of([])) == []


def test_before_a_first_tick_nothing_is_ready(binding: Binding) -> None:
    drive = Drive(binding, rule())
    assert HotWatch([rule()], [binding]).look(drive.frames(0, 41)) == []


def test_what_began_at_the_tick_just_now_is_not_said_again_by_its_sample(binding: Binding) -> None:
    drive = Drive(binding, rule())
    drive.heard = drive.frames(0, 41)
    assert drive.close() == ["It is 41 degrees"]
    drive.teller.early([Early(50 * MS, "hot", "It is 41 degrees")])
    assert drive.said == ["It is 41 degrees"]
    late = RESTS_NS[When.NOW] + 150 * MS
    drive.teller.early([Early(late, "hot", "It is 42 degrees")])
    assert drive.said[1:] == ["It is 42 degrees"]


def test_looking_that_fails_says_so_and_ends(binding: Binding, caplog: pytest.LogCaptureFixture) -> None:
    def lost(frames: FrameBatch) -> FrameBatch:
        raise ValueError("no such bus")

    drive = Drive(binding, rule())
    told: list[Early] = []
    looking = Looking(drive.hot, told.extend)
    look = looking.through(lost)
    look(FrameBatch.of([]))
    failed = [looking.failed]
    look(drive.frames(0, 41))
    look(drive.frames(0, 41))
    assert [*failed, looking.failed] == [None, "ValueError: no such bus"]
    assert told == []
    assert caplog.text.count("critical rules wait for the tick from now on") == 1


def test_a_tick_that_cannot_be_taken_up_ends_the_looking_and_not_the_judging(binding: Binding) -> None:
    class Broken(HotWatch):
        def at_tick(self, window: Window, book: AlertBook) -> None:
            raise ZeroDivisionError(f"{window.until}: {len(book.firing)}")

    drive = Drive(binding, rule())
    told: list[Early] = []
    looking = Looking(Broken([rule()], [binding]), told.extend)
    looking.at_tick(drive.judgement.history.window(), drive.judgement.book)
    assert looking.failed is not None
    assert looking.failed.startswith("ZeroDivisionError: ")
