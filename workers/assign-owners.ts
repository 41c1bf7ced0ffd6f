import type { Owner, OwnersFound } from '../src/crm/owners.ts';
import { ownersNamed, type OwnerSection } from '../src/mapping/sections/owner.ts';
import { callDeadline } from '../src/mirror/lease.ts';
import { takeTurns } from '../src/mirror/owner-turns.ts';
import { closeCards, openCard } from '../src/platform/cards/cards.ts';
import { asCallError, failItems } from './deal-outcomes.ts';
import { inBatches } from './may-go-on.ts';
import { waiting, type MirrorBatch, type MirrorItem } from './mirror-batch.ts';

type Rule = Exclude<OwnerSection, { rule: 'integration-user' }>;

/**
 * Names the owner of each deal that is about to be created, by the mapping's rule. A deal that is there already is never given
 * an owner: the org's own assignment rules and its people decide from then on.
 */
export async function assignOwners(batch: MirrorBatch): Promise<void> {
  const { connection } = batch;
  const rule = connection.mapping.owner;
  const field = connection.mapping.deal.read.find((row) => row.to === 'owner')?.from;
  if (rule === undefined || rule.rule === 'integration-user' || field === undefined) return;
  const items = waiting(batch).filter((item) => item.crmId === null && item.view.recordKind === 'deal');
  for (const part of inBatches(items, connection.capabilities.matchBatch))
    await assignPart(batch, rule, field, part);
}

async function assignPart(
  batch: MirrorBatch,
  rule: Rule,
  field: string,
  items: readonly MirrorItem[],
): Promise<void> {
  const { connection, claim } = batch;
  if (items.length === 0 || connection.connector.readOwners === undefined) return;
  let found: OwnersFound;
  try {
    found = await connection.connector.readOwners(
      {
        object: connection.mapping.account.object,
        accountIds: accountsAsked(rule, items),
        usernames: ownersNamed(rule),
        ...(rule.rule === 'territory' && typeof rule.by === 'object'
          ? { accountField: rule.by.accountField }
          : {}),
      },
      { deadline: callDeadline(claim.lease) },
    );
  } catch (error) {
    await failItems(batch, items, asCallError(error, 'lookup', connection.vendor));
    return;
  }
  await tellOfLeavers(batch, rule, found);
  const owners = await chooseOwners(batch, rule, found, items);
  for (const item of items) {
    const owner = owners.get(item.mirror.dealId);
    if (owner !== undefined) item.fields = { ...item.fields, [field]: owner.id };
  }
}

function accountsAsked(rule: Rule, items: readonly MirrorItem[]): string[] {
  const isAsked = rule.rule === 'account-owner' || (rule.rule === 'territory' && typeof rule.by === 'object');
  return isAsked ? items.flatMap(({ view }) => (view.accountId === null ? [] : [view.accountId])) : [];
}

async function chooseOwners(
  batch: MirrorBatch,
  rule: Rule,
  found: OwnersFound,
  items: readonly MirrorItem[],
): Promise<ReadonlyMap<string, Owner>> {
  const active = (username: string): Owner | undefined => {
    const user = found.users.get(username);
    return user?.active ? user : undefined;
  };
  const fallback = rule.fallback === 'integration-user' ? undefined : active(rule.fallback);
  const turns =
    rule.rule === 'round-robin' ? await turnsOf(batch, rule.users.filter(active), items) : new Map();
  return new Map(
    items.flatMap((item) => {
      const owner = ownerOf(rule, found, item, active, turns) ?? fallback;
      return owner === undefined ? [] : [[item.mirror.dealId, owner] as const];
    }),
  );
}

async function turnsOf(
  { context, connection }: MirrorBatch,
  users: readonly string[],
  items: readonly MirrorItem[],
): Promise<ReadonlyMap<string, string>> {
  if (users.length === 0) return new Map();
  const ids = items.map(({ mirror }) => mirror.dealId);
  return takeTurns(context.db, connection.id, ids, users, context.clock.now());
}

function ownerOf(
  rule: Rule,
  found: OwnersFound,
  { mirror, view }: MirrorItem,
  active: (username: string) => Owner | undefined,
  turns: ReadonlyMap<string, string>,
): Owner | undefined {
  const account = view.accountId === null ? undefined : found.accounts.get(view.accountId);
  switch (rule.rule) {
    case 'account-owner':
      // An account of ours is owned by whoever made it, which says nothing about who sells to it.
      return account?.owner?.active && !account.owner.ours ? account.owner : undefined;
    case 'round-robin':
      return active(turns.get(mirror.dealId) ?? '');
    case 'territory': {
      const value = typeof rule.by === 'string' ? view.view[rule.by] : account?.field;
      const username = Object.entries(rule.owners).find(([key]) => sameWord(key, String(value ?? '')))?.[1];
      return username === undefined ? undefined : active(username);
    }
  }
}

function sameWord(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** Somebody who has left gets no deal; that the rule still names them is for a person to mend. */
async function tellOfLeavers(
  { context, connection }: MirrorBatch,
  rule: Rule,
  found: OwnersFound,
): Promise<void> {
  const now = context.clock.now();
  for (const username of ownersNamed(rule)) {
    const card = { connectionId: connection.id, kind: 'owner-inactive', subject: username };
    if (found.users.get(username)?.active) {
      await closeCards(context.db, card, now);
      continue;
    }
    const plain = `The rule for owners names ${username}, who is no active user of the CRM: deals go to the next one, or to the fallback.`;
    await openCard(
      context.db,
      { ...card, plain, nextStep: 'Change "owner" in the mapping, or activate the user.' },
      now,
    );
  }
}
