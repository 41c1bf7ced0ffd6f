import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { within } from '../../test/salesforce/open-org.ts';
import { json, scriptedServer, token, tokenPath } from '../../test/salesforce/scripted-server.ts';
import { authorization } from './authorize.ts';
import { Settings } from './settings.ts';

const answer = {
  app: { clientId: 'app' },
  redirectUri: 'http://localhost:1717/OauthRedirect',
  code: 'aPrx-code',
  verifier: 'v'.repeat(64),
  lasting: true,
};
const challenge = createHash('sha256').update(answer.verifier).digest('base64url');

describe('the address that a person opens', () => {
  it.each([
    'https://login.salesforce.com',
    'https://test.salesforce.com',
    'https://acme.my.salesforce.com',
    'https://acme--uat.sandbox.my.salesforce.com',
  ])('is at %s', (loginUrl) => {
    const url = authorization.ask(Settings.parse({ loginUrl }), {
      ...answer,
      state: 'state',
      challenge,
    });
    expect(new URL(url).origin).toBe(loginUrl);
    expect(url).not.toContain(answer.verifier);
  });

  it('asks for a lasting login only when one is to be kept', () => {
    const scope = (lasting: boolean) =>
      new URL(
        authorization.ask(Settings.parse({}), { ...answer, state: 's', challenge, lasting }),
      ).searchParams.get('scope');
    expect([scope(true), scope(false)]).toEqual(['api refresh_token', 'api']);
  });
});

describe('redeeming a code', () => {
  async function redeemFrom(more: (url: string) => object): Promise<{ error: unknown; asked: string[] }> {
    const server = await scriptedServer((_request, response, url) => token(response, more(url)));
    const settings = Settings.parse({ loginUrl: server.url, sandbox: true });
    const error: unknown = await authorization
      .redeem(settings, answer, within())
      .catch((thrown: unknown) => thrown);
    await server.close();
    return { error, asked: server.asked };
  }

  it('refuses a login that points to a host outside Salesforce, and sends nothing there', async () => {
    const { error, asked } = await redeemFrom(() => ({
      instance_url: 'https://salesforce.com.evil.example',
      refresh_token: 'refresh',
    }));
    expect(error).toMatchObject({ kind: 'auth-expired' });
    expect(String(error)).toContain('salesforce.com.evil.example');
    expect(asked).toEqual([tokenPath]);
  });

  it('says what the app lacks when no lasting login is granted', async () => {
    const { error } = await redeemFrom((url) => ({ instance_url: url }));
    expect(error).toMatchObject({
      kind: 'auth-expired',
      details: { nextStep: expect.stringContaining('refresh_token, offline_access') },
    });
  });

  it('leaks neither code nor verifier nor secret when it is refused', async () => {
    const server = await scriptedServer((_request, response) =>
      json(
        response,
        { error: 'invalid_grant', error_description: 'client_secret=s3cret code=aPrx-code refused' },
        400,
      ),
    );
    const settings = Settings.parse({ loginUrl: server.url, sandbox: true });
    const app = { clientId: 'app', clientSecret: 's3cret' };
    const error: unknown = await authorization
      .redeem(settings, { ...answer, app }, within())
      .catch((thrown: unknown) => thrown);
    await server.close();
    const said = JSON.stringify([error, String(error)]);
    for (const secret of ['s3cret', answer.code, answer.verifier]) expect(said).not.toContain(secret);
  });
});
