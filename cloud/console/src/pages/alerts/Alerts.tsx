import { useCallback } from "preact/hooks";
import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms, Told } from "../../api/types";
import { t } from "../../i18n/t";
import { useLive } from "../../live/live";
import { AlertRow, Choices } from "../../parts/Bits";
import { List } from "../../parts/List";
import { go } from "../../router";
import type { PageProps } from "../../routes";

const LOOK_EVERY_MS = 30_000;
type Wanted = Forms["AlertState"] | "workshop" | "all";
/** What to ask for; a workshop's alerts are not open, whatever the vehicle says. */
const QUERIES = { firing: { state: "firing", workshop: false }, resolved: { state: "resolved" }, workshop: { workshop: true }, all: {} } as const;

/** What the vehicles warn of, the latest first. */
export default function Alerts({ query }: PageProps) {
  const asked = query.get("state");
  const wanted: Wanted = asked === "resolved" || asked === "workshop" || asked === "all" ? asked : "firing";
  const alerts = usePaged(`alerts ${wanted}`, (after, signal) =>
    get("/api/v1/alerts", { query: { limit: 30, after: after ?? null, ...QUERIES[wanted] }, signal }), LOOK_EVERY_MS);
  const reload = alerts.reload;
  useLive(useCallback((told: Told) => {
    if (told.kind === "alert" || told.kind === "skipped") reload();
  }, [reload]));
  const all = [["firing", t.alerts.firing], ["resolved", t.alerts.resolved], ["workshop", t.say.workshop], ["all", t.alerts.allStates]] as const;
  return (
    <>
      <div class="title">
        <h1>{t.alerts.title}</h1>
        <Choices label={t.alerts.title} all={all} taken={wanted} take={(one) => go(`/alerts?state=${one}`, "replace")} />
      </div>
      <section class="card">
        <List asked={alerts} empty={t.alerts.empty} hint={wanted === "firing" ? t.alerts.emptyHint : ""} row={(alert) => <AlertRow key={`${alert.vehicle} ${alert.id}`} alert={alert} />} />
      </section>
    </>
  );
}
