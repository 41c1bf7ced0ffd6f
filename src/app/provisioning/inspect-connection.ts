import type { Inspection } from '../../crm/provisioning.ts';
import { needsOf } from '../../mapping/needs.ts';
import { callTimeoutMs } from '../../mirror/lease.ts';
import { mappingOf } from '../configuration/choose-mapping.ts';
import { loadCredentials, saveCredentials, type ConnectionRow } from '../connection-store.ts';
import type { Application } from '../open-application.ts';
import { webhookWish } from './connection-to-prepare.ts';

/** What the connection's own user lacks; [] where nothing, and where the vendor's connector does not look. */
export async function inspectConnection(
  app: Application,
  row: ConnectionRow,
): Promise<readonly Inspection[]> {
  const { db, keyring, clock, logger, config } = app;
  const definition = app.definitions.find((candidate) => candidate.vendor === row.vendor);
  if (!definition) return [];
  const connector = definition.open({
    connectionId: row.id,
    settings: definition.settings.parse(row.settings),
    credentials: definition.credentials.parse(await loadCredentials(db, keyring, row.id)),
    saveCredentials: (changed) => saveCredentials(db, keyring, row.id, changed, clock.now()),
    clock,
    log: logger.child({ connectionId: row.id }),
  });
  try {
    const needs = needsOf(await mappingOf(db, row, config.mappingDir));
    const found =
      (await connector.inspect?.(needs, {
        deadline: Date.now() + callTimeoutMs,
        webhooks: webhookWish(app, row.vendor),
        currencies: await currenciesOf(app),
      })) ?? [];
    return found.filter(({ ok }) => !ok);
  } finally {
    await connector.close();
  }
}

async function currenciesOf({ db }: Application): Promise<string[]> {
  const rows = await db.query<{ currency: string }>('SELECT DISTINCT currency FROM deals ORDER BY currency');
  return rows.map(({ currency }) => currency);
}
