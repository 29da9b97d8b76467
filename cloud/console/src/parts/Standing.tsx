import type { ComponentChildren } from "preact";
import type { Asked } from "../api/asked";
import type { Problem } from "../api/problem";
import { clockTime } from "../i18n/say";
import { t } from "../i18n/t";

/** Grey lines where something will stand. */
export const Waiting = () => (
  <div class="skeleton" role="status" aria-label={t.app.loading}>
    <span /><span /><span />
  </div>
);

/** What went wrong, with what the API said of it; and from when what is shown beside it is. */
export const Said = ({ problem, asOf = null }: { problem: Problem; asOf?: number | null }) => (
  <div class="problem" role="alert">
    <strong>{problem.text}</strong>
    {problem.detail !== "" && problem.detail !== problem.text && <span>{problem.detail}</span>}
    {asOf !== null && <span>{t.app.asOf(clockTime(asOf))}</span>}
  </div>
);

/** What went wrong, with a way on. */
export const Trouble = ({ problem, again }: { problem: Problem; again: () => void }) => (
  <div class="standing">
    <Said problem={problem} />
    <button type="button" onClick={again}>{t.app.retry}</button>
  </div>
);

/** Nothing is there, which is an answer as well. */
export const Empty = ({ text, hint = "" }: { text: string; hint?: string }) => (
  <div class="empty">
    <p>{text}</p>
    {hint !== "" && <p class="quiet">{hint}</p>}
  </div>
);

export const NoPage = () => (
  <div class="standing">
    <h1>{t.app.notFound}</h1>
    <p class="quiet">{t.app.notFoundHint}</p>
    <a class="button" href="/">{t.app.home}</a>
  </div>
);

/** Waits, tells what went wrong, or shows what came; what was there stays while it is asked anew. */
export function Shown<T>({ asked, children }: { asked: Asked<T>; children: (value: T) => ComponentChildren }) {
  if (asked.value === null) return asked.problem === null ? <Waiting /> : <Trouble problem={asked.problem} again={asked.reload} />;
  return (
    <>
      {asked.problem !== null && <Said problem={asked.problem} asOf={asked.at} />}
      {children(asked.value)}
    </>
  );
}
