import { z } from 'zod';
import { AdminError, type SandboxAdapter } from '../../admin/adapter.ts';
import { STORM, stormRules } from '../../faults/storm.ts';
import { OBJECT_TYPES } from '../portal/object-types.ts';
import type { Sandbox } from '../sandbox.ts';
import { buildSubscriptions, webhookSettingsSchema } from '../webhooks/subscriptions.ts';
import { workflowsSchema } from '../automation/workflows.ts';
import { presentDealRow, presentForAdmin } from './present-record.ts';
import { playRep, typeNamed } from './rep-play.ts';
import { linkWithSalesforce, salesforceSyncSchema } from './salesforce-sync.ts';
import { seedRecords } from './seed-records.ts';
import { restoredPropertySchema, restoreProperty } from './restore-property.ts';
import { changeStage, stageChangeSchema } from './change-stage.ts';

const limitsSchema = z.object({
  burst: z.number().int().min(1).optional(),
  windowMs: z.number().int().min(1).optional(),
  daily: z.number().int().min(0).optional(),
});

/** Which currencies an admin switched on; forgotten with the process. */
const currenciesSchema = z.object({ enabled: z.array(z.string().regex(/^[A-Z]{3}$/)) });

/** What the admin port needs to know of this vendor. */
export function createAdapter(sandbox: Sandbox): SandboxAdapter {
  const { ledger, clock, writes, requests, faults, url } = sandbox;
  return {
    vendor: 'hubspot',
    url,
    clock,
    writes,
    requests,
    faults,
    // HubSpot documents no per-item error that may simply be sent again, so the storm has none.
    faultPresets: {
      storm: {
        about: STORM,
        rules: () => stormRules({ rateLimit: { status: 429, code: 'TEN_SECONDLY_ROLLING' } }),
      },
    },
    counts: () =>
      Object.fromEntries(OBJECT_TYPES.map(({ id, plural }) => [plural, ledger.stores[id].count()])),
    records: (object, { limit, offset }) =>
      [...ledger.stores[typeNamed(object).id].all()]
        .slice(offset, offset + limit)
        .map((record) => presentForAdmin(sandbox, record)),
    record(object, id) {
      const record = ledger.stores[typeNamed(object).id].get(id);
      return record && presentForAdmin(sandbox, record);
    },
    seed: (object, records) => seedRecords(sandbox, object, records),
    play: (play) => playRep(sandbox, play),
    setLatency(ms) {
      sandbox.latencyMs = ms;
    },
    revokeTokens: () => sandbox.tokens.revokeAll(),
    deals: (limit) =>
      [...ledger.stores['0-3'].all()]
        .slice(-limit)
        .reverse()
        .map((deal) => presentDealRow(sandbox, deal)),
    routes: {
      'POST /webhooks': (body) => setWebhooks(sandbox, body),
      'GET /webhooks': () => ({ ...sandbox.webhooks.settings(), ...sandbox.webhooks.stats() }),
      'POST /salesforce-sync': (body) => linkWithSalesforce(sandbox, parse(salesforceSyncSchema, body)),
      'POST /workflows': (body) => {
        sandbox.workflows.set(parse(workflowsSchema, body));
        return sandbox.workflows.list();
      },
      'GET /workflows': () => sandbox.workflows.list(),
      'POST /currencies': (body) => {
        const { enabled } = parse(currenciesSchema, body);
        const { portal } = sandbox;
        portal.additionalCurrencies = enabled.filter((code) => code !== portal.companyCurrency);
        return { companyCurrency: portal.companyCurrency, additionalCurrencies: portal.additionalCurrencies };
      },
      'POST /stages': (body) => changeStage(sandbox, parse(stageChangeSchema, body)),
      'POST /properties/restore': (body) => restoreProperty(sandbox, parse(restoredPropertySchema, body)),
      'POST /uninstall': () => {
        sandbox.tokens.uninstall();
        sandbox.webhooksJournal.uninstalled();
        return { ok: true };
      },
      'POST /limits': (body) => {
        sandbox.limits.change(parse(limitsSchema, body));
        return { ok: true };
      },
    },
  };
}

function setWebhooks(sandbox: Sandbox, body: unknown): unknown {
  const wanted = parse(webhookSettingsSchema, body);
  const targetUrl = wanted.targetUrl === '' ? undefined : wanted.targetUrl;
  const subscriptions = buildSubscriptions(wanted.subscriptions);
  const { maxConcurrentRequests } = sandbox.webhooks.settings();
  sandbox.ledger.commitSetting({ kind: 'webhooks', targetUrl, subscriptions, maxConcurrentRequests });
  sandbox.webhooks.configure({ targetUrl, subscriptions, maxConcurrentRequests });
  return { targetUrl, subscriptions };
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new AdminError(400, z.prettifyError(result.error));
  return result.data;
}
