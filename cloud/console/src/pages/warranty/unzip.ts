import { Problem } from "../../api/problem";
import { t } from "../../i18n/t";

// Numbers of the ZIP format, PKWARE APPNOTE 6.3: 4.3.7 (local file), 4.3.12 (central directory), 4.3.16 (its end).
const LOCAL = { sign: 0x04034b50, length: 30, nameLength: 26, extraLength: 28 };
const CENTRAL = { sign: 0x02014b50, length: 46, method: 10, packed: 20, size: 24, nameLength: 28, extraLength: 30, commentLength: 32, offset: 42 };
const END = { sign: 0x06054b50, length: 22, count: 10, offset: 16 };
const STORED = 0;
const DEFLATED = 8;
/** What is larger was not made by this cloud (cloud/warranty/pack.py). */
const FILES_MAX = 102;
const BYTES_MAX = 64 * 1024 * 1024;

const broken = (): Problem => new Problem(0, "", t.problem.odd, t.warranty.badPack);

/** Every file of a zip by its name. Throws a Problem where it is none, or larger than any pack. */
export async function unzip(bytes: Uint8Array<ArrayBuffer>): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  try {
    const end = endOf(view);
    const count = view.getUint16(end + END.count, true);
    if (count > FILES_MAX) throw broken();
    let at = view.getUint32(end + END.offset, true);
    let left = BYTES_MAX;
    for (let file = 0; file < count; file += 1) {
      if (view.getUint32(at, true) !== CENTRAL.sign) throw broken();
      const nameLength = view.getUint16(at + CENTRAL.nameLength, true);
      const name = new TextDecoder().decode(bytes.subarray(at + CENTRAL.length, at + CENTRAL.length + nameLength));
      left -= view.getUint32(at + CENTRAL.size, true);
      if (left < 0) throw broken();
      files.set(name, await fileAt(bytes, view, at));
      at += CENTRAL.length + nameLength + view.getUint16(at + CENTRAL.extraLength, true) + view.getUint16(at + CENTRAL.commentLength, true);
    }
  } catch {
    throw broken();
  }
  return files;
}

/** Where the end of the directory is; there is no comment behind it in a pack. */
function endOf(view: DataView): number {
  const end = view.byteLength - END.length;
  if (end < 0 || view.getUint32(end, true) !== END.sign) throw broken();
  return end;
}

async function fileAt(bytes: Uint8Array<ArrayBuffer>, view: DataView, entry: number): Promise<Uint8Array<ArrayBuffer>> {
  const local = view.getUint32(entry + CENTRAL.offset, true);
  if (view.getUint32(local, true) !== LOCAL.sign) throw broken();
  const from = local + LOCAL.length + view.getUint16(local + LOCAL.nameLength, true) + view.getUint16(local + LOCAL.extraLength, true);
  const packed = bytes.subarray(from, from + view.getUint32(entry + CENTRAL.packed, true));
  const size = view.getUint32(entry + CENTRAL.size, true);
  const method = view.getUint16(entry + CENTRAL.method, true);
  const file = method === STORED ? packed : method === DEFLATED ? await inflated(packed, size) : null;
  if (file?.byteLength !== size) throw broken();
  return file;
}

/** What comes out, at most as much as the directory says. */
async function inflated(packed: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = new Uint8Array(size);
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.byteLength > size) throw broken();
    file.set(part.value, at);
    at += part.value.byteLength;
  }
  if (at !== size) throw broken();
  return file;
}
