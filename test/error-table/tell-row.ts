import { listCards } from '../../src/platform/cards/cards.ts';
import { listGaps } from '../../src/app/list-gaps.ts';
import { refusedLoginCard } from '../../src/mirror/refused-login.ts';
import { redrive } from '../../src/mirror/redrive.ts';
import type { Rehearsal } from '../rehearsal/open-rehearsal.ts';
import type { Provocation } from './provocation.ts';

export interface Row {
  code: string;
  answer: string;
  during: string;
  did: string;
  operatorSaw: string;
  nextStep: string;
  inTheEnd: string;
}

interface Seen {
  state: string;
  waitsMs: number | null;
  pausedMs: number | null;
  suspect: boolean;
}

/** Meets one code with one deal, lets the engine go on until nothing more happens, and tells what it did and showed. */
export async function tellRow(rehearsal: Rehearsal, provocation: Provocation): Promise<Row> {
  const { admin } = rehearsal;
  const dealId = await rehearsal.addDeal(`${provocation.code} ${provocation.answer}`);
  if (provocation.during !== 'creating' && provocation.during !== 'logging in')
    await settle(rehearsal, dealId);
  if (provocation.during === 'updating') await rehearsal.renameDeal(dealId, 'another name');
  if (provocation.during === 'reading') await touchInCrm(rehearsal, dealId);
  await provocation.provoke(rehearsal, dealId);
  await admin.remove('/requests');
  await rehearsal.step();
  const seen = await look(rehearsal, dealId);
  const shown = await whatIsShown(rehearsal, dealId);
  await admin.clearFaults();
  await admin.remove('/requests');
  const ended = await settle(rehearsal, dealId);
  const lookedUp = (await admin.requestSummary())[rehearsal.crm.lookUp] !== undefined;
  await endEpisode(rehearsal);
  return {
    code: provocation.code,
    answer: provocation.answer,
    during: provocation.during,
    did: whatWasDone(seen, ended, lookedUp),
    operatorSaw: shown.saw,
    nextStep: shown.nextStep,
    inTheEnd: await inTheEnd(rehearsal, dealId, ended),
  };
}

async function touchInCrm({ admin, app, crm }: Rehearsal, dealId: string): Promise<void> {
  const rows = await app.db.query<{ crm_id: string }>('SELECT crm_id FROM mirrors WHERE deal_id = $1', [
    dealId,
  ]);
  await admin.play([{ action: 'update', id: rows[0]?.crm_id ?? '', fields: { [crm.deals.note]: 'call' } }]);
  await app.db.query('UPDATE observed_records SET due_at = now(), due_seq = due_seq + 1 WHERE deal_id = $1', [
    dealId,
  ]);
}

async function look({ app, now }: Rehearsal, dealId: string): Promise<Seen> {
  const [row] = await app.db.query<{
    state: string;
    due_at: Date | null;
    read_at: Date | null;
    paused_until: Date | null;
    suspect: boolean;
  }>(
    `SELECT m.state, m.due_at, m.suspect, c.paused_until,
            (SELECT max(o.due_at) FROM observed_records o WHERE o.deal_id = m.deal_id) AS read_at
       FROM mirrors m JOIN connections c ON c.id = m.connection_id WHERE m.deal_id = $1`,
    [dealId],
  );
  const due = row?.due_at ?? row?.read_at ?? null;
  const until = (instant: Date | null | undefined): number | null =>
    instant && instant > now() ? instant.getTime() - now().getTime() : null;
  return {
    state: row?.state ?? 'none',
    waitsMs: until(due),
    pausedMs: until(row?.paused_until),
    suspect: row?.suspect ?? false,
  };
}

const patience = 30;

/** Lets time pass from one due instant to the next until the deal rests. */
async function settle(rehearsal: Rehearsal, dealId: string): Promise<Seen> {
  for (let tries = 0; tries < patience; tries++) {
    await rehearsal.step();
    const seen = await look(rehearsal, dealId);
    const wait = Math.max(seen.waitsMs ?? 0, seen.pausedMs ?? 0);
    if (wait === 0 && !['due', 'waiting'].includes(seen.state)) return seen;
    rehearsal.skipTo(new Date(rehearsal.now().getTime() + Math.max(wait, 1_000)));
  }
  throw new Error(`deal ${dealId} does not come to rest`);
}

