"""A vehicle with campaigns: a real judgement, ring and outbox, driven cell by cell as the daemon drives them."""

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from edge.campaigns import Campaigning
from edge.decode.database import load_database
from edge.decode.decoder import Binding, Decoder
from edge.errors import EdgeError
from edge.frames import Frame, FrameBatch
from edge.grid import Grid
from edge.judgement import Judgement
from edge.outbox import Outbox
from edge.ring import HEAD_BYTES, FrameRing
from edge.uplink import utc
from edge.wire.campaigns import Campaign, Campaigns
from edge.wire.codec import Uplink
from edge.wire.envelope import Clock, StreamClass
from edge.wire.frame_block import decode_frames
from edge.wire.messages import CampaignReport, Telemetry
from edge.wire.sample_block import decode_samples
from tests.unit.outbox.postings import ADDRESS, everything, open_outbox

S: Final = 1_000_000_000
MS: Final = 1_000_000
GRID: Final = 100 * MS
T0: Final = 1_700_000_000 * S
SPEED: Final = "Vehicle.Speed"
AIR: Final = "Vehicle.Exterior.AirTemperature"
OWN: Final = "dbc.Engine.Own"
ENGINE: Final = 256
OTHER: Final = 0x18F00400
EVERY_NS: Final = 50 * MS
DBC: Final = """VERSION ""

BU_: ECU

BO_ 256 Engine: 4 ECU
 SG_ Speed : 0|16@1+ (0.1,0) [0|300] "km/h" ECU
 SG_ Temp : 16|8@1- (1,0) [-40|127] "degC" ECU
 SG_ Own : 24|8@1+ (1,0) [0|255] "" ECU
"""
MAPPING: Final = """
[signals]
"Engine.Speed" = { path = "Vehicle.Speed" }
"Engine.Temp" = { path = "Vehicle.Exterior.AirTemperature", period_s = 0.05 }
"""


def hexid(number: int) -> str:
    return f"{number:032x}"


def campaign(number: int = 1, **changes: Any) -> Campaign:
    """Samples of the air's temperature around each moment at which it gets hot, unless changed."""
    said: dict[str, Any] = {
        "id": hexid(number),
        "name": f"campaign {number}",
        "signals": [AIR],
        "trigger": {"kind": "condition", "when": f"{AIR} > 40"},
        "before_s": 2.0,
        "after_s": 3.0,
        "expires_at": utc(T0) + timedelta(days=7),
    }
    said |= changes
    if "frames" in changes:
        del said["signals"]
    return Campaign.model_validate(said)


def document(*campaigns: Campaign, version: int = 1) -> str:
    whole = Campaigns(fleet=ADDRESS.fleet, vehicle=ADDRESS.vehicle, version=version, campaigns=list(campaigns))
    return whole.model_dump_json(by_alias=True)


def hot(at_s: float) -> bool:
    """The weather: hot from 5 s to 7 s of each ten."""
    return 5 <= at_s % 10 < 7


