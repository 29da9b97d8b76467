"""The child: says whether one signature fits, for whoever holds its standard input and output.

    python -m edge.detect.verify

It reads a public key (32 bytes), a signature (64 bytes) and the text (all that follows), and writes `fits` or
`differs`; whatever else it writes, or none, means that it could not tell. It is a program of its own because the
library costs ten times the memory that the answer is worth; nothing imports this file.
"""

import sys
from typing import Final

from edge.detect.ed25519 import fits

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
TEXT_BYTES_MAX: Final = 2_000_000


def main() -> int:
    """Answer one question; 0 when it could be answered."""
    said = sys.stdin.buffer.read(KEY_BYTES + SIGNATURE_BYTES + TEXT_BYTES_MAX + 1)
    text = said[KEY_BYTES + SIGNATURE_BYTES :]
    if not text or len(text) > TEXT_BYTES_MAX:
        print(f"a text of 1 to {TEXT_BYTES_MAX} bytes is awaited", file=sys.stderr)
        return 2
    signature = said[KEY_BYTES : KEY_BYTES + SIGNATURE_BYTES]
    print("fits" if fits(said[:KEY_BYTES], signature, text) else "differs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
