import { en, type Texts } from "./en";

/** Every language that there is; the same keys in each (a test compares them). */
export const languages: Record<string, Texts> = { en };

function chosen(): Texts {
  const wanted = navigator.languages.map((one) => one.slice(0, 2));
  const found = wanted.find((one) => one in languages);
  return (found === undefined ? undefined : languages[found]) ?? en;
}

/** The texts in the reader's language, or in English. */
export const t: Texts = chosen();
