import { useRef, useState } from "preact/hooks";
import { useAction, useAsked } from "../../api/asked";
import { get, post } from "../../api/client";
import { asProblem } from "../../api/problem";
import { moment } from "../../i18n/say";
import { t } from "../../i18n/t";
import { Chip, When } from "../../parts/Bits";
import { Empty, Said, Shown } from "../../parts/Standing";
import { may, useMe } from "../../session/me";
import { Captures } from "./Captures";
import { BUTTONS, lookMs, toldBy, toneOf, whyOf, Wishes, type Command, type Name } from "./command";

interface Of {
  fleet: string;
  vehicle: string;
}
const SHOWN = 5;

/** What may be asked of a vehicle with one press, and what came of what was asked last. */
export function Commands({ fleet, vehicle }: Of) {
  const path = { fleet, vehicle };
  const wishes = useRef(new Wishes());
  const [asked, setAsked] = useState<Name | null>(null);
  const last = useAsked(
    `commands ${fleet} ${vehicle}`,
    (signal) => get("/api/v1/vehicles/{fleet}/{vehicle}/commands", { path, query: { limit: SHOWN }, signal }),
    lookMs,
  );
  const { isBusy, problem, act } = useAction();
  const ask = (name: Name): void => {
    setAsked(null);
    act(async () => {
      await asking(wishes.current, name, (id) => post("/api/v1/vehicles/{fleet}/{vehicle}/commands", { path, body: { name, id, expires_in_s: 300 } }));
      setAsked(name);
      last.reload();
    });
  };
  return (
    <section class="card" aria-label={t.command.title}>
      <h2>{t.command.title}</h2>
      <div class="actions">
        {BUTTONS.map((name) => <button key={name} type="button" disabled={isBusy} onClick={() => ask(name)}>{t.command.ask[name]}</button>)}
      </div>
      {problem !== null && <Said problem={problem} />}
      <p role="status" class="quiet small">{asked === null ? t.command.hint : t.command.asked(t.say.command[asked])}</p>
      <Shown asked={last}>
        {(listing) => (listing.items.length === 0 ? <Empty text={t.command.none} /> : <div class="rows">{listing.items.map((one) => <Row key={one.id} of={one} />)}</div>)}
      </Shown>
    </section>
  );
}

/** A wish of which nobody knows whether it arrived keeps its name, so that it is done once. */
async function asking(wishes: Wishes, name: Name, send: (id: string) => Promise<unknown>): Promise<void> {
  try {
    await send(wishes.of(name));
    wishes.answered(name);
  } catch (error) {
    if (!asProblem(error).passes) wishes.answered(name);
    throw error;
  }
}

function Row({ of }: { of: Command }) {
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  const trigger = of.capture_trigger;
  const why = whyOf(of);
  const told = toldBy(of);
  return (
    <>
      <div class="row">
        <span class="row-main">
          <strong>{t.say.command[of.name]}</strong>
          <span class="quiet small"><time dateTime={of.issued_at}>{moment(of.issued_at)}</time> {t.app.by} {of.by}</span>
          {why !== "" && <span class="small">{why}</span>}
          {told !== "" && <span class="quiet small">{told}</span>}
        </span>
        <span class="row-side">
          <Chip tone={toneOf(of)}>{t.say.commandState[of.state]}</Chip>
          {of.answered_at !== null && <span class="quiet small"><When at={of.answered_at} /></span>}
          {trigger !== null && of.state === "done" && may(me, "see_drives", of.fleet) && (
            <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t.command.capture}</button>
          )}
        </span>
      </div>
      {isOpen && trigger !== null && <Captures fleet={of.fleet} vehicle={of.vehicle} trigger={trigger} />}
    </>
  );
}
