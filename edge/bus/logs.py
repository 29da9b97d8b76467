"""open_log: a recorded file in any format, told by its content first and by its ending where that says nothing."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.bus.candump_log import CandumpRecording
from edge.bus.log import Log, Recording
from edge.bus.log_file import LogFile
from edge.bus.spec import SourceSpec
from edge.bus.text_forms import TEXT_FORMS
from edge.bus.text_log import TextLog
from edge.errors import ConfigError

ASC: Final = "asc"
BLF: Final = "blf"
CSV: Final = "csv"
DB: Final = "db"
MF4: Final = "mf4"
TRC: Final = "trc"

_MARKS: Final = (
    (re.compile(rb"\ALOGG"), BLF),
    (re.compile(rb"\ASQLite format 3\0"), DB),
    (re.compile(rb"\A(?:MDF|UnFinMF) "), MF4),
    (re.compile(rb"^timestamp,arbitration_id,extended,remote,error,dlc,data\s*$", re.MULTILINE), CSV),
    (re.compile(rb"\A;(?:\$|##)"), TRC),
    (re.compile(rb"^(?:date\s+\S+\s+\S+\s+[0-9]|base\s+(?:hex|dec)\b)", re.MULTILINE | re.IGNORECASE), ASC),
)
"""How the beginning of a file tells what it is, beside `TEXT_FORMS`."""
_CANDUMP: Final = re.compile(rb"^\([0-9]{1,10}\.", re.MULTILINE)
_ENDINGS: Final = {".asc": ASC, ".blf": BLF, ".csv": CSV, ".db": DB, ".mf4": MF4, ".trc": TRC}
_READ: Final = ", ".join(sorted(_ENDINGS)) + ", GVRET, CRTD, BUSMASTER and Microchip logs, also gzipped,"
_NO_LOGS: Final = (
    (re.compile(rb"\A\x0a\x0d\x0d\x0a|\A\xa1\xb2[\xc3\x3c][\xd4\x4d]|\A[\xd4\x4d][\xc3\x3c]\xb2\xa1"),
     "is a network capture (pcap)", "Its frames are inside network packets: record with `candump -L`"),
    (re.compile(rb"\ATimestampEpoch;BusChannel;ID;DataLength;"),
     "holds LIN frames, and LIN is no CAN", "Export the CAN channels"),
    (re.compile(rb"\A(?:PK\x03\x04|BZh[1-9]|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd)"),
     "is packed in a way that is not read", "Unpack it, or pack it with gzip"),
)  # fmt: skip
"""What is no log that can be read, and why."""


def open_log(spec: SourceSpec, *, offline: bool = False) -> Log:
    """The log that `log:FILE[?channel=can0]` names.

    `offline`: no daemon, which may take a whole file into memory and asammdf with it.

    Raises:
        ConfigError: the file cannot be read, is in no format that is read (here), or holds no frame (of that channel).
    """
    log_file = LogFile(Path(spec.rest).expanduser())
    try:
        return Log(_recording(log_file, offline=offline), channel=spec.text_option("channel", None))
    except BaseException:
        log_file.close()
        raise


def _recording(log_file: LogFile, *, offline: bool) -> Recording:
    head = log_file.head()
    for mark, problem, remedy in _NO_LOGS:
        if mark.search(head):
            raise ConfigError(problem, file=log_file.file, remedy=remedy)
    for mark, form in TEXT_FORMS:
        if mark.search(head):
            return TextLog(log_file, form())
    kind = next((kind for mark, kind in _MARKS if mark.search(head)), "")
    if not kind and not _CANDUMP.search(head):
        kind = _by_ending(log_file.file)
    if not kind:
        recording = CandumpRecording(log_file)
        recording.remedy = f"{recording.remedy}: also {_READ} are read"
        return recording
    return _mf4(log_file, offline=offline) if kind == MF4 else _of_python_can(log_file, kind)


def _by_ending(file: Path) -> str:
    name = file.name.lower().removesuffix(".gz")
    return _ENDINGS.get(Path(name).suffix, "")


def _of_python_can(log_file: LogFile, kind: str) -> Recording:
    """Imported where it is wanted: python-can costs 18 MB, and a box that replays candump logs needs none of it."""
    from edge.bus.pythoncan_blf import Blf  # noqa: PLC0415  see above
    from edge.bus.pythoncan_db import Database  # noqa: PLC0415  see above
    from edge.bus.pythoncan_log import MessageLog, Reading  # noqa: PLC0415  see above
    from edge.bus.pythoncan_text import Asc, Csv, Trc  # noqa: PLC0415  see above

    readings: dict[str, Callable[[LogFile], Reading]] = {ASC: Asc, BLF: Blf, CSV: Csv, DB: Database, TRC: Trc}
    return MessageLog(log_file, readings[kind](log_file))


def _mf4(log_file: LogFile, *, offline: bool) -> Recording:
    if not offline:
        remedy = "Make a candump log of it: telltale-edge convert FILE.mf4 --out FILE.log"
        raise ConfigError("MF4 is read by the offline tools alone", file=log_file.file, remedy=remedy)
    from edge.bus.mf4 import Mf4Log  # noqa: PLC0415  asammdf costs 81 MB and pandas

    return Mf4Log(log_file)
