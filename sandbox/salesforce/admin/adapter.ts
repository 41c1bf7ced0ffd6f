import { AdminError, type AdminRecord, type DealRow, type SandboxAdapter } from '../../admin/adapter.ts';
import { z } from 'zod';
import { eventRoutes } from '../events/event-admin.ts';
import { canonicalId } from '../ids.ts';
import { oauthAdminRoutes } from '../oauth/oauth-admin.ts';
import { limitSettingsSchema } from '../rest/api-limits.ts';
import { renderValue } from '../rest/render.ts';
import type { OrgSettings } from '../org-settings.ts';
import { dataPlayRoutes } from './data-plays.ts';
import { describedRoutes } from './described-routes.ts';
import type { Sandbox } from '../sandbox.ts';
import type { ObjectType } from '../schema/schema.ts';
import type { Row } from '../store/row.ts';
import type { Table } from '../store/table.ts';
import { FAULT_PRESETS } from './fault-presets.ts';
import { playAsRep } from './play.ts';
import { seedRecords } from './seed.ts';

/** Shows a Salesforce sandbox to the admin port. */
export function createSalesforceAdapter(sandbox: Sandbox): SandboxAdapter {
  return {
    vendor: 'salesforce',
    url: sandbox.url,
    clock: sandbox.clock,
    writes: sandbox.writes,
    requests: sandbox.requests,
    faults: sandbox.faults,
    faultPresets: FAULT_PRESETS,
    counts: () => counts(sandbox),
    records: (object, page) => listRecords(sandbox, object, page),
    record: (object, id) => readRecord(sandbox, object, id),
    seed: (object, records) => seedRecords(sandbox, tableOf(sandbox, object), records),
    play(play) {
      const { type, row } = playAsRep(sandbox, play);
      sandbox.journal.flush();
      return showRow(type, row);
    },
    setLatency(ms) {
      sandbox.latencyMs = ms;
    },
    revokeTokens: () => sandbox.sessions.revokeAll(),
    deals: (limit) => newestDeals(sandbox, limit),
    routes: describedRoutes({
      ...eventRoutes(sandbox),
      ...dataPlayRoutes(sandbox),
      ...oauthAdminRoutes(sandbox),
      'GET /settings': () => sandbox.settings.current,
      'PATCH /settings': (body) => changeSettings(sandbox, body),
      'GET /limits': () => ({ ...sandbox.limits.change({}), used: sandbox.limits.used() }),
      'POST /limits': (body) => {
        const limits = limitSettingsSchema.partial().safeParse(body);
        if (!limits.success) throw new AdminError(400, z.prettifyError(limits.error));
        const given = Object.entries(limits.data).filter(([, value]) => value !== undefined);
        return sandbox.limits.change(Object.fromEntries(given));
      },
    }),
  };
}

function changeSettings(sandbox: Sandbox, body: unknown): OrgSettings {
  try {
    const settings = sandbox.settings.change(body);
    sandbox.journal.flush();
    return settings;
  } catch (error) {
    if (error instanceof z.ZodError) throw new AdminError(400, z.prettifyError(error));
    throw error;
  }
}

function counts(sandbox: Sandbox): Record<string, number> {
  const shown = sandbox.org.preset.schema.objects.filter((type) => !type.definition.internal);
  return Object.fromEntries(shown.map((type) => [type.name, sandbox.org.table(type.name).liveCount()]));
}

function tableOf(sandbox: Sandbox, object: string): Table {
  const type = sandbox.org.preset.schema.object(object);
  if (type === undefined) throw new AdminError(404, `no object ${object}`);
  return sandbox.org.table(type.name);
}

function listRecords(
  sandbox: Sandbox,
  object: string,
  page: { limit: number; offset: number },
): AdminRecord[] {
  const table = tableOf(sandbox, object);
  const found: AdminRecord[] = [];
  let skipped = 0;
  for (const id of table.ids) {
    const row = table.get(id);
    if (row === undefined || row['IsDeleted'] === true) continue;
    if (skipped++ < page.offset) continue;
    if (found.length >= page.limit) break;
    found.push(showRow(table.type, row));
  }
  return found;
}

function readRecord(sandbox: Sandbox, object: string, id: string): AdminRecord | undefined {
  const table = tableOf(sandbox, object);
  const row = table.get(canonicalId(id) ?? '');
  return row === undefined ? undefined : showRow(table.type, row);
}

function showRow(type: ObjectType, row: Row): AdminRecord {
  return Object.fromEntries(type.fields.map((field) => [field.name, renderValue(field, row[field.name])]));
}

function newestDeals(sandbox: Sandbox, limit: number): DealRow[] {
  const table = sandbox.org.table('Opportunity');
  const deals: DealRow[] = [];
  for (let at = table.ids.length - 1; at >= 0 && deals.length < limit; at -= 1) {
    const row = table.get(table.ids[at] ?? '');
    if (row !== undefined && row['IsDeleted'] !== true) deals.push(dealRow(sandbox, row));
  }
  return deals;
}

function dealRow(sandbox: Sandbox, row: Row): DealRow {
  const account = sandbox.org.table('Account').get(String(row['AccountId']));
  const currency = row['CurrencyIsoCode'] === undefined ? '' : ` ${String(row['CurrencyIsoCode'])}`;
  return {
    id: String(row['Id']),
    name: String(row['Name']),
    account: String(account?.['Name'] ?? ''),
    sourcedBy: String(row['Tributary_Partner__c'] ?? ''),
    stage: String(row['StageName']),
    amount: row['Amount'] === undefined ? '' : `${String(row['Amount'])}${currency}`,
    closed: row['IsClosed'] === true,
  };
}
