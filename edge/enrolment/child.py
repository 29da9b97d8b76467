"""The child that renews: `python -m edge.enrolment.child STATE`.

It ends with 0 when there is a new certificate, with 75 (EX_TEMPFAIL) when it is to be tried again soon, with 1 when the
cloud says no. A program of its own, since the library costs the daemon 10 MB; nothing imports this file.
"""

import sys
from pathlib import Path

from edge.enrolment.enrol import renew
from edge.enrolment.keeper import TRY_AGAIN
from edge.errors import EdgeError, LinkDown


def main() -> int:
    """Renew once."""
    try:
        renew(Path(sys.argv[1]))
    except LinkDown as error:
        print(error, file=sys.stderr)
        return TRY_AGAIN
    except EdgeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
