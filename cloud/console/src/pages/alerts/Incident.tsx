import { useAsked } from "../../api/asked";
import { get } from "../../api/client";
import type { Forms } from "../../api/types";
import { figure, moment, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Facts } from "../../parts/Bits";
import { Shown } from "../../parts/Standing";
import { Table, type Column } from "../../parts/Table";
import { match } from "../../routes";
import { may, mayAny, useMe } from "../../session/me";

type Causes = Forms["CausesForm"];
type Departure = Forms["DepartureForm"];

/** What may have caused an incident, and everything around it in one order. */
export function Incident({ number }: { number: number }) {
  const me = useMe();
  const path = { number };
  const sees = may(me, "see_health");
  const causes = useAsked(`causes ${number}`, (signal) => sees ? get("/api/v1/incidents/{number}/causes", { path, signal }) : Promise.resolve(null));
  const timeline = useAsked(`timeline ${number}`, (signal) => get("/api/v1/incidents/{number}/timeline", { path, signal }));
  return (
    <div class="sheet">
      <section class="card" aria-label={t.incident.causes}>
        <h2>{t.incident.causes}</h2>
        <Shown asked={causes}>{(told) => (told === null ? <p class="quiet">{t.problem.texts["not-allowed"]}</p> : <Ranked of={told} />)}</Shown>
      </section>
      <section class="card" aria-label={t.incident.timeline}>
        <h2>{t.incident.timeline}</h2>
        <Shown asked={timeline}>{(told) => <Timeline of={told} />}</Shown>
      </section>
    </div>
  );
}

const columns: readonly Column<Departure>[] = [
  { name: t.incident.reading, cell: (one) => words(one.name) },
  { name: t.incident.left, cell: (one) => moment(one.left_at), by: (one) => one.left_at, isShort: true },
  { name: t.incident.usual, cell: (one) => `${figure(one.usual)} ± ${figure(one.scatter)} ${one.unit}`, isNumber: true },
  { name: t.incident.since, cell: (one) => `${figure(one.since)} ${one.unit}`, isNumber: true },
  { name: t.incident.effect, cell: (one) => t.incident.scatters(figure(one.effect)), by: (one) => Math.abs(one.effect), isNumber: true },
];

const Ranked = ({ of }: { of: Causes }) => (
  <>
    <Facts
      rows={[
        [t.incident.found, of.denied ? t.incident.denied : of.found === null ? t.incident.nobodyLooked : words(of.found)],
        [t.incident.predicted, of.predicted === null ? t.work.noVerdict : words(of.predicted)],
      ]}
    />
    <h3>{t.incident.departures}</h3>
    {of.departures.length === 0 ? <p class="quiet">{of.reason === "" ? t.incident.allUsual : of.reason}</p> : (
      <Table label={t.incident.departures} columns={columns} rows={of.departures} keyOf={(one) => one.name} />
    )}
    {of.steady.length > 0 && <p class="quiet small">{t.incident.steady(of.steady.map(words).join(", "))}</p>}
    {of.too_few.length > 0 && <p class="quiet small">{t.incident.tooFew(of.too_few.map(words).join(", "))}</p>}
    {of.insights.length > 0 && (
      <>
        <h3>{t.incident.insights}</h3>
        <ul>{of.insights.map((one) => <li key={one.number}><a href={`/root-cause/${one.number}`}>{one.text}</a></li>)}</ul>
      </>
    )}
  </>
);

const Timeline = ({ of }: { of: Forms["TimelineForm"] }) => (
  <>
    {of.dropped > 0 && <p class="note">{t.incident.dropped(of.dropped)}</p>}
    <ol class="happened long">{of.items.map((one, place) => <Item key={`${place} ${one.at}`} of={one} />)}</ol>
    {!of.trips && <p class="quiet small">{t.incident.noTrips}</p>}
  </>
);

const Item = ({ of }: { of: Forms["ItemForm"] }) => (
  <li>
    <span class="title"><span class="quiet small">{moment(of.at)}</span><Chip tone="quiet">{t.say.source[of.source]}</Chip></span>
    <span><Where of={of} />{of.by !== null && <span class="quiet"> {t.app.by} {of.by}</span>}</span>
  </li>
);

/** What happened, as a link where this console has a page for it. */
function Where({ of }: { of: Forms["ItemForm"] }) {
  const me = useMe();
  const to = `/${of.reference}`;
  const found = of.reference === "" ? null : match(to);
  return found === null || !mayAny(me, found.route.needs) ? <>{of.what}</> : <a href={to}>{of.what}</a>;
}
