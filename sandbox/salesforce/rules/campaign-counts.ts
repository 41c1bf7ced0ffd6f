import type { Org } from '../store/org.ts';
import type { Row, Values } from '../store/row.ts';
import type { Transaction } from '../store/transaction.ts';

/** What a row adds to its campaign's figures. */
export type CampaignShare = (row: Row) => Readonly<Record<string, number>>;

/** Moves what a row adds to its campaign from the old campaign to the new one; either row may be absent or deleted. */
export function moveShare(
  org: Org,
  transaction: Transaction,
  share: CampaignShare,
  after: Row | undefined,
  before: Row | undefined,
): void {
  if (after?.['CampaignId'] === undefined && before?.['CampaignId'] === undefined) return;
  const changes = new Map<string, Record<string, number>>();
  collect(changes, share, before, -1);
  collect(changes, share, after, 1);
  const campaigns = org.table('Campaign');
  for (const [id, added] of changes) {
    const campaign = campaigns.get(id);
    const moved = Object.entries(added).filter(([, amount]) => amount !== 0);
    if (campaign === undefined || campaign['IsDeleted'] === true || moved.length === 0) continue;
    const values: Values = {};
    for (const [name, amount] of moved) values[name] = Number(campaign[name] ?? 0) + amount;
    transaction.write({ type: campaigns.type, op: 'update', before: campaign, values, automation: true });
  }
}

function collect(
  changes: Map<string, Record<string, number>>,
  share: CampaignShare,
  row: Row | undefined,
  sign: number,
): void {
  const id = row?.['CampaignId'];
  if (row === undefined || typeof id !== 'string' || row['IsDeleted'] === true) return;
  const added = changes.get(id) ?? {};
  changes.set(id, added);
  for (const [name, amount] of Object.entries(share(row))) added[name] = (added[name] ?? 0) + sign * amount;
}
