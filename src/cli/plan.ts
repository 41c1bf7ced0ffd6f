import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  isFullPlan,
  readFullPlan,
  readPlan,
  readPlanFile,
  readPublishableFile,
} from '../commissions/read-plan.ts';
import { readInput } from '../commissions/read-input.ts';
import { runFull, type FullTrial } from '../commissions/run-full.ts';
import { LineFault, streamPlan, type StreamedLine } from '../commissions/stream-plan.ts';
import type { FullPlan } from '../commissions/language/full-plan.ts';
import type { Fault } from '../commissions/read-plan.ts';
import { warningsOf } from '../commissions/warnings-of-plan.ts';
import { readTrialDeals, runPlan } from '../commissions/run-plan.ts';
import type { Trial } from '../commissions/run-plan.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, writeOut } from './output.ts';
import type { Output } from './output.ts';
import { addPlanNewCommand } from './plan-new.ts';
import { addPlanWordCommands, explainCommand } from './plan-words.ts';
import { withApplication } from './with-application.ts';

/** The file or the input cannot be used as it is. */
const UNUSABLE = 2;

export function addPlanCommands(program: Command, setExitCode: SetExitCode): void {
  const plan = program.command('plan').description('commission plans: try, check, publish, verify');
  plan
    .command('run <plan>')
    .description('compute commission for the deals of a file, without any database: entries with traces')
    .requiredOption(
      '--input <file>',
      'JSON: [{ "deal", "amount", "currency", "wonAt", "tier", "tierSince" }]',
    )
    .option('--json', 'print one JSON document')
    .action(async (file: string, { input, json = false }: { input: string; json?: boolean }) => {
      setExitCode(await runCommand(processOutput(json), file, input));
    });
  plan
    .command('check <plan>')
    .description('say whether a plan file is complete; every fault with a JSON pointer')
    .option('--json', 'print one JSON document')
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      setExitCode(await checkCommand(processOutput(json), file));
    });
  plan
    .command('publish <plan>')
    .description('store a plan version for good; wins from its effectiveFrom on are computed by it')
    .requiredOption('--by <name>', 'who publishes it')
    .option('--json', 'print one JSON document')
    .action(async (file: string, { by, json = false }: { by: string; json?: boolean }) => {
      setExitCode(await publishCommand(processOutput(json), file, by));
    });
  plan
    .command('verify')
    .description('compute every posted entry again from what it stores, and name each that differs')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      setExitCode(await verifyCommand(processOutput(json)));
    });
  addPlanWordCommands(plan, setExitCode);
  addPlanNewCommand(plan, setExitCode, (output) => ({
    check: (file) => checkCommand(output, file),
    explain: (file) => explainCommand(output, file),
  }));
}

/** @returns the exit code: 0 all computed, 1 some deals are held, 2 the plan or the input has faults */
export async function runCommand(output: Output, planFile: string, inputFile: string): Promise<number> {
  const source = await readFile(planFile, 'utf8');
  if (isFullPlan(source)) return runFullCommand(output, planFile, source, inputFile);
  const plan = readPlan(source);
  const input = readTrialDeals(await readFile(inputFile, 'utf8'));
  const planFaults = 'faults' in plan ? plan.faults : [];
  const inputFaults = 'faults' in input ? input.faults : [];
  if ('faults' in plan || 'faults' in input) {
    return printFaults(output, [named(planFile, planFaults), named(inputFile, inputFaults)].flat());
  }
  const trial = runPlan(plan.plan, input.deals);
  if (output.json) printJson(output, trial);
  else printTrial(output, trial);
  for (const held of trial.held) output.note(`${held.deal} is held (${held.reason}): ${held.explanation}`);
  return trial.held.length === 0 ? 0 : 1;
}

async function runFullCommand(
  output: Output,
  planFile: string,
  source: string,
  inputFile: string,
): Promise<number> {
  const plan = readFullPlan(source);
  if ('plan' in plan && /\.(ndjson|jsonl)$/.test(inputFile))
    return streamCommand(output, plan.plan, inputFile);
  const input = readInput(await readFile(inputFile, 'utf8'));
  if ('faults' in plan || 'faults' in input)
    return printFaults(output, [
      ...named(planFile, 'faults' in plan ? plan.faults : []),
      ...named(inputFile, 'faults' in input ? input.faults : []),
    ]);
  const trial = runFull(plan.plan, input.input);
  if (output.json) printJson(output, trial);
  else printFullTrial(output, trial);
  for (const held of trial.held)
    output.note(`${held.deal ?? held.partner} is held (${held.reason}): ${held.explanation}`);
  return trial.held.length === 0 ? 0 : 1;
}

