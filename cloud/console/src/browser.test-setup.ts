// The little of a browser that our modules ask for when they are loaded; pages are tested in a real one (tests/browser).
const shelf = new Map<string, string>();
const storage = {
  getItem: (name: string) => shelf.get(name) ?? null,
  setItem: (name: string, text: string) => void shelf.set(name, text),
  removeItem: (name: string) => void shelf.delete(name),
};
const missing = {
  sessionStorage: storage,
  localStorage: storage,
  location: new URL("http://127.0.0.1:8080/"),
  addEventListener: () => undefined,
};
for (const [name, value] of Object.entries(missing)) Object.defineProperty(globalThis, name, { value, configurable: true });
