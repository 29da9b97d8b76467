import { t } from "../../i18n/t";
import { vehiclePath } from "../../parts/Bits";
import type { PageProps } from "../../routes";
import { AskCard } from "./AskCard";
import { ChatBox } from "./ChatBox";

/** Questions about a vehicle, in a page of its own. */
export default function Chat({ names: { fleet, vehicle } }: PageProps) {
  if (fleet === undefined || vehicle === undefined) {
    return (
      <>
        <h1>{t.chat.title}</h1>
        <AskCard />
      </>
    );
  }
  return (
    <>
      <div>
        <p class="quiet small"><a href="/chat">{t.chat.title}</a> · <a href={vehiclePath({ fleet, vehicle })}>{vehicle}</a></p>
        <h1>{t.chat.about(vehicle)}</h1>
      </div>
      <section class="card" aria-label={t.chat.title}><ChatBox key={`${fleet} ${vehicle}`} fleet={fleet} vehicle={vehicle} /></section>
    </>
  );
}
