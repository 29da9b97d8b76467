import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { Case } from "../../api/types";
import { t } from "../../i18n/t";
import { Chip, Choices, When } from "../../parts/Bits";
import { List } from "../../parts/List";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { isOwner, may, useMe } from "../../session/me";
import { AskCard } from "../chat/AskCard";
import { toneOf } from "./tone";

const LOOK_EVERY_MS = 15_000;
const filters = ["open", "ended", "all"] as const;

/** What becomes of what was found. Of an owner it is the first page: is it all right? */
export default function Cases({ query }: PageProps) {
  const me = useMe();
  const wanted = filters.find((one) => one === query.get("show")) ?? "open";
  const owns = isOwner(me);
  const open = { open: true, ended: false, all: null }[wanted];
  const cases = usePaged(`cases ${wanted}`, (after, signal) => get("/api/v1/cases", { query: { limit: 30, after: after ?? null, open }, signal }), LOOK_EVERY_MS);
  return (
    <>
      <div class="title">
        <h1>{owns ? t.cases.mine : t.cases.title}</h1>
        <Choices label={t.cases.title} all={filters.map((one) => [one, t.cases[one]] as const)} taken={wanted} take={(one) => go(`/cases?show=${one}`, "replace")} />
      </div>
      <section class="card">
        <List
          asked={cases}
          empty={owns && wanted === "open" ? t.cases.ok : t.cases.empty}
          hint={wanted === "open" ? t.cases.emptyHint : ""}
          row={(one) => <CaseRow key={one.number} of={one} owns={owns} />}
        />
      </section>
      {owns && may(me, "chat") && cases.value !== null && <AskCard first={cases.value.items[0]} />}
    </>
  );
}

const CaseRow = ({ of, owns }: { of: Case; owns: boolean }) => (
  <a class={`row ${toneOf(of)}`} href={`/cases/${of.number}`}>
    <span class="row-main">
      <strong>{of.summary === "" ? of.component : of.summary}</strong>
      <span class="quiet">{of.vehicle} · {owns ? t.say.owner[of.state] : of.meaning}</span>
    </span>
    <span class="row-side"><Chip tone={toneOf(of)}>{t.say.caseState[of.state]}</Chip><span class="quiet small"><When at={of.changed_at} /></span></span>
  </a>
);
