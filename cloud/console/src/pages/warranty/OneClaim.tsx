import { useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import type { Forms } from "../../api/types";
import { amount, dayOf, moment, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts, Happened, vehiclePath } from "../../parts/Bits";
import { Said, Shown } from "../../parts/Standing";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { DecideDialog } from "./DecideDialog";
import { Pack } from "./Pack";
import { StatementDialog } from "./StatementDialog";
import { claimTone, decisionTone, findingTone, type Claim } from "./tone";

/** One claim: what the plan says and by which clause, what speaks against it, and the evidence. */
export default function OneClaim({ names: { number = "" } }: PageProps) {
  const asked = useAsked(`claim ${number}`, (signal) => get("/api/v1/claims/{number}", { path: { number: Number(number) }, signal }));
  return <Shown asked={asked}>{(one) => <Sheet one={one} reload={asked.reload} />}</Shown>;
}

function Sheet({ one, reload }: { one: Claim; reload: () => void }) {
  const me = useMe();
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href="/warranty">{t.warranty.title}</a> · <a href={vehiclePath(one)}>{one.vehicle}</a></p>
          <h1>{t.warranty.claimOf(one.number, words(one.work))}</h1>
        </div>
        <Chip tone={claimTone(one)}>{t.say.claimState[one.state]}</Chip>
      </div>
      <div class="sheet">
        <div class="stack">
          <section class="card" aria-label={t.warranty.verdict}>
            {one.assessment === null ? <p class="quiet">{t.warranty.notYet}</p> : <Verdict of={one.assessment} />}
            <Actions one={one} reload={reload} />
            <Facts
              rows={[
                [t.warranty.pays, t.say.payer[one.pays]],
                [t.alerts.component, words(one.component)],
                ...(may(me, "see_work") ? [[t.cases.work, <a href={`/work-orders/${one.work_order}`}>{one.work_order}</a>] as [string, preact.JSX.Element]] : []),
              ]}
            />
          </section>
          <Statement one={one} reload={reload} />
        </div>
        <div class="stack">
          {one.assessment !== null && <Checks of={one.assessment} />}
          <History one={one} />
        </div>
      </div>
      {may(me, "claim", one.fleet) && <Pack key={one.sequence} claim={one.number} />}
    </>
  );
}

const Verdict = ({ of }: { of: Forms["AssessmentForm"] }) => (
  <>
    <div class="title"><p class="lead">{t.say.decision[of.verdict.decision]}</p><Chip tone={decisionTone(of.verdict.decision)}>{of.verdict.clause === "" ? t.warranty.noClause : t.warranty.clause(of.verdict.clause)}</Chip></div>
    <p>{of.verdict.reason}</p>
    {of.verdict.text !== "" && <blockquote>{of.verdict.text}</blockquote>}
    {of.verdict.lacks.length > 0 && <p class="note">{t.warranty.lacks(of.verdict.lacks.map((one) => t.say.lack[one]).join(", "))}</p>}
    <p class="quiet small">{of.plan === null ? t.warranty.noPlan : t.warranty.plan(of.plan)} · {t.warranty.asOf(moment(of.as_of))}</p>
  </>
);

const Checks = ({ of }: { of: Forms["AssessmentForm"] }) => (
  <section class="card" aria-label={t.warranty.checks}>
    <h2>{t.warranty.checks}</h2>
    <ul class="plain">
      {of.checks.map((one) => (
        <li key={one.subject}>
          <div class="title"><h3>{t.say.subject[one.subject]}</h3><Chip tone={findingTone(one.finding)}>{t.say.finding[one.finding]}</Chip></div>
          <p>{one.reason}</p>
          {one.sources.length > 0 && <p class="quiet small">{t.warranty.sources} {one.sources.join(", ")}</p>}
        </li>
      ))}
    </ul>
  </section>
);

/** Everything that was done to it, the newest first. */
const History = ({ one }: { one: Claim }) => (
  <section class="card" aria-label={t.warranty.history}>
    <h2>{t.warranty.history}</h2>
    <ol class="happened">
      {one.ruling !== null && <Happened at={one.ruling.at} what={t.say.claimState[one.state]} by={one.ruling.by} note={one.ruling.note} />}
      {one.submitted_at !== null && <Happened at={one.submitted_at} what={t.say.claimState.submitted} by={one.submitted_by} note="" />}
      <Happened at={one.made_at} what={t.warranty.begun} by={one.made_by} note="" />
    </ol>
  </section>
);

function Statement({ one, reload }: { one: Claim; reload: () => void }) {
  const me = useMe();
  const [isChanging, setChanging] = useState(false);
  const { failed_at: failedAt, odometer_km: km, circumstances, maintenance, note } = one.statement;
  const services = maintenance == null ? t.app.unknown : maintenance.length === 0 ? t.app.none : (
    <ul>{maintenance.map((each) => <li key={each.on}>{dayOf(each.on)}, {amount(each.km ?? null, "km", 0)}</li>)}</ul>
  );
  return (
    <section class="card" aria-label={t.warranty.statement}>
      <h2>{t.warranty.statement}</h2>
      <Facts
        rows={[
          [t.warranty.failedAt, moment(failedAt ?? null)],
          [t.warranty.odometer, amount(km ?? null, "km", 0)],
          [t.warranty.circumstances, circumstances.length === 0 ? t.app.none : circumstances.map(words).join(", ")],
          [t.warranty.maintenance, services],
          ...(note === "" ? [] : [[t.alerts.note, <span class="said">{note}</span>] as [string, preact.JSX.Element]]),
        ]}
      />
      {one.state === "draft" && may(me, "claim", one.fleet) && <div class="actions"><button type="button" onClick={() => setChanging(true)}>{t.warranty.change}</button></div>}
      {isChanging && <StatementDialog claim={one} close={() => setChanging(false)} done={reload} />}
    </section>
  );
}

/** What somebody may do with it as it stands. */
function Actions({ one, reload }: { one: Claim; reload: () => void }) {
  const me = useMe();
  const { isBusy, problem, act } = useAction(reload);
  const [decision, setDecision] = useState<Forms["DecideWish"]["decision"] | null>(null);
  const mayDecide = one.state === "submitted" && may(me, "decide_claims", one.fleet);
  const maySubmit = one.state === "draft" && may(me, "claim", one.fleet);
  const submit = (): void => act(async () => {
    await post("/api/v1/claims/{number}/submit", { path: { number: one.number }, body: { sequence: one.sequence } });
    reload();
  });
  return (
    <>
      {problem !== null && <Said problem={problem} />}
      <div class="actions small">
        {maySubmit && <button type="button" class="main" disabled={isBusy} onClick={submit}>{t.warranty.submit}</button>}
        {mayDecide && <button type="button" class="main" onClick={() => setDecision("approved")}>{t.warranty.decide.approved}</button>}
        {mayDecide && <button type="button" onClick={() => setDecision("rejected")}>{t.warranty.decide.rejected}</button>}
      </div>
      {decision !== null && <DecideDialog claim={one} decision={decision} close={() => setDecision(null)} done={reload} />}
    </>
  );
}
