// As large as the place allows, from 15 % of the height down to 8 %; only what is longer than a sentence gets smaller.
const LARGEST = 0.15;
const FLOOR = 0.08;
const SMALLEST = 0.025;
const STEP = 0.005;
const LAMPS = ["no", "some", "yes"]; // a smaller lamp leaves more for the sentence
const ONSETS = /^(?:[bcdfgkptv]?[lr]|sch[lmnrw]?|s[cptkqlmnw]r?|[cpt]h|ck|qu|gn|kn|ll|rr|ñ)$/i;
const VOWEL = "aeiouyäöüáéíóúAEIOUYÄÖÜÁÉÍÓÚ";
const SOFT = "\u00ad";
const pen = document.createElement("canvas").getContext("2d");

export function fit() {
  const place = document.getElementById("sentence");
  const { dataset } = document.body;
  const text = place.textContent.replaceAll(SOFT, "");
  place.textContent = text;
  place.style.fontSize = "";
  dataset.tight = LAMPS[0];
  if ((dataset.standing === "yes" && dataset.alerts === "yes") || !text) return; // then the list says it
  for (const lamp of LAMPS) {
    dataset.tight = lamp;
    if (shrink(place, text, LARGEST, FLOOR)) return;
  }
  shrink(place, text, FLOOR, SMALLEST);
}

function shrink(place, text, from, to) {
  for (let share = from; share > to - STEP / 2; share -= STEP) {
    place.style.fontSize = `${share * innerHeight}px`;
    place.textContent = text;
    const isWide = measure(place, text) > place.clientWidth;
    if (isWide && share > FLOOR + STEP / 2) continue;
    if (isWide) place.textContent = parted(place, text);
    if (fits(place)) return true;
  }
  return false;
}

function fits(place) {
  const heading = place.parentElement;
  return heading.scrollHeight <= heading.clientHeight + 1 && place.scrollWidth <= place.clientWidth + 1;
}

function measure(place, text) {
  pen.font = getComputedStyle(place).font;
  return Math.max(...text.split(/\s+/).map((word) => pen.measureText(word).width));
}

function parted(place, text) {
  // Words wider than a line get places to break, where syllables begin: the last consonants that begin a word together.
  pen.font = getComputedStyle(place).font;
  return text.replace(/\S+/g, (word) =>
    pen.measureText(word).width > place.clientWidth ? syllables(word).join(SOFT) : word,
  );
}

function syllables(word) {
  const pattern = new RegExp(`([${VOWEL}]+)([^${VOWEL}\\W\\d_]*|[ßñçÑÇ]+)(?=[${VOWEL}])`, "gu");
  const parts = [];
  let from = 0;
  for (const found of word.matchAll(pattern)) {
    const between = found[2];
    const after = found.index + found[0].length;
    let cut = after - Math.min(1, between.length);
    for (let length = between.length; length > 1; length -= 1) {
      if (ONSETS.test(between.slice(-length))) {
        cut = after - length;
        break;
      }
    }
    if (cut - from < 2 || word.length - cut < 3) continue;
    parts.push(word.slice(from, cut));
    from = cut;
  }
  return [...parts, word.slice(from)];
}
