import { useState } from "preact/hooks";
import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Forms } from "../../api/types";
import { between, figure, moment, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Facts } from "../../parts/Bits";
import { Empty, Shown } from "../../parts/Standing";
import { Table, type Column } from "../../parts/Table";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { may, useMe } from "../../session/me";
import { ActionRow } from "./Actions";
import { EvidenceChip } from "./Insights";
import { NewActionDialog } from "./NewActionDialog";
import { cohortName, rateText, ratioText, sideText, type Action, type Insight } from "./words";

const ACTIONS_LOOKED_AT = 500;

/** One claim of a look: the counts that it rests on, those beside it, and what is done about it. */
export default function OneInsight({ names: { number = "" } }: PageProps) {
  const asked = useAsked(`insight ${number}`, (signal) => get("/api/v1/insights/{number}", { path: { number: Number(number) }, signal }));
  return <Shown asked={asked}>{(one) => <Sheet one={one} />}</Shown>;
}

function Sheet({ one }: { one: Insight }) {
  const causes = Object.entries(one.causes);
  return (
    <>
      <div class="title">
        <div>
          <p class="quiet small"><a href="/root-cause">{t.causes.title}</a> · {one.fleet}</p>
          <h1 class="sentence">{t.causes.claimOf(words(one.component), cohortName(one))}</h1>
        </div>
        <EvidenceChip of={one.evidence} />
      </div>
      <div class="sheet">
        <section class="card">
          <p class="lead">{one.text}</p>
          <Facts
            rows={[
              [t.causes.ratio, ratioText(one.ratio, one.ratio_interval)],
              [t.causes.ratioAll, between(one.ratio_interval_all.low, one.ratio_interval_all.high)],
              [t.causes.inside, <Side of={one.inside} unit={one.unit} />],
              [t.causes.outside, <Side of={one.outside} unit={one.unit} />],
              [t.causes.unknown, t.causes.unknownOf(one.unknown)],
              [t.causes.chance, t.causes.chanceOf(figure(one.p), figure(one.p_all), one.tried)],
              [t.causes.stands, `${t.say.stands[one.stands]}${one.others.length === 0 ? "" : `: ${one.others.map(cohortName).join(", ")}`}`],
              [t.causes.found, causes.length === 0 ? t.causes.notFound : causes.map(([cause, times]) => `${words(cause)} (${times})`).join(", ")],
              [t.causes.period, `${moment(one.since)} – ${moment(one.until)}`],
              [t.causes.looked, moment(one.made_at)],
            ]}
          />
        </section>
        <About one={one} />
      </div>
      <Cohorts one={one} />
    </>
  );
}

const Side = ({ of, unit }: { of: Forms["SideForm"]; unit: Forms["Unit"] }) => <>{sideText(of, unit)}<br /><span class="quiet small">{rateText(of, unit)}</span></>;

/** What is done about it. */
function About({ one }: { one: Insight }) {
  const me = useMe();
  const [isOpening, setOpening] = useState(false);
  const asked = useAsked(`actions of ${one.number}`, async (signal) => {
    const all = await get("/api/v1/capa", { query: { fleet: one.fleet, limit: ACTIONS_LOOKED_AT }, signal });
    return all.items.filter((action: Action) => action.insight === one.number);
  });
  return (
    <section class="card" aria-label={t.causes.actions}>
      <h2>{t.causes.actions}</h2>
      <Shown asked={asked}>
        {(actions) => (actions.length === 0 ? <Empty text={t.causes.noAction} /> : <div class="rows">{actions.map((action) => <ActionRow key={action.number} of={action} />)}</div>)}
      </Shown>
      {may(me, "seek_causes", one.fleet) && <div class="actions"><button type="button" onClick={() => setOpening(true)}>{t.causes.open}</button></div>}
      {isOpening && <NewActionDialog insight={one} close={() => setOpening(false)} done={(action) => go(`/root-cause/actions/${action.number}`)} />}
    </section>
  );
}

type Cohort = Forms["CohortForm"];

/** The rates of every value of the same attribute in the same period, as they are known now. */
function Cohorts({ one }: { one: Insight }) {
  const { fleet, component, attribute, since, until } = one;
  const asked = useAsked(`cohorts ${one.number}`, (signal) => get("/api/v1/cohorts", { query: { fleet, component, attribute, from: since, to: until }, signal }));
  const columns: readonly Column<Cohort>[] = [
    { name: t.say.attribute[attribute], cell: (row) => (row.value === one.value ? <strong>{row.value}</strong> : row.value), by: (row) => row.value },
    { name: t.causes.withIncident, cell: (row) => sideText(row.inside, asked.value?.unit ?? one.unit), by: (row) => row.inside.events },
    { name: t.causes.rate, cell: (row) => rateText(row.inside, asked.value?.unit ?? one.unit), by: (row) => row.inside.rate, isNumber: true },
    { name: t.causes.ratio, cell: (row) => ratioText(row.ratio, row.ratio_interval), by: (row) => row.ratio, isNumber: true },
    { name: t.causes.chance, cell: (row) => (row.p_all === null ? row.reason : figure(row.p_all)), by: (row) => row.p_all, isNumber: true },
  ];
  return (
    <section class="card" aria-label={t.causes.cohorts}>
      <h2>{t.causes.cohorts}</h2>
      <Shown asked={asked}>
        {(told) => told.cohorts.length === 0 ? <Empty text={t.causes.noCohorts} /> : (
          <>
            <Table label={t.causes.cohorts} columns={columns} rows={told.cohorts} keyOf={(row) => row.value} />
            <p class="quiet small">{t.causes.denied(told.denied)} {told.why_unit}.</p>
          </>
        )}
      </Shown>
    </section>
  );
}
