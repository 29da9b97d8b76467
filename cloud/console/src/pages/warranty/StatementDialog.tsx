import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { put } from "../../api/client";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { lines } from "../work/lines";
import { linesOf, servicesOf } from "./services";
import type { Claim } from "./tone";

/** What people say in a draft, put anew. */
export function StatementDialog({ claim, close, done }: { claim: Claim; close: () => void; done: () => void }) {
  const said = claim.statement;
  const [km, setKm] = useState(said.odometer_km == null ? "" : String(said.odometer_km));
  const [circumstances, setCircumstances] = useState(said.circumstances.join("\n"));
  const [maintenance, setMaintenance] = useState(linesOf(said.maintenance));
  const [note, setNote] = useState(said.note);
  const { isBusy, problem, act } = useAction(done);
  const submit = (): void => act(async () => {
    const body = {
      failed_at: said.failed_at ?? claim.made_at,
      odometer_km: km === "" ? null : Number(km),
      circumstances: lines(circumstances),
      maintenance: servicesOf(maintenance),
      note,
      sequence: claim.sequence,
    };
    await put("/api/v1/claims/{number}", { path: { number: claim.number }, body });
    close();
    done();
  });
  return (
    <Dialog title={t.warranty.statement} close={close} submit={submit} label={t.warranty.keep} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <label>{t.warranty.odometerKm}<input type="number" min={0} max={10_000_000} step="any" value={km} onInput={(typed) => setKm(typed.currentTarget.value)} /></label>
      <label>{t.warranty.maintenance}<textarea rows={3} value={maintenance} placeholder={t.warranty.maintenanceHint} onInput={(typed) => setMaintenance(typed.currentTarget.value)} /></label>
      <label>{t.warranty.circumstances}<textarea rows={2} value={circumstances} placeholder={t.work.findingsHint} onInput={(typed) => setCircumstances(typed.currentTarget.value)} /></label>
      <label>{t.alerts.note}<textarea rows={2} maxLength={2000} value={note} onInput={(typed) => setNote(typed.currentTarget.value)} /></label>
    </Dialog>
  );
}
