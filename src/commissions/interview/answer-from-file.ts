/** The questions answered by a file, for scripts: { "/currency": "EUR", "/payout?": "yes" }. */
import { z } from 'zod';
import type { Fault } from '../fault.ts';
import type { Interview, Step } from './interview.ts';

const Answers = z.record(z.string(), z.union([z.string(), z.number()]).transform(String), {
  error: 'must be an object: the pointer of each question, and its answer',
});

/** @returns every answer that is missing, refused, or to a question nobody asks */
export function answerFromFile(interview: Interview, content: string): Fault[] {
  const answers = read(content);
  if (Array.isArray(answers)) return answers;
  const faults: Fault[] = [];
  const asked = new Set<string>();
  for (let step = interview.next(); step !== null; step = interview.next()) {
    asked.add(step.id);
    const given = answers[step.id] ?? step.offered;
    const refused =
      given === undefined ? `is left open: ${step.text}${written(step)}` : interview.answer(given);
    if (refused === null) continue;
    faults.push({ pointer: step.id, message: refused });
    // Goes on as if it were answered, to name all that is missing at once.
    if (!skip(interview, step)) return faults;
  }
  for (const id of Object.keys(answers))
    if (!asked.has(id)) faults.push({ pointer: id, message: 'is no question that these answers raise' });
  return faults;
}

function read(content: string): Record<string, string> | Fault[] {
  try {
    const parsed = Answers.safeParse(JSON.parse(content));
    if (parsed.success) return parsed.data;
    return parsed.error.issues.map(({ message, path }) => ({ pointer: `/${path.join('/')}`, message }));
  } catch (error) {
    return [{ pointer: '', message: `is not JSON: ${(error as Error).message}` }];
  }
}

function written({ options }: Step): string {
  return options === null ? '' : ` Write one of: ${options.map(({ value }) => value).join(' | ')}`;
}

function skip(interview: Interview, { options, held }: Step): boolean {
  const any = options?.find(({ refused }) => refused === null)?.value ?? held;
  return interview.answer(any) === null;
}
