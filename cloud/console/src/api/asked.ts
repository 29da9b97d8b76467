import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { asProblem, type Problem } from "./problem";

/** Something that was asked of the API, as it stands. What was there stays there while it is asked anew. */
export interface Asked<T> {
  value: T | null;
  problem: Problem | null;
  isLoading: boolean;
  /** Ask anew. */
  reload: () => void;
  /** Put in what an action gave, without asking. */
  put: (value: T) => void;
}

interface Standing<T> {
  of: string;
  value: T | null;
  problem: Problem | null;
  isLoading: boolean;
}

/**
 * Ask the API while this part is shown.
 *
 * @param key says what is asked: another key is another question, and the old answer goes.
 * @param everyMs ask again so often, which may depend on the last answer; undefined: only when told to.
 */
export function useAsked<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs?: number | ((last: T | null) => number)): Asked<T> {
  const [standing, setStanding] = useState<Standing<T>>({ of: key, value: null, problem: null, isLoading: true });
  const [turn, setTurn] = useState(0);
  const question = useRef(ask);
  question.current = ask;
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const put = useCallback((value: T) => setStanding({ of: key, value, problem: null, isLoading: false }), [key]);

  useEffect(() => {
    const stop = new AbortController();
    setStanding((before) => ({ ...(before.of === key ? before : { value: null, problem: null }), of: key, isLoading: true }));
    question.current(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setStanding({ of: key, value, problem: null, isLoading: false });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setStanding((before) => ({ ...before, problem: asProblem(error), isLoading: false }));
      },
    );
    return () => stop.abort();
  }, [key, turn]);

  const period = typeof everyMs === "function" ? everyMs(standing.value) : everyMs;
  useEffect(() => {
    if (period === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") reload();
    }, period);
    return () => clearInterval(timer);
  }, [period, reload]);

  const isOld = standing.of !== key;
  return {
    value: isOld ? null : standing.value,
    problem: isOld ? null : standing.problem,
    isLoading: isOld || standing.isLoading,
    reload,
    put,
  };
}

/** One action at a time: what it is doing, and what went wrong with the last one. */
export function useAction(): { isBusy: boolean; problem: Problem | null; act: (action: () => Promise<void>) => void } {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const act = useCallback((action: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    action().then(
      () => setBusy(false),
      (error: unknown) => {
        setBusy(false);
        setProblem(asProblem(error));
      },
    );
  }, []);
  return { isBusy, problem, act };
}
