import { t } from "../../i18n/t";
import { Choices } from "../../parts/Bits";
import { go } from "../../router";
import type { PageProps } from "../../routes";
import { Actions } from "./Actions";
import { Insights } from "./Insights";

const kinds = ["insights", "actions"] as const;

/** Why things go wrong over a fleet, and what is done about it. */
export default function Causes({ query }: PageProps) {
  const wanted = kinds.find((one) => one === query.get("show")) ?? "insights";
  return (
    <>
      <div class="title">
        <h1>{t.causes.title}</h1>
        <Choices label={t.causes.title} all={kinds.map((one) => [one, t.causes[one]] as const)} taken={wanted} take={(one) => go(`/root-cause?show=${one}`, "replace")} />
      </div>
      {wanted === "insights" ? <Insights /> : <Actions />}
    </>
  );
}
