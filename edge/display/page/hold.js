// A switch that is held for a second, so that no sleeve and no rough road turns it. Who can only press, presses twice.
import { tell } from "./tell.js";

const HOLD_MS = 1000;
const AGAIN_MS = 5000;
const doing = new WeakMap();

export function holdable(button, say, done) {
  const first = !doing.has(button);
  doing.set(button, { say, done });
  if (!first) return;
  const finish = () => doing.get(button).done();
  let holding = 0;
  let pressedAt = -Infinity;
  const stop = () => {
    if (!holding) return;
    clearTimeout(holding);
    holding = 0;
    button.classList.remove("holding");
    tell(doing.get(button).say.hold_to_confirm);
  };
  const start = () => {
    if (holding || button.disabled) return;
    button.classList.add("holding");
    holding = setTimeout(() => {
      holding = 0;
      button.classList.remove("holding");
      finish();
    }, HOLD_MS);
  };
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    start();
  });
  for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, stop);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) start();
  });
  button.addEventListener("keyup", stop);
  button.addEventListener("blur", stop);
  button.addEventListener("click", (event) => {
    // Of a screen reader or a switch: no pointer was down, and no key.
    if (event.detail !== 0 || holding) return;
    if (event.timeStamp - pressedAt < AGAIN_MS) {
      pressedAt = -Infinity;
      finish();
    } else {
      pressedAt = event.timeStamp;
      tell(doing.get(button).say.press_again);
    }
  });
}
