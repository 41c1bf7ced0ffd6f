import { reconcile } from '../../src/app/reconcile.ts';
import { adminUrl, type RunningSystem } from '../e2e/running-system.ts';

/** How long nothing may change before what is left is taken for stuck. */
const patienceMs = 120_000;

/**
 * Waits until nothing is under way: whatever is left waits for a person, and says what that person is to do.
 * @throws Error naming what neither moves nor says so
 */
export async function untilQuiet(system: RunningSystem, say: (line: string) => void): Promise<void> {
  const end = await timeInOrg(system);
  let last = '';
  for (let movedAt = Date.now(); ;) {
    const left = [...(await underWay(system)), ...(await notPolledSince(system, end))];
    if (left.length === 0) return;
    const words = left.join('; ');
    if (words !== last) {
      say(`waiting: ${words}`);
      movedAt = Date.now();
    } else if (Date.now() - movedAt > patienceMs) throw new Error(`stuck: ${words}`);
    last = words;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function timeInOrg(system: RunningSystem): Promise<Date> {
  const health = (await (await fetch(`${adminUrl(system, 'salesforce')}/health`)).json()) as { now: string };
  return new Date(health.now);
}

/** A lost notification is found by the poll: until that has passed the last act, silence means nothing. */
async function notPolledSince({ db }: RunningSystem, end: Date): Promise<string[]> {
  const rows = await db.query(
    `SELECT 1 FROM cursors WHERE connection_id = 'salesforce' AND name = 'poll' AND value::timestamptz >= $1`,
    [end],
  );
  return rows.length > 0 ? [] : ['the poll has not come to the end of the week'];
}

async function underWay({ db }: RunningSystem): Promise<string[]> {
  const [counts] = await db.query<Record<string, number>>(
    `SELECT (SELECT count(*) FROM mirrors WHERE due_at IS NOT NULL)::int AS "deals to write",
            (SELECT count(*) FROM crm_references WHERE due_at IS NOT NULL)::int AS "references to resolve",
            (SELECT count(*) FROM observed_records WHERE due_at IS NOT NULL)::int AS "records to read",
            (SELECT count(*) FROM commission_due WHERE due_at IS NOT NULL)::int AS "commissions to compute",
            (SELECT count(*) FROM payout_due)::int AS "payouts to trigger",
            (SELECT count(*) FROM messages WHERE state <> 'delivered')::int AS "messages to deliver",
            (SELECT count(*) FROM mails WHERE state <> 'sent')::int AS "mails to send"`,
  );
  const counted = Object.entries(counts ?? {}).flatMap(([what, many]) =>
    many > 0 ? [`${many} ${what}`] : [],
  );
  const { gaps } = await reconcile(db, 'record', new Date());
  const silent = gaps.filter(({ nextStep }) => nextStep === null);
  const reasons = [...new Set(silent.map(({ step, reason }) => `not ${step}: ${reason}`))];
  return [...counted, ...reasons];
}
