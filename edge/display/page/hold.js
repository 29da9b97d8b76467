// A switch that is held for a second, so that no sleeve and no rough road turns it. Who can only press, presses twice.
const HOLD_MS = 1000;
const AGAIN_MS = 5000;
const doing = new WeakMap();
const states = new WeakMap();

export function holdable(button, done) {
  const first = !doing.has(button);
  doing.set(button, done);
  if (!first) return;
  let holding = 0;
  let pressedAt = -Infinity;
  const stop = () => {
    if (!holding) return;
    clearTimeout(holding);
    holding = 0;
    button.classList.remove("holding");
    say(button, "hold");
  };
  const start = () => {
    if (holding || button.disabled) return;
    button.classList.add("holding");
    holding = setTimeout(() => {
      holding = 0;
      button.classList.remove("holding");
      doing.get(button)();
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
      doing.get(button)();
    } else {
      pressedAt = event.timeStamp;
      say(button, "again");
    }
  });
}

export function word(button, text, words) {
  states.set(button, { text, words });
  button.querySelector(".state").textContent = text;
}

function say(button, key) {
  // For a moment what to do, then again how it stands.
  const place = button.querySelector(".state");
  const { words } = states.get(button);
  place.textContent = words[key];
  setTimeout(() => {
    if (place.textContent === words[key]) place.textContent = states.get(button).text;
  }, AGAIN_MS);
}
