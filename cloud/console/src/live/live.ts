import { useEffect, useState } from "preact/hooks";
import type { Told } from "../api/types";
import { session } from "../session/session";
import { Live, type Line, type Wanted } from "./socket";

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
