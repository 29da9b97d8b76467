import { get } from "../../api/client";
import { usePaged } from "../../api/paged";
import type { WorkOrder } from "../../api/types";
import { words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, Choices, When } from "../../parts/Bits";
import { List } from "../../parts/List";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { orderTone } from "./tone";

const LOOK_EVERY_MS = 30_000;
const filters = ["opened", "in_work", "done", "all"] as const;

/** What the workshop has to do, does, and has done. */
export default function WorkOrders({ query }: PageProps) {
  const wanted = filters.find((one) => one === query.get("state")) ?? "all";
  const state = wanted === "all" ? null : wanted;
  const orders = usePaged(`orders ${wanted}`, (after, signal) => get("/api/v1/work-orders", { query: { limit: 30, after: after ?? null, state }, signal }), LOOK_EVERY_MS);
  const all = filters.map((one) => [one, one === "all" ? t.work.all : t.say.orderState[one]] as const);
  return (
    <>
      <div class="title">
        <h1>{t.work.title}</h1>
        <Choices label={t.work.title} all={all} taken={wanted} take={(one) => go(`/work-orders?state=${one}`, "replace")} />
      </div>
      <section class="card">
        <List asked={orders} empty={t.work.empty} hint={t.work.emptyHint} row={(one) => <OrderRow key={one.number} of={one} />} />
      </section>
    </>
  );
}

const OrderRow = ({ of }: { of: WorkOrder }) => (
  <a class="row" href={`/work-orders/${of.number}`}>
    <span class="row-main"><strong>{of.title}</strong><span class="quiet">{of.vehicle} · {words(of.component)}</span></span>
    <span class="row-side"><Chip tone={orderTone(of)}>{t.say.orderState[of.state]}</Chip><span class="quiet small"><When at={of.ended_at ?? of.started_at ?? of.opened_at} /></span></span>
  </a>
);
