import { readFile } from 'node:fs/promises';
import { Presets, SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { z } from 'zod';
import { readBundle } from '../app/configuration/bundle.ts';
import { mappingOf } from '../app/configuration/choose-mapping.ts';
import { faultsInWords, fitCandidate } from '../app/configuration/fit-candidate.ts';
import type { Application } from '../app/open-application.ts';
import { previewMapping, type Preview } from '../app/preview/preview-mapping.ts';
import { parseMapping, type LoadedMapping } from '../mapping/load.ts';
import type { WiredConnection } from '../mapping/wired-connection.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

const Options = z.object({
  mapping: z.string().optional(),
  bundle: z.string().optional(),
  limit: z.coerce.number('--limit takes a whole number').int().min(0).max(100_000),
  json: z.boolean().default(false),
});
type Options = z.infer<typeof Options>;

/** `tributary preview CONNECTION`: what a changed mapping would write, before it is in force. */
export function addPreviewCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('preview')
    .description(
      'what a changed mapping, tag or rule would write: how many records, from what to what, what would be refused',
    )
    .argument('<connection>', 'as tributary connections shows it')
    .option('--mapping <file>', 'the mapping to try; without it, the one in force')
    .option('--bundle <file>', 'the configuration to try, as config export writes it')
    .option('--limit <n>', 'show at most so many writes and refusals', '20')
    .option('--json', 'print one JSON document')
    .action(async (id: string, raw: unknown) => {
      const options = Options.parse(raw);
      setExitCode(await withApplication((app) => preview(app, id, options)));
    });
}

/** @returns 0, or 1 when the mapping does not fit the org or some deals would be refused */
async function preview(app: Application, id: string, options: Options): Promise<number> {
  const output = processOutput(options.json);
  const connection = await app.wiring.inspect(id);
  const candidate = await fitCandidate(connection, await wantedMapping(app, connection, options));
  const faults = faultsInWords(candidate);
  if (faults.length > 0) {
    if (options.json) printJson(output, { connection: id, faults });
    else for (const fault of faults) output.out(`The mapping does not fit: ${fault}`);
    return 1;
  }
  const bar = options.json || !process.stderr.isTTY ? null : await startBar(app, id);
  const result = await previewMapping(app, connection, candidate, options.limit, (done) => bar?.update(done));
  bar?.stop();
  if (options.json) printJson(output, { connection: id, faults, ...result });
  else show(output, connection, result);
  return result.refused === 0 ? 0 : 1;
}

async function wantedMapping(
  app: Application,
  connection: WiredConnection,
  { mapping, bundle }: Options,
): Promise<LoadedMapping> {
  if (mapping && bundle) throw new Error('Give either --mapping or --bundle.');
  if (mapping) return parseMapping(await readFile(mapping, 'utf8'), mapping, connection.vendor);
  if (!bundle) return mappingOf(app.db, connection, app.config.mappingDir);
  const wanted = readBundle(await readFile(bundle, 'utf8'), bundle).connections[connection.id];
  if (!wanted) throw new Error(`${bundle} holds nothing for the connection ${connection.id}.`);
  return parseMapping(stringify(wanted.mapping), bundle, connection.vendor);
}

async function startBar(app: Application, id: string): Promise<SingleBar> {
  const rows = await app.db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM mirrors WHERE connection_id = $1 AND state <> 'tombstone'`,
    [id],
  );
  const bar = new SingleBar({ stream: process.stderr }, Presets.shades_classic);
  bar.start(rows[0]?.count ?? 0, 0);
  return bar;
}

function show(output: Output, connection: WiredConnection, result: Preview): void {
  const { updates, creations, unchanged, refused, calls } = result;
  output.out(
    `${connection.id}: ${updates} opportunities would change, ${creations} would be created, ${unchanged} are as they should be, ${refused} would be refused. About ${calls} calls. Nothing was written.`,
  );
  for (const [field, records] of Object.entries(result.fields)) output.out(`  ${field}: ${records} records`);
  for (const write of result.writes) {
    output.out(`${write.deal}  ${write.crmId ?? '(new)'}  deal ${write.dealId}`);
    for (const { field, from, to } of write.changes)
      output.out(`    ${field}: ${String(from ?? '(empty)')} -> ${String(to ?? '(empty)')}`);
  }
  for (const refusal of result.refusals)
    output.out(`REFUSED ${refusal.deal}  deal ${refusal.dealId}: ${refusal.reason}`);
}
