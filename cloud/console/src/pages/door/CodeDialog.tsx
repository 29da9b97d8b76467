import { useEffect, useRef, useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import type { Forms } from "../../api/types";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { darkPath } from "./qr";

type Code = Forms["CodeForm"];
const DAYS = 7;

/** A code for a box: of a new vehicle, or in place of the box that a vehicle has. */
export function CodeDialog({ of, fleets, close, done }: { of: { fleet: string; vehicle: string } | null; fleets: readonly string[]; close: () => void; done: () => void }) {
  const [fleet, setFleet] = useState(of?.fleet ?? fleets[0] ?? "");
  const [vehicle, setVehicle] = useState(of?.vehicle ?? "");
  const [made, setMade] = useState<Code | null>(null);
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    const body = { replace: of !== null, days: DAYS, cloud: location.origin };
    setMade(await post("/api/v1/admissions/{fleet}/{vehicle}/code", { path: { fleet, vehicle }, body }));
    done();
  });
  if (made !== null) return <Made of={made} vehicle={vehicle} close={close} />;
  return (
    <Dialog title={of === null ? t.door.letIn : t.door.replaceTitle(of.vehicle)} close={close} submit={submit} label={t.door.make} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{of === null ? t.door.letInHint : t.door.replaceHint}</p>
      {of === null && (
        <>
          <label>{t.app.fleet}<input required maxLength={64} list="fleets" value={fleet} onInput={(typed) => setFleet(typed.currentTarget.value)} /></label>
          <datalist id="fleets">{fleets.map((one) => <option key={one} value={one} />)}</datalist>
          <label>{t.chat.vehicle}<input required maxLength={64} value={vehicle} onInput={(typed) => setVehicle(typed.currentTarget.value)} /></label>
        </>
      )}
    </Dialog>
  );
}

/** The code, which is shown now and never again. */
function Made({ of, vehicle, close }: { of: Code; vehicle: string; close: () => void }) {
  const place = useRef<HTMLDialogElement>(null);
  useEffect(() => place.current?.showModal(), []);
  const rows = of.qr ?? [];
  return (
    <dialog ref={place} onClose={close} aria-label={t.door.codeOf(vehicle)}>
      <div class="stack">
        <h2>{t.door.codeOf(vehicle)}</h2>
        <p>{t.door.codeHint(moment(of.ends_at))}</p>
        <pre>{of.command ?? of.code}</pre>
        {rows.length > 0 && (
          <svg class="qr" role="img" aria-label={t.door.qr} viewBox={`-4 -4 ${rows.length + 8} ${rows.length + 8}`}>
            <path d={darkPath(rows)} />
          </svg>
        )}
        <div class="actions"><button type="button" class="main" onClick={close}>{t.door.done}</button></div>
      </div>
    </dialog>
  );
}
