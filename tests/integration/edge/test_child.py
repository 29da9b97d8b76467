"""A program that an output runs: whatever it does, it ends in time and takes no more memory than it may."""

import threading
import time
from collections.abc import Iterator

import pytest

from edge.driver.child import ERR_MAX, OUT_MAX, Child, ChildFailed, CutOff


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child()
    yield child
    child.close()


def sh(script: str) -> list[str]:
    return ["sh", "-c", script]


def test_what_it_is_given_and_what_it_writes_go_through(child: Child) -> None:
    much = bytes(range(256)) * 4096
    assert child.run(["cat"], much, 20.0) == much


def test_one_that_reads_nothing_is_none_the_worse(child: Child) -> None:
    assert child.run(sh("exec 0<&-; echo done"), bytes(1_000_000), 20.0) == b"done\n"


def test_one_that_fails_says_why_in_one_bounded_line(child: Child) -> None:
    with pytest.raises(ChildFailed, match=r"sh ended with status 3: no such device$"):
        child.run(sh("echo first >&2; echo no such device >&2; echo >&2; exit 3"), b"", 20.0)
    with pytest.raises(ChildFailed) as failed:
        child.run(sh("head -c 1000000 /dev/zero | tr '\\0' x >&2; exit 1"), b"", 20.0)
    assert len(str(failed.value)) < ERR_MAX


def test_one_that_is_not_there_says_so(child: Child) -> None:
    with pytest.raises(ChildFailed, match="no-such-program cannot be started: No such file"):
        child.run(["no-such-program"], b"", 20.0)
    with pytest.raises(ChildFailed, match="cannot be started"):
        child.run(["/etc"], b"", 20.0)


def test_one_that_does_not_end_is_ended(child: Child) -> None:
    began_s = time.monotonic()
    with pytest.raises(ChildFailed, match="was not done"):
        child.run(sh("sleep 600"), b"", 0.1)
    with pytest.raises(ChildFailed, match="was not done"):
        child.run(sh("exec >&- 2>&- <&-; sleep 600"), b"", 0.1)
    with pytest.raises(ChildFailed, match="was not done"):
        child.run(sh("trap '' TERM INT HUP; yes"), b"", 0.1)
    assert time.monotonic() - began_s < 10.0


def test_one_that_writes_without_end_takes_bounded_memory(child: Child) -> None:
    assert len(child.run(sh(f"head -c {OUT_MAX + 100_000} /dev/zero"), b"", 60.0)) == OUT_MAX


def test_it_is_cut_off_from_another_thread(child: Child) -> None:
    began_s = time.monotonic()
    threading.Timer(0.05, child.cut).start()
    with pytest.raises(CutOff):
        child.run(["sleep", "600"], b"", 600.0)
    assert time.monotonic() - began_s < 20.0


def test_one_that_has_closed_its_ends_is_cut_off_as_well(child: Child) -> None:
    began_s = time.monotonic()
    threading.Timer(0.3, child.cut).start()
    with pytest.raises(CutOff):
        child.run(sh("exec >&- 2>&- <&-; sleep 600"), b"", 600.0)
    assert time.monotonic() - began_s < 20.0


def test_it_is_cut_off_as_it_begins_until_that_is_forgotten(child: Child) -> None:
    child.cut()
    child.cut()
    with pytest.raises(CutOff):
        child.run(["sleep", "600"], b"", 600.0)
    child.ready()
    child.ready()
    assert child.run(["echo", "on"], b"", 20.0) == b"on\n"
