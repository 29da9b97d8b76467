"""Runs in the daemon's environment, as its user: has a state ask for a bundle whose archive is there as a whole.

    /opt/telltale/bin/python asks.py STATE BUNDLE

BUNDLE.json is the document, BUNDLE.zip the archive.
"""

import sys
from pathlib import Path

from edge.updates.store import Store
from edge.wire.bundles import read_bundle


def main() -> None:
    """Leave it there as the daemon itself does when it has come over the air."""
    store, files = Store(Path(sys.argv[1])), Path(sys.argv[2])
    bundle = read_bundle(files.with_suffix(".json").read_text())
    store.append(bundle, files.with_suffix(".zip").read_bytes())
    store.save(store.journal.wants(bundle))


if __name__ == "__main__":
    main()
