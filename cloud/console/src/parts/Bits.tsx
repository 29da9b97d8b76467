import type { ComponentChildren } from "preact";
import type { Alert, Forms } from "../api/types";
import { moment, since } from "../i18n/say";
import { t } from "../i18n/t";

/** One word with a colour; the word says it as well. */
export const Chip = ({ tone, children }: { tone: string; children: ComponentChildren }) => <span class={`chip ${tone}`}>{children}</span>;

export const Severity = ({ of }: { of: Forms["Severity"] }) => <Chip tone={of}>{t.say.severity[of]}</Chip>;

/** How an alert is handled; one that a workshop set off is nobody's to handle. */
export const Handling = ({ of }: { of: Pick<Alert, "workshop" | "handling"> }) =>
  of.workshop ? <Chip tone="accent">{t.say.workshop}</Chip> : <Chip tone={of.handling.state}>{t.say.handling[of.handling.state]}</Chip>;

/** A moment, short; the whole of it is in the tooltip. */
export const When = ({ at }: { at: string | null }) =>
  at === null ? <span>{t.app.unknown}</span> : <time dateTime={at} title={moment(at)}>{since(at)}</time>;

/** 0 to 100, or a dash: nothing is known. */
export function Score({ of }: { of: number | null }) {
  const tone = of === null ? "nothing" : of >= 80 ? "good" : of >= 50 ? "warning" : "critical";
  return <span class={`score ${tone}`} title={of === null ? t.app.unknown : `${of} / 100`}>{of ?? "–"}</span>;
}

/** A few questions and answers. */
export const Facts = ({ rows }: { rows: [string, ComponentChildren][] }) => (
  <dl class="facts">
    {rows.map(([name, what]) => (
      <div key={name}><dt>{name}</dt><dd>{what}</dd></div>
    ))}
  </dl>
);

/** A few choices, one of them taken. */
export function Choices<T extends string>({ label, all, taken, take }: { label: string; all: readonly (readonly [T, string])[]; taken: T; take: (one: T) => void }) {
  return (
    <div class="choices" role="group" aria-label={label}>
      {all.map(([value, text]) => (
        <button key={value} type="button" aria-pressed={value === taken} onClick={() => take(value)}>{text}</button>
      ))}
    </div>
  );
}

export const alertPath = (alert: Pick<Alert, "fleet" | "vehicle" | "id">): string =>
  `/alerts/${encodeURIComponent(alert.fleet)}/${encodeURIComponent(alert.vehicle)}/${encodeURIComponent(alert.id)}`;

export const vehiclePath = (of: { fleet: string; vehicle: string }): string =>
  `/vehicles/${encodeURIComponent(of.fleet)}/${encodeURIComponent(of.vehicle)}`;

/** An alert in a list. */
export const AlertRow = ({ alert }: { alert: Alert }) => (
  <a class={`row ${alert.handling.state === "resolved" ? "over" : alert.severity}`} href={alertPath(alert)}>
    <span class="row-main"><strong>{alert.summary}</strong><span class="quiet">{alert.vehicle} · {alert.component}</span></span>
    <span class="row-side">
      <span class="chips"><Severity of={alert.severity} /><Handling of={alert} /></span>
      <span class="quiet small"><When at={alert.started_at} /></span>
    </span>
  </a>
);

/** One thing in a row of what happened. */
export const Happened = ({ at, what, by, note }: { at: string; what: string; by: string | null; note: string }) => (
  <li>
    <span class="quiet small">{moment(at)}</span>
    <span>{what}{by !== null && <span class="quiet"> {t.app.by} {by}</span>}</span>
    {note !== "" && <span class="said">{note}</span>}
  </li>
);
