"""The evidence pack: what is in it, that nothing can be changed unnoticed, and that a note is nothing but a note."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.cli import main
from cloud.pages import Window
from cloud.security.audit_model import AuditFilter
from cloud.warranty.pack import MANIFEST, SEAL, Cover, Trouble, make_pack, verify_pack
from cloud.warranty.page import Block, Box, Chart, Document, Heading, Lines, NewPage, Rows, Tone
from cloud.warranty.pdf import printable, render
from cloud.warranty.pieces import Piece, canonical, piece
from cloud.warranty.seal import Seal
from cloud.warranty.service import NewClaim
from cloud.warranty.signal import CurvePoint, SignalCurve
from edge.wire import messages
from tests.unit.cloud import vehicle as says
from tests.unit.cloud.claims import COOLANT, VAN, arrive, hot, repaired, signal, statement, whole
from tests.unit.cloud.services import Cloud
from tests.unit.cloud.vehicle import T0, minute

KEY: Final = bytes(range(32))
SEALER: Final = Seal(KEY)
FILES: Final = [piece("evidence/a.json", {"b": 1, "a": None}), piece("evidence/b.json", ["ü"])]
COVER: Final = Cover(3, "submitted", T0)
PACK: Final = make_pack(COVER, FILES, SEALER)
HOSTILE: Final = '</para><b>Approve this</b> & <font size="99">&amp; <img src="/etc/passwd"/> <a href="x">\x00\x07\nČ漢'


def opened(pack: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(pack)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def text_of(pdf: bytes) -> list[str]:
    """What another program reads on each page."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [document[number] for number in range(len(document))]
        return [page.get_textpage().get_text_bounded() for page in pages]
    finally:
        document.close()


def claimed(cloud: Cloud, note: str = "") -> int:
    whole(cloud)
    number = cloud.warranty.make(NewClaim(1, statement(note=note)), by="kim").number
    cloud.warranty.submit(number, by="kim")
    return number


def test_a_pack_has_the_story_every_piece_and_their_hashes(cloud: Cloud) -> None:
    number = claimed(cloud)
    pack = cloud.warranty.pack(number)
    files = opened(pack)
    manifest = json.loads(files[MANIFEST])
    assert (manifest["claim"], manifest["state"]) == (number, "submitted")
    assert {one["name"] for one in manifest["files"]} == files.keys() - {MANIFEST, SEAL}
    report = verify_pack(pack, Seal(bytes(32)))
    assert (report.is_whole, report.is_sealed, report.files) == (True, True, 12)
    [entry] = cloud.security.audit.entries(AuditFilter(action="claim_submitted"), Window()).items
    assert entry.deed.note.endswith(f"evidence {report.evidence}")
    cloud.warranty.decide(number, approved=True, by="ada")
    assert verify_pack(cloud.warranty.pack(number), None).evidence == report.evidence
    pages = text_of(files["claim-1.pdf"])
    assert len(pages) == 3
    assert "Warranty claim 1, submitted" in pages[0]
    assert "By the plan: eligible" in pages[0]
    assert "Shaft leaks" in pages[0]
    assert "plausible" in pages[1]
    assert "EngineCoolant.Temperature [Celsius]" in pages[1]
    assert "minutes from the failure" in pages[1]
    for one in manifest["files"]:
        assert one["name"].endswith(".pdf") or one["sha256"] in pages[2].replace("\r\n", "")
    for name, content in files.items():
        if name.endswith(".json"):
            assert canonical(json.loads(content)) == content, name
    assert b"latitude" not in b"".join(files[one] for one in files if one.startswith("evidence/"))


def test_where_the_vehicle_was_stays_out_of_the_pack(cloud: Cloud) -> None:
    latitude = "Vehicle.CurrentLocation.Latitude"
    cloud.take(VAN.say(hot(values={latitude: 52.5123, "Vehicle.Cabin.Name": "ü"}), 1))
    place = signal("degrees", 52.5123, 52.5123)
    cloud.take(VAN.say(messages.Summary(started_at=minute(39), ended_at=minute(40), signals={latitude: place}), 1))
    repaired(cloud)
    arrive(cloud, 52.5123, 13.4)
    cloud.warranty.make(NewClaim(1, statement()), by="kim")
    files = opened(cloud.warranty.pack(1))
    assert [name for name, content in files.items() if b"52.5123" in content or b"CurrentLocation" in content] == []
    assert json.loads(files["evidence/signal.json"]) is None
    assert "from Workshop mitte" in files["evidence/checks.json"].decode()


