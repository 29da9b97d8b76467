import { download } from "./client";

/** Save a file of the API. A link could not show the token, so it comes through the same authenticated request as everything else. */
export async function save(path: string, names: Record<string, string | number>, as: string): Promise<void> {
  const file = await download(path, names);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = as;
  link.click();
  URL.revokeObjectURL(link.href);
}
