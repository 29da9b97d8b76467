import { useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { post } from "../../api/client";
import type { Forms } from "../../api/types";
import { words } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Dialog } from "../../parts/Dialog";
import { Said } from "../../parts/Standing";
import { useMe } from "../../session/me";
import { cohortName, type Action, type Insight } from "./words";

type Kind = Forms["cloud__rca__capa__Kind"];
const kinds: readonly Kind[] = ["corrective", "preventive"];

/** What is to be done about a claim, by whom, until when. */
export function NewActionDialog({ insight, close, done }: { insight: Insight; close: () => void; done: (action: Action) => void }) {
  const me = useMe();
  const [kind, setKind] = useState<Kind>("corrective");
  const [title, setTitle] = useState("");
  const [what, setWhat] = useState("");
  const [owner, setOwner] = useState(me.name);
  const [dueOn, setDueOn] = useState("");
  const { isBusy, problem, act } = useAction();
  const submit = (): void => act(async () => {
    const body = { fleet: insight.fleet, insight: insight.number, kind, title, what, owner, due_on: dueOn };
    const opened = await post("/api/v1/capa", { body });
    close();
    done(opened);
  });
  return (
    <Dialog title={t.causes.openTitle} close={close} submit={submit} label={t.causes.open} isBusy={isBusy}>
      {problem !== null && <Said problem={problem} />}
      <p class="quiet">{t.causes.about(words(insight.component), cohortName(insight))}</p>
      <fieldset>
        <legend>{t.causes.kind}</legend>
        {kinds.map((one) => <label key={one} class="option"><input type="radio" name="kind" checked={one === kind} onChange={() => setKind(one)} />{t.say.actionKind[one]}</label>)}
      </fieldset>
      <label>{t.causes.actionTitle}<input required maxLength={200} value={title} onInput={(typed) => setTitle(typed.currentTarget.value)} /></label>
      <label>{t.causes.what}<textarea rows={3} maxLength={2000} value={what} onInput={(typed) => setWhat(typed.currentTarget.value)} /></label>
      <label>{t.causes.owner}<input required maxLength={200} value={owner} onInput={(typed) => setOwner(typed.currentTarget.value)} /></label>
      <label>{t.causes.due}<input type="date" required value={dueOn} onInput={(typed) => setDueOn(typed.currentTarget.value)} /></label>
    </Dialog>
  );
}
