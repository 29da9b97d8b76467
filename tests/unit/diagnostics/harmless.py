"""What may be on a bus because of us, said once more by who wrote none of it: what an unlucky request would do."""

from edge.frames import EXTENDED, Frame


def is_harmless(sent: Frame) -> bool:
    """Whether a frame of ours reads, claims our address, or says how an answer may go on."""
    if sent.flags & EXTENDED and (sent.id >> 16) & 0xFF in {0xEA, 0xEC, 0xEE}:
        group = int.from_bytes(sent.payload[:3], "little")
        pf = (sent.id >> 16) & 0xFF
        if pf == 0xEA:
            return len(sent.payload) == 3 and group not in {65228, 65235}
        return pf == 0xEE or sent.payload[0] in {17, 19, 255}
    if sent.payload[0] >> 4 == 3:
        return True
    return sent.payload[0] >> 4 == 0 and sent.payload[1] in {1, 2, 3, 6, 7, 9, 0x0A, 0x19, 0x22}
