import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Fault } from '../commissions/fault.ts';
import { answerFromFile } from '../commissions/interview/answer-from-file.ts';
import { Interview } from '../commissions/interview/interview.ts';
import { programmes, type Programme } from '../commissions/interview/programmes.ts';
import { blank } from '../commissions/interview/skeletons.ts';
import { writePlan } from '../commissions/interview/write-plan.ts';
import type { Terminal } from './ask-questions.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';

const UNUSABLE = 2;
/** As a shell reports a program that was ended by Ctrl-C. */
const STOPPED = 130;

export interface NewPlanOptions {
  from?: string;
  answers?: string;
  force?: boolean;
}

export interface Steps {
  check(file: string): Promise<number>;
  explain(file: string): Promise<number>;
}

export function addPlanNewCommand(
  plan: Command,
  setExitCode: SetExitCode,
  stepsWith: (output: Output) => Steps,
): void {
  plan
    .command('new [file]')
    .description('ask what a plan must say, and write the file (PLAN.yaml unless named)')
    .option('--from <programme>', 'start from one of docs/plans: referral-bounty, recurring, …')
    .option('--answers <file>', 'JSON: the answers, for scripts; asks nothing')
    .option('--force', 'replace the file if there is one')
    .option('--json', 'print one JSON document')
    .action(
      async (file: string | undefined, { json = false, ...options }: NewPlanOptions & { json?: boolean }) => {
        const output = processOutput(json);
        const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
        // Questions go to stderr: stdout has the result only.
        const terminal = isTerminal ? { output: process.stderr } : null;
        setExitCode(await newCommand(output, file, options, terminal, stepsWith(output)));
      },
    );
}

/**
 * @param terminal null: there is nobody to ask
 * @returns the exit code: 0 the plan is written, 2 it is not, 130 it was stopped
 */
export async function newCommand(
  output: Output,
  file: string | undefined,
  options: NewPlanOptions,
  terminal: Terminal | null,
  steps: Steps,
): Promise<number> {
  const known = await programmes();
  const refused = await findRefusal(file, options, terminal, known);
  if (refused !== null) return refuse(output, [{ pointer: '', message: refused }]);
  try {
    const begun = await begin(options, terminal, known);
    const faults = await answerAll(begun.interview, options, terminal);
    if (faults.length > 0) return refuse(output, faults);
    return await finish(output, begun, file, options, steps);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExitPromptError') throw error;
    output.note('Stopped: nothing was written.');
    return STOPPED;
  }
}

interface Begun {
  interview: Interview;
  /** The programme's own text; empty: from nothing. */
  source: string;
}

async function begin(
  { from, answers }: NewPlanOptions,
  terminal: Terminal | null,
  known: readonly Programme[],
): Promise<Begun> {
  const asks = from === undefined && answers === undefined && terminal !== null;
  const name = asks ? await (await import('./ask-questions.ts')).askProgramme(known, terminal) : from;
  const programme = known.find((one) => one.name === name);
  return programme === undefined
    ? { interview: new Interview(blank, false), source: '' }
    : { interview: new Interview(programme.draft, true), source: programme.source };
}

async function answerAll(
  interview: Interview,
  { answers }: NewPlanOptions,
  terminal: Terminal | null,
): Promise<Fault[]> {
  if (answers !== undefined) return answerFromFile(interview, await readFile(answers, 'utf8'));
  if (terminal !== null) await (await import('./ask-questions.ts')).askAll(interview, terminal);
  return [];
}

async function findRefusal(
  file: string | undefined,
  { from, answers, force = false }: NewPlanOptions,
  terminal: Terminal | null,
  known: readonly Programme[],
): Promise<string | null> {
  const names = known.map(({ name }) => name);
  if (from !== undefined && !names.includes(from))
    return `there is no programme "${from}". Write one of: ${names.join(', ')}`;
  if (answers === undefined && terminal === null)
    return 'there is no terminal to ask on. Run it in one, or give --answers FILE: {"/currency": "EUR", …}; what is missing in it is named';
  if (file !== undefined && !force && (await isThere(file))) return taken(file);
  return null;
}

async function finish(
  output: Output,
  { interview, source }: Begun,
  named: string | undefined,
  { force = false }: NewPlanOptions,
  { check, explain }: Steps,
): Promise<number> {
  const file = named ?? `${String(interview.draft['plan'])}.yaml`;
  if (!(await writeWhole(file, writePlan(interview.draft, source), force)))
    return refuse(output, [{ pointer: '', message: taken(file) }]);
  if (output.json) {
    printJson(output, { file, plan: interview.draft });
    return 0;
  }
  output.out(`Wrote ${file}.`);
  return (await check(file)) || (await explain(file));
}

/** All of it or nothing, whenever it is stopped. @returns false: there is such a file */
async function writeWhole(file: string, text: string, force: boolean): Promise<boolean> {
  const beside = `${file}.${process.pid}.new`;
  try {
    await writeFile(beside, text, { flag: 'wx' });
    if (force) await rename(beside, file);
    else await link(beside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

function taken(file: string): string {
  return `${file} is there already. Name another file, or replace it with --force`;
}

function refuse(output: Output, faults: readonly Fault[]): number {
  if (output.json) printJson(output, { faults });
  for (const { pointer, message } of faults) output.note(pointer === '' ? message : `${pointer}: ${message}`);
  return UNUSABLE;
}
