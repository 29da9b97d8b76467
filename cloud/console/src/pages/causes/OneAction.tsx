import { useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import type { Forms } from "../../api/types";
import { dayOf, moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts } from "../../parts/Bits";
import { Dialog } from "../../parts/Dialog";
import { Said, Shown } from "../../parts/Standing";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { ActionState, inWhich } from "./Actions";
import { effectTone, rateText, ratioText, sideText, type Check } from "./words";

type Whole = Forms["CheckedCapaForm"];
type End = Forms["CloseWish"]["state"];

/** One action: what, in which vehicles, and whether it helped so far. */
export default function OneAction({ names: { number = "" } }: PageProps) {
  const asked = useAsked(`action ${number}`, (signal) => get("/api/v1/capa/{number}", { path: { number: Number(number) }, signal }));
  return <Shown asked={asked}>{(one) => <Sheet one={one} reload={asked.reload} />}</Shown>;
}

function Sheet({ one, reload }: { one: Whole; reload: () => void }) {
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href="/root-cause?show=actions">{t.causes.actions}</a> · {one.fleet}</p>
          <h1>{one.title}</h1>
        </div>
        <ActionState of={one} />
      </div>
      <div class="sheet">
        <section class="card">
          {one.what !== "" && <p class="said">{one.what}</p>}
          <Steps one={one} reload={reload} />
          <Facts
            rows={[
              [t.causes.kind, t.say.actionKind[one.kind]],
              [t.causes.target, inWhich(one)],
              [t.causes.from, one.insight === null ? t.app.none : <a href={`/root-cause/${one.insight}`}>{t.causes.insight(one.insight)}</a>],
              [t.causes.owner, one.owner],
              [t.causes.due, dayOf(one.due_on)],
              [t.causes.opened, moment(one.made_at)],
              ...(one.done_at === null ? [] : [[t.causes.doneAt, moment(one.done_at)] as [string, string]]),
              ...(one.ended_at === null ? [] : [[t.causes.endedAt, moment(one.ended_at)] as [string, string]]),
              ...(one.note === "" ? [] : [[t.alerts.note, one.note] as [string, string]]),
            ]}
          />
        </section>
        <DidItHelp of={one.check} />
      </div>
    </>
  );
}

const DidItHelp = ({ of }: { of: Check }) => (
  <section class="card" aria-label={t.causes.effect}>
    <div class="title"><h2>{t.causes.effect}</h2><Chip tone={effectTone(of.effect)}>{t.say.effect[of.effect]}</Chip></div>
    <p class="quiet">{of.why}</p>
    {of.before !== null && of.after !== null && (
      <Facts
        rows={[
          [t.causes.before, <>{sideText(of.before, of.unit)}<br /><span class="quiet small">{rateText(of.before, of.unit)}</span></>],
          [t.causes.after, <>{sideText(of.after, of.unit)}<br /><span class="quiet small">{rateText(of.after, of.unit)}</span></>],
          [t.causes.ratio, of.ratio_interval === null ? t.app.unknown : ratioText(of.ratio, of.ratio_interval)],
        ]}
      />
    )}
  </section>
);

/** What can be said of it now. The counts decide whether it helped; the API refuses what they do not say. */
function Steps({ one, reload }: { one: Whole; reload: () => void }) {
  const me = useMe();
  const [step, setStep] = useState<"done" | End | null>(null);
  const [note, setNote] = useState("");
  const { isBusy, problem, act } = useAction(reload);
  if (!may(me, "seek_causes", one.fleet) || (one.state !== "open" && one.state !== "done")) return null;
  const path = { number: one.number };
  const submit = (): void => act(async () => {
    if (step === "done") await post("/api/v1/capa/{number}/done", { path, body: { sequence: one.sequence, note } });
    else if (step !== null) await post("/api/v1/capa/{number}/close", { path, body: { sequence: one.sequence, state: step, note } });
    setStep(null);
    reload();
  });
  const steps = one.state === "open" ? (["done", "dropped"] as const) : (["verified", "ineffective"] as const);
  return (
    <>
      <div class="actions">
        {steps.map((each, place) => <button key={each} type="button" class={place === 0 ? "main" : ""} onClick={() => setStep(each)}>{t.causes.step[each]}</button>)}
      </div>
      {step !== null && (
        <Dialog title={t.causes.step[step]} close={() => setStep(null)} submit={submit} label={t.causes.step[step]} isBusy={isBusy}>
          {problem !== null && <Said problem={problem} />}
          <label>{t.alerts.note}<textarea rows={3} maxLength={2000} value={note} placeholder={t.alerts.noteHint} onInput={(typed) => setNote(typed.currentTarget.value)} /></label>
        </Dialog>
      )}
    </>
  );
}
