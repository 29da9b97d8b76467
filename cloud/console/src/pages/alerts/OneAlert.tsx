import { useCallback, useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import type { Forms, Told } from "../../api/types";
import { amount, moment, signalName, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { useLive } from "../../live/live";
import { Facts, Handling, Happened, Severity, vehiclePath } from "../../parts/Bits";
import { Said, Shown } from "../../parts/Standing";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { Captures } from "../vehicle/Captures";
import { ClosingDialog } from "./ClosingDialog";
import { Incident } from "./Incident";

type Whole = Forms["AlertWithTimelineForm"];

/** One alert: what it is, what to do, what was done; and, for who may, that it is seen or over. */
export default function OneAlert({ names: { fleet = "", vehicle = "", alert = "" } }: PageProps) {
  const path = { fleet, vehicle, alert };
  const asked = useAsked(`alert ${fleet} ${vehicle} ${alert}`, (signal) => get("/api/v1/alerts/{fleet}/{vehicle}/{alert}", { path, signal }));
  const reload = asked.reload;
  useLive(useCallback((told: Told) => {
    if (told.kind === "skipped" || (told.kind === "alert" && told.alert.id === alert)) reload();
  }, [alert, reload]));
  return <Shown asked={asked}>{(whole) => <Sheet whole={whole} reload={reload} />}</Shown>;
}

function Sheet({ whole, reload }: { whole: Whole; reload: () => void }) {
  const me = useMe();
  const isOver = whole.handling.state === "resolved";
  const values = Object.entries(whole.values);
  const frame = Object.entries(whole.freeze_frame).filter(([name]) => !(name in whole.values));
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href="/alerts">{t.alerts.title}</a> · <a href={vehiclePath(whole)}>{whole.vehicle}</a></p>
          <h1>{whole.summary}</h1>
        </div>
        <div class="chips"><Severity of={whole.severity} /><Handling of={whole} /></div>
      </div>
      <div class="sheet">
        <section class="card">
          <p class="lead">{t.say.action[whole.action]}</p>
          {whole.advice !== "" && <p>{whole.advice}</p>}
          {!isOver && <Actions whole={whole} reload={reload} />}
          <Facts
            rows={[
              [t.alerts.began, moment(whole.started_at)],
              [t.alerts.ended, whole.ended_at === null ? t.alerts.notEnded : moment(whole.ended_at)],
              [t.alerts.component, words(whole.component)],
              [t.alerts.rule, words(whole.rule)],
              ...(whole.window_s === null || whole.window_s < 1 ? [] : [[t.alerts.window, amount(whole.window_s, "s", 0)] as [string, string]]),
              ...(whole.driver === "" ? [] : [[t.alerts.driver, `“${whole.driver}”`] as [string, string]]),
            ]}
          />
          {whole.workshop && <p class="note">{whole.state === "firing" ? t.alerts.inWorkshop : t.alerts.wasWorkshop}</p>}
          {whole.flapping && <p class="note">{t.alerts.flapping}</p>}
          {whole.clock === "unsynced" && <p class="note">{t.alerts.clock}</p>}
          {whole.clock === "corrected" && <p class="note">{t.alerts.corrected}</p>}
        </section>
        <div class="stack">
          {values.length > 0 && (
            <section class="card">
              <h2>{t.alerts.values}</h2>
              <Facts rows={values.map(([name, value]) => [signalName(name) || name, reading(value)])} />
            </section>
          )}
          {frame.length > 0 && (
            <section class="card">
              <h2>{t.alerts.freezeFrame}</h2>
              <Facts rows={frame.map(([name, value]) => [signalName(name) || name, reading(value)])} />
            </section>
          )}
          {may(me, "see_drives", whole.fleet) && (
            <section class="card" aria-label={t.capture.title}>
              <h2>{t.capture.title}</h2>
              <Captures fleet={whole.fleet} vehicle={whole.vehicle} trigger={`alert:${whole.id}`} />
            </section>
          )}
          <section class="card">
            <h2>{t.alerts.steps}</h2>
            <ol class="happened">{whole.steps.map((step) => <Happened key={`${step.at} ${step.step}`} at={step.at} what={t.say.step[step.step]} by={step.by} note={step.note} />)}</ol>
            <h2>{t.alerts.timeline}</h2>
            <ol class="happened">{whole.timeline.map((entry) => <Happened key={`${entry.received_at} ${entry.state}`} at={entry.observed_at} what={t.say.alertState[entry.state]} by={null} note="" />)}</ol>
          </section>
        </div>
      </div>
      {whole.incident !== null && <Incident number={whole.incident} />}
    </>
  );
}

const reading = (value: number | string | boolean | null): string => (typeof value === "number" ? amount(value, "", 2) : value === null ? t.app.unknown : String(value));

function Actions({ whole, reload }: { whole: Whole; reload: () => void }) {
  const me = useMe();
  const { isBusy, problem, act } = useAction();
  const [isClosing, setClosing] = useState(false);
  if (!may(me, "handle_alerts", whole.fleet)) return null;
  const path = { fleet: whole.fleet, vehicle: whole.vehicle, alert: whole.id };
  const acknowledge = (): void => act(async () => {
    await post("/api/v1/alerts/{fleet}/{vehicle}/{alert}/acknowledge", { path, body: { note: "" } });
    reload();
  });
  return (
    <>
      {problem !== null && <Said problem={problem} />}
      <div class="actions">
        {whole.handling.state !== "acknowledged" && <button type="button" class="main" disabled={isBusy} onClick={acknowledge}>{t.alerts.acknowledge}</button>}
        <button type="button" onClick={() => setClosing(true)}>{t.alerts.close}</button>
      </div>
      {whole.handling.state === "acknowledged" && <p class="quiet">{t.alerts.acknowledged}</p>}
      {isClosing && <ClosingDialog path={path} close={() => setClosing(false)} done={reload} />}
    </>
  );
}
