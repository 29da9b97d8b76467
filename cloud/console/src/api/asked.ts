import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { BACK } from "../live/back";
import { asProblem, type Problem } from "./problem";

const CONFLICT = 409;
const AGAIN_MS = 2_000;
const AGAIN_MS_MAX = 30_000;
/** So often the wait is doubled at most. */
const DOUBLINGS_MAX = 10;

/** Something that was asked of the API, as it stands. What was there stays there while it is asked anew. */
export interface Asked<T> {
  value: T | null;
  /** When that came, in ms since 1970; null: nothing came yet. */
  at: number | null;
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
  at: number | null;
  problem: Problem | null;
  isLoading: boolean;
  /** Times in a row that it went wrong. */
  failures: number;
}

const nothing = { value: null, at: null, problem: null, failures: 0 };
const came = <T>(of: string, value: T): Standing<T> => ({ of, value, at: Date.now(), problem: null, isLoading: false, failures: 0 });

/** How long to wait after so many failures in a row. */
export const againMs = (failures: number): number => Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(failures - 1, DOUBLINGS_MAX));

/**
 * Ask the API while this part is shown. What fails because the cloud is away is asked for again, later each time, and at
 * once when the line is back.
 *
 * @param key says what is asked: another key is another question, and the old answer goes.
 * @param everyMs ask again so often, which may depend on the last answer; undefined: only when told to.
 */
export function useAsked<T>(key: string, ask: (signal: AbortSignal) => Promise<T>, everyMs?: number | ((last: T | null) => number)): Asked<T> {
  const [standing, setStanding] = useState<Standing<T>>({ of: key, ...nothing, isLoading: true });
  const [turn, setTurn] = useState(0);
  const question = useRef(ask);
  question.current = ask;
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const put = useCallback((value: T) => setStanding(came(key, value)), [key]);

  useEffect(() => {
    const stop = new AbortController();
    setStanding((before) => ({ ...(before.of === key ? before : nothing), of: key, isLoading: true }));
    question.current(stop.signal).then(
      (value) => {
        if (!stop.signal.aborted) setStanding(came(key, value));
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setStanding((before) => ({ ...before, problem: asProblem(error), isLoading: false, failures: before.failures + 1 }));
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

  const { failures } = standing;
  const isAway = standing.problem?.passes === true;
  useEffect(() => {
    if (!isAway) return undefined;
    const timer = setTimeout(reload, againMs(failures));
    return () => clearTimeout(timer);
  }, [isAway, failures, reload]);
  useEffect(() => {
    addEventListener(BACK, reload);
    return () => removeEventListener(BACK, reload);
  }, [reload]);

  const isOld = standing.of !== key;
  return {
    value: isOld ? null : standing.value,
    at: isOld ? null : standing.at,
    problem: isOld ? null : standing.problem,
    isLoading: isOld || standing.isLoading,
    reload,
    put,
  };
}

/**
 * One action at a time: what it is doing, and what went wrong with the last one.
 *
 * @param stale is told when it had changed meanwhile (409), so that it is seen anew beside the problem.
 */
export function useAction(stale?: () => void): { isBusy: boolean; problem: Problem | null; act: (action: () => Promise<void>) => void } {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const whenStale = useRef(stale);
  whenStale.current = stale;
  const act = useCallback((action: () => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    action().then(
      () => setBusy(false),
      (error: unknown) => {
        const found = asProblem(error);
        setBusy(false);
        setProblem(found);
        if (found.status === CONFLICT) whenStale.current?.();
      },
    );
  }, []);
  return { isBusy, problem, act };
}
