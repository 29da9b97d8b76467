import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { FleetPick } from "../../parts/FleetPick";
import { Said } from "../../parts/Standing";
import { go } from "../../router";
import { namesIn, rolloutPath, type Bundle } from "./words";

const whoms = ["all", "some"] as const;

/** Which vehicles are to run a bundle, or none, and how many of them first. */
export function GiveDialog({ bundle, fleets, close }: { bundle: Bundle | null; fleets: readonly string[]; close: () => void }) {
  const [fleet, setFleet] = useState(fleets[0] ?? "");
  const [whom, setWhom] = useState<(typeof whoms)[number]>("some");
  const [names, setNames] = useState("");
  const [newcomers, setNewcomers] = useState(true);
  const [first, setFirst] = useState("");
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    const isAll = whom === "all";
    const body = { bundle: bundle?.id ?? null, vehicles: isAll ? null : namesIn(names), newcomers: isAll && newcomers, first: first === "" ? null : Number(first), probation_s: 300, alerts_max: 10 };
    const begun = await post("/api/v1/rollouts/{fleet}", { path: { fleet }, body });
    close();
    go(rolloutPath(begun));
  });
  return (
    <Dialog title={bundle === null ? t.bundle.noneTitle : t.bundle.giveTitle(bundle.name)} close={close} submit={submit} label={t.bundle.begin} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{t.bundle.giveHint}</p>
      <FleetPick all={fleets} taken={fleet} take={setFleet} />
      <fieldset>
        <legend>{t.bundle.whom}</legend>
        {whoms.map((one) => <label key={one} class="option"><input type="radio" name="whom" checked={one === whom} onChange={() => setWhom(one)} />{t.bundle.whomOf[one]}</label>)}
      </fieldset>
      {whom === "some" && <label>{t.bundle.names}<textarea rows={3} required value={names} placeholder={t.bundle.namesHint} onInput={(typed) => setNames(typed.currentTarget.value)} /></label>}
      {whom === "all" && <label class="option"><input type="checkbox" checked={newcomers} onChange={(changed) => setNewcomers(changed.currentTarget.checked)} />{t.bundle.newcomersToo}</label>}
      <label>{t.bundle.first}<input type="number" min={1} max={10_000} value={first} placeholder={t.bundle.firstHint} onInput={(typed) => setFirst(typed.currentTarget.value)} /></label>
    </Dialog>
  );
}
