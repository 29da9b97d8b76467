"""A Unix socket at a path: its own folder's people may connect, nobody else, and no network reaches it."""

import os
import socket
import stat
from pathlib import Path
from typing import Final

from edge.errors import EdgeError

MODE: Final = 0o660
"""Owner and group."""
PATH_BYTES_MAX: Final = 107
"""unix(7): sun_path holds 108 with the zero at its end."""
WAITING_MAX: Final = 16


class NoSocket(EdgeError):
    """Nobody can listen there; says what to do."""


def listen_at(path: Path) -> socket.socket:
    """A listening socket that never waits; one that a dead program left behind is replaced.

    Raises:
        NoSocket: there is something else, another program listens, or the folder does not let us.
    """
    if len(os.fsencode(path)) > PATH_BYTES_MAX:
        raise NoSocket(f"{path}: a socket's path has at most {PATH_BYTES_MAX} bytes. Name a shorter one")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        _make_room(path)
        os.fchmod(listener.fileno(), MODE)  # before it has a name, so that at no time others may connect
        listener.bind(os.fspath(path))
        path.chmod(MODE)  # bind has taken the umask from it
        listener.listen(WAITING_MAX)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        problem = error.strerror or str(error)
        raise NoSocket(f"{path}: {problem}. See that its folder is there and may be written to") from error
    except NoSocket:
        listener.close()
        raise
    return listener


def _make_room(path: Path) -> None:
    """Take away a socket on which nobody listens any more.

    Raises:
        NoSocket: something else is there, or somebody listens.
        OSError: it cannot be looked at, or not removed.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise NoSocket(f"{path}: is there, and no socket. Move it away, or name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except BlockingIOError:
            pass  # it listens, and its queue is full
    raise NoSocket(f"{path}: another program listens there. End it, or name another path")
