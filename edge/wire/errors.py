"""WireError: why a message is not one of ours, by a name that can be counted."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a message was not understood; the name in the quarantine and in the counters."""

    BAD_TOPIC = "bad_topic"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    BAD_ENVELOPE = "bad_envelope"
    UNKNOWN_KIND = "unknown_kind"
    UNSUPPORTED_SCHEMA = "unsupported_schema"
    BAD_BODY = "bad_body"
    WRONG_VEHICLE = "wrong_vehicle"
    WRONG_STREAM = "wrong_stream"
    SEQ_REUSED = "seq_reused"


class WireError(ValueError):
    """A message that breaks the contract; `reason` is counted, the text is for a person."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")
