/** What a rule pays: which kind of rate, and the tables of the two kinds that are tables. */
import { isMap, put, type Draft, type Node } from './draft.ts';
import type { Question } from './question.ts';
import { counter } from './skeletons.ts';

const kinds = ['percent', 'amount', 'perUnit', 'tiers', 'bands'] as const;
type Kind = (typeof kinds)[number];

const skeletons: Record<Kind, Node> = {
  percent: { percent: '10' },
  amount: { amount: '100.00' },
  perUnit: { perUnit: '5.00' },
  tiers: {
    by: { fact: 'tier', cases: { registered: { percent: '5' }, gold: { percent: '10' } }, other: 'hold' },
  },
  bands: {
    bands: {
      on: 'event',
      mode: 'marginal',
      boundary: 'lower',
      table: [{ from: '0', percent: '5' }],
    },
  },
};

/** A rate of another kind has none of these: its figures are asked one by one. */
export function rateQuestions(rulePointer: string, rule: { [name: string]: Node }): Question[] {
  const rate = rule['rate'];
  const current = isMap(rate) ? kindOf(rate) : undefined;
  if (!isMap(rate) || current === undefined) return [];
  const pointer = `${rulePointer}/rate`;
  const whichKind: Question = {
    id: `${pointer}?`,
    text: `rule ${String(rule['rule'])}: What does it pay: a percentage, a fixed amount, an amount per unit, a percentage by tier, or by bands?`,
    options: kinds,
    current,
    answer: (into, given) => (given === current ? into : put(into, pointer, skeletons[given as Kind])),
  };
  return [whichKind, ...tierQuestion(pointer, rate['by']), ...bandQuestions(pointer, rate['bands'])];
}

function kindOf(rate: { [name: string]: Node }): Kind | undefined {
  if (isMap(rate['by'])) return rate['by']['fact'] === 'tier' ? 'tiers' : undefined;
  return kinds.find((kind) => rate[kind] !== undefined);
}

function tierQuestion(pointer: string, by: Node | undefined): Question[] {
  if (!isMap(by) || !isMap(by['cases'])) return [];
  const cases = Object.entries(by['cases']);
  if (!cases.every(([, rate]) => isPercent(rate, ['percent']))) return [];
  return [
    {
      id: `${pointer}/by/cases`,
      text: `Which ${String(by['fact'])} earns how many percent? Write: registered: 5, gold: 10`,
      options: null,
      current: cases.map(([name, rate]) => `${name}: ${percentOf(rate)}`).join(', '),
      answer: (into, given) => put(into, `${pointer}/by/cases`, casesOf(readPairs(given))),
    },
  ];
}

function bandQuestions(pointer: string, bands: Node | undefined): Question[] {
  if (!isMap(bands) || !Array.isArray(bands['table'])) return [];
  const { on, table } = bands;
  const isPlain = table.every((band) => isPercent(band, ['from', 'to', 'percent']));
  const against: Question = {
    id: `${pointer}/bands/on?`,
    text: 'What are the bands read against: this deal alone, or what was sold in a period?',
    options: ['event', 'counter'],
    current: on === 'event' ? 'event' : 'counter',
    answer: (into, given) => (given === against.current ? into : readAgainst(into, pointer, given)),
  };
  const written: Question = {
    id: `${pointer}/bands/table`,
    text: 'From which value on is how many percent paid? The first band begins at 0. Write: 0: 5, 10000: 8',
    options: null,
    current: table
      .map((band) => (isMap(band) ? `${String(band['from'])}: ${percentOf(band)}` : ''))
      .join(', '),
    answer: (into, given) => put(into, `${pointer}/bands/table`, bandsOf(readPairs(given))),
  };
  return isMap(on) && 'fact' in on ? [] : [against, ...(isPlain ? [written] : [])];
}

function readAgainst(draft: Draft, pointer: string, given: string): Draft {
  const on = `${pointer}/bands/on`;
  if (given === 'event') return put(draft, on, 'event');
  const counters = isMap(draft['counters']) ? draft['counters'] : {};
  const withOne = { ...draft, counters: { sales: counter, ...counters } };
  return put(withOne, on, { counter: 'sales', as: 'value' });
}

function isPercent(node: Node, names: readonly string[]): node is { [name: string]: Node } {
  return isMap(node) && 'percent' in node && Object.keys(node).every((name) => names.includes(name));
}

function percentOf(node: Node): string {
  return isMap(node) && typeof node['percent'] === 'string' ? node['percent'] : '';
}

/** What is not a pair stays in its place as a figure, and is refused there. */
function readPairs(given: string): (readonly [string, string])[] {
  return given.split(',').map((pair) => {
    const [name = '', figure = ''] = pair.split(':').map((part) => part.trim());
    return [name, figure] as const;
  });
}

function casesOf(given: (readonly [string, string])[]): Node {
  return Object.fromEntries(given.map(([tier, percent]) => [tier, { percent }]));
}

function bandsOf(given: (readonly [string, string])[]): Node {
  return given.map(([from, percent], index) => {
    const next = given[index + 1];
    return next === undefined ? { from, percent } : { from, to: next[0], percent };
  });
}