def test_a_draft_says_that_it_is_one_and_a_decision_is_in_the_pack(cloud: Cloud) -> None:
    whole(cloud)
    cloud.warranty.make(NewClaim(1, statement()), by="kim")
    drafted = text_of(opened(cloud.warranty.pack(1))["claim-1.pdf"])
    assert all("DRAFT: not submitted" in page for page in drafted)
    cloud.warranty.submit(1, by="kim")
    cloud.warranty.decide(1, approved=True, note="Agreed by phone", by="ada")
    files = opened(cloud.warranty.pack(1))
    page = text_of(files["claim-1.pdf"])[0]
    assert "Decided: approved. The maker pays." in page
    assert "Agreed by phone" in page
    assert json.loads(files["evidence/ruling.json"])["pays"] == "maker"


def test_what_a_stranger_writes_is_shown_and_never_read_as_markup(cloud: Cloud) -> None:
    files = opened(cloud.warranty.pack(claimed(cloud, HOSTILE)))
    page = text_of(files["claim-1.pdf"])[0]
    assert '</para><b>Approve this</b> & <font size="99">&amp; <img src="/etc/passwd"/>' in page.replace("\r\n", " ")
    assert "[U+010C][U+6F22]" in page
    assert json.loads(files["evidence/claim.json"])["statement"]["note"] == HOSTILE


def test_where_little_is_known_the_pages_say_so(cloud: Cloud) -> None:
    cloud.take(VAN.say(says.alert(1), 1))
    repaired(cloud)
    cloud.warranty.make(NewClaim(1, statement(maintenance=None, odometer_km=None)), by="kim")
    first, second, _ = text_of(opened(cloud.warranty.pack(1))["claim-1.pdf"])
    assert "By the plan: cannot be said" in first
    assert "Missing or in conflict: plan" in first
    assert first.count("unknown") >= 6
    assert "cannot be checked" in second
    assert "told no signal around the failure" in second
    assert "No warranty plan is known for this vehicle" in second


BLOCKS: Final[list[Block]] = [
    Heading("Everything"),
    Box("A box", "text\nin lines", Tone.BAD),
    Lines(["one", "two"]),
    Rows(("a", "b"), [("1", "x" * 3000)] * 60, (0.2, 0.8)),
    NewPage(),
    Heading("A chart"),
    Chart(SignalCurve(COOLANT, "", T0, (CurvePoint(minute(-9), minute(-8), 5.0, 5.0, 5.0),)), "flat"),
    Heading("Nothing below"),
]


def test_a_long_document_goes_over_pages_and_is_the_same_each_time() -> None:
    document = Document("Title", "Subtitle", "MARK", BLOCKS)
    first = render(document)
    assert first == render(document)
    pages = text_of(first)
    assert len(pages) > 3
    assert "Nothing below" in pages[-1]
    assert "[…]" in "".join(pages)


@given(st.text(max_size=300))
def test_any_text_is_drawn_as_text(text: str) -> None:
    assert render(Document(text, text, "", [Lines([text]), Rows((text,), [(text,)], (1.0,))])).startswith(b"%PDF")
    printable(text).encode("cp1252")


@pytest.mark.parametrize("text", ["\n" * 3000, "漢" * 3000, "W" * 3000, "a b " * 3000, "\u2028x" * 2000])
def test_a_text_that_is_higher_than_a_page_goes_over_pages(text: str) -> None:
    blocks: list[Block] = [Rows((), [("x", text)] * 2, (0.1, 0.3)), Box(text, text, Tone.OPEN), Lines([text])]
    assert len(text_of(render(Document("T", text, text, blocks)))) > 1


@pytest.mark.parametrize("name", ["evidence/a.json", "evidence/b.json"])
@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (lambda files, name: {**files, name: files[name] + b" "}, Trouble.CHANGED),
        (lambda files, name: {one: content for one, content in files.items() if one != name}, Trouble.MISSING),
    ],
    ids=["changed", "missing"],
)
def test_which_piece_was_changed_is_told(
    name: str, change: Callable[[dict[str, bytes], str], dict[str, bytes]], trouble: Trouble
) -> None:
    report = verify_pack(packed(change(opened(PACK), name)), SEALER)
    assert (report.troubles, report.is_sealed, report.is_whole) == ({name: trouble}, True, False)


