import { useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import { usePaged } from "../../api/paged";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts, vehiclePath } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { Said, Shown } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import type { PageProps } from "../../routes";
import { progress, rolloutTone, standingTone, waits, type Member, type Rollout } from "./words";

const LOOK_EVERY_MS = 15_000;
type Step = "stop" | "goOn";

/** One rollout: how far it is on each vehicle, and what can be done about it. */
export default function OneRollout({ names: { fleet = "", number = "" } }: PageProps) {
  const path = { fleet, number: Number(number) };
  const asked = useAsked(`rollout ${fleet} ${number}`, (signal) => get("/api/v1/rollouts/{fleet}/{number}", { path, signal }), LOOK_EVERY_MS);
  const members = usePaged(`members ${fleet} ${number}`, (after, signal) =>
    get("/api/v1/rollouts/{fleet}/{number}/vehicles", { path, query: { limit: 100, after: after ?? null }, signal }), LOOK_EVERY_MS);
  const columns: readonly Column<Member>[] = [
    { name: t.chat.vehicle, cell: (one) => <a href={vehiclePath({ fleet, vehicle: one.vehicle })}>{one.vehicle}</a>, by: (one) => one.vehicle },
    { name: t.bundle.turn, cell: (one) => (one.is_first ? t.bundle.goesFirst : "–"), by: (one) => Number(one.is_first) },
    { name: t.bundle.state, cell: (one) => <Chip tone={standingTone(one.standing)}>{t.say.standingOne[one.standing]}</Chip>, by: (one) => one.standing },
    { name: t.admin.why, cell: (one) => (one.reason === "" ? "–" : one.reason) },
    { name: t.warranty.changed, cell: (one) => moment(one.changed_at), by: (one) => one.changed_at, isShort: true },
  ];
  const reload = (): void => {
    asked.reload();
    members.reload();
  };
  return (
    <Shown asked={asked}>
      {(one) => (
        <>
          <div class="title">
            <div>
              <p class="quiet small"><a href="/bundles?show=rollouts">{t.bundle.rollouts}</a> · {one.fleet}</p>
              <h1>{t.bundle.rolloutOf(one.number, one.bundle === null ? t.bundle.noBundle : one.name)}</h1>
            </div>
            <Chip tone={rolloutTone(one.state)}>{t.say.rolloutState[one.state]}</Chip>
          </div>
          <section class="card" aria-label={t.bundle.rollout}>
            <Steps one={one} reload={reload} />
            <Facts
              rows={[
                [t.fleet.vehicles, progress(one)],
                [t.bundle.newcomers, one.newcomers ? t.bundle.newcomersToo : t.bundle.newcomersNot],
                [t.bundle.goFirst, one.first === null ? t.bundle.atOnce : String(one.first)],
                [t.bundle.probation, t.bundle.probationOf(one.probation_s, one.alerts_max)],
                [t.bundle.begun, `${moment(one.at)} ${t.app.by} ${one.by}`],
                ...(one.why === "" ? [] : [[t.admin.why, one.why] as [string, string]]),
              ]}
            />
          </section>
          <section class="card" aria-label={t.fleet.vehicles}>
            <h2>{t.fleet.vehicles}</h2>
            <PagedTable asked={members} label={t.fleet.vehicles} columns={columns} keyOf={(row) => row.vehicle} find={(row) => `${row.vehicle} ${row.reason}`} empty={t.fleet.nothingFound} />
          </section>
        </>
      )}
    </Shown>
  );
}

function Steps({ one, reload }: { one: Rollout; reload: () => void }) {
  const [step, setStep] = useState<Step | null>(null);
  const [why, setWhy] = useState("");
  const { isBusy, problem, act } = useAction(reload);
  if (!waits(one)) return null;
  const path = { fleet: one.fleet, number: one.number };
  const submit = (): void => act(async () => {
    const asked = { path, body: { why } };
    await (step === "stop" ? post("/api/v1/rollouts/{fleet}/{number}/stop", asked) : post("/api/v1/rollouts/{fleet}/{number}/go-on", asked));
    setStep(null);
    reload();
  });
  const steps: readonly Step[] = one.state === "first" ? ["stop", "goOn"] : ["stop"];
  return (
    <>
      <div class="actions">{steps.map((each) => <button key={each} type="button" onClick={() => setStep(each)}>{t.bundle.step[each]}</button>)}</div>
      {step !== null && (
        <Dialog title={t.bundle.step[step]} close={() => setStep(null)} submit={submit} label={t.bundle.step[step]} isBusy={isBusy}>
          {problem !== null && <Said problem={problem} />}
          <p class="quiet">{t.bundle.stepHint[step]}</p>
          <label>{t.admin.why}<input required maxLength={200} value={why} onInput={(typed) => setWhy(typed.currentTarget.value)} /></label>
        </Dialog>
      )}
    </>
  );
}
