import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { upload } from "../../api/client";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { FleetPick } from "../../parts/FleetPick";
import { Said } from "../../parts/Standing";

/** A zip archive becomes a bundle of a fleet. */
export function AddDialog({ fleets, close, done }: { fleets: readonly string[]; close: () => void; done: () => void }) {
  const [fleet, setFleet] = useState(fleets[0] ?? "");
  const [name, setName] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    if (file === null) return;
    await upload("/api/v1/bundles/{fleet}", { path: { fleet }, query: { name }, file });
    close();
    done();
  });
  return (
    <Dialog title={t.bundle.addTitle} close={close} submit={submit} label={t.bundle.add} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{t.bundle.addHint}</p>
      <FleetPick all={fleets} taken={fleet} take={setFleet} />
      <label>{t.bundle.name}<input required maxLength={200} value={name} onInput={(typed) => setName(typed.currentTarget.value)} /></label>
      <label>{t.bundle.file}<input type="file" required accept=".zip,application/zip" onChange={(chosen) => setFile(chosen.currentTarget.files?.[0] ?? null)} /></label>
    </Dialog>
  );
}
