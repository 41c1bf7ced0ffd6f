import type { CommittedWrite, CrmRecord } from '../../src/app/programme/crm-admin.ts';
import { listDifferences } from '../../src/ownership/list-differences.ts';
import { received, type RunningSystem } from '../e2e/running-system.ts';
import { checkMoney } from './check-money.ts';
import type { KnownDeal } from './play-week.ts';
import { countBy, whatOwnersWrote } from './owners-values.ts';

export interface CheckedWeek {
  faults: string[];
  summary: Record<string, number>;
}

interface MirrorRow {
  deal_id: string;
  state: string;
  crm_id: string | null;
  error: string | null;
  next_step: string | null;
}

/** Compares the org's own journal and records with what partners and reps last wrote. */
export async function checkWeek(system: RunningSystem, known: readonly KnownDeal[]): Promise<CheckedWeek> {
  const admin = system.admin('salesforce');
  const [writes, records, mirrors] = await Promise.all([
    admin.writes('Opportunity'),
    admin.records('Opportunity'),
    system.db.query<MirrorRow>(
      `SELECT deal_id, state, crm_id, last_error->>'plain' AS error, last_error->>'nextStep' AS next_step
         FROM mirrors WHERE connection_id = 'salesforce'`,
    ),
  ]);
  // What somebody changes in the moment between our write and its reading back is the CRM's doing for us: listed, not undone.
  const told = new Set((await listDifferences(system.db, { limit: 10_000 })).map(({ dealId }) => dealId));
  const faults: string[] = [];
  const creates = countBy(
    writes.filter(({ op }) => op === 'create'),
    ({ fields }) => String(fields['Tributary_Deal_Id__c'] ?? ''),
  );
  const mirrorOf = new Map(mirrors.map((mirror) => [mirror.deal_id, mirror]));
  const recordOf = new Map(records.map((record) => [String(record['Id']), record]));
  const writesOf = groupById(writes);
  for (const deal of known) {
    const mirror = mirrorOf.get(deal.id);
    const made = creates.get(deal.id) ?? 0;
    if (made !== 1) faults.push(`${deal.facts.ref}: ${made} opportunities were created`);
    if (!mirror) faults.push(`${deal.facts.ref}: has no mirror`);
    else faults.push(...checkDeal(deal, mirror, recordOf, writesOf, told));
  }
  const money = await checkMoney(system, known, records, await received(system));
  return {
    faults: [...faults, ...money.faults],
    summary: {
      ...money.summary,
      'deals with a difference told of': told.size,
      deals: known.length,
      ...statesOf(mirrors),
    },
  };
}

function checkDeal(
  deal: KnownDeal,
  mirror: MirrorRow,
  recordOf: ReadonlyMap<string, CrmRecord>,
  writesOf: ReadonlyMap<string, readonly CommittedWrite[]>,
  told: ReadonlySet<string>,
): string[] {
  const record = recordOf.get(mirror.crm_id ?? '');
  const is = `${deal.facts.ref} (${mirror.state})`;
  if (!record)
    return mirror.state === 'tombstone' ? [] : [`${is}: its opportunity ${String(mirror.crm_id)} is deleted`];
  if (mirror.state === 'tombstone') return [`${is}: its opportunity is there`];
  if (mirror.state !== 'mirrored')
    return mirror.next_step === null ? [`${is}: waits without a next step: ${String(mirror.error)}`] : [];
  const wanted = {
    ...whatOwnersWrote(writesOf.get(mirror.crm_id ?? '') ?? []),
    Tributary_Deal_Id__c: deal.id,
    Tributary_Partner_Sourced__c: true,
  };
  return [
    ...Object.entries(wanted)
      .filter(([field, value]) => record[field] !== value)
      .map(
        ([field, value]) => `${is}: ${field} is ${String(record[field])}, its owner wrote ${String(value)}`,
      ),
    ...(record['Tributary_Partner__c'] || told.has(deal.id)
      ? []
      : [`${is}: the partner's name was cleared, and neither put back nor told of`]),
  ];
}

function groupById(writes: readonly CommittedWrite[]): Map<string, CommittedWrite[]> {
  const groups = new Map<string, CommittedWrite[]>();
  for (const write of writes) {
    const group = groups.get(write.id);
    if (group) group.push(write);
    else groups.set(write.id, [write]);
  }
  return groups;
}

function statesOf(mirrors: readonly MirrorRow[]): Record<string, number> {
  return Object.fromEntries(countBy(mirrors, ({ state }) => `deals ${state}`));
}
