import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";

const reasons: readonly Forms["Closing"][] = ["repaired", "false_alarm", "accepted"];

/** Why an alert is over. */
export function ClosingDialog({ path, close, done }: { path: { fleet: string; vehicle: string; alert: string }; close: () => void; done: () => void }) {
  const [reason, setReason] = useState<Forms["Closing"]>("repaired");
  const [note, setNote] = useState("");
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    await post("/api/v1/alerts/{fleet}/{vehicle}/{alert}/close", { path, body: { reason, note } });
    close();
    done();
  });
  return (
    <Dialog title={t.alerts.closeTitle} close={close} submit={submit} label={t.alerts.close} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <fieldset>
        {reasons.map((one) => (
          <label key={one} class="option"><input type="radio" name="reason" checked={one === reason} onChange={() => setReason(one)} />{t.say.closing[one]}</label>
        ))}
      </fieldset>
      <label>
        {t.alerts.note}
        <textarea rows={3} maxLength={2000} value={note} placeholder={t.alerts.noteHint} onInput={(typed) => setNote(typed.currentTarget.value)} />
      </label>
    </Dialog>
  );
}
