import { z } from 'zod';
import { startLocalCrms, type LocalCrms } from '../src/app/local-crms.ts';
import { crmAdmin, type EndpointCalls } from '../src/app/programme/crm-admin.ts';
import { inventPartners } from '../src/app/programme/invent-deals.ts';
import type { Vendor } from './options.ts';

export type CallsByEndpoint = Record<string, EndpointCalls>;

/** One local CRM in a process of its own, with the partners' accounts in it. */
export interface CrmUnderTest {
  vendor: Vendor;
  crms: LocalCrms;
  apiUrl: string;
  accessToken: string;
  /** Partner key → id of its account. */
  partnerAccounts: Record<string, string>;
  setLatency(ms: number): Promise<void>;
  /** Live records by object. */
  counts(): Promise<Record<string, number>>;
  /** Forgets the calls so far. */
  forgetCalls(): Promise<void>;
  calls(): Promise<CallsByEndpoint>;
  stop(): Promise<void>;
}

/**
 * HubSpot's rate limits are off: with them every run would take as long as 110 calls in ten seconds allow, whoever
 * makes them. Nothing else of the sandbox is relaxed.
 */
export async function startCrm(vendor: Vendor): Promise<CrmUnderTest> {
  const limits = vendor === 'hubspot' ? ['--hubspot-rate-limit', 'off'] : [];
  const running = await startLocalCrms({ extraArguments: ['--only', vendor, ...limits] });
  try {
    const { apiUrl, adminUrl, accessToken } = await addressOf(running.crms);
    const admin = crmAdmin(adminUrl);
    const get = async (path: string): Promise<unknown> => (await fetch(`${adminUrl}${path}`)).json();
    return {
      vendor,
      crms: running.crms,
      apiUrl,
      accessToken,
      partnerAccounts: await seedPartners(vendor, admin),
      setLatency: async (ms) => void (await admin.post('/latency', { ms })),
      counts: async () => z.record(z.string(), z.number()).parse(await get('/counts')),
      forgetCalls: () => admin.remove('/requests'),
      calls: () => admin.requestSummary(),
      stop: running.stop,
    };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function addressOf(
  crms: LocalCrms,
): Promise<{ apiUrl: string; adminUrl: string; accessToken: string }> {
  if (crms.salesforce) {
    const { adminUrl, credentials } = crms.salesforce;
    return { apiUrl: credentials.instanceUrl, adminUrl, accessToken: await salesforceToken(credentials) };
  }
  if (!crms.hubspot) throw new Error('no CRM was started');
  const { adminUrl, credentials } = crms.hubspot;
  return { apiUrl: credentials.baseUrl, adminUrl, accessToken: credentials.privateAppToken };
}

async function salesforceToken(
  credentials: NonNullable<LocalCrms['salesforce']>['credentials'],
): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
    refresh_token: credentials.refreshToken,
  });
  const answer = await fetch(`${credentials.loginUrl}/services/oauth2/token`, { method: 'POST', body });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

async function seedPartners(
  vendor: Vendor,
  admin: ReturnType<typeof crmAdmin>,
): Promise<Record<string, string>> {
  const partners = inventPartners();
  const ids =
    vendor === 'salesforce'
      ? await admin.seed(
          'Account',
          partners.map(({ name, domain }) => ({ Name: name, Website: `https://${domain}` })),
        )
      : await admin.seed(
          'companies',
          partners.map(({ name, domain }) => ({ name, domain })),
        );
  return Object.fromEntries(partners.map(({ key }, index) => [key, ids[index] ?? '']));
}
