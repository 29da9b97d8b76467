"""The report once more: of a daemon that runs, whenever somebody wants to know what the vehicle gives by now."""

from collections.abc import Sequence
from pathlib import Path

from edge.config import load_config
from edge.enrolled import with_identity
from edge.prepare import prepare
from edge.setup import service
from edge.setup.coverage import Coverage, Known, of_daemon
from edge.status.look import look


def report(config_file: Path, folders: Sequence[Path]) -> Coverage:
    """What the vehicle gives a daemon with this configuration; one that has just started is given its time.

    Raises:
        ConfigError: the configuration cannot be used.
        NoDaemon: none runs.
        EdgeError: it hangs, or tells what this version does not understand.
    """
    prepared = prepare(with_identity(load_config(config_file)))
    known = Known(prepared.paths, prepared.rules, prepared.unusable, prepared.notes)
    look(folders)
    status = service.wait_for_verdict(folders) or look(folders).status
    return of_daemon(known, status)
