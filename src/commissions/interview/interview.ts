/** Questions one after the other, with going back: nothing is written here, and nothing is asked of a terminal. */
import { at, faultsIn, isOpen, type Draft } from './draft.ts';
import type { Question } from './question.ts';
import { openQuestions, questionsOf } from './questions.ts';

export interface Step {
  id: string;
  text: string;
  options: readonly { value: string; refused: string | null }[] | null;
  /** What is offered: the answer before going back, or what the programme says. Undefined: it must be answered. */
  offered: string | undefined;
  /** What the draft holds there, offered or not. */
  held: string;
  /** Counted from 1. */
  number: number;
  /** How many there are follows from the answers so far. */
  of(): number;
}

interface Answered {
  id: string;
  given: string;
  before: Draft;
}

export class Interview {
  #draft: Draft;
  #answered: Answered[] = [];
  /** Answers that were gone back on, to be offered again. */
  #earlier = new Map<string, string>();
  readonly #start: Draft;
  readonly #isProgramme: boolean;

  /** @param isProgramme whether what the draft says is an answer to be offered, or only holds a place */
  constructor(start: Draft, isProgramme: boolean) {
    this.#draft = start;
    this.#start = start;
    this.#isProgramme = isProgramme;
  }

  get draft(): Draft {
    return this.#draft;
  }

  /** Null: everything is answered. */
  next(): Step | null {
    const question = firstOpen(this.#draft, this.#ids());
    if (question === undefined) return null;
    const number = this.#answered.length + 1;
    return {
      id: question.id,
      text: question.text,
      options:
        question.options?.map((value) => ({ value, refused: refusal(this.#draft, question, value) })) ?? null,
      offered: this.#offer(question),
      held: question.current,
      number,
      of: () => number + this.#remaining(question),
    };
  }

  /** Why the next question cannot be answered so; null: it can. */
  refuses(given: string): string | null {
    const question = firstOpen(this.#draft, this.#ids());
    return question === undefined ? 'everything is answered' : refusal(this.#draft, question, given);
  }

  /** @returns why the answer cannot be; null: it is taken */
  answer(given: string): string | null {
    const question = firstOpen(this.#draft, this.#ids());
    const refused = this.refuses(given);
    if (question === undefined || refused !== null) return refused;
    this.#answered.push({ id: question.id, given, before: this.#draft });
    this.#draft = question.answer(this.#draft, given);
    return null;
  }

  /** @returns false at the first question */
  back(): boolean {
    const last = this.#answered.pop();
    if (last === undefined) return false;
    this.#earlier.set(last.id, last.given);
    this.#draft = last.before;
    return true;
  }

  #ids(): Map<string, string> {
    return new Map(this.#answered.map(({ id, given }) => [id, given]));
  }

  #offer({ id, current }: Question): string | undefined {
    const earlier = this.#earlier.get(id);
    if (earlier !== undefined) return earlier;
    const isPart = id.endsWith('?');
    const isSaid = this.#isProgramme && (isPart || at(this.#start, id) !== undefined);
    // Without a programme only "is there more?" has an answer to offer; whatever concerns money is the reader's to say.
    const isMore = isPart && !/\/(on|rate)\?$/.test(id);
    return (isMore || isSaid) && current !== '' ? current : undefined;
  }

  /** As many as follow if each is answered with what the draft holds: a choice may still open further ones. */
  #remaining(first: Question): number {
    const ids = this.#ids();
    let draft = this.#draft;
    let question: Question | undefined = first;
    let count = -1;
    while (question !== undefined && count < 500) {
      count += 1;
      const given = question.current === '' ? firstFitting(draft, question) : question.current;
      ids.set(question.id, given ?? '');
      if (given !== undefined) draft = question.answer(draft, given);
      question = firstOpen(draft, ids);
    }
    return count;
  }
}

/**
 * What an answer left open comes first, also when it was answered before. What was answered as a whole, { months: 12 }, is
 * not asked again figure by figure.
 */
function firstOpen(draft: Draft, answered: ReadonlyMap<string, string>): Question | undefined {
  const wholes = [...answered].filter(([, given]) => /^[[{]/.test(given)).map(([id]) => id);
  const isAnswered = (id: string): boolean =>
    answered.has(id) ||
    answered.has(id.replace(/\/of$/, '')) ||
    wholes.some((whole) => id.startsWith(`${whole}/`));
  return openQuestions(draft)[0] ?? questionsOf(draft).find(({ id }) => !isAnswered(id));
}

function firstFitting(draft: Draft, question: Question): string | undefined {
  return question.options?.find((value) => refusal(draft, question, value) === null);
}

/** An answer may open further choices; it may not contradict what stands. */
function refusal(draft: Draft, question: Question, given: string): string | null {
  if (given.trim() === '') return 'is left open';
  if (question.options !== null && !question.options.includes(given))
    return `must be one of: ${question.options.join(' | ')}`;
  const faults = faultsIn(question.answer(draft, given));
  const fault = faults.find((one) => !isOpen(one) || one.pointer === question.id);
  if (fault === undefined) return null;
  return fault.pointer === question.id ? fault.message : `${fault.pointer} ${fault.message}`;
}
