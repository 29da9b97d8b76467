"""A program that acknowledges whatever vehicles say to a broker; for a namespace."""

import sys
from threading import Event

from tests.integration.link.acker import Acker

if __name__ == "__main__":
    with Acker(1883, host=sys.argv[1], is_there=False):
        Event().wait()
