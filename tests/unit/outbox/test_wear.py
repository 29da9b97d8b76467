"""What is written at the disk, as the outbox counts it and as the disk does."""

import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from edge.outbox import Moment, Outbox
from edge.outbox.wear import SOON_S
from tests.small_disks import small_disk
from tests.unit.outbox.postings import alert, open_outbox, summary

MEBIBYTE = 1 << 20


def written(outbox: Outbox) -> int:
    counted = outbox.counters()
    if "disk_bytes" not in counted:
        pytest.skip("this kernel does not count what a thread writes")
    return counted["disk_bytes"]


def at_the_device(disk: Path) -> int:
    """Bytes that a block device has been given, by its own statistics (Linux, block/stat.rst)."""
    subprocess.run(["sync", "-f", disk], check=True)
    found = subprocess.run(["findmnt", "-no", "SOURCE", disk], capture_output=True, text=True, check=True)
    statistics = Path("/sys/class/block", Path(found.stdout.strip()).name, "stat").read_text().split()
    return int(statistics[6]) * 512


def test_what_is_counted_is_what_the_disk_was_given(tmp_path: Path) -> None:
    with small_disk("ext4", tmp_path, 24) as disk, closing(open_outbox(disk / "outbox.db")) as outbox:
        before, given_before = written(outbox), at_the_device(disk)
        for number in range(200):
            outbox.put([alert(number), summary(number)])
        counted, given = written(outbox) - before, at_the_device(disk) - given_before
    assert counted > MEBIBYTE
    assert counted <= given <= 4 * counted, "beside ours the file system writes its own journal"


def test_what_is_remembered_already_is_not_written_again(tmp_path: Path) -> None:
    with small_disk("ext4", tmp_path, 24) as disk, closing(open_outbox(disk / "outbox.db")) as outbox:
        outbox.put([], remember={"alerts.firing": bytes(50_000)})
        before = written(outbox)
        assert before > 50_000
        outbox.put([], remember={"alerts.firing": bytes(50_000)})
        assert written(outbox) == before


def test_an_hour_is_told_when_there_is_enough_to_tell_it_from(tmp_path: Path) -> None:
    with small_disk("ext4", tmp_path, 24) as disk:
        at_s = 100.0
        with closing(open_outbox(disk / "outbox.db", now=lambda: Moment(at_s, None))) as outbox:
            outbox.put([alert(1)])
            assert "disk_bytes_per_hour" not in outbox.counters()
            at_s += SOON_S
            assert outbox.counters()["disk_bytes_per_hour"] == written(outbox) * 60
            at_s += 7200 - SOON_S
            assert outbox.counters()["disk_bytes_per_hour"] == written(outbox) // 2
