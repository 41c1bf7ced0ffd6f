import { input, select } from '@inquirer/prompts';
import type { Interview, Step } from '../commissions/interview/interview.ts';

/** Where questions are shown and answers are typed; the terminal unless said. */
export interface Terminal {
  input?: NodeJS.ReadableStream;
  output?: NodeJS.WritableStream;
}

const BACK = '<';

/** Asks until everything is answered. Rejects with an `ExitPromptError` on Ctrl-C. */
export async function askAll(interview: Interview, terminal: Terminal): Promise<void> {
  for (let step = interview.next(); step !== null; step = interview.next()) {
    const given = await ask(interview, step, terminal);
    if (given === BACK) interview.back();
    else interview.answer(given);
  }
}

/** @returns the name of a programme; empty: from nothing */
export async function askProgramme(
  programmes: readonly { name: string; about: string }[],
  terminal: Terminal,
): Promise<string> {
  return select(
    {
      message: 'Which programme is nearest to yours? Every answer of it can be changed.',
      choices: [
        ...programmes.map(({ name, about }) => ({ value: name, description: about })),
        { value: '', name: 'none of them: from nothing' },
      ],
      loop: false,
    },
    terminal,
  );
}

async function ask(interview: Interview, step: Step, terminal: Terminal): Promise<string> {
  const message = `(question ${step.number} of ${step.of()}) ${step.text}`;
  const isFirst = step.number === 1;
  if (step.options === null)
    return input(
      {
        message: isFirst ? message : `${message} [${BACK} goes back]`,
        ...(step.offered === undefined ? {} : { default: step.offered }),
        validate: (given) => given === BACK || (interview.refuses(given) ?? true),
      },
      terminal,
    );
  const choices = step.options.map(({ value, refused }) => ({ value, disabled: refused ?? false }));
  return select(
    {
      message,
      choices: isFirst ? choices : [...choices, { value: BACK, name: `${BACK} go back`, disabled: false }],
      ...(step.offered === undefined ? {} : { default: step.offered }),
      loop: false,
      pageSize: 12,
    },
    terminal,
  );
}
