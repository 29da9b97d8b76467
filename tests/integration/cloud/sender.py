"""What sends, as a process of its own that can be killed: DATABASE CONFIG-AS-JSON SECONDS-AHEAD-OF-THE-CLOCK."""

import logging
import signal
import sys
from datetime import UTC, datetime, timedelta

from cloud.config import NotifyConfig
from cloud.database import Database
from cloud.notify.room import make_notify
from cloud.security.audit import Audit


def main(url: str, config: str, ahead_s: str) -> None:
    """Send until SIGTERM."""
    logging.basicConfig(level=logging.INFO)
    ahead = timedelta(seconds=float(ahead_s))

    def now() -> datetime:
        return datetime.now(UTC) + ahead

    database = Database(url)
    worker = make_notify(database, Audit(database, now), NotifyConfig.model_validate_json(config), now).worker
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    print("ready", flush=True)
    worker.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
