import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { diffPlans, type SectionChange } from '../commissions/diff-plans.ts';
import { explainPlan } from '../commissions/explain-plan.ts';
import { expandShortPlan } from '../commissions/expand-short-plan.ts';
import type { FullPlan } from '../commissions/language/full-plan.ts';
import { planSchema } from '../commissions/plan-schema.ts';
import { effectOf } from '../commissions/plan-effect.ts';
import { isFullPlan, readFullPlan, readPlan, type Fault } from '../commissions/read-plan.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { printEffect } from './print-effect.ts';

const UNUSABLE = 2;

/** Plans in plain words, for people who do not read YAML. */
export function addPlanWordCommands(plan: Command, setExitCode: SetExitCode): void {
  plan
    .command('explain <plan>')
    .description('say a plan in plain words, every choice it makes')
    .option('--json', 'print one JSON document')
    .action(async (file: string, { json = false }: { json?: boolean }) => {
      setExitCode(await explainCommand(processOutput(json), file));
    });
  plan
    .command('schema')
    .description('the JSON Schema of the plan language, for editors')
    .action(() => printJson(processOutput(true), planSchema()));
  plan
    .command('diff <before> <after>')
    .description('say what changed between two plans: ends with 1 when something did')
    .option('--input <file>', 'deals, as for plan run: also say who gains and who loses on them')
    .option('--json', 'print one JSON document')
    .action(
      async (before: string, after: string, { input, json = false }: { input?: string; json?: boolean }) => {
        setExitCode(await diffCommand(processOutput(json), before, after, input));
      },
    );
}

export async function explainCommand(output: Output, file: string): Promise<number> {
  const read = await readAny(file);
  if ('faults' in read) return refuse(output, [read]);
  const sections = explainPlan(read.plan);
  if (output.json) printJson(output, { plan: read.plan.plan, version: read.plan.version, sections });
  else
    for (const { title, says } of sections) {
      output.out(title);
      for (const line of says) output.out(`  ${line}`);
    }
  return 0;
}

/** @returns the exit code: 0 nothing changed, 1 something did, 2 a plan or the input has faults */
export async function diffCommand(
  output: Output,
  before: string,
  after: string,
  input?: string,
): Promise<number> {
  const [old, young] = await Promise.all([readAny(before), readAny(after)]);
  if ('faults' in old || 'faults' in young)
    return refuse(
      output,
      [old, young].filter((one): one is Refused => 'faults' in one),
    );
  const changes = diffPlans(old.plan, young.plan);
  const effect = input === undefined ? undefined : await effectOf(old.plan, young.plan, input);
  if (effect !== undefined && 'faults' in effect)
    return refuse(output, [{ file: input ?? '', faults: effect.faults }]);
  if (output.json) printJson(output, { changes, ...(effect === undefined ? {} : { effect }) });
  else {
    printChanges(output, changes);
    if (effect !== undefined) printEffect(output, effect);
  }
  return changes.length === 0 ? 0 : 1;
}

function printChanges(output: Output, changes: readonly SectionChange[]): void {
  if (changes.length === 0) output.out('Both plans say the same.');
  for (const { section, change, before: was, after: is } of changes) {
    output.out(`${section} (${change})`);
    for (const line of was) output.out(`- ${line}`);
    for (const line of is) output.out(`+ ${line}`);
  }
}

interface Refused {
  file: string;
  faults: readonly Fault[];
}

/** A short plan is read as what it stands for. */
async function readAny(file: string): Promise<{ plan: FullPlan } | Refused> {
  const source = await readFile(file, 'utf8');
  if (isFullPlan(source)) {
    const read = readFullPlan(source);
    return 'faults' in read ? { file, faults: read.faults } : read;
  }
  const read = readPlan(source);
  return 'faults' in read ? { file, faults: read.faults } : { plan: expandShortPlan(read.plan) };
}

function refuse(output: Output, refused: readonly Refused[]): number {
  const faults = refused.flatMap(({ file, faults: all }) => all.map((fault) => ({ file, ...fault })));
  if (output.json) printJson(output, { faults });
  for (const { file, pointer, message } of faults) output.note(`${file}#${pointer}: ${message}`);
  return UNUSABLE;
}
