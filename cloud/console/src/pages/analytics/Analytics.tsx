import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Forms } from "../../api/types";
import { between, figure, moment, percent, wait } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Choices } from "../../parts/Bits";
import { FleetPick, useFleets } from "../../parts/FleetPick";
import { Empty, Shown } from "../../parts/Standing";
import { go } from "../../router";
import type { PageProps } from "../../routes";

type Figure = Forms["FigureForm"];
const periods = ["30", "90", "365"] as const;
const DAY_MS = 86_400_000;
const which = ["uptime", "time_to_acknowledge", "time_to_repair", "breakdowns_avoided"] as const;

/** How well the service does for a fleet: each figure with its method, and unknown where it is unknown. */
export default function Analytics({ query }: PageProps) {
  const fleets = useFleets("see_work");
  const days = periods.find((one) => one === query.get("days")) ?? "90";
  const wish = (fleet: string, period: string): void => go(`/analytics?${new URLSearchParams({ fleet, days: period }).toString()}`, "replace");
  return (
    <Shown asked={fleets}>
      {(all) => {
        const fleet = all.find((one) => one === query.get("fleet")) ?? all[0];
        return (
          <>
            <div class="title">
              <h1>{t.analytics.title}</h1>
              {fleet !== undefined && (
                <div class="actions">
                  <FleetPick all={all} taken={fleet} take={(one) => wish(one, days)} />
                  <Choices label={t.analytics.period} all={periods.map((one) => [one, t.analytics.days(one)] as const)} taken={days} take={(one) => wish(fleet, one)} />
                </div>
              )}
            </div>
            {fleet === undefined ? <Empty text={t.fleet.empty} hint={t.fleet.emptyHint} /> : <Figures fleet={fleet} days={Number(days)} />}
          </>
        );
      }}
    </Shown>
  );
}

function Figures({ fleet, days }: { fleet: string; days: number }) {
  const asked = useAsked(`analytics ${fleet} ${days}`, (signal) => {
    const from = new Date(Date.now() - days * DAY_MS).toISOString();
    return get("/api/v1/analytics", { query: { fleet, from }, signal });
  });
  return (
    <Shown asked={asked}>
      {(told) => (
        <>
          <p class="quiet small">{moment(told.since)} – {moment(told.until)}</p>
          <div class="figures">{which.map((one) => <FigureCard key={one} name={one} of={told[one]} />)}</div>
        </>
      )}
    </Shown>
  );
}

const FigureCard = ({ name, of }: { name: (typeof which)[number]; of: Figure }) => (
  <section class="card figure" aria-label={t.analytics.of[name]}>
    <h2>{t.analytics.of[name]}</h2>
    <p class={of.value === null ? "value quiet" : "value"}>{of.value !== null ? inUnit(of.value, of.unit) : of.count === null ? t.analytics.hidden : t.app.unknown}</p>
    {of.why !== "" && <p>{of.why}.</p>}
    {of.interval !== null && <p>{t.analytics.interval(between(of.interval.low, of.interval.high))}</p>}
    {of.upper !== null && <p>{t.analytics.upper(inUnit(of.upper, of.unit))}</p>}
    {of.count !== null && <p class="quiet">{t.analytics.over[name](of.count)}</p>}
    <p class="quiet small">{t.analytics.method} {of.method}.</p>
  </section>
);

const inUnit = (value: number, unit: string): string => (unit === "share" ? percent(value) : unit === "s" ? wait(value) : figure(value));
