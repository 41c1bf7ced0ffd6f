import pLimit from 'p-limit';
import { adminOf, countOutside, readCrmDeals, readReceived } from '../../src/app/programme/count-outside.ts';
import type { Registered } from '../../src/app/programme/count-outside.ts';
import type { Play } from '../../src/app/programme/crm-admin.ts';
import { inventDeal } from '../../src/app/programme/invent-deals.ts';
import { reconcile } from '../../src/app/reconcile.ts';
import type { Programme } from './programme.ts';

export const connections = ['salesforce', 'hubspot'] as const;
export type Connection = (typeof connections)[number];

const deals = 60;
/** Generous: a worker that is killed over and over still has to get everything done. */
const patienceMs = 120_000;

/** Called between the steps, while work is under way; `created`: once every deal is in its CRM. */
export type Disturb = (step: 'approving' | 'created' | 'closing' | 'changing') => Promise<void>;

/**
 * Everything that happens to deals, on sixty of them: registered, approved in waves, edited before and after they are
 * in the CRM, won, lost, the amount of won ones changed, reopened, won again, lost after all.
 * @returns the deals with their latest facts
 */
export async function playScenario(programme: Programme, disturb: Disturb): Promise<Registered[]> {
  const registered = await registerAll(programme, deals);
  for (const wave of [range(0, 20), range(20, 40), range(40, deals)]) {
    await programme.client.approve(wave.map((index) => idOf(registered, index)));
    await disturb('approving');
  }
  await editAll(programme, registered, range(0, 10), 'first edit');
  await editAll(programme, registered, range(0, 10), 'second edit');
  await until(programme, 'every deal is in its CRM', () => areAllMirrored(programme, registered));
  await disturb('created');

  await editAll(programme, registered, range(10, 20), 'edited in the CRM');
  await play(programme, registered, range(0, 40), () => ({ action: 'win' }));
  await play(programme, registered, range(40, 46), () => ({ action: 'lose' }));
  await disturb('closing');
  await untilSettled(programme, registered);

  await editAll(programme, registered, range(50, 55), 'late edit');
  await play(programme, registered, range(0, 10), (index, connection) => ({
    action: 'update',
    fields: { [connection === 'salesforce' ? 'Amount' : 'amount']: String(5000 + index) },
  }));
  await play(programme, registered, range(10, 20), () => ({ action: 'reopen' }));
  await disturb('changing');
  await play(programme, registered, range(10, 15), () => ({ action: 'win' }));
  await play(programme, registered, range(15, 18), () => ({ action: 'lose' }));
  await untilSettled(programme, registered);
  return registered;
}

/** A rep touches what is nobody's business here: notifications, and nothing to do. */
export function touch(programme: Programme, registered: readonly Registered[]): Promise<void> {
  return play(programme, registered, [deals - 2, deals - 1], (_index, connection) => ({
    action: 'update',
    fields: { [connection === 'salesforce' ? 'NextStep' : 'hs_next_step']: new Date().toISOString() },
  }));
}

export async function registerAll({ client }: Programme, count: number): Promise<Registered[]> {
  const slot = pLimit(8);
  return Promise.all(
    range(0, count).map((index) =>
      slot(async () => {
        const deal = inventDeal(index);
        return { id: await client.register(deal), deal };
      }),
    ),
  );
}

/** New names, the same deals. */
export async function editAll(
  programme: Programme,
  registered: readonly Registered[],
  indices: readonly number[],
  note: string,
): Promise<void> {
  for (const index of indices) {
    const { deal } = at(registered, index);
    await programme.edit({ ...deal, name: `${deal.name} (${note})` });
  }
}

/** The rep acts in the CRM's own pages. */
export async function play(
  programme: Programme,
  registered: readonly Registered[],
  indices: readonly number[],
  playOf: (index: number, connection: Connection) => Omit<Play, 'id'>,
): Promise<void> {
  for (const connection of connections) {
    const crmIds = new Map(
      (await readCrmDeals(programme.crms, connection)).map((deal) => [deal.dealId, deal.crmId]),
    );
    const plays = indices.flatMap((index) => {
      const id = crmIds.get(idOf(registered, index));
      return id === undefined ? [] : [{ ...playOf(index, connection), id }];
    });
    await adminOf(programme.crms, connection).play(plays);
  }
}

async function areAllMirrored({ crms }: Programme, registered: readonly Registered[]): Promise<boolean> {
  const found = new Set<string>();
  for (const connection of connections)
    for (const deal of await readCrmDeals(crms, connection)) found.add(deal.dealId);
  return registered.every(({ id }) => found.has(id));
}

/** What the CRMs say was won is commissioned, triggered and acknowledged to the cent, and reconciliation is clean. */
export function untilSettled(programme: Programme, registered: readonly Registered[]): Promise<void> {
  return until(programme, 'everything is mirrored and paid', () => isSettled(programme, registered));
}

async function isSettled(programme: Programme, registered: readonly Registered[]): Promise<boolean> {
  const received = await readReceived(programme.crms.payoutReceiver?.logFile ?? '');
  for (const connection of connections) {
    const ours = registered.filter(({ deal }) => recordOf(deal.company.country) === connection);
    const { money } = await countOutside(ours, await readCrmDeals(programme.crms, connection), received);
    const wanted = JSON.stringify(money.expectedCommission);
    const reached = [money.commissioned, money.triggered, money.acknowledged];
    if (reached.some((sums) => JSON.stringify(sums) !== wanted)) return false;
  }
  const { clean } = await reconcile(programme.db, 'record', new Date());
  const [due] = await programme.db.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM messages WHERE state <> 'delivered')::int
          + (SELECT count(*) FROM mails WHERE state <> 'sent')::int AS count`,
  );
  return clean && due?.count === 0;
}

export function recordOf(country: string): Connection {
  return country === 'Germany' ? 'hubspot' : 'salesforce';
}

/** @throws Error naming what did not come about, and what stood in its way */
export async function until(
  programme: Programme,
  what: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  for (const giveUpAt = Date.now() + patienceMs; !(await holds());) {
    if (Date.now() > giveUpAt)
      throw new Error(`waited in vain until ${what}: ${await gapsInWords(programme)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function gapsInWords({ db }: Programme): Promise<string> {
  const { gaps } = await reconcile(db, 'record', new Date());
  const reasons = gaps.map(
    ({ step, connection, reason }) => `not ${step} (${String(connection)}): ${reason}`,
  );
  const counts = [...new Set(reasons)].map((reason) => {
    const times = reasons.filter((other) => other === reason).length;
    return `${times} × ${reason}`;
  });
  return counts.join('; ') || 'reconciliation finds no gap';
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

function at(registered: readonly Registered[], index: number): Registered {
  const found = registered[index];
  if (found === undefined) throw new Error(`there is no deal ${index}`);
  return found;
}

function idOf(registered: readonly Registered[], index: number): string {
  return at(registered, index).id;
}
