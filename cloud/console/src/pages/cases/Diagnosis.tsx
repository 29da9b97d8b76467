import type { Forms } from "../../api/types";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";

const share = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 0 });

/** What is less likely only takes room. */
const SHOWN_FROM = 0.01;

/** What the agents think is wrong, with what speaks for it; and how sure they are. */
export const Diagnosis = ({ of }: { of: Forms["CaseDiagnosisForm"] }) => (
  <section class="card">
    <div class="title"><h2>{t.cases.likely}</h2><Chip tone={of.verdict === null ? "quiet" : "good"}>{of.verdict === null ? t.cases.notSure : t.cases.sure}</Chip></div>
    {of.verdict === null && of.reason !== "" && <p class="quiet">{of.reason}</p>}
    {of.causes.filter((cause) => cause.probability >= SHOWN_FROM).slice(0, 3).map((cause) => <Cause key={cause.id} of={cause} />)}
    {of.unknown >= SHOWN_FROM && <Bar name={t.cases.otherCause} probability={of.unknown} />}
  </section>
);

const Cause = ({ of }: { of: Forms["CaseDiagnosisForm"]["causes"][number] }) => (
  <details class="cause">
    <summary><Bar name={of.title} probability={of.probability} /></summary>
    {of.evidence_for.length > 0 && <><h3>{t.cases.because}</h3><ul>{of.evidence_for.map((one) => <li key={one}>{one}</li>)}</ul></>}
    {of.evidence_against.length > 0 && <><h3>{t.cases.against}</h3><ul>{of.evidence_against.map((one) => <li key={one}>{one}</li>)}</ul></>}
  </details>
);

const Bar = ({ name, probability }: { name: string; probability: number }) => (
  <span class="bar"><span>{name}</span><span>{share.format(probability)}</span><meter min={0} max={1} value={probability} aria-hidden="true" /></span>
);
