"""The protocol's manual says what the code says."""

from typing import Any

from edge.frames import BIT_RATE_SWITCH, ERROR, ERROR_STATE, EXTENDED, FD, REMOTE
from edge.link import Pace
from edge.wire import commands, frame_block, positions, sample_block, values
from edge.wire.blocks import MAGIC
from edge.wire.bundles import PIECE_BYTES, PIECE_SCHEMA, Bundle, Piece
from edge.wire.campaigns import Campaign, Campaigns
from edge.wire.codec import BULK_BYTES_MAX, JSON_BYTES_MAX
from edge.wire.columns import ESCAPE
from edge.wire.downlink import ACK_RANGES_MAX, Ack, Command, Desired, Status
from edge.wire.envelope import STREAM_OF, Envelope, StreamClass
from edge.wire.errors import Reason
from edge.wire.messages import (
    BODIES,
    Alert,
    Block,
    CampaignReport,
    CampaignState,
    Gap,
    GapCause,
    Hole,
    HoleCause,
    PartHealth,
    Refusal,
    SignalSummary,
    StyleEvent,
    Summary,
    UpdateReport,
    UpdateStep,
    VehicleChange,
    schema_of,
)
from edge.wire.signed import Document, DocumentKind
from edge.wire.topics import Address, Down, Kind
from tests.shared import ROOT

MANUAL = (ROOT / "edge" / "wire" / "README.md").read_text("utf-8")
PROSE = " ".join(MANUAL.split())
ANY = Address("fleet", "vehicle")


def table(head: str) -> list[list[str]]:
    """The cells below the head that begins so."""
    lines = MANUAL[MANUAL.index(f"| {head} |") :].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def ticked(names: Any) -> str:
    return ", ".join(f"`{name}`" for name in names)


def limit(model: Any, field: str) -> int:
    [longest] = [item.max_length for item in model.model_fields[field].metadata if hasattr(item, "max_length")]
    return int(longest)


def test_topics() -> None:
    def shown(topic: str) -> str:
        return topic.replace("/fleet/vehicle/", "/<fleet>/<vehicle>/").replace("/alert", "/<kind>")

    topics = [ANY.up(Kind.ALERT), ANY.status, *(ANY.down(kind) for kind in Down)]
    assert [row[0].strip("`") for row in table("topic")] == [shown(topic) for topic in topics]


def test_the_envelope() -> None:
    fields = [field.alias or name for name, field in Envelope.model_fields.items()]
    assert [row[0] for row in table("field")] == [f"`{name}`" for name in fields]


def test_messages_that_go_up() -> None:
    assert table("kind") == [
        [
            f"`{kind}`",
            f"`{schema_of(BODIES[kind])}`",
            str(STREAM_OF[kind]),
            "block" if issubclass(BODIES[kind], Block) else "JSON",
            ticked(BODIES[kind].model_fields),
        ]
        for kind in Kind
    ]


def test_what_is_inside_of_messages() -> None:
    assert f"`signals` is by VSS path {ticked(SignalSummary.model_fields)};" in PROSE
    assert f"`parts` by name {ticked(PartHealth.model_fields)};" in PROSE
    assert f"`holes` a list of {ticked(Hole.model_fields)} ({ticked(HoleCause)});" in PROSE
    assert f"`refusals` a list of {ticked(Refusal.model_fields)};" in PROSE
    assert f"`changes` of {ticked(VehicleChange.model_fields)};" in PROSE
    assert f"`campaigns` of {ticked(CampaignReport.model_fields)};" in PROSE
    assert f"`update` is {ticked(UpdateReport.model_fields)};" in PROSE
    assert f"`events` is a list of {ticked(StyleEvent.model_fields)}," in PROSE
    assert f"A block is `{MAGIC.decode()}`, the length of the envelope (uint32, little-endian)" in PROSE


def test_streams() -> None:
    assert [row[:2] for row in table("class")] == [
        [stream, ", ".join(kind for kind in Kind if STREAM_OF[kind] is stream)] for stream in StreamClass
    ]


def test_messages_that_come_down() -> None:
    messages: dict[str, type[Ack | Command | Desired | Status | Piece]] = {
        "down/ack": Ack,
        "down/command": Command,
        "down/desired": Desired,
        "down/piece": Piece,
        "status": Status,
    }
    assert {f"down/{kind}" for kind in Down} | {"status"} == set(messages)
    assert table("message") == [
        [
            f"`{topic}`",
            f"`{PIECE_SCHEMA if model is Piece else model.model_fields['schema_'].default}`",
            ticked(name for name in model.model_fields if name != "schema_"),
        ]
        for topic, model in messages.items()
    ]


