import { useEffect, useMemo, useState } from "preact/hooks";
import type { ComponentType } from "preact";
import type { Forms } from "../../api/types";
import { signalName, words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { told } from "./told";

type ChartPart = ComponentType<{ name: string; unit: string; times: readonly number[]; values: readonly number[] }>;

/** A question with its answer, and in small print what the answer rests on. */
export const Turn = ({ of }: { of: Forms["TurnForm"] }) => (
  <>
    <p class="asked">{of.asked}</p>
    <div class="answer">
      <p class="said-by-us">{of.text}</p>
      {of.chart !== null && of.chart.points.length > 0 && <Drawn of={of.chart} />}
      {of.results.length > 0 && (
        <details class="small quiet">
          <summary>{t.chat.from(of.results.map((one) => words(one.tool)).join(", "))}</summary>
          {of.results.map((one) => <pre key={one.tool}><b>{words(one.tool)}</b>{"\n"}{told(one.said).join("\n")}</pre>)}
        </details>
      )}
      {of.fell_back !== "" && <p class="small quiet">{t.chat.fellBack(words(of.fell_back))}</p>}
    </div>
  </>
);

/** The means of a chart; what draws is loaded with the first one, since most answers have none. */
function Drawn({ of }: { of: Forms["ChartForm"] }) {
  const [part, setPart] = useState<{ Chart: ChartPart } | null>(null);
  useEffect(() => {
    import("../../parts/Chart").then(({ Chart }) => setPart({ Chart }), () => undefined);
  }, []);
  const times = useMemo(() => of.points.map((point) => new Date(point.at).getTime() / 1000), [of]);
  const values = useMemo(() => of.points.map((point) => point.mean), [of]);
  return part === null ? null : <part.Chart name={of.title === "" ? signalName(of.signal) : of.title} unit={of.unit} times={times} values={values} />;
}
