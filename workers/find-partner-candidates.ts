import type { MatchWanted } from '../src/crm/connector.ts';
import type { WiredConnection } from '../src/mapping/wired-connection.ts';
import { storeCandidates, unlinkedPartners, type UnlinkedPartner } from '../src/mirror/partner-links.ts';
import { companyDomain } from '../src/mirror/reference-keys.ts';
import { callTimeoutMs } from '../src/mirror/lease.ts';
import type { WorkerContext } from './context.ts';

/** Looks for the CRM account of partners nobody linked yet and stores the candidates; linking stays a person's decision. */
export async function findPartnerCandidates(
  context: WorkerContext,
  connection: WiredConnection,
): Promise<void> {
  const partners = await unlinkedPartners(context.db, connection.id, connection.capabilities.matchBatch);
  if (partners.length === 0) return;
  const { object, keyField } = connection.mapping.account;
  const deadline = Date.now() + callTimeoutMs;
  const found = await connection.connector.findMatches('account', object, keyField, partners.map(toWanted), {
    deadline,
  });
  const all = new Map(partners.map((partner) => [partner.partnerId, found.get(partner.partnerId) ?? []]));
  await storeCandidates(context.db, connection.id, all, context.clock.now());
}

function toWanted(partner: UnlinkedPartner): MatchWanted {
  const domain = companyDomain(partner.email?.split('@')[1] ?? null);
  return { key: partner.partnerId, name: partner.name, ...(domain ? { domain } : {}) };
}
