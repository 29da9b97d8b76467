import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import { words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Choices, vehiclePath, When } from "../../parts/Bits";
import { PagedTable, type Column } from "../../parts/Table";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { claimTone, decisionTone, type Claim } from "./tone";

const LOOK_EVERY_MS = 30_000;
const filters = ["all", "draft", "submitted", "approved", "rejected"] as const;

const columns: readonly Column<Claim>[] = [
  { name: t.warranty.claim, cell: (one) => <a href={`/warranty/${one.number}`}>{t.warranty.claimOf(one.number, words(one.work))}</a>, by: (one) => one.number },
  { name: t.warranty.vehicle, cell: (one) => <a href={vehiclePath(one)}>{one.vehicle}</a>, by: (one) => one.vehicle },
  { name: t.warranty.state, cell: (one) => <Chip tone={claimTone(one)}>{t.say.claimState[one.state]}</Chip>, by: (one) => one.state },
  { name: t.warranty.verdict, cell: (one) => <Verdict of={one} />, by: (one) => one.assessment?.verdict.decision ?? null },
  { name: t.warranty.pays, cell: (one) => t.say.payer[one.pays], by: (one) => one.pays },
  { name: t.warranty.changed, cell: (one) => <When at={one.changed_at} />, by: (one) => one.changed_at, isShort: true },
];

/** Who pays for what was repaired. */
export default function Claims({ query }: PageProps) {
  const wanted = filters.find((one) => one === query.get("state")) ?? "all";
  const state = wanted === "all" ? null : wanted;
  const asked = usePaged(`claims ${wanted}`, (after, signal) => get("/api/v1/claims", { query: { limit: 30, after: after ?? null, state }, signal }), LOOK_EVERY_MS);
  const all = filters.map((one) => [one, one === "all" ? t.work.all : t.say.claimState[one]] as const);
  return (
    <>
      <div class="title">
        <h1>{t.warranty.title}</h1>
        <Choices label={t.warranty.title} all={all} taken={wanted} take={(one) => go(`/warranty?state=${one}`, "replace")} />
      </div>
      <section class="card">
        <PagedTable
          asked={asked} label={t.warranty.title} columns={columns} keyOf={(one) => one.number} find={(one) => `${one.number} ${one.vehicle} ${words(one.work)}`}
          empty={t.warranty.empty} hint={wanted === "all" ? t.warranty.emptyHint : ""}
        />
      </section>
    </>
  );
}

/** A draft is judged when somebody looks at it. */
const Verdict = ({ of }: { of: Claim }) =>
  of.assessment === null ? <span class="quiet">{t.warranty.notYet}</span> : <Chip tone={decisionTone(of.assessment.verdict.decision)}>{t.say.decision[of.assessment.verdict.decision]}</Chip>;
