import { useEffect, useRef, useState } from "preact/hooks";
import type { Told } from "../api/types";
import { session } from "../session/session";
import { BACK } from "./back";
import { Live, type Line, type Wanted } from "./socket";

/** A shorter cut is nobody's concern. */
const CUT_FROM_MS = 3_000;

/** This tab's. */
export const live = new Live({
  open: (url, protocols) => new WebSocket(url, protocols),
  token: () => session.token(),
  renew: () => session.renew(),
  end: () => session.end(),
  after: (delayMs, act) => {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
});

/** Hear what is told while this part is shown. */
export function useLive(hear: (told: Told) => void): void {
  useEffect(() => live.listen(hear), [hear]);
}

/** Want these signals while this part is shown. */
export function useSignals(wanted: Wanted): void {
  const asked = JSON.stringify(wanted);
  useEffect(() => {
    live.want(JSON.parse(asked) as Wanted);
    return () => live.want({});
  }, [asked]);
}

/** How the line is. */
export function useLine(): Line {
  const [line, setLine] = useState(live.line);
  useEffect(() => live.watch(() => setLine(live.line)), []);
  return line;
}

let wasCut = false;
live.watch(() => {
  if (live.line === "off") wasCut = true;
  if (live.line !== "on" || !wasCut) return;
  wasCut = false;
  dispatchEvent(new Event(BACK));
});

/** Since when the line is cut, once that has lasted, in ms since 1970; null: it is there, or never was. */
export function useCut(): number | null {
  const line = useLine();
  const since = useRef<number | null>(null);
  const [cut, setCut] = useState<number | null>(null);
  useEffect(() => {
    if (line !== "on") {
      const timer = setTimeout(() => setCut(since.current), CUT_FROM_MS);
      return () => clearTimeout(timer);
    }
    setCut(null);
    return () => {
      since.current = Date.now();
    };
  }, [line]);
  return cut;
}