/** One JSON document a line with `--json`: the file may be larger than memory. */
async function streamCommand(output: Output, plan: FullPlan, inputFile: string): Promise<number> {
  try {
    const { held } = await streamPlan(plan, inputFile, async (line) => {
      if (output.json) await writeOut(`${JSON.stringify(line)}\n`);
      else printLine(output, line);
    });
    return held === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    return printFaults(output, named(inputFile, error.faults));
  }
}

function printLine(output: Output, line: StreamedLine): void {
  if ('held' in line)
    output.note(
      `${line.held.deal ?? line.held.partner} is held (${line.held.reason}): ${line.held.explanation}`,
    );
  else if ('entry' in line) printEntries(output, [line.entry]);
  else if ('period' in line) printPeriods(output, [line.period]);
  else printTotals(output, line.end.totals);
}

export async function checkCommand(output: Output, planFile: string): Promise<number> {
  const source = await readFile(planFile, 'utf8');
  if (isFullPlan(source)) return checkFullCommand(output, planFile, source);
  const read = await readPlanFile(planFile);
  if ('faults' in read) return printFaults(output, named(planFile, read.faults));
  const { plan, version, effectiveFrom } = read.plan;
  if (output.json) printJson(output, { plan, version, effectiveFrom, faults: [], warnings: [] });
  else output.out(`${planFile} is complete: plan ${plan} version ${version}, from ${effectiveFrom}.`);
  return 0;
}

function checkFullCommand(output: Output, planFile: string, source: string): number {
  const read = readFullPlan(source);
  if ('faults' in read) return printFaults(output, named(planFile, read.faults));
  const { plan, version, effectiveFrom, rules } = read.plan;
  const warnings = warningsOf(read.plan);
  if (output.json) printJson(output, { plan, version, effectiveFrom, faults: [], warnings });
  else
    output.out(
      `${planFile} is complete: plan ${plan} version ${version}, from ${effectiveFrom}, ${rules.length} rules.`,
    );
  for (const { pointer, message } of warnings) output.note(`${planFile}#${pointer}: warning: ${message}`);
  return 0;
}

async function publishCommand(output: Output, planFile: string, by: string): Promise<number> {
  const read = await readPublishableFile(planFile);
  if ('faults' in read) return printFaults(output, named(planFile, read.faults));
  const { publishPlan, PublishError } = await import('../commissions/publish-plan.ts');
  try {
    const result = await withApplication((app) =>
      publishPlan(app.db, app.clock, { ...read, publishedBy: by }),
    );
    const { plan, version, effectiveFrom } = read.plan;
    if (output.json) printJson(output, { plan, version, effectiveFrom, ...result });
    else
      output.out(
        `Plan ${plan} version ${version} ${result.published ? 'is published' : 'was published before'}, in effect from ${effectiveFrom}.`,
      );
    return 0;
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    return printFaults(output, named(planFile, [{ pointer: '', message: error.message }]));
  }
}

async function verifyCommand(output: Output): Promise<number> {
  const { recomputeLedger } = await import('../commissions/recompute.ts');
  const result = await withApplication((app) => recomputeLedger(app.db));
  if (output.json) printJson(output, result);
  else output.out(`${result.checked} entries computed again, ${result.discrepancies.length} differ.`);
  for (const { entryId, problem } of result.discrepancies) output.note(`${entryId}: ${problem}`);
  return result.discrepancies.length === 0 ? 0 : 1;
}

interface NamedFault extends Fault {
  file: string;
}

function named(file: string, faults: readonly Fault[]): NamedFault[] {
  return faults.map((fault) => ({ file, ...fault }));
}

function printFaults(output: Output, faults: readonly NamedFault[]): number {
  if (output.json) printJson(output, { faults });
  for (const { file, pointer, message } of faults) output.note(`${file}#${pointer}: ${message}`);
  return UNUSABLE;
}

function printTrial(output: Output, trial: Trial): void {
  for (const entry of trial.entries) {
    output.out(`${entry.deal}: ${entry.amount} ${entry.currency} (${entry.explanation})`);
  }
  for (const [currency, total] of Object.entries(trial.totals)) output.out(`Total ${currency}: ${total}`);
}

function printFullTrial(output: Output, trial: FullTrial): void {
  printEntries(output, trial.entries);
  printPeriods(output, trial.periods);
  printTotals(output, trial.totals);
}

function printEntries(output: Output, entries: FullTrial['entries']): void {
  for (const { deal, partner, rule, amount, currency, explanation } of entries)
    output.out(`${deal ?? ''} ${partner} ${rule}: ${amount} ${currency} (${explanation})`.trim());
}

function printPeriods(output: Output, periods: FullTrial['periods']): void {
  for (const { period, partner, paid, explanation } of periods)
    output.out(`${period} ${partner}: paid ${paid.amount} ${paid.currency} (${explanation})`);
}

function printTotals(output: Output, totals: FullTrial['totals']): void {
  for (const [currency, total] of Object.entries(totals)) output.out(`Total ${currency}: ${total}`);
}
