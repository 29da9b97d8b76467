import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";

export type Capture = Forms["CaptureForm"];

/** What a capture, or a campaign's window, lacks, in words; null: nothing. */
export function lackOf(capture: Pick<Capture, "is_complete" | "last" | "parts" | "holes">): string | null {
  if (capture.is_complete) return null;
  const lacks = [
    ...(capture.last === null ? [t.capture.goesOn] : capture.parts < capture.last ? [t.capture.missing(capture.last - capture.parts)] : []),
    ...(capture.holes > 0 ? [t.capture.holes(capture.holes)] : []),
  ];
  return lacks.length === 0 ? t.capture.incomplete : lacks.join(" · ");
}

/** What set a capture off: an alert, a command, a button. */
export const causeOf = (capture: Capture): string => capture.trigger.split(":", 1)[0] ?? capture.trigger;
