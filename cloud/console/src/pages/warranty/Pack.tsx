import { useEffect, useState } from "preact/hooks";
import { useAction } from "../../api/asked";
import { download } from "../../api/client";
import { t } from "../../i18n/t";
import { Chip } from "../../parts/Bits";
import { Said } from "../../parts/Standing";
import { Table, type Column } from "../../parts/Table";
import { compared, type Named } from "./hashes";
import { unzip } from "./unzip";

interface Opened {
  pack: string;
  pdf: string;
  files: Named[];
}

/** The pack as it came, and the PDF that is in it, where this page can show them. */
async function opened(claim: number): Promise<Opened> {
  const pack = await download("/api/v1/claims/{number}/pack", { number: claim });
  const files = await unzip(new Uint8Array(await pack.arrayBuffer()));
  const named = await compared(files);
  const pdf = new Blob([files.get(`claim-${claim}.pdf`) ?? new Uint8Array()], { type: "application/pdf" });
  return { pack: URL.createObjectURL(pack), pdf: URL.createObjectURL(pdf), files: named };
}

const columns: readonly Column<Named>[] = [
  { name: t.warranty.file, cell: (one) => one.name, by: (one) => one.name },
  { name: t.warranty.hash, cell: (one) => <code class="hash">{one.sha256}</code> },
  { name: t.warranty.compared, cell: (one) => <Agrees of={one.agrees} />, by: (one) => String(one.agrees) },
];

const Agrees = ({ of }: { of: boolean | null }) =>
  of === null ? <Chip tone="quiet">{t.warranty.notCompared}</Chip> : of ? <Chip tone="good">{t.warranty.agrees}</Chip> : <Chip tone="critical">{t.warranty.differs}</Chip>;

/** The evidence of a claim: the story to be read, all of it to be kept, and the hash of each piece. */
export function Pack({ claim }: { claim: number }) {
  const [found, setFound] = useState<Opened | null>(null);
  const { isBusy, problem, act } = useAction();
  const open = (): void => act(async () => setFound(await opened(claim)));
  useEffect(() => () => {
    for (const url of found === null ? [] : [found.pack, found.pdf]) URL.revokeObjectURL(url);
  }, [found]);
  return (
    <section class="card" aria-label={t.warranty.pack}>
      <div class="title">
        <h2>{t.warranty.pack}</h2>
        {found === null ? <button type="button" disabled={isBusy} onClick={open}>{isBusy ? t.warranty.packing : t.warranty.open}</button> : (
          <div class="actions">
            <a class="button" href={found.pdf} target="_blank" rel="noopener">{t.warranty.openPdf}</a>
            <a class="button" href={found.pdf} download={`claim-${claim}.pdf`}>{t.warranty.savePdf}</a>
            <a class="button" href={found.pack} download={`claim-${claim}.zip`}>{t.warranty.savePack}</a>
          </div>
        )}
      </div>
      <p class="quiet">{t.warranty.packHint}</p>
      {problem !== null && <Said problem={problem} />}
      {found !== null && (
        <>
          <iframe class="pdf" src={found.pdf} title={t.warranty.pdf(claim)} />
          <Table label={t.warranty.files} columns={columns} rows={found.files} keyOf={(one) => one.name} />
          <p class="quiet small">{t.warranty.seal(claim)}</p>
        </>
      )}
    </section>
  );
}
