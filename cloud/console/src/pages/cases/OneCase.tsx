import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Forms } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts, Happened, vehiclePath } from "../../parts/Bits";
import { Shown } from "../../parts/Standing";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { ChatBox } from "../chat/ChatBox";
import { Appointment } from "./Appointment";
import { Diagnosis } from "./Diagnosis";
import { Answer, Offers, Others } from "./Owner";
import { isUnderWay, toneOf } from "./tone";

const LOOK_EVERY_MS = 15_000;
/** While an agent is at it the next step is a matter of seconds; nothing tells of cases on the WebSocket. */
const SOON_MS = 2_000;

/** One case as its owner sees it on a phone: what is wrong, what shall be done, and when. */
export default function OneCase({ names: { number = "" } }: PageProps) {
  const asked = useAsked(
    `case ${number}`,
    (signal) => get("/api/v1/cases/{number}", { path: { number: Number(number) }, signal }),
    (one) => (one !== null && isUnderWay(one) ? SOON_MS : LOOK_EVERY_MS),
  );
  return <Shown asked={asked}>{(one) => <Sheet one={one} reload={asked.reload} />}</Shown>;
}

function Sheet({ one, reload }: { one: Forms["CaseWithStepsForm"]; reload: () => void }) {
  const me = useMe();
  const isBusy = isUnderWay(one);
  const answers = may(me, "answer_cases", one.fleet) && !isBusy;
  const mayEnd = may(me, "answer_cases", one.fleet);
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href="/cases">{t.cases.title}</a> · <a href={vehiclePath(one)}>{one.vehicle}</a></p>
          <h1>{one.summary === "" ? one.component : one.summary}</h1>
        </div>
        <Chip tone={toneOf(one)}>{t.say.caseState[one.state]}</Chip>
      </div>
      <div class="sheet">
        <div class="stack">
          <section class={`card ask ${toneOf(one)}`} aria-live="polite">
            <p class="lead">{isBusy && one.state === "asked" ? t.say.owner.approved : isBusy && one.state === "offered" ? t.cases.booking : t.say.owner[one.state]}</p>
            {one.action !== null && one.ended_at === null && <p>{t.say.action[one.action]}.</p>}
            {one.reason !== "" && <p class="quiet">{one.reason}</p>}
            {answers && (one.state === "asked" || one.state === "no_answer" || one.state === "declined") && <Answer one={one} done={reload} />}
            {answers && one.state === "offered" && <Offers one={one} done={reload} />}
            {one.booking !== null && <Appointment booking={one.booking} order={one.work_order} />}
            {mayEnd && <Others one={one} done={reload} />}
          </section>
          {one.diagnosis !== null && <Diagnosis of={one.diagnosis} />}
          {may(me, "chat", one.fleet) && (
            <section class="card" aria-label={t.chat.title}>
              <h2>{t.chat.about(one.vehicle)}</h2>
              <ChatBox fleet={one.fleet} vehicle={one.vehicle} answered={reload} />
            </section>
          )}
        </div>
        <section class="card">
          <h2>{t.cases.steps}</h2>
          <ol class="happened">{[...one.steps].reverse().map((step) => <Happened key={`${step.at} ${step.state} ${step.note}`} at={step.at} what={t.say.caseState[step.state]} by={step.by} note={step.note} />)}</ol>
          {one.wake_at !== null && <Facts rows={[[t.cases.goesOn, moment(one.wake_at)]]} />}
        </section>
      </div>
    </>
  );
}
