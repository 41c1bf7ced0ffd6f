import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { importDeals } from '../deals/import/import-deals.ts';
import type { ImportServices } from '../deals/import/import-deals.ts';
import { ImportRefused } from '../deals/import/import-map.ts';
import type { ImportReport } from '../deals/import/import-report.ts';
import type { ImportedPartner } from '../deals/import/map-row.ts';
import type { Clock } from '../platform/clock.ts';
import type { Sql } from '../platform/database/database.ts';
import { savePartner } from '../partners/save-partner.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import type { Output } from './output.ts';
import { withApplication } from './with-application.ts';

/** Used when no map is given: the columns carry our own names. */
export const defaultImportMap = fileURLToPath(
  new URL('../../mappings/import/tributary.yaml', import.meta.url),
);

interface ImportFlags {
  map: string;
  dryRun?: boolean;
  by: string;
  json?: boolean;
}

export function addImportCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('import')
    .description(
      'register deals from a spreadsheet; rows that cannot be taken come back as FILE.rejected.csv',
    )
    .argument('<file>', 'CSV file')
    .option('--map <file>', 'how its columns become deals (YAML)', defaultImportMap)
    .option('--dry-run', 'show the report and keep nothing')
    .option('--by <name>', 'who answers for it', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (file: string, flags: ImportFlags) => {
      const output = processOutput(flags.json ?? false);
      const code = await withApplication((app) =>
        runImport(file, flags, { db: app.db, context: app.deals, createPartner: creator(app.clock) }, output),
      );
      setExitCode(code);
    });
}

/** @returns the exit code: 0 every row is accounted for, 2 the file or the map cannot be used */
export async function runImport(
  file: string,
  flags: ImportFlags,
  services: ImportServices,
  output: Output,
): Promise<number> {
  const bar = progressBar();
  const request = {
    file,
    mapFile: flags.map,
    dryRun: flags.dryRun ?? false,
    by: flags.by,
    onProgress: bar.show,
  };
  try {
    const report = await importDeals(request, services);
    bar.end();
    if (output.json) printJson(output, report);
    else describe(report, output);
    return 0;
  } catch (error) {
    bar.end();
    if (!(error instanceof ImportRefused)) throw error;
    output.note(error.message);
    return 2;
  }
}

/** Creates partners an import finds; they have no deals yet, so nothing follows from it. */
export function creator(clock: Clock): ImportServices['createPartner'] {
  return async (tx: Sql, partner: ImportedPartner) => {
    const { key, name, email, country, tier, tierFrom } = partner;
    const outputs = { partnerChanged: async () => undefined };
    await savePartner(tx, key, { name, email, country, tier, tierFrom }, { clock, outputs });
  };
}

function describe(report: ImportReport, output: Output): void {
  const { rows, registered, corrected, changed, unchanged, ignoredOlder, duplicate, rejected } = report;
  output.out(`${rows} ${rows === 1 ? 'row' : 'rows'}${report.dryRun ? ' (dry run: nothing was kept)' : ''}`);
  const counts = [
    [registered, 'registered as they were'],
    [corrected, 'registered after corrections'],
    [changed, 'known before, now changed'],
    [unchanged, 'known before, unchanged'],
    [ignoredOlder, 'older than what is known, ignored'],
    [duplicate, 'repeat an earlier row'],
    [rejected, 'rejected'],
  ] as const;
  for (const [count, what] of counts) if (count > 0) output.out(`${String(count).padStart(8)}  ${what}`);
  list(
    output,
    'Corrections',
    report.corrections.map(({ correction, rows: n }) => [n, correction]),
  );
  list(
    output,
    'Rejected because',
    report.rejections.map(({ reason, rows: n }) => [n, reason]),
  );
  if (report.approved > 0) output.out(`Approved: ${report.approved}`);
  if (report.partners.created.length > 0)
    output.out(`Partners created: ${report.partners.created.join(', ')}`);
  if (report.rejectedFile !== null)
    output.out(`The rejected rows, with their reasons: ${report.rejectedFile}`);
}

function list(output: Output, title: string, entries: readonly (readonly [number, string])[]): void {
  if (entries.length === 0) return;
  output.out(`${title}:`);
  for (const [count, what] of entries) output.out(`${String(count).padStart(8)}  ${what}`);
}

/** On stderr, and only for a person watching. */
function progressBar(): { show(read: number, total: number): void; end(): void } {
  if (!process.stderr.isTTY) return { show: () => undefined, end: () => undefined };
  const bar = new SingleBar(
    { format: '{bar} {percentage}%', stream: process.stderr },
    Presets.shades_classic,
  );
  let started = false;
  return {
    show: (read, total) => {
      if (!started) bar.start(total, 0);
      started = true;
      bar.update(read);
    },
    end: () => bar.stop(),
  };
}
