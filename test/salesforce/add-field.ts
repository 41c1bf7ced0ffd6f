import { Connection } from 'jsforce';
import type { TestOrg } from './open-org.ts';

/** What an administrator does in Setup: a text field that every new record must fill. */
export async function demandField({ sandbox }: TestOrg, fullName: string): Promise<void> {
  const { clientId, clientSecret } = sandbox.credentials;
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const answer = await fetch(`${sandbox.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token: accessToken } = (await answer.json()) as { access_token: string };
  const connection = new Connection({ instanceUrl: sandbox.url, accessToken, version: '62.0' });
  const field = { fullName, label: fullName, type: 'Text', length: 80, required: true };
  const result = await connection.metadata.create('CustomField', field as never);
  if (!('success' in result) || !result.success) throw new Error(JSON.stringify(result));
}
