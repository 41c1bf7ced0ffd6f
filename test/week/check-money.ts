import { Decimal } from 'decimal.js';
import type { CrmRecord } from '../../src/app/programme/crm-admin.ts';
import { expectedCommission, type ReceivedMessage } from '../../src/app/programme/count-outside.ts';
import type { RunningSystem } from '../e2e/running-system.ts';
import type { KnownDeal } from './play-week.ts';

interface EpochRow {
  deal_id: string;
  epoch: number;
  live: boolean;
  earns_nothing_because: string | null;
  net: string;
  /** Keys (partner, line, component) whose entries do not add up to nothing. */
  standing: number;
}

export interface CheckedMoney {
  faults: string[];
  summary: Record<string, number>;
}

/**
 * Every win of the org has exactly one commission that stands, of the amount the plan says; every win that ended has
 * none; and what the payout receiver took adds up to the same.
 */
export async function checkMoney(
  system: RunningSystem,
  known: readonly KnownDeal[],
  records: readonly CrmRecord[],
  messages: readonly ReceivedMessage[],
): Promise<CheckedMoney> {
  const epochs = await readEpochs(system);
  const paid = sumByDeal(messages.filter(({ type }) => type.startsWith('payout.')));
  const wonAmounts = new Map(
    records
      .filter((record) => record['IsWon'] === true)
      .map((record) => [String(record['Tributary_Deal_Id__c']), record['Amount']]),
  );
  const faults: string[] = [];
  for (const { id, facts } of known) {
    const own = epochs.filter((epoch) => epoch.deal_id === id);
    const live = own.filter((epoch) => epoch.live);
    const isWon = wonAmounts.has(id);
    if (live.length !== (isWon ? 1 : 0))
      faults.push(`${facts.ref}: ${live.length} live wins, in the org it is ${isWon ? '' : 'not '}won`);
    for (const epoch of own) {
      const standing = Number(epoch.standing);
      if (standing !== (epoch.live ? 1 : 0))
        faults.push(
          `${facts.ref}: win ${epoch.epoch} (live: ${String(epoch.live)}) has ${standing} commissions`,
        );
    }
    const wanted = isWon
      ? await expectedCommission(
          [{ id, deal: facts }],
          [{ crmId: '', dealId: id, amount: String(wonAmounts.get(id)), currency: 'USD', won: true }],
        )
      : {};
    const expected = new Decimal(wanted['USD'] ?? 0);
    const posted = own.reduce((sum, { net }) => sum.plus(new Decimal(net).dividedBy(100)), new Decimal(0));
    if (!posted.equals(expected))
      faults.push(`${facts.ref}: commission ${posted.toFixed(2)}, should be ${expected.toFixed(2)}`);
    const taken = paid.get(id) ?? new Decimal(0);
    if (!taken.equals(expected))
      faults.push(`${facts.ref}: paid ${taken.toFixed(2)}, should be ${expected.toFixed(2)}`);
  }
  return { faults, summary: { 'won epochs': epochs.length, 'live wins': wonAmounts.size } };
}

function readEpochs({ db }: RunningSystem): Promise<EpochRow[]> {
  return db.query<EpochRow>(
    `SELECT e.deal_id, e.epoch, e.live, e.earns_nothing_because, coalesce(sum(k.net), 0)::text AS net,
            count(k.net) FILTER (WHERE k.net <> 0)::int AS standing
       FROM won_epochs e
       LEFT JOIN (SELECT deal_id, epoch, sum(amount_minor) AS net FROM commission_entries
                   GROUP BY deal_id, epoch, partner_id, line, component) k
              ON k.deal_id = e.deal_id AND k.epoch = e.epoch
      GROUP BY e.deal_id, e.epoch`,
  );
}

function sumByDeal(messages: readonly ReceivedMessage[]): Map<string, Decimal> {
  const sums = new Map<string, Decimal>();
  for (const { dealId, amount } of messages)
    sums.set(dealId, (sums.get(dealId) ?? new Decimal(0)).plus(amount));
  return sums;
}
