/**
 * The org that a guide is followed in: empty, but for what its reader does there by hand. The app has the guide's consumer
 * key and knows the guide's certificate, the two users have the guide's names, and all of it is reached by Salesforce's names.
 */
import { createPublicKey } from 'node:crypto';
import { startSalesforceSandbox } from '../../sandbox/salesforce/start.ts';
import { certificateFor, leadNamesTo } from './salesforce-by-name.ts';

export interface Followed {
  /** The variables of the guide's `.env`. */
  variables: Readonly<Record<string, string>>;
  /** PEM, as the guide's key command made it. */
  appCertificate: string;
  administrator: string;
  /** Records that are there already, with their ids. */
  records: Readonly<Record<string, readonly object[]>>;
  /** A folder for what the processes have to read. */
  folder: string;
}

export interface NewcomersOrg {
  /** For the processes that follow the guide. */
  env: Record<string, string>;
  admin(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
  records(object: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

const pubsubAuthority = 'api.pubsub.salesforce.com:7443';

export async function openNewcomersOrg(followed: Followed): Promise<NewcomersOrg> {
  const { variables } = followed;
  const said = (name: string): string => {
    const value = variables[name];
    if (value === undefined) throw new Error(`the guide does not set ${name}`);
    return value;
  };
  const publicUrl = said('SALESFORCE_LOGIN_URL');
  const { hostname } = new URL(publicUrl);
  const certificate = await certificateFor([hostname, new URL(`https://${pubsubAuthority}`).hostname]);
  const sandbox = await startSalesforceSandbox({
    port: 0,
    preset: 'fresh',
    publicUrl,
    credentials: {
      organizationId: said('SALESFORCE_ORG_ID'),
      clientId: said('SALESFORCE_CLIENT_ID'),
      username: followed.administrator,
      publicKey: createPublicKey(followed.appCertificate).export({ type: 'spki', format: 'pem' }).toString(),
      tlsKey: certificate.key,
      tlsCertificate: certificate.certificate,
    },
  });
  const admin: NewcomersOrg['admin'] = async (method, path, body) => {
    const answer = await fetch(`${sandbox.adminUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  await admin('POST', '/users', {
    username: said('SALESFORCE_USERNAME'),
    profile: 'Minimum Access - API Only Integrations',
  });
  for (const [object, records] of Object.entries(followed.records))
    await admin('POST', '/seed', { object, records });
  const names = await leadNamesTo(
    {
      rest: { authority: `${hostname}:443`, url: sandbox.url },
      pubsub: { authority: pubsubAuthority, endpoint: sandbox.pubsubEndpoint },
      certificate,
    },
    followed.folder,
  );
  return {
    env: names.env,
    admin,
    records: async (object) => (await admin('GET', `/records/${object}`)) as Record<string, unknown>[],
    async close() {
      await names.close();
      await sandbox.close();
    },
  };
}
