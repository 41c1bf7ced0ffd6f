import { z } from 'zod';
import type { InventedDeal, InventedPartner } from './invent-deals.ts';

/** Drives Tributary as a PRM and a channel manager would: over HTTP with an API key, and believing only its answers. */
export interface TributaryClient {
  savePartner(partner: InventedPartner): Promise<void>;
  linkPartner(key: string, connection: string, crmId: string): Promise<void>;
  register(deal: InventedDeal): Promise<string>;
  approve(ids: readonly string[]): Promise<number>;
}

const Registered = z.object({ id: z.string() });
const Approved = z.object({ decided: z.number(), refused: z.array(z.unknown()) });

export function tributaryClient(url: string, apiKey: string): TributaryClient {
  const call = async (
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  return {
    savePartner: async ({ key, name, email, tier }) => {
      await call('PUT', `/v1/partners/${key}`, { name, email, tier, tierFrom: '2026-01-01' });
    },
    linkPartner: async (key, connection, crmId) => {
      await call('PUT', `/v1/partners/${key}/links/${connection}`, { crmId, by: 'demo channel manager' });
    },
    register: async (deal) =>
      Registered.parse(await call('POST', '/v1/deals', deal, { 'idempotency-key': deal.ref })).id,
    approve: async (ids) => {
      const answer = Approved.parse(
        await call('POST', '/v1/deals/approve', { ids, by: 'demo channel manager' }),
      );
      if (answer.refused.length > 0)
        throw new Error(`approvals were refused: ${JSON.stringify(answer.refused[0])}`);
      return answer.decided;
    },
  };
}
