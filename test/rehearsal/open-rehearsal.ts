import { randomUUID } from 'node:crypto';
import { saveConnections } from '../../src/app/connect-crms.ts';
import { openApplication, type Application } from '../../src/app/open-application.ts';
import { observingContext } from '../../src/app/start-workers.ts';
import { crmAdmin, type CrmAdmin } from '../../src/app/programme/crm-admin.ts';
import { desireMirrors } from '../../src/mirror/desire.ts';
import { loadConfig } from '../../src/platform/config/config.ts';
import { newEncryptionKey } from '../../src/platform/crypto/keyring.ts';
import { checkLogin } from '../../workers/check-login.ts';
import { drainConnection } from '../../workers/drain-connection.ts';
import { observeRecords } from '../../workers/observe-records.ts';
import type { ObservingContext } from '../../workers/context.ts';
import { addDealRows, addPartnerRow, linkPartner } from '../fixtures/rows.ts';
import { createTestDatabase } from '../services/database.ts';
import type { RehearsedCrm } from './rehearsed-crm.ts';
import { salesforceCrm } from './salesforce-crm.ts';

const publicUrl = 'https://tributary.example';

/** The engine's real workers on a real org, driven step by step; only the waiting between two steps is skipped. */
export interface Rehearsal {
  crm: RehearsedCrm;
  connectionId: string;
  app: Application;
  admin: CrmAdmin;
  adminUrl: string;
  /** What the workers are given. */
  context: ObservingContext;
  /** One step of everything that is due: looking at a refused login, writing, then reading back. */
  step(): Promise<void>;
  /** Skips time to this instant. */
  skipTo(instant: Date): void;
  now(): Date;
  /** A deal of a customer who is in the org already, so that its opportunity is the next thing written. */
  addDeal(name: string): Promise<string>;
  /** Its partner changes its name: the next write is an update. */
  renameDeal(dealId: string, name: string): Promise<void>;
  /** Logs out, so that the next call has to log in. */
  endSession(): Promise<void>;
  close(): Promise<void>;
}

export async function openRehearsal(start = salesforceCrm): Promise<Rehearsal> {
  const closing: (() => Promise<unknown>)[] = [];
  const database = await createTestDatabase();
  closing.push(database.drop);
  const crm = await start();
  closing.push(() => crm.close());
  const connectionId = crm.connection.id;
  let skipped = 0;
  const now = (): Date => new Date(Date.now() + skipped);
  const app = await openApplication({ config: configOf(database.url), name: 'error-table', clock: { now } });
  closing.push(app.close);
  await saveConnections(app, [crm.connection]);
  const admin = crmAdmin(crm.adminUrl);
  const [partnerAccount = ''] = await admin.seed(crm.accounts.object, [
    { [crm.accounts.name]: 'Northwind Advisory' },
  ]);
  const partner = await addPartnerRow(app.db);
  await linkPartner(app.db, partner, connectionId, partnerAccount);
  const context = contextOf(app);

  async function desire(dealIds: readonly string[]): Promise<void> {
    await app.db.transaction((tx) => desireMirrors(tx, dealIds, 'record', now()));
  }

  return {
    crm,
    connectionId,
    app,
    admin,
    adminUrl: crm.adminUrl,
    context,
    now,
    skipTo(instant) {
      skipped += Math.max(0, instant.getTime() - now().getTime());
    },
    async step() {
      await freeCallTurns(app);
      if (await isLoginInQuestion(app)) await checkLogin(context, { connectionId });
      await drainConnection(context, { connectionId });
      await observeRecords(context, { connectionId });
    },
    async addDeal(name) {
      const ids = await addDealRows(app.db, partner, 1, () => ({
        name,
        source_ref: randomUUID(),
        currency: 'USD',
        crm_of_record: connectionId,
        expected_close_date: '2027-03-31',
      }));
      await desire(ids);
      return ids[0] ?? '';
    },
    async renameDeal(dealId, name) {
      await app.db.query('UPDATE deals SET name = $2, version = version + 1 WHERE id = $1', [dealId, name]);
      await desire([dealId]);
    },
    endSession: async () => void (await admin.post('/revoke-tokens', {})),
    close: async () => {
      for (const one of closing.splice(0).reverse()) await one();
    },
  };
}

/**
 * One deal after the other without a rest is more than a portal allows. Its turns are of the database's clock, which cannot be
 * skipped: without this, a quick machine would see waits for a turn that a slow one does not.
 */
async function freeCallTurns({ db }: Application): Promise<void> {
  await db.query("UPDATE call_turns SET free_at = '-infinity', taken_at = '-infinity'");
}

/** What the sweeper would wake: nothing else asks a login that was refused again. */
async function isLoginInQuestion({ db }: Application): Promise<boolean> {
  const rows = await db.query(
    'SELECT 1 FROM connections WHERE login_refused_since IS NOT NULL OR login_trial_until IS NOT NULL',
  );
  return rows.length > 0;
}

function configOf(databaseUrl: string): ReturnType<typeof loadConfig> {
  const key = newEncryptionKey('first');
  return loadConfig({
    DATABASE_URL: databaseUrl,
    TRIBUTARY_API_KEYS: `prm:${randomUUID()}`,
    TRIBUTARY_ENCRYPTION_KEYS: `${key.id}:${key.key}`,
    TRIBUTARY_LOG_LEVEL: 'silent',
    TRIBUTARY_PUBLIC_URL: publicUrl,
  });
}

/** Nobody has to be woken: the steps are taken by hand. */
function contextOf(app: Application): ObservingContext {
  const queues = { wake: () => Promise.resolve() };
  return observingContext(app, { queues, publicUrl });
}
