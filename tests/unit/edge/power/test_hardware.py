"""What the box touches of its hardware: the ignition line, as the kernel wants to be asked, and the alarm."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from edge.config_box import PowerSettings
from edge.errors import EdgeError
from edge.power.alarm import wake_after
from edge.power.line import CONSUMER, GET_LINE, GET_VALUES, VALUES, Line, LineError, requested
from edge.poweroff import power_off

PROGRAM = """
#include <linux/gpio.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
int main(void) {
    struct gpio_v2_line_request ask;
    memset(&ask, 0, sizeof ask);
    ask.offsets[0] = 17;
    strcpy(ask.consumer, "telltale ignition");
    ask.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
    ask.num_lines = 1;
    ask.fd = -1;
    fwrite(&ask, sizeof ask, 1, stdout);
    fprintf(stderr, "%lu %lu %zu", (unsigned long)GPIO_V2_GET_LINE_IOCTL, (unsigned long)GPIO_V2_LINE_GET_VALUES_IOCTL,
            sizeof(struct gpio_v2_line_values));
    return 0;
}
"""


def test_a_line_is_asked_for_as_the_kernels_own_header_says(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None or not Path("/usr/include/linux/gpio.h").exists():
        pytest.skip("no C compiler with the kernel's headers")
    (tmp_path / "ask.c").write_text(PROGRAM)
    subprocess.run([compiler, "-o", tmp_path / "ask", tmp_path / "ask.c"], check=True, timeout=60)
    asked = subprocess.run([tmp_path / "ask"], capture_output=True, check=True, timeout=10)
    assert requested(17, active_low=True, pull="up") == asked.stdout
    assert [int(one) for one in asked.stderr.split()] == [GET_LINE, GET_VALUES, VALUES.size]


def test_what_is_asked_for_stands_where_the_kernel_looks() -> None:
    request = requested(3, active_low=False, pull="down")
    assert len(request) == 592
    assert struct.unpack_from("=I", request) == (3,)
    assert request[256 : 256 + len(CONSUMER)] == CONSUMER
    assert struct.unpack_from("=Q", request, 288) == (0x204,), "input, pulled down"
    assert struct.unpack_from("=I", request, 560) == (1,)


def test_a_line_that_is_not_there_or_is_none_is_unknown(tmp_path: Path) -> None:
    line = Line("gpiochip0", 17, devices=tmp_path)
    with pytest.raises(LineError, match=r"line 17 of .*gpiochip0: No such file"):
        line.is_active()
    (tmp_path / "gpiochip0").write_bytes(b"")
    with pytest.raises(LineError, match=r"Inappropriate ioctl|Function not implemented"):  # the latter of an emulator
        line.is_active()
    line.close()
    line.close()


def test_an_alarm_is_set_anew(tmp_path: Path) -> None:
    """The kernel refuses a second alarm, so the first is taken away; a file shows the last line that was written."""
    (tmp_path / "wakealarm").write_text("1764500000\n")
    wake_after(21_600, tmp_path)
    assert (tmp_path / "wakealarm").read_text() == "+21600\n"


def test_a_clock_without_an_alarm_is_said(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match="has no alarm"):
        wake_after(60, tmp_path)
    (tmp_path / "wakealarm").mkdir()
    with pytest.raises(EdgeError, match="cannot be set: Is a directory"):
        wake_after(60, tmp_path)


def settings(*command: str, wake_s: int = 0) -> PowerSettings:
    return PowerSettings(shutdown=list(command), wake_s=wake_s)


def test_the_command_is_run_after_the_alarm_was_set(tmp_path: Path) -> None:
    (tmp_path / "wakealarm").write_text("")
    seen = tmp_path / "seen"
    power_off(settings("cp", str(tmp_path / "wakealarm"), str(seen), wake_s=3600), tmp_path)
    assert seen.read_text() == "+3600\n"


def test_an_alarm_that_cannot_be_set_keeps_no_box_awake(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    power_off(settings("touch", str(tmp_path / "off"), wake_s=3600), tmp_path / "none")
    assert (tmp_path / "off").exists()
    assert "the box is not woken" in caplog.text


def test_the_command_does_not_speak_to_systemd_in_the_daemon_s_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/systemd/notify")
    power_off(settings("sh", "-c", 'test -z "$NOTIFY_SOCKET"'))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["/nowhere/poweroff"], "does not shut the box down"),
        (["sh", "-c", "echo denied >&2; exit 4"], "with 4: denied"),
    ],
)
def test_a_command_that_fails_is_told_with_what_to_look_at(tmp_path: Path, command: list[str], said: str) -> None:
    with pytest.raises(EdgeError, match=rf"{said}.*\[power\] shutdown"):
        power_off(settings(*command), tmp_path)
