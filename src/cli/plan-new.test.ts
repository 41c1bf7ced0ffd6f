import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFullPlan } from '../commissions/read-plan.ts';
import type { Output } from './output.ts';
import { checkCommand } from './plan.ts';
import { newCommand, type NewPlanOptions } from './plan-new.ts';
import { explainCommand } from './plan-words.ts';

const PROGRAM = path.resolve('bin/tributary.mjs');
const ENTER = '\r';
const DOWN = '\u001B[B';
const UP = '\u001B[A';
const CTRL_C = '\u0003';
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plan-new-'));
  file = path.join(folder, 'mine.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function recorder(json = false): Output & { lines: string[]; notes: string[] } {
  const lines: string[] = [];
  const notes: string[] = [];
  return { json, lines, notes, out: (text) => void lines.push(text), note: (text) => void notes.push(text) };
}

/** Types as a person does: waits until a question is on the screen, then presses keys. The rest is answered with Enter. */
async function play(
  output: Output,
  options: NewPlanOptions,
  script: readonly (readonly [seen: string, keys: string | (() => string)])[],
): Promise<{ code: number; screen: string }> {
  const wide = new PassThrough();
  // As a terminal does, it stays open between two questions; and it is so wide that none is broken over two lines.
  Object.assign(wide, { columns: 400, end: () => wide });
  const terminal = { input: new PassThrough(), output: wide };
  const left = [...script];
  let screen = '';
  let shown = '';
  let answered = 0;
  terminal.output.on('data', (chunk: Buffer) => {
    const text = stripVTControlCharacters(chunk.toString());
    screen += text;
    shown += text;
    const number = Number([...shown.matchAll(/\? \(question (\d+) of/g)].at(-1)?.[1] ?? 0);
    const [next] = left;
    if (next === undefined ? number <= answered : !shown.includes(next[0])) return;
    answered = number;
    shown = '';
    left.shift();
    const keys = next?.[1] ?? ENTER;
    setImmediate(() => terminal.input.write(typeof keys === 'string' ? keys : keys()));
  });
  const code = await newCommand(output, file, options, terminal, {
    check: (written) => checkCommand(output, written),
    explain: (written) => explainCommand(output, written),
  });
  expect(left).toEqual([]);
  return { code, screen };
}

const answers = {
  '/plan': 'mine',
  '/effectiveFrom': '2027-01-01',
  '/currency': 'EUR',
  '/rules/0/earnOn': 'won',
  '/rules/0/basis': 'amount',
  '/rules/0/rate?': 'percent',
  '/rules/0/rate/percent': 12.5,
  '/rounding/mode': 'half-up',
  '/rounding/scale': 'currency',
  '/rounding/stage': 'rule',
};

async function fromAnswers(output: Output, given: object, options: NewPlanOptions = {}): Promise<number> {
  const saved = path.join(folder, 'answers.json');
  writeFileSync(saved, JSON.stringify(given));
  return newCommand(output, file, { answers: saved, ...options }, null, {
    check: (written) => checkCommand(output, written),
    explain: (written) => explainCommand(output, written),
  });
}

describe('tributary plan new, in a terminal', () => {
  it('asks with progress, goes back, changes an answer, writes the file, checks and explains it', async () => {
    const output = recorder();
    const { code, screen } = await play(output, { from: 'first-year-and-renewal' }, [
      ['? (question 1 of 20)', `mine${ENTER}`],
      ['? (question 2 of 20)', `2027-01-01${ENTER}`],
      // One back, and another answer.
      ['? (question 3 of 20)', `<${ENTER}`],
      ['? (question 2 of 20)', `2027-07-01${ENTER}`],
      ['? (question 3 of 20)', `euros${ENTER}`],
      ['not an ISO 4217 currency code', `\u0015USD${ENTER}`],
      ['? (question 4 of 20)', `${DOWN}${ENTER}`],
      // From a list: the last one goes back.
      ['? (question 5 of 20)', `${UP}${DOWN.repeat(12)}${ENTER}`],
      ['? (question 4 of 20)', `${UP}${ENTER}`],
      ['? (question 5 of 20)', ENTER],
      ['? (question 6 of 20)', ENTER],
      ['? (question 7 of 20)', `22.5${ENTER}`],
    ]);
    expect(screen).toContain('When is it earned?');
    expect({ code, notes: output.notes }).toEqual({ code: 0, notes: [] });
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# One rate for new business, a lower one for renewals\.\nplan: mine\n/);
    expect(readFullPlan(text)).toMatchObject({
      plan: {
        plan: 'mine',
        effectiveFrom: '2027-07-01',
        currency: 'USD',
        rules: [{ earnOn: 'won', rate: { percent: '22.5' } }, { rate: { percent: '5' } }],
      },
    });
    expect(output.lines[0]).toBe(`Wrote ${file}.`);
    expect(output.lines[1]).toContain('is complete: plan mine version 1');
    expect(output.lines.join('\n')).toContain('22.5');
  });

  it('asks for the programme to start from', async () => {
    const { code } = await play(recorder(), {}, [
      ['Which programme is nearest', `${DOWN}${ENTER}`],
      ['? (question 1 of', ENTER],
    ]);
    expect(code).toBe(0);
    expect(readFullPlan(readFileSync(file, 'utf8'))).toMatchObject({
      plan: { plan: 'first-year-and-renewal' },
    });
  });

  it('leaves a file as it is that somebody wrote while it was asking', async () => {
    const output = recorder();
    const meanwhile = (): string => {
      writeFileSync(file, 'theirs');
      return ENTER;
    };
    const { code } = await play(output, { from: 'first-year-and-renewal' }, [
      ['? (question 1 of', meanwhile],
    ]);
    expect({ code, notes: output.notes }).toEqual({
      code: 2,
      notes: [`${file} is there already. Name another file, or replace it with --force`],
    });
    expect(readFileSync(file, 'utf8')).toBe('theirs');
    expect(readdirSync(folder)).toEqual(['mine.yaml']);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const output = recorder();
    const { code } = await play(output, { from: 'recurring' }, [
      ['? (question 1 of', ENTER],
      ['? (question 2 of', CTRL_C],
    ]);
    expect(code).toBe(130);
    expect(output.notes).toEqual(['Stopped: nothing was written.']);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('tributary plan new, from a file of answers', () => {
  it('writes the plan they say', async () => {
    expect(await fromAnswers(recorder(), answers)).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('percent: 12.5\n');
    expect(readdirSync(folder).sort()).toEqual(['answers.json', 'mine.yaml']);
  });

  it('names every answer that is missing, refused or asked for by nobody, and writes nothing', async () => {
    const output = recorder(true);
    const rest = Object.fromEntries(Object.entries(answers).filter(([id]) => id !== '/rounding/mode'));
    const given = {
      ...rest,
      '/currency': 'EURO',
      '/payout?': 'yes',
      '/payout/per': 'month',
      '/colour': 'red',
    };
    expect(await fromAnswers(output, given)).toBe(2);
    const { faults } = JSON.parse(output.lines.join('')) as {
      faults: { pointer: string; message: string }[];
    };
    expect(faults.map(({ pointer, message }) => `${pointer} ${message}`)).toEqual([
      '/currency not an ISO 4217 currency code',
      expect.stringMatching(/^\/payout\/currency is left open: .*In which currency is paid\?/),
      expect.stringMatching(/^\/rounding\/mode is left open: .*Write one of: half-up \|/),
      '/colour is no question that these answers raise',
    ]);
    expect(readdirSync(folder)).toEqual(['answers.json']);
  });

  it('starts from a programme, which answers what they do not', async () => {
    expect(await fromAnswers(recorder(), { '/rules/0/rate/percent': '30' }, { from: 'recurring' })).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('rate: { percent: 30 }');
  });

  it('replaces a file only with --force', async () => {
    writeFileSync(file, 'mine');
    const output = recorder();
    expect(await fromAnswers(output, answers)).toBe(2);
    expect(output.notes).toEqual([expect.stringContaining('is there already')]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await fromAnswers(recorder(), answers, { force: true })).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('plan: mine');
  });

  it('names the programmes there are', async () => {
    const output = recorder();
    expect(await fromAnswers(output, {}, { from: 'nothing' })).toBe(2);
    expect(output.notes[0]).toContain('Write one of: co-sell, first-year-and-renewal, recurring');
  });
});

describe('tributary plan new, without a terminal', () => {
  it('says what to do, and ends with 2', () => {
    const ran = spawnSync(process.execPath, [PROGRAM, 'plan', 'new', file], { encoding: 'utf8' });
    expect({ status: ran.status, stdout: ran.stdout }).toEqual({ status: 2, stdout: '' });
    expect(ran.stderr).toContain('give --answers FILE');
    expect(readdirSync(folder)).toEqual([]);
  });
});
