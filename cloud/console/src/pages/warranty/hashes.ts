/** One file of a pack, with the hash that the manifest has of it. */
export interface Named {
  name: string;
  sha256: string;
  /** Whether the file has this hash; null: this page may not work hashes out (it came over plain HTTP). */
  agrees: boolean | null;
}

interface Manifest {
  files: { name: string; sha256: string }[];
}

const hex = (bytes: ArrayBuffer): string => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");

/** Browsers have it on HTTPS and on this machine only. */
const subtle = (globalThis.crypto as { subtle?: SubtleCrypto }).subtle;

/** What the manifest says of each file, held against the file. Throws where there is no manifest that can be read. */
export async function compared(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): Promise<Named[]> {
  const manifest = JSON.parse(new TextDecoder().decode(files.get("manifest.json"))) as Manifest;
  return Promise.all(manifest.files.map(async ({ name, sha256 }) => ({ name, sha256, agrees: await agrees(files.get(name), sha256) })));
}

async function agrees(file: Uint8Array<ArrayBuffer> | undefined, sha256: string): Promise<boolean | null> {
  if (file === undefined) return false;
  return subtle === undefined ? null : hex(await subtle.digest("SHA-256", file)) === sha256;
}
