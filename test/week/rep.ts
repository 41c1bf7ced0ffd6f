import type { Play } from '../../src/app/programme/crm-admin.ts';
import type { Random } from '../../sandbox/faults/random.ts';

/** What a rep sees of one opportunity of the programme. */
export interface Opportunity {
  Id: string;
  AccountId: string | null;
  IsClosed: boolean;
  IsWon: boolean;
}

export type NamedPlay = Play & { stage?: string };

/** One thing a rep does to one opportunity; several plays when it is done in one go. */
export interface RepAct {
  name: string;
  plays: NamedPlay[];
}

const openStages = ['Qualification', 'Needs Analysis', 'Value Proposition', 'Negotiation/Review'];

/** Chances of 100 for an open and for a closed opportunity. */
const openActs = [
  ['stage', 25],
  ['amount', 22],
  ['owner', 10],
  ['close date', 8],
  ['win', 20],
  ['lose', 5],
  ['win, reopen and win again', 3],
  ['delete', 2],
  ['clear our field', 5],
] as const;
const wonActs = [
  ['amount', 40],
  ['reopen', 35],
  ['lose', 5],
  ['owner', 10],
  ['delete', 4],
  ['clear our field', 6],
] as const;
const lostActs = [
  ['reopen', 60],
  ['amount', 25],
  ['delete', 15],
] as const;

export type ActName = (typeof openActs | typeof wonActs | typeof lostActs)[number][0];

/** What a rep feels like doing to this opportunity. Amounts have cents; owners are active users. */
export function chooseAct(random: Random, opportunity: Opportunity, owners: readonly string[]): RepAct {
  const chances = opportunity.IsWon ? wonActs : opportunity.IsClosed ? lostActs : openActs;
  const name = drawn(random, chances);
  return { name, plays: playsOf(name, random, opportunity.Id, owners) };
}

function drawn<Name extends string>(random: Random, chances: readonly (readonly [Name, number])[]): Name {
  let left = random() * chances.reduce((sum, [, chance]) => sum + chance, 0);
  for (const [name, chance] of chances) {
    left -= chance;
    if (left < 0) return name;
  }
  throw new Error('no act');
}

function playsOf(name: ActName, random: Random, id: string, owners: readonly string[]): NamedPlay[] {
  const update = (fields: Record<string, unknown>): NamedPlay[] => [{ action: 'update', id, fields }];
  switch (name) {
    case 'stage':
      return [{ action: 'stage', id, stage: pick(random, openStages) }];
    case 'amount':
      return update({ Amount: Math.round(100_000 + random() * 6_000_000) / 100 });
    case 'owner':
      return update({ OwnerId: pick(random, owners) });
    case 'close date':
      return update({ CloseDate: `2027-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}` });
    case 'win, reopen and win again':
      return (['win', 'reopen', 'win'] as const).map((action) => ({ action, id }));
    case 'clear our field':
      return update({ Tributary_Partner__c: null });
    case 'win':
    case 'lose':
    case 'reopen':
    case 'delete':
      return [{ action: name, id }];
  }
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}
