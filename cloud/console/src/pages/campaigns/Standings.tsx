import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { counted, toneOf, type Campaign } from "./campaign";

/** How many vehicles stand how. */
export function Standings({ of }: { of: Campaign }) {
  const all = counted(of);
  if (all.length === 0) return <span class="quiet">{t.campaigns.none}</span>;
  return <span class="chips">{all.map(([standing, count]) => <Chip key={standing} tone={toneOf(standing)}>{t.campaigns.counted(count, t.say.campaignStanding[standing])}</Chip>)}</span>;
}