/** A login that was refused has to work for a while before its card closes; the next code is met without it. */
async function endEpisode(rehearsal: Rehearsal): Promise<void> {
  const open = (): Promise<unknown[]> =>
    listCards(rehearsal.app.db, { connectionId: rehearsal.connectionId, kind: refusedLoginCard });
  for (let tries = 0; (await open()).length > 0; tries++) {
    if (tries === patience) throw new Error('the login is still in question');
    rehearsal.skipTo(new Date(rehearsal.now().getTime() + 60_000));
    await rehearsal.step();
  }
}

/** What reconcile, the cards and the list of connections show while it is so. */
async function whatIsShown(
  { app, now, connectionId, crm }: Rehearsal,
  dealId: string,
): Promise<{ saw: string; nextStep: string }> {
  const { gaps } = await listGaps(app.db, 'record', now(), 100);
  const own = gaps.filter((gap) => gap.dealId === dealId);
  const cards = await listCards(app.db, { connectionId });
  const [connection] = await app.db.query<{ reason: string | null }>(
    'SELECT pause_reason AS reason FROM connections WHERE id = $1 AND paused_until > $2',
    [connectionId, now()],
  );
  const saw = [
    ...own.map((gap) => `not ${gap.step}: ${gap.reason}`),
    ...(connection?.reason ? [`connection paused: ${connection.reason}`] : []),
    ...cards.map((card) => `card *${card.kind}*: ${card.plain}`),
  ];
  const steps = [...own.map((gap) => gap.nextStep), ...cards.map((card) => card.nextStep)];
  const nextStep = [...new Set(steps.filter((step) => step !== null))].join(' ');
  return {
    saw: withoutIds(saw.join('<br>'), crm.ids) || 'nothing: it was over at once',
    nextStep: withoutIds(nextStep, crm.ids) || 'none: it retries by itself',
  };
}

function whatWasDone(seen: Seen, ended: Seen, lookedUp: boolean): string {
  const waits = seen.waitsMs === null ? [] : [`tried again after ${about(seen.waitsMs)}`];
  const did = {
    parked: ['set the deal aside for a person, the others went on'],
    tombstone: ['marked the deal as deleted in the CRM'],
  }[seen.state] ?? [
    ...(seen.pausedMs === null ? [] : [`paused the connection for ${about(seen.pausedMs)}`]),
    ...(lookedUp && seen.suspect ? ['looked for the record by our key before writing again'] : []),
    ...waits,
  ];
  if (did.length > 0) return did.join('; ');
  return ended.state === 'mirrored' ? 'went on within the same call' : ended.state;
}

/** Waits are random within bounds, so they are told by their order only. */
function about(ms: number): string {
  if (ms < 10_000) return 'seconds';
  if (ms <= 75_000) return 'a minute';
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 3_600_000)} hours`;
}

async function inTheEnd(rehearsal: Rehearsal, dealId: string, ended: Seen): Promise<string> {
  const { app, admin, crm } = rehearsal;
  let how = 'by itself';
  if (ended.state === 'parked') {
    await redrive(app.db, { dealIds: [dealId] }, rehearsal.now());
    await settle(rehearsal, dealId);
    how = 'after a redrive';
  }
  const writes = await admin.writes(crm.deals.object);
  const created = writes.filter(({ op, fields }) => op === 'create' && fields[crm.deals.key] === dealId);
  if (ended.state === 'tombstone') return `not recreated (created ${created.length} ×)`;
  const rest = await look(rehearsal, dealId);
  return rest.state === 'mirrored' ? `mirrored ${how}, created ${created.length} ×` : rest.state;
}

/** Record ids differ from run to run. */
function withoutIds(text: string, ids: RegExp): string {
  return text
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replace(ids, '<id>')
    .replaceAll('|', '\\|');
}