def test_what_is_signed() -> None:
    documents: dict[DocumentKind, type[Document]] = {
        DocumentKind.CAMPAIGNS: Campaigns,
        DocumentKind.BUNDLE: Bundle,
    }
    assert set(documents) == set(DocumentKind)
    [rows] = [part for part in MANUAL.split("\n\n") if part.startswith("| kind | schema | fields |")]
    assert [[cell.strip() for cell in line.strip("|").split("|")] for line in rows.splitlines()[2:]] == [
        [
            f"`{kind}`",
            f"`{document.model_fields['schema_'].default}`",
            ticked(name for name in document.model_fields if name != "schema_"),
        ]
        for kind, document in documents.items()
    ]
    assert f"A campaign has {ticked(Campaign.model_fields)}" in PROSE
    assert f"changes its `state`: {ticked(CampaignState)}." in PROSE
    assert f"a message for each `step`: {ticked(UpdateStep)}." in PROSE
    assert f"pieces of at most {PIECE_BYTES} bytes" in PROSE


def test_what_may_be_asked_of_a_vehicle() -> None:
    levels = list(commands.LogLevel)
    bounds = {
        "level": f"{', '.join(levels[:-1])} or {levels[-1]}",
        "minutes": f"1 to {commands.MINUTES_MAX}",
        "text": f"1 to {commands.TEXT_MAX} characters in one line",
    }
    assert [row[:2] for row in table("command")] == [
        [
            f"`{name}`",
            "; ".join(f"`{field}`: {bounds[field]}" for field in commands.ARGUMENTS[name].model_fields) or "none",
        ]
        for name in commands.CommandName
    ]
    assert all(row[2] for row in table("command"))


def test_causes_and_reasons() -> None:
    assert [row[0] for row in table("cause")] == [f"`{cause}`" for cause in GapCause]
    assert [row[0] for row in table("reason")] == [f"`{reason}`" for reason in Reason]
    assert all(row[1] for row in table("cause") + table("reason"))


def test_limits() -> None:
    assert table("what | at most") == [
        ["a JSON message", f"{JSON_BYTES_MAX} bytes"],
        ["a block message", f"{BULK_BYTES_MAX} bytes"],
        ["ranges in `also` of an acknowledgement", str(ACK_RANGES_MAX)],
        ["ranges in a gap", str(limit(Gap, "ranges"))],
        ["a text", f"{text_limit('summary')} characters"],
        ["a label", f"{text_limit('rule')} characters"],
        ["entries of `values`", str(limit(Alert, "values"))],
        ["signals in a summary", str(limit(Summary, "signals"))],
    ]
    assert f"One names at most {ACK_RANGES_MAX} ranges in `also`" in PROSE


def test_blocks() -> None:
    most = (sample_block.SAMPLES_MAX, sample_block.SIGNALS_MAX, sample_block.INFLATED_MAX)
    samples = "{} samples of {} signals, {} bytes of columns".format(*most)
    assert [row[0::2] for row in table("format")] == [
        [
            f"`{frame_block.FORMAT}`",
            f"{frame_block.FRAMES_MAX} frames, {frame_block.INFLATED_MAX} bytes of columns",
        ],
        [
            f"`{sample_block.FORMAT}`",
            samples,
        ],
    ]
    assert f"a uint8 length (at most {frame_block.NAME_BYTES_MAX})" in PROSE
    flags = f"{EXTENDED} id of 29 bits, {FD} CAN FD, {REMOTE} remote request"
    assert flags in PROSE
    assert f"{ERROR} error frame of the controller" in PROSE
    assert f"{BIT_RATE_SWITCH} FD sent at the higher bit rate, {ERROR_STATE} FD of an error-passive sender" in PROSE
    assert f"each the number, or {ESCAPE} where it is {ESCAPE} or larger" in PROSE
    ways = (positions.CONSTANT, positions.RAW, positions.XOR, positions.STEP, positions.SUM)
    assert (values.PLAIN, values.STEPS) == (0, 1)
    assert "form 0: n = P + base. Form 1: the first n is the base" in PROSE
    assert (values.BITS, values.TIMES, values.OVER) == (0, 1, 2)
    assert all(f"ay {way}: {text}" in PROSE for way, text in enumerate(("the bits of n", "value = (n ", "value = (n ")))
    assert f"length of each path; then of each unit; at most {sample_block.TEXT_BYTES_MAX}" in PROSE
    assert f"{sample_block.WORDS_MAX} at most together" in PROSE
    assert [row[0] for row in table("way")] == [str(way) for way in ways]


def text_limit(field: str) -> int:
    schema: dict[str, Any] = Alert.model_json_schema()
    return int(schema["properties"][field]["maxLength"])


def test_how_a_vehicle_paces_itself() -> None:
    pace = Pace()
    assert f"at most {pace.alerts} alerts, {pace.records} records and {pace.blocks} blocks are on their way" in PROSE
    assert (
        f"sent again after {pace.resend_s:.0f} s, then {2 * pace.resend_s:.0f} s, up to {pace.resend_max_s:.0f} s"
        in PROSE
    )
