import { useAction, useAsked } from "../../api/asked";
import { download, get } from "../../api/client";
import { t } from "../../i18n/t";
import { Slot } from "../../parts/Centre";
import { Said, Shown } from "../../parts/Standing";
import { may, useMe } from "../../session/me";

/** The booked time, for the calendar as well. */
export function Appointment({ booking, order }: { booking: string; order: number | null }) {
  const me = useMe();
  const asked = useAsked(`booking ${booking}`, (signal) => get("/api/v1/bookings/{booking}", { path: { booking }, signal }));
  const { problem, act } = useAction();
  const save = (): void => act(async () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await download("/api/v1/bookings/{booking}/invite.ics", { booking }));
    link.download = "workshop.ics";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  return (
    <Shown asked={asked}>
      {(known) => known.state === "cancelled" ? null : (
        <div class="offer">
          <p class="quiet small">{t.cases.booked}</p>
          <Slot of={known.slot} />
          {problem !== null && <Said problem={problem} />}
          <div class="actions small">
            <button type="button" class="link" onClick={save}>{t.cases.calendar}</button>
            {order !== null && may(me, "see_work") && <a href={`/work-orders/${order}`}>{t.cases.work} {order}</a>}
          </div>
        </div>
      )}
    </Shown>
  );
}
