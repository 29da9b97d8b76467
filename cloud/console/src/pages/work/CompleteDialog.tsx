import { useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import type { Forms, WorkOrder } from "../../api/types";
import { words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { lines } from "./lines";

const outcomes: readonly Forms["Outcome"][] = ["repaired", "not_found", "not_repaired", "declined"];
const NO_FAULT = "no_fault";

/** The causes that the case's diagnosis named; the prediction is right or wrong only against one of these. */
async function causesOf(order: WorkOrder, signal: AbortSignal): Promise<[string, string][]> {
  const cases = await get("/api/v1/cases", { query: { fleet: order.fleet, vehicle: order.vehicle, limit: 50 }, signal });
  const diagnosis = cases.items.find((one) => one.work_order === order.number)?.diagnosis;
  return (diagnosis?.causes ?? []).map((cause) => [cause.id, cause.title]);
}

/** What came of the visit. */
export function CompleteDialog({ order, close, done }: { order: WorkOrder; close: () => void; done: (order: WorkOrder) => void }) {
  const [outcome, setOutcome] = useState<Forms["Outcome"]>("repaired");
  const [cause, setCause] = useState("");
  const [findings, setFindings] = useState("");
  const [parts, setParts] = useState("");
  const { isBusy, problem, act } = useAction();
  const asked = useAsked(`causes ${order.number}`, (signal) => causesOf(order, signal));
  const causes = asked.value ?? (order.diagnosed_cause === null ? [] : [[order.diagnosed_cause, words(order.diagnosed_cause)] as [string, string]]);
  const foundSomething = outcome !== "not_found";
  const choose = (one: Forms["Outcome"]): void => {
    setOutcome(one);
    if (one === "not_found" || (one === "repaired" && cause === NO_FAULT)) setCause("");
  };
  const submit = (): void => act(async () => {
    const changed = foundSomething ? lines(parts) : [];
    const body = { sequence: order.sequence, outcome, found_cause: cause === "" ? null : cause, findings: lines(findings), parts_changed: changed };
    done(await post("/api/v1/work-orders/{number}/complete", { path: { number: order.number }, body }));
    close();
  });
  return (
    <Dialog title={t.work.completeTitle} close={close} submit={submit} label={t.work.complete} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <fieldset>
        <legend>{t.work.outcome}</legend>
        {outcomes.map((one) => (
          <label key={one} class="option"><input type="radio" name="outcome" checked={one === outcome} onChange={() => choose(one)} />{t.say.outcome[one]}</label>
        ))}
      </fieldset>
      {foundSomething && (
        <label>
          {t.work.cause} <span class="quiet small">{t.work.causeHint}</span>
          <select value={cause} onChange={(changed) => setCause(changed.currentTarget.value)}>
            <option value="">{t.work.notSaid}</option>
            {causes.map(([id, title]) => <option key={id} value={id}>{id === order.diagnosed_cause ? t.work.asPredicted(title) : title}</option>)}
            {outcome !== "repaired" && <option value={NO_FAULT}>{t.work.noFault}</option>}
          </select>
        </label>
      )}
      <label>{t.work.findings}<textarea rows={3} value={findings} placeholder={t.work.findingsHint} onInput={(typed) => setFindings(typed.currentTarget.value)} /></label>
      {foundSomething && <label>{t.work.parts}<textarea rows={2} value={parts} placeholder={t.work.findingsHint} onInput={(typed) => setParts(typed.currentTarget.value)} /></label>}
    </Dialog>
  );
}
