import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import type { Claim } from "./tone";

/** What was decided of a claim; against plan or checks it takes a word. */
export function DecideDialog({ claim, decision, close, done }: { claim: Claim; decision: Forms["DecideWish"]["decision"]; close: () => void; done: () => void }) {
  const [note, setNote] = useState("");
  const { isBusy, problem, act } = useAction(done);
  const submit = (): void => act(async () => {
    await post("/api/v1/claims/{number}/decide", { path: { number: claim.number }, body: { sequence: claim.sequence, decision, note } });
    close();
    done();
  });
  return (
    <Dialog title={t.warranty.decide[decision]} close={close} submit={submit} label={t.warranty.decide[decision]} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{t.warranty.meaning[decision]}</p>
      <label>{t.alerts.note}<textarea rows={3} maxLength={2000} required={decision === "rejected"} value={note} onInput={(typed) => setNote(typed.currentTarget.value)} /></label>
    </Dialog>
  );
}
