/**
 * A week of a partner programme against the local Salesforce: partners register and edit, reps do what reps do, accounts
 * are merged, the weather changes, Tributary is restarted. What happens hangs on the seed alone; when it happens does not.
 */
import pLimit from 'p-limit';
import { createRandom, type Random } from '../../sandbox/faults/random.ts';
import { inventDeal, type InventedDeal } from '../../src/app/programme/invent-deals.ts';
import { pause, startSystem, type RunningSystem } from '../e2e/running-system.ts';
import { checkWeek } from './check-week.ts';
import { chooseAct, pick, type Opportunity } from './rep.ts';
import { untilQuiet } from './until-quiet.ts';
import { changeWeather } from './weather.ts';

export interface WeekPlan {
  seed: number;
  deals: number;
  /** Into how many steps the seven days are cut; something of everything happens in each. */
  steps: number;
  say(line: string): void;
}

export interface PlayedWeek {
  /** How often each thing happened. */
  happened: Record<string, number>;
  /** Everything that is not as it should be, in words; empty when all is well. */
  faults: string[];
  /** For people: what stands in the end. */
  summary: Record<string, number>;
}

/** One registration as its partner last had it accepted. */
export interface KnownDeal {
  id: string;
  facts: InventedDeal;
}

interface Week {
  plan: WeekPlan;
  system: RunningSystem;
  random: Random;
  known: KnownDeal[];
  deleted: string[];
  owners: string[];
  happened: Record<string, number>;
}

const week = 7 * 24 * 3_600_000;

export async function playWeek(plan: WeekPlan): Promise<PlayedWeek> {
  const system = await startSystem({ env: { TRIBUTARY_SETTLE_SECONDS: '0' } });
  try {
    const owners = await system
      .admin('salesforce')
      .seed('User', [seller('ann'), seller('ben'), seller('cleo')]);
    const state: Week = {
      plan,
      system,
      random: createRandom(plan.seed),
      known: [],
      deleted: [],
      owners,
      happened: {},
    };
    for (let step = 0; step < plan.steps; step++) await playStep(state, step);
    await system.admin('salesforce').clearFaults();
    await untilQuiet(system, plan.say);
    const { faults, summary } = await checkWeek(system, state.known);
    return { happened: state.happened, faults, summary };
  } finally {
    await system.close();
  }
}

function seller(name: string): Record<string, unknown> {
  return { Username: `${name}@sales.example`, LastName: name, IsActive: true };
}

async function playStep(state: Week, step: number): Promise<void> {
  const { plan, system, random } = state;
  count(state, `weather: ${await changeWeather(random, system.admin('salesforce'))}`);
  await registerSome(state, step);
  await editSome(state);
  await playReps(state);
  await mergeAccounts(state);
  if (random() < 0.08) await restart(state);
  await system.admin('salesforce').post('/clock', { advanceMs: Math.round(week / plan.steps) });
  await pause(600);
  plan.say(`step ${step + 1} of ${plan.steps}: ${state.known.length} deals`);
}

/** Everything is registered after six of the seven days, so that the last deals have time to be worked on. */
async function registerSome(state: Week, step: number): Promise<void> {
  const { plan, system } = state;
  const until = Math.min(plan.deals, Math.ceil(((step + 1) / plan.steps) * (7 / 6) * plan.deals));
  const slot = pLimit(4);
  const fresh = await Promise.all(
    // Even numbers are deals in the United States: those have Salesforce as their CRM of record.
    Array.from({ length: until - state.known.length }, (_none, index) =>
      inventDeal((state.known.length + index) * 2),
    ).map((facts) => slot(async () => ({ id: await system.client.register(facts), facts }))),
  );
  if (fresh.length > 0) await system.client.approve(fresh.map(({ id }) => id));
  state.known.push(...fresh);
  count(state, 'registered', fresh.length);
}

/** Partners correct names and amounts, of deals in every state. */
async function editSome(state: Week): Promise<void> {
  const edits = Math.ceil(state.known.length * 0.02);
  for (let edit = 0; edit < edits; edit++) {
    const deal = pick(state.random, state.known);
    const facts = {
      ...deal.facts,
      name: `${deal.facts.company.name}: edit ${Math.floor(state.random() * 1e6)}`,
      ...(state.random() < 0.3 ? { amount: `${1_000 + Math.floor(state.random() * 50_000)}.50` } : {}),
    };
    const outcome = await sendEdit(state.system, facts);
    if (outcome === 'changed') deal.facts = facts;
    count(state, `partner's edit: ${outcome}`);
  }
}

async function sendEdit(system: RunningSystem, facts: InventedDeal): Promise<string> {
  const answer = await fetch(`${system.url}/v1/deals`, {
    method: 'POST',
    headers: { authorization: `Bearer ${system.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(facts),
  });
  const { outcome } = (await answer.json()) as { outcome?: string };
  return outcome ?? `refused with ${answer.status}`;
}

async function playReps(state: Week): Promise<void> {
  const { system, random } = state;
  const admin = system.admin('salesforce');
  const opportunities = (await admin.records('Opportunity')).filter(
    (record) => record['Tributary_Deal_Id__c'],
  ) as unknown as Opportunity[];
  const acts = Math.ceil(opportunities.length * 0.06);
  const touched = new Set<string>();
  for (let act = 0; act < acts; act++) {
    const opportunity = pick(random, opportunities);
    if (touched.has(opportunity.Id)) continue;
    touched.add(opportunity.Id);
    const { name, plays } = chooseAct(random, opportunity, state.owners);
    await admin.play(plays);
    if (name === 'delete') state.deleted.push(opportunity.Id);
    count(state, `rep: ${name}`);
  }
  if (state.deleted.length > 0 && random() < 0.5) {
    const [id = ''] = state.deleted.splice(Math.floor(random() * state.deleted.length), 1);
    await admin.play([{ action: 'undelete', id }]);
    count(state, 'rep: undelete');
  }
}

/** Two customers turn out to be one: the loser's opportunities and contacts move to the other. */
async function mergeAccounts(state: Week): Promise<void> {
  const { system, random } = state;
  if (random() < 0.6) return;
  const admin = system.admin('salesforce');
  const customers = (await admin.records('Account')).filter((record) => record['Tributary_Account_Key__c']);
  if (customers.length < 10) return;
  const master = String(pick(random, customers)['Id']);
  const loser = String(pick(random, customers)['Id']);
  if (master === loser) return;
  await admin.post('/merge', { object: 'Account', masterId: master, losers: [loser] });
  count(state, 'accounts merged');
}

async function restart({ system, happened }: Week): Promise<void> {
  await system.halt();
  await system.start();
  happened['Tributary restarted'] = (happened['Tributary restarted'] ?? 0) + 1;
}

function count({ happened }: Week, what: string, times = 1): void {
  happened[what] = (happened[what] ?? 0) + times;
}