def frames_of(begin: int, end: int) -> list[Frame]:
    """What the bus had between two moments (ns after T0): an engine's frame every 50 ms, and another beside it."""
    frames = []
    for at in range(-(-begin // EVERY_NS) * EVERY_NS, end, EVERY_NS):
        air = 50 if hot(at / S) else 20
        frames.append(Frame(T0 + at, ENGINE, (360).to_bytes(2, "little") + bytes([air, at // EVERY_NS % 200])))
        frames.append(Frame(T0 + at + MS, OTHER, bytes(8), flags=1))
    return frames


@dataclass
class Road:
    """A vehicle; a second one in the same folder is the same after a restart."""

    folder: Path
    ring_frames: int = 100_000
    outbox: Outbox = field(init=False)
    campaigning: Campaigning = field(init=False)
    at: int = 0
    """ns after T0."""
    knows_the_time: bool = True

    def __post_init__(self) -> None:
        (self.folder / "car.dbc").write_text(DBC)
        (self.folder / "car.vss.toml").write_text(MAPPING)
        self.judgement = Judgement(
            Decoder([Binding(load_database(self.folder / "car.dbc"))]),
            [],
            vehicle=ADDRESS.vehicle,
            grid_ns=GRID,
            summary_ns=3600 * S,
        )
        self.outbox = open_outbox(self.folder / "outbox.db")
        self.ring = FrameRing(self.ring_frames * (HEAD_BYTES + 8))
        self.campaigning = Campaigning(
            self.judgement,
            self.ring,
            self.outbox,
            buses=["can0"],
            ring_bytes=1_000_000,
            clock=lambda: Clock.SYNCED,
            on_posted=lambda: None,
        )
        self._grid = Grid([False], grid_ns=GRID, wait_ns=0)

    def take(self, *campaigns: Campaign, version: int = 1) -> None:
        self.campaigning.take(document(*campaigns, version=version))

    def drive(self, seconds: float, batch: int = 7) -> None:
        """Go on, the frames in batches of this size."""
        end = self.at + round(seconds * S)
        frames = frames_of(self.at, end)
        self.at = end
        for first in range(0, len(frames), batch):
            piece = FrameBatch.of(frames[first : first + batch], buses=["can0"])
            self._grid.offer(0, piece, 0)
            if cells := self._grid.close(0):
                for _ in self.campaigning.hearing(self.judgement.advance(cells)):
                    pass
                self.ring.append(cells.frames)
                until = self.judgement.history.until
                self.campaigning.advance(until, until if self.knows_the_time else None)

    def park(self, seconds: float) -> None:
        """Time goes on, and nothing is heard."""
        self.at += round(seconds * S)

    def end(self, *, is_over: bool = False) -> None:
        self.campaigning.end(self.judgement.history.until, is_over=is_over)

    def kill(self) -> "Road":
        """End without a word; the vehicle as it starts again in the same place."""
        self.campaigning.close()
        self.outbox.close()
        after = Road(self.folder, self.ring_frames)
        after.at = self.at
        return after

    def windows(self) -> list[Uplink]:
        """What has been told so far."""
        self.campaigning.close()
        return everything(self.outbox, StreamClass.BULK)

    def reports(self) -> dict[str, CampaignReport]:
        news = self.campaigning.news(1)
        return {} if news is None or news.campaigns is None else {one.id: one for one in news.campaigns}

    def close(self) -> None:
        with suppress(EdgeError):
            self.campaigning.close()
        with closing(self.outbox):
            pass


def told(uplinks: Sequence[Uplink], number: int = 1) -> list[Telemetry]:
    """The heads of one campaign's parts."""
    return [one.body for one in uplinks if isinstance(one.body, Telemetry) and one.body.campaign == hexid(number)]


def samples(uplinks: Sequence[Uplink], number: int = 1) -> list[tuple[int, str, float]]:
    """(ns after T0, path, value) of one campaign, in the order in which it was told."""
    rows: list[tuple[int, str, float]] = []
    for one in uplinks:
        if isinstance(one.body, Telemetry) and one.body.campaign == hexid(number):
            block = decode_samples(one.block)
            rows += [
                (int(time) - T0, block.signals[place].path, float(value))
                for time, place, value in zip(block.time, block.signal, block.value, strict=True)
            ]
    return rows


def frames(uplinks: Sequence[Uplink], number: int = 1) -> list[tuple[int, int]]:
    """(ns after T0, id) of one campaign."""
    rows: list[tuple[int, int]] = []
    for one in uplinks:
        if isinstance(one.body, Telemetry) and one.body.campaign == hexid(number):
            block = decode_frames(one.block)
            rows += [(int(time) - T0, int(id_)) for time, id_ in zip(block.time, block.id, strict=True)]
    return rows


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def since_t0(moment: datetime | None) -> int:
    """ns after T0."""
    assert moment is not None
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000 - T0
