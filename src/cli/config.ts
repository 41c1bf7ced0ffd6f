import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import type { Command } from 'commander';
import type { CheckFit } from '../app/configuration/apply-configuration.ts';
import type { Application } from '../app/open-application.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

interface ApplyFlags {
  dryRun?: boolean;
  by: string;
  json?: boolean;
}

/** `tributary config export|apply|history|undo`: moves mappings, rules and the plan from one installation to another. */
export function addConfigCommands(program: Command, setExitCode: SetExitCode): void {
  const config = program
    .command('config')
    .description(
      'mappings, rules and the plan as one file: from a sandbox org to production, by name, with a diff',
    );
  config
    .command('export')
    .description('write what is in force here')
    .argument('[file]', 'where to; without it, to standard output')
    .action(async (file?: string) => {
      const { exportConfiguration, renderBundle } =
        await import('../app/configuration/export-configuration.ts');
      const text = await withApplication(async (app) => renderBundle(await exportConfiguration(app)));
      if (file === undefined) process.stdout.write(text);
      else await writeFile(file, text);
    });
  config
    .command('apply')
    .description(
      'check a file against the orgs of this installation, show what would change, and put it into force',
    )
    .argument('<file>')
    .option('--dry-run', 'only check and show')
    .option('--by <name>', 'who answers for it', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (file: string, flags: ApplyFlags) => {
      setExitCode(await withApplication((app) => apply(app, file, flags)));
    });
  config
    .command('history')
    .description('what was applied, by whom, newest first')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      await withApplication((app) => showHistory(app, processOutput(json)));
    });
  config
    .command('undo')
    .description('put the mapping that was in force before back into force')
    .argument('<connection>')
    .option('--by <name>', 'who answers for it', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (connection: string, { by, json = false }: { by: string; json?: boolean }) => {
      setExitCode(await withApplication((app) => undo(app, connection, by, processOutput(json))));
    });
}

/** @returns 0, or 2 when the file cannot be applied here */
async function apply(app: Application, file: string, flags: ApplyFlags): Promise<number> {
  const { BundleError, readBundle } = await import('../app/configuration/bundle.ts');
  const { applyConfiguration, compareConfiguration } =
    await import('../app/configuration/apply-configuration.ts');
  const output = processOutput(flags.json ?? false);
  try {
    const bundle = readBundle(await readFile(file, 'utf8'), file);
    const change = await compareConfiguration(app, bundle, file, await fitChecker(app));
    const applied = !flags.dryRun && change.diff !== '';
    if (applied) await applyConfiguration(app, bundle, change, flags.by);
    if (output.json) printJson(output, { ...change, applied });
    else for (const line of toLines(change.diff, applied, flags.dryRun ?? false)) output.out(line);
    return 0;
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    if (output.json) printJson(output, { applied: false, faults: error.faults });
    else output.note(error.message);
    return 2;
  }
}

async function fitChecker(app: Application): Promise<CheckFit> {
  const { faultsInWords, fitCandidate } = await import('../app/configuration/fit-candidate.ts');
  return async (id, mapping) => faultsInWords(await fitCandidate(await app.wiring.inspect(id), mapping));
}

function toLines(diff: string, applied: boolean, dryRun: boolean): string[] {
  if (diff === '') return ['Nothing differs from what is in force here.'];
  if (applied)
    return [
      diff,
      'In force. Records are brought up to date within minutes; tributary config undo takes a mapping back.',
    ];
  return [diff, dryRun ? 'Nothing was changed. tributary preview shows which records this would write.' : ''];
}

async function showHistory(app: Application, output: Output): Promise<void> {
  const { listDocuments } = await import('../app/configuration/documents.ts');
  const documents = await listDocuments(app.db, 100);
  if (output.json) return printJson(output, { applied: documents });
  if (documents.length === 0)
    output.out(
      'Nothing was applied: mappings come from their files. tributary config export writes them as one file.',
    );
  for (const { kind, connectionId, appliedAt, appliedBy, content } of documents) {
    const what = content === null ? 'taken back to the file' : 'applied';
    output.out(`${appliedAt.toISOString()}  ${kind}  ${connectionId ?? ''}  ${what} by ${appliedBy}`);
  }
}

/** @returns 0, or 2 when nothing was ever applied to the connection */
async function undo(app: Application, connectionId: string, by: string, output: Output): Promise<number> {
  const { contentBefore } = await import('../app/configuration/documents.ts');
  const { putIntoForce } = await import('../app/configuration/put-into-force.ts');
  const content = await contentBefore(app.db, 'mapping', connectionId);
  if (content === undefined) {
    output.note(`No mapping was applied to ${connectionId}: there is nothing to take back.`);
    return 2;
  }
  const at = app.clock.now();
  await app.db.transaction((tx) => putIntoForce(tx, { connectionId, content, by, at }));
  if (output.json) printJson(output, { connection: connectionId, undone: true });
  else
    output.out(
      `The mapping of ${connectionId} is ${content === null ? 'that of its file' : 'the one before'} again.`,
    );
  return 0;
}
