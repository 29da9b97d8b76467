import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { get, post } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Forms } from "../../api/types";
import { moment, percent, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, When } from "../../parts/Bits";
import { FleetPick, useFleets } from "../../parts/FleetPick";
import { Said } from "../../parts/Standing";
import { PagedTable, type Column } from "../../parts/Table";
import { may, useMe } from "../../session/me";
import { cohortName, ratioText, sideText, type Insight } from "./words";

const columns: readonly Column<Insight>[] = [
  { name: t.causes.claim, cell: (one) => <a href={`/root-cause/${one.number}`}>{t.causes.claimOf(words(one.component), cohortName(one))}</a>, by: (one) => one.component },
  { name: t.app.fleet, cell: (one) => one.fleet, by: (one) => one.fleet },
  { name: t.causes.ratio, cell: (one) => ratioText(one.ratio, one.ratio_interval), by: (one) => one.ratio ?? Number.POSITIVE_INFINITY, isNumber: true },
  { name: t.causes.inside, cell: (one) => sideText(one.inside, one.unit), by: (one) => one.inside.events },
  { name: t.causes.outside, cell: (one) => sideText(one.outside, one.unit), by: (one) => one.outside.events },
  { name: t.causes.unknown, cell: (one) => one.unknown, by: (one) => one.unknown, isNumber: true },
  { name: t.causes.evidence, cell: (one) => <EvidenceChip of={one.evidence} />, by: (one) => one.evidence },
  { name: t.causes.stands, cell: (one) => t.say.stands[one.stands], by: (one) => one.stands },
  { name: t.causes.looked, cell: (one) => <When at={one.made_at} />, by: (one) => one.made_at, isShort: true },
];

export const EvidenceChip = ({ of }: { of: Forms["Evidence"] }) => <Chip tone={of === "confirmed" ? "good" : "warning"}>{t.say.evidence[of]}</Chip>;

/** What looks have claimed, and a new look for whoever may take one. */
export function Insights() {
  const asked = usePaged("insights", (after, signal) => get("/api/v1/insights", { query: { limit: 30, after: after ?? null }, signal }));
  return (
    <>
      <LookNow done={asked.reload} />
      <section class="card" aria-label={t.causes.insights}>
        <PagedTable
          asked={asked} label={t.causes.insights} columns={columns} keyOf={(one) => one.number} find={(one) => one.text}
          empty={t.causes.empty} hint={t.causes.emptyHint}
        />
      </section>
    </>
  );
}

function LookNow({ done }: { done: () => void }) {
  const me = useMe();
  const fleets = useFleets("seek_causes");
  const [picked, setPicked] = useState<string | null>(null);
  const [scan, setScan] = useState<Forms["ScanForm"] | null>(null);
  const { isBusy, problem, act } = useAction();
  const fleet = picked ?? fleets.value?.[0];
  if (!may(me, "seek_causes") || fleet === undefined) return null;
  const look = (): void => act(async () => {
    setScan(await post("/api/v1/insights", { body: { fleet } }));
    done();
  });
  return (
    <section class="card" aria-label={t.causes.look}>
      <div class="actions">
        <FleetPick all={fleets.value ?? []} taken={fleet} take={setPicked} />
        <button type="button" class="main" disabled={isBusy} onClick={look}>{isBusy ? t.causes.looking : t.causes.look}</button>
      </div>
      {problem !== null && <Said problem={problem} />}
      <div role="status">{scan !== null && <Scan of={scan} />}</div>
    </section>
  );
}

const Scan = ({ of }: { of: Forms["ScanForm"] }) => (
  <div class="stack tight">
    <p><strong>{of.insights.length === 0 ? t.causes.nothingClaimed : t.causes.claimed(of.insights.length)}</strong></p>
    <p class="quiet">{t.causes.scanned(of.incidents, of.vehicles, moment(of.since), moment(of.until))} {t.causes.tried(of.tried, of.untried)} {of.why_unit}.</p>
    <p class="quiet small">{t.causes.level(percent(of.level))}</p>
  </div>
);
