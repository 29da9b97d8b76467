import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import type { Case } from "../../api/types";
import { amount } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Slot } from "../../parts/Centre";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";

interface Of {
  one: Case;
  done: () => void;
}

/** Yes or no. */
export function Answer({ one, done }: Of) {
  const { isBusy, problem, act } = useAction();
  const [chooseForMe, setChooseForMe] = useState(false);
  const say = (answer: "yes" | "no") => (): void => act(async () => {
    const body = { answer, note: "", choose_for_me: answer === "yes" && chooseForMe, sequence: one.sequence };
    await post("/api/v1/cases/{number}/answer", { path: { number: one.number }, body });
    done();
  });
  return (
    <>
      <h2>{t.cases.question}</h2>
      {problem !== null && <Said problem={problem} />}
      <div class="actions big">
        <button type="button" class="main" disabled={isBusy} onClick={say("yes")}>{t.cases.yes}</button>
        {one.state !== "declined" && <button type="button" disabled={isBusy} onClick={say("no")}>{t.cases.no}</button>}
      </div>
      <label class="option"><input type="checkbox" checked={chooseForMe} onChange={(changed) => setChooseForMe(changed.currentTarget.checked)} />{t.cases.chooseForMe}</label>
    </>
  );
}

/** One of up to three times. */
export function Offers({ one, done }: Of) {
  const { isBusy, problem, act } = useAction();
  const take = (offer: number) => (): void => act(async () => {
    await post("/api/v1/cases/{number}/choice", { path: { number: one.number }, body: { offer, sequence: one.sequence } });
    done();
  });
  return (
    <>
      <h2>{t.cases.choose}</h2>
      {problem !== null && <Said problem={problem} />}
      <ul class="offers">
        {one.offers.map((offer, place) => (
          <li key={`${offer.slot.centre} ${offer.slot.start_at}`} class="offer">
            <Slot of={offer.slot} />
            <ul class="quiet small">{offer.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>
            <p class="quiet small">{amount(offer.cents / 100, "€", 0)} {t.cases.costs}</p>
            <button type="button" class={place === 0 ? "main" : ""} disabled={isBusy} onClick={take(place)}>{t.cases.take}</button>
          </li>
        ))}
      </ul>
    </>
  );
}

const retries: readonly Case["state"][] = ["needs_a_person", "no_slot", "not_repaired", "offered", "watching", "closed", "no_answer", "declined"];
const closes: readonly Case["state"][] = ["new", "watching", "asked", "declined", "approved", "no_slot", "offered", "centre_gone", "needs_a_person"];

/** What else a person can do about it: go on, or end it. */
export function Others({ one, done }: Of) {
  const { isBusy, problem, act } = useAction();
  const [isClosing, setClosing] = useState(false);
  const [note, setNote] = useState("");
  const path = { number: one.number };
  const retry = (): void => act(async () => {
    await post("/api/v1/cases/{number}/retry", { path, body: { note: "", sequence: one.sequence } });
    done();
  });
  const close = (): void => act(async () => {
    await post("/api/v1/cases/{number}/close", { path, body: { note, sequence: one.sequence } });
    setClosing(false);
    done();
  });
  return (
    <>
      {problem !== null && !isClosing && <Said problem={problem} />}
      <div class="actions small">
        {retries.includes(one.state) && <button type="button" class="link" disabled={isBusy} onClick={retry}>{t.cases.retry}</button>}
        {closes.includes(one.state) && <button type="button" class="link" disabled={isBusy} onClick={() => setClosing(true)}>{t.cases.close}</button>}
      </div>
      {isClosing && (
        <Dialog title={t.cases.closeTitle} close={() => setClosing(false)} submit={close} label={t.cases.close} isBusy={isBusy}>
          {problem !== null && <Said problem={problem} />}
          <label>{t.alerts.note}<textarea rows={3} maxLength={2000} value={note} placeholder={t.alerts.noteHint} onInput={(typed) => setNote(typed.currentTarget.value)} /></label>
        </Dialog>
      )}
    </>
  );
}
