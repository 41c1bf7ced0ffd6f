/** The portal that the guide is followed in: nothing is prepared in it, but for what its reader does there by hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startHubspotSandbox } from '../../sandbox/hubspot/start.ts';
import { leadHubspotTo } from './hubspot-by-name.ts';

export interface NewcomersPortal {
  /** For the processes that follow the guide. */
  env: Record<string, string>;
  admin(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
  records(object: string): Promise<PortalRecord[]>;
  /** Names of the properties that an object has. */
  properties(object: string): Promise<string[]>;
  close(): Promise<void>;
}

export interface PortalRecord {
  id: string;
  properties: Record<string, string | null>;
  associations: Record<string, { id: string; typeIds: number[] }[]>;
}

/** @param variables of the guide's `.env` */
export async function openNewcomersPortal(
  variables: Readonly<Record<string, string>>,
  companies: readonly object[],
): Promise<NewcomersPortal> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tributary-portal-'));
  const credentials = {
    ...{ clientId: 'none', clientSecret: 'none', refreshToken: 'none', appId: 1, privateAppId: 2 },
    privateAppToken: variables['HUBSPOT_PRIVATE_APP_TOKEN'],
    portalId: Number(variables['HUBSPOT_PORTAL_ID']),
  };
  await writeFile(path.join(folder, 'credentials.json'), JSON.stringify(credentials));
  const sandbox = await startHubspotSandbox({ port: 0, preset: 'fresh', dataDir: folder, searchLagMs: 0 });
  const admin: NewcomersPortal['admin'] = async (method, rest, body) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(sandbox.adminUrl + rest, init);
    if (!answer.ok) throw new Error(`${method} ${rest}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  await admin('POST', '/seed', { object: 'companies', records: companies });
  const names = await leadHubspotTo(sandbox.url, folder);
  return {
    env: names.env,
    admin,
    records: async (object) => (await admin('GET', `/records/${object}?limit=1000`)) as PortalRecord[],
    properties: async (object) => {
      const headers = { authorization: `Bearer ${sandbox.credentials.privateAppToken}` };
      const answer = await fetch(`${sandbox.url}/crm/v3/properties/${object}`, { headers });
      return ((await answer.json()) as { results: { name: string }[] }).results.map(({ name }) => name);
    },
    async close() {
      await names.close();
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