def test_what_was_put_in_and_a_manifest_that_was_made_to_fit_are_told() -> None:
    files = opened(PACK)
    assert verify_pack(packed({**files, "evidence/c.json": b"{}"}), SEALER).troubles == {
        "evidence/c.json": Trouble.ADDED
    }
    forged = [Piece("evidence/a.json", b"{}"), FILES[1]]
    fitting = {**opened(make_pack(COVER, forged, Seal(b"another key"))), SEAL: files[SEAL]}
    report = verify_pack(packed(fitting), SEALER)
    assert (report.troubles, report.is_sealed, report.is_whole) == ({}, False, False)
    assert verify_pack(packed(fitting), None).is_sealed is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "no zip that can be read"),
        (b"PK\x03\x04 something", "no zip that can be read"),
        (packed({"a": b""}), "no manifest.json"),
        (packed({MANIFEST: b"[]"}), "no manifest.json"),
        (packed({MANIFEST: b"[" * 100_000}), "no manifest.json"),
        (packed({MANIFEST: b'{"format": "other", "claim": 1, "files": []}'}), "not of the form"),
        (packed({str(n): b"" for n in range(101)}), "more than 100 files"),
    ],
    ids=["nothing", "torn", "no manifest", "a list", "deep", "another form", "many"],
)
def test_what_is_no_pack_is_told_as_such(content: bytes, problem: str) -> None:
    report = verify_pack(content, SEALER)
    assert (problem in report.problem, report.is_whole) == (True, False)


def test_a_pack_that_would_fill_the_memory_is_not_unpacked() -> None:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("big", "w", force_zip64=True) as big,
    ):
        for _ in range(65):
            big.write(bytes(2**20))
    assert "bytes when unpacked" in verify_pack(written.getvalue(), SEALER).problem


@given(st.binary(max_size=200), st.integers(0, len(PACK) - 1))
def test_no_byte_is_changed_unnoticed_and_no_bytes_break_it(noise: bytes, place: int) -> None:
    changed = PACK[:place] + noise + PACK[place + len(noise) :]
    report = verify_pack(changed, SEALER)
    assert report.is_whole is False or opened(changed) == opened(PACK)
    verify_pack(noise, None)


TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN: Final = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_a_piece_reads_back_to_the_same_bytes(told: Any) -> None:
    assert canonical(json.loads(canonical(told))) == canonical(told)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack, key = tmp_path / "pack.zip", tmp_path / "telltale.db.key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    pack.write_bytes(PACK)
    verify = ["warranty", "verify", str(pack)]
    assert main([*verify, "--key", str(key)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "claim 3: all 2 files are as the manifest says",
        "the manifest is as this service sealed it",
        f"evidence {verify_pack(PACK, None).evidence}, which the audit has from the submission",
    ]
    assert main([*verify, "--without-key"]) == 0
    assert "who made the manifest was not looked at" in capsys.readouterr().out
    pack.write_bytes(packed({**opened(PACK), "evidence/b.json": b"[]"}))
    assert main([*verify, "--key", str(key)]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "evidence/b.json: changed"
    pack.write_bytes(b"nothing")
    assert main([*verify, "--key", str(key)]) == 1
    assert "this is no evidence pack" in capsys.readouterr().out
    assert main([*verify, "--key", str(tmp_path / "none.key")]) == 78
    assert "there is no such key. Name it with --key" in capsys.readouterr().err
    assert not (tmp_path / "none.key").exists()
    assert main(["warranty", "verify", str(tmp_path / "none.zip"), "--without-key"]) == 78
    assert "cannot be read" in capsys.readouterr().err


def test_plans_are_checked_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["warranty", "plans", "cloud/warranty/plans"]) == 0
    assert [line.split("\t")[1] for line in capsys.readouterr().out.splitlines()] == ["example_truck", "example_van"]
    assert main(["warranty", "plans", str(tmp_path)]) == 78
    assert "0 plans are there" in capsys.readouterr().err
