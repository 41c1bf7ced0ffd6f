/** Which questions a draft raises, in the order of the language's parts. */
import { parse } from 'yaml';
import { at, faultsIn, isMap, isOpen, pointerOf, put, type Draft, type Node } from './draft.ts';
import type { Question } from './question.ts';
import { placeAt } from './read-schema.ts';
import { counter, parts, type Part } from './skeletons.ts';
import { rateQuestions } from './rate-questions.ts';

/** Choices that an answer left open: nothing else can be judged before. */
export function openQuestions(draft: Draft): Question[] {
  const open = faultsIn(draft).filter(isOpen);
  return open.map(({ pointer, message }) => openQuestion(draft, pointer, message));
}

/** Every question that a draft with nothing left open raises. */
export function questionsOf(draft: Draft): Question[] {
  return [
    ...['/plan', '/effectiveFrom', '/currency'].map((pointer) => leafQuestion(draft, pointer)),
    ...counterQuestions(draft),
    ...ruleQuestions(draft),
    ...(draft['limits'] === undefined ? [] : leavesOf(draft, '/limits')),
    ...parts.flatMap((part) => partQuestions(draft, part)),
    ...leavesOf(draft, '/rounding'),
  ];
}

function openQuestion(draft: Draft, pointer: string, message: string): Question {
  const part = parts.find((one) => one.pointer === pointer);
  if (part !== undefined) return neededPart(part, message);
  const { question } = placeAt(pointer);
  const asked = question ?? message.replace(/^is left open: /, '');
  return {
    id: pointer,
    text: worded(draft, pointer, asked),
    options: choicesAt(pointer),
    current: '',
    answer: (into, given) => withCounter(put(into, pointer, valueOf(given)), pointer, given),
  };
}

/** A part that was left out, and another answer cannot do without. */
function neededPart({ pointer, skeleton }: Part, message: string): Question {
  return {
    id: pointer,
    text: message.replace(/^is left open: /, ''),
    options: ['yes'],
    current: '',
    answer: (into, given) => (given === 'yes' ? put(into, pointer, skeleton) : into),
  };
}

/** A counter that is named for the first time is one to be asked about. */
function withCounter(draft: Draft, pointer: string, name: string): Draft {
  if (!pointer.endsWith('/counter') || name === '') return draft;
  const counters = isMap(draft['counters']) ? draft['counters'] : {};
  if (name in counters) return draft;
  // What a rule of a period shares out or pays on is of that period.
  const earnOn = at(draft, pointer.replace(/\/basis\/counter$/, '/earnOn'));
  const isOfPeriod = typeof earnOn === 'string' && placeAt('/counters/x/per').options.includes(earnOn);
  const begun = isOfPeriod ? { ...counter, per: earnOn } : counter;
  return put(draft, '/counters', { ...counters, [name]: begun });
}

