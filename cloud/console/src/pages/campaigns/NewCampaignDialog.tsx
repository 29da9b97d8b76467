import { useRef, useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { newId } from "../vehicle/command";
import { EMPTY, wishOf, type Campaign, type Draft } from "./campaign";

interface Of {
  fleet: string;
  close: () => void;
  done: (campaign: Campaign) => void;
}

/** What is to be collected, of whom, and when. It has one name for as long as it is open, so that who presses again asks once. */
export function NewCampaignDialog({ fleet, close, done }: Of) {
  const id = useRef(newId());
  const [draft, setDraft] = useState<Draft>(EMPTY);
  const [bad, setBad] = useState<string | null>(null);
  const { isBusy, problem, act } = useAction();
  const put = (changes: Partial<Draft>): void => setDraft((before) => ({ ...before, ...changes }));
  const submit = (): void => {
    const found = wishOf(draft, id.current, Date.now());
    setBad("bad" in found ? found.bad : null);
    if ("bad" in found) return;
    act(async () => {
      const made = await post("/api/v1/fleets/{fleet}/campaigns", { path: { fleet }, body: found.wish });
      close();
      done(made);
    });
  };
  return (
    <Dialog title={t.campaigns.makeTitle} close={close} submit={submit} label={t.campaigns.ask} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{t.app.fleet} {fleet}</p>
      <label>{t.campaigns.name}<input required maxLength={200} value={draft.name} onInput={(typed) => put({ name: typed.currentTarget.value })} /></label>
      <label>{t.campaigns.which} <span class="quiet small">{t.campaigns.whichHint}</span><input value={draft.vehicles} onInput={(typed) => put({ vehicles: typed.currentTarget.value })} /></label>
      <What draft={draft} put={put} />
      {bad !== null && <p class="problem" role="alert">{t.campaigns.badFrame(bad)}</p>}
      <Trigger draft={draft} put={put} />
      <div class="pair">
        <Amount label={t.campaigns.beforeS} value={draft.beforeS} most={120} put={(beforeS) => put({ beforeS })} />
        <Amount label={t.campaigns.afterS} value={draft.afterS} most={3600} put={(afterS) => put({ afterS })} />
      </div>
      <label>{t.campaigns.rateHz}<input type="number" min={0.001} max={1000} step="any" value={draft.rateHz} onInput={(typed) => put({ rateHz: typed.currentTarget.value })} /></label>
      <div class="pair">
        <Amount label={t.campaigns.startsInH} value={draft.startsInH} most={8760} put={(startsInH) => put({ startsInH })} />
        <Amount label={t.campaigns.days} value={draft.days} least={0.01} most={366} put={(days) => put({ days })} />
      </div>
      <div class="pair">
        <Amount label={t.campaigns.megabytes} value={draft.megabytes} least={0.001} most={100} put={(megabytes) => put({ megabytes })} />
        <Amount label={t.campaigns.priorityOf} value={draft.priority} most={9} step="1" put={(priority) => put({ priority })} />
      </div>
    </Dialog>
  );
}

interface Part {
  draft: Draft;
  put: (changes: Partial<Draft>) => void;
}

const What = ({ draft, put }: Part) => (
  <>
    <fieldset>
      <legend>{t.campaigns.what}</legend>
      {(["signals", "frames"] as const).map((one) => (
        <label key={one} class="option"><input type="radio" name="what" checked={one === draft.what} onChange={() => put({ what: one })} />{t.campaigns.kinds[one]}</label>
      ))}
    </fieldset>
    {draft.what === "signals" ? (
      <label>{t.campaigns.signals} <span class="quiet small">{t.campaigns.signalsHint}</span><textarea required rows={3} value={draft.signals} onInput={(typed) => put({ signals: typed.currentTarget.value })} /></label>
    ) : (
      <label>{t.campaigns.frames} <span class="quiet small">{t.campaigns.framesHint}</span><textarea required rows={3} value={draft.frames} onInput={(typed) => put({ frames: typed.currentTarget.value })} /></label>
    )}
  </>
);

const Trigger = ({ draft, put }: Part) => (
  <>
    <fieldset>
      <legend>{t.campaigns.when}</legend>
      {(["condition", "time"] as const).map((one) => (
        <label key={one} class="option"><input type="radio" name="trigger" checked={one === draft.trigger} onChange={() => put({ trigger: one })} />{t.campaigns.triggers[one]}</label>
      ))}
    </fieldset>
    {draft.trigger === "condition" ? (
      <label>{t.campaigns.condition} <span class="quiet small">{t.campaigns.conditionHint}</span><textarea required rows={2} maxLength={500} value={draft.when} onInput={(typed) => put({ when: typed.currentTarget.value })} /></label>
    ) : (
      <Amount label={t.campaigns.everyS} value={draft.everyS} least={10} most={86_400} put={(everyS) => put({ everyS })} />
    )}
  </>
);

interface AmountOf {
  label: string;
  value: string;
  least?: number;
  most: number;
  step?: string;
  put: (value: string) => void;
}

const Amount = ({ label, value, least = 0, most, step = "any", put }: AmountOf) => (
  <label>{label}<input type="number" required min={least} max={most} step={step} value={value} onInput={(typed) => put(typed.currentTarget.value)} /></label>
);
