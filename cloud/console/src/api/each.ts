import { useCallback, useEffect, useRef, useState } from "preact/hooks";

const AT_ONCE = 4;

type Ask<T> = (key: string, signal: AbortSignal) => Promise<T>;

/**
 * One question for each of these, a few at a time, each asked once; what cannot be answered stays away.
 *
 * @returns what is known so far, by key, and a way to ask one of them anew.
 */
export function useEach<T>(keys: readonly string[], ask: Ask<T> | null): { found: ReadonlyMap<string, T>; again: (key: string) => void } {
  const [found, setFound] = useState<ReadonlyMap<string, T>>(new Map());
  const asked = useRef(new Set<string>());
  const waiting = useRef<string[]>([]);
  const workers = useRef(0);
  const stop = useRef(new AbortController());

  const work = useCallback(async (how: Ask<T>): Promise<void> => {
    const { signal } = stop.current;
    for (let key = waiting.current.shift(); key !== undefined; key = waiting.current.shift()) {
      const mine = key;
      const answer = await how(mine, signal).catch(() => undefined);
      if (signal.aborted) return;
      if (answer !== undefined) setFound((before) => new Map(before).set(mine, answer));
    }
    workers.current -= 1;
  }, []);
  const queue = useCallback((key: string) => {
    if (ask === null) return;
    waiting.current.push(key);
    if (workers.current >= AT_ONCE) return;
    workers.current += 1;
    void work(ask);
  }, [ask, work]);

  useEffect(() => {
    for (const key of keys) {
      if (asked.current.has(key)) continue;
      asked.current.add(key);
      queue(key);
    }
  }, [keys, queue]);
  useEffect(() => {
    const current = stop.current;
    return () => current.abort();
  }, []);
  const again = useCallback((key: string) => {
    if (asked.current.has(key) && !waiting.current.includes(key)) queue(key);
  }, [queue]);
  return { found, again };
}
