import { mappingOf } from './configuration/choose-mapping.ts';
import { listConnections } from './connection-store.ts';
import type { Application } from './open-application.ts';

/** Where a person opens a record of this kind in the CRM's own pages; null when the CRM or the kind is not known. */
export type RecordAddress = (connectionId: string, kind: 'deal' | 'lead', crmId: string) => string | null;

export async function recordAddresses(
  app: Pick<Application, 'db' | 'definitions' | 'config'>,
): Promise<RecordAddress> {
  const known = new Map<string, (kind: 'deal' | 'lead', crmId: string) => string | null>();
  for (const row of await listConnections(app.db)) {
    const definition = app.definitions.find(({ vendor }) => vendor === row.vendor);
    if (!definition) continue;
    const settings = definition.settings.parse(row.settings);
    const mapping = await mappingOf(app.db, row, app.config.mappingDir);
    known.set(row.id, (kind, crmId) => {
      const object = mapping[kind]?.object;
      return object === undefined ? null : definition.recordUrl(settings, object, crmId);
    });
  }
  return (connectionId, kind, crmId) => known.get(connectionId)?.(kind, crmId) ?? null;
}