/** Spans, lists and amounts by currency are written as in the file: { months: 12 }. */
function valueOf(given: string): Node {
  if (!/^[[{]/.test(given.trim())) return given.trim();
  try {
    return parse(given, { schema: 'failsafe' }) as Node;
  } catch {
    return given;
  }
}

function counterQuestions(draft: Draft): Question[] {
  const counters = isMap(draft['counters']) ? Object.keys(draft['counters']) : [];
  return counters.flatMap((name) => leavesOf(draft, pointerOf(['counters', name])));
}

function ruleQuestions(draft: Draft): Question[] {
  const rules = Array.isArray(draft['rules']) ? draft['rules'] : [];
  return [
    ...rules.flatMap((rule, index) => {
      const pointer = `/rules/${index}`;
      const leaves = leavesOf(draft, pointer);
      const rate = isMap(rule) ? rateQuestions(pointer, rule) : [];
      const tables = rate.filter(({ id }) => !id.endsWith('?')).map(({ id }) => id);
      const isRate = ({ id }: Question): boolean => id.startsWith(`${pointer}/rate`);
      return [
        ...leaves.filter((leaf) => !isRate(leaf)),
        ...rate,
        ...leaves.filter((leaf) => isRate(leaf) && tables.every((table) => !leaf.id.startsWith(table))),
      ];
    }),
    anotherRule(rules.length),
  ];
}

function anotherRule(count: number): Question {
  const pointer = `/rules/${count}`;
  return {
    id: `${pointer}?`,
    text: `The plan has ${count === 1 ? 'one rule' : `${count} rules`}; every one that fits a deal pays. Another rule?`,
    options: ['no', 'yes'],
    current: 'no',
    answer: (into, given) =>
      given === 'yes'
        ? put(into, pointer, {
            rule: `rule-${count + 1}`,
            earnOn: 'won',
            basis: 'amount',
            rate: { percent: '10' },
          })
        : into,
  };
}

function partQuestions(draft: Draft, { pointer, question, skeleton, within }: Part): Question[] {
  if (within !== undefined && !isMap(at(draft, within))) return [];
  const present = at(draft, pointer);
  const isThere = present !== undefined && present !== 'none';
  const whether: Question = {
    id: `${pointer}?`,
    text: question,
    options: ['no', 'yes'],
    current: isThere ? 'yes' : 'no',
    answer: (into, given) => {
      if (given === 'yes') return isThere ? into : put(into, pointer, skeleton);
      return put(into, pointer, pointer === '/clawback' ? 'none' : undefined);
    },
  };
  const nested = parts.filter((part) => part.within === pointer).map((part) => part.pointer);
  const leaves = isThere ? leavesOf(draft, pointer) : [];
  const own = leaves.filter(({ id }) => nested.every((inner) => !id.startsWith(`${inner}/`)));
  return [whether, ...own];
}

/** Conditions and names stay as they are written: they are words of the programme, not choices of the language. */
const untouched = ['when', 'select'];

function leavesOf(draft: Draft, pointer: string): Question[] {
  const node = at(draft, pointer);
  if (typeof node === 'string') return isAsked(pointer) ? [leafQuestion(draft, pointer)] : [];
  const names = Array.isArray(node) ? [...node.keys()].map(String) : Object.keys(node ?? {});
  return names
    .filter((name) => !untouched.includes(name))
    .flatMap((name) => leavesOf(draft, pointer + pointerOf([name])));
}

function isAsked(pointer: string): boolean {
  // Where a band begins is where the one before ends.
  if (/\/table\/\d+\/from$/.test(pointer)) return false;
  const { options, takesFigure } = placeAt(pointer);
  return options.length > 1 || takesFigure;
}

/** The band after one that ends elsewhere begins there. */
function moveNext(draft: Draft, pointer: string, end: string): Draft {
  const next = pointer.replace(/(\d+)\/to$/, (_, index: string) => `${Number(index) + 1}/from`);
  return at(draft, next) === undefined ? draft : put(draft, next, end);
}

/**
 * A rule of a period has another basis than one of a deal, and a basis that needs a name is written out: each is asked
 * about next.
 */
function fitOthers(draft: Draft, pointer: string, given: string): Draft {
  if (pointer.endsWith('/to')) return moveNext(draft, pointer, given);
  const rule = pointer.replace(/\/(earnOn|basis)$/, '');
  if (rule === pointer) return draft;
  const faults = faultsIn(draft).filter((fault) => fault.pointer.startsWith(`${rule}/basis`));
  if (pointer.endsWith('/basis')) return faults.length === 0 ? draft : put(draft, pointer, { of: given });
  if (faults.every(isOpen)) return draft;
  const bases = ['amount', 'count'].map((basis) => put(draft, `${rule}/basis`, basis));
  return bases.find((one) => faultsIn(one).every(isOpen)) ?? draft;
}

/** Null: something else than one of them may be written too. */
function choicesAt(pointer: string): string[] | null {
  const { options, takesFigure } = placeAt(pointer);
  return options.length > 0 && !takesFigure ? options : null;
}

const ownWords: Record<string, string> = {
  '/plan': 'What is the plan called? (lower-case letters, digits and dashes)',
  '/effectiveFrom': 'From which day on are wins computed by it? (YYYY-MM-DD)',
};

function leafQuestion(draft: Draft, pointer: string): Question {
  const question = placeAt(pointer).question ?? placeAt(`${pointer}/of`).question;
  const now = at(draft, pointer);
  return {
    id: pointer,
    text: ownWords[pointer] ?? worded(draft, pointer, question),
    options: choicesAt(pointer),
    current: typeof now === 'string' ? now : '',
    answer: (into, given) => fitOthers(put(into, pointer, valueOf(given)), pointer, given),
  };
}

function worded(draft: Draft, pointer: string, question: string | undefined): string {
  const place = placeName(draft, pointer);
  return question === undefined ? `${place}?` : `${place}: ${question}`;
}

/** "/rules/0/rate/percent" as "rule base, rate, percent". */
function placeName(draft: Draft, pointer: string): string {
  const rule = /^\/rules\/(\d+)/.exec(pointer);
  const name = rule === null ? undefined : at(draft, `${rule[0]}/rule`);
  const rest = rule === null ? pointer : pointer.slice(rule[0].length);
  const words = rest.split('/').slice(1).map(inWords);
  return [...(typeof name === 'string' ? [`rule ${name}`] : []), ...words].join(', ');
}

function inWords(step: string): string {
  if (/^\d+$/.test(step)) return String(Number(step) + 1);
  return step.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
