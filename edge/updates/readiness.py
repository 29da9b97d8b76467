"""Readiness: whether an archive that has come is what was signed, and can be run."""

import threading
from collections.abc import Collection, Sequence

from edge.updates.bringing import must_have_room
from edge.updates.checking import NotChecked, checked
from edge.updates.store import DiskRefuses, Store
from edge.updates.unpack import BadArchive, unpack, unpacked_bytes
from edge.wire.bundles import Bundle


def why_not(store: Store, wanted: Bundle, program: Sequence[str], known: Collection[str], stop: threading.Event) -> str:
    """Why it cannot be run; empty: it lies in the free slot, and can.

    Raises:
        DiskRefuses: nobody knows, and it is looked at again.
    """
    archive, slot = store.archive(wanted), store.slot(store.journal.free_slot)
    try:
        must_have_room(store, unpacked_bytes(archive))
        unpack(archive, slot, store.disk)
        return checked(program, slot.resolve(), known, stop).replace(f"{slot.resolve()}/", "")
    except BadArchive as error:
        return str(error)
    except NotChecked as error:
        raise DiskRefuses(str(error)) from error
    except OSError as error:
        raise DiskRefuses(f"{slot}: cannot be written: {error.strerror}") from error
