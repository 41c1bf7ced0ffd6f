import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from 'jsforce';
import { openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';

let org: OpenOrg;
beforeAll(async () => {
  org = await openOrg();
});
afterAll(() => org.close());

function connection(version = '60.0'): Connection {
  return new Connection({ loginUrl: org.sandbox.url, version });
}

async function send(
  path: string,
  body: string,
): Promise<{ status: number; text: string; type: string | null }> {
  const answer = await fetch(`${org.sandbox.url}/services/Soap/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'text/xml', soapaction: '""' },
    body,
  });
  return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') };
}

function envelope(body: string, header = ''): string {
  return `<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:p="urn:partner.soap.sforce.com"><e:Header>${header}</e:Header><e:Body>${body}</e:Body></e:Envelope>`;
}

describe('logging in through SOAP', () => {
  it('gives jsforce a session that works until it logs out', async () => {
    const own = connection();
    const { username, password, organizationId } = org.sandbox.credentials;
    const user = await own.login(username, password);
    expect(user.organizationId).toBe(organizationId);
    expect(own.instanceUrl).toBe(org.sandbox.url);
    expect((await own.query('SELECT Id FROM User')).totalSize).toBe(2);
    expect(await own.soap.getUserInfo()).toMatchObject({ userName: username, organizationId });
    const token = String(own.accessToken);
    await own.logout();
    const after = new Connection({ instanceUrl: org.sandbox.url, accessToken: token, version: '60.0' });
    await expect(after.query('SELECT Id FROM User')).rejects.toMatchObject({
      errorCode: 'INVALID_SESSION_ID',
    });
  });

  it('is refused for a wrong password, an unknown or an inactive user in the same words', async () => {
    const { username, password } = org.sandbox.credentials;
    const words = 'INVALID_LOGIN: Invalid username, password, security token; or user locked out.';
    await expect(connection().login(username, `${password}x`)).rejects.toThrow(words);
    await expect(connection().login('nobody & co', password)).rejects.toThrow(words);
    await org.admin('POST', '/users', { username, active: false });
    await expect(connection().login(username, password)).rejects.toThrow(words);
    await org.admin('POST', '/users', { username, active: true });
    await expect(connection().login(username.toUpperCase(), password)).resolves.toHaveProperty('id');
  });

  it('is no longer offered by the versions that retired it', async () => {
    const { username, password } = org.sandbox.credentials;
    await expect(connection('65.0').login(username, password)).rejects.toThrow('INVALID_OPERATION');
  });

  it('answers in the namespace of the API that was called, as text/xml', async () => {
    const { username, password } = org.sandbox.credentials;
    const login = `<p:login><p:username>${username}</p:username><p:password>${password}</p:password></p:login>`;
    const partner = await send('u/60.0', envelope(login));
    expect(partner).toMatchObject({ status: 200, type: 'text/xml; charset=utf-8' });
    expect(partner.text).toContain('xmlns="urn:partner.soap.sforce.com"');
    expect((await send('c/60.0', envelope(login))).text).toContain('xmlns="urn:enterprise.soap.sforce.com"');
  });
});

describe('a SOAP request', () => {
  it('with a dead session gets the fault that clients refresh on', async () => {
    const header = '<p:SessionHeader><p:sessionId>dead</p:sessionId></p:SessionHeader>';
    const { status, text } = await send('u/60.0/00D000000000001', envelope('<p:getUserInfo/>', header));
    expect(status).toBe(500);
    expect(text).toContain('<faultcode>sf:INVALID_SESSION_ID</faultcode>');
    expect(text).toContain('<sf:exceptionCode>INVALID_SESSION_ID</sf:exceptionCode>');
  });

  it.each([
    ['that is no XML', '<a>'],
    ['without a body', '<Envelope/>'],
    ['that brings its own entities', `<!DOCTYPE a [<!ENTITY b "c">]>${envelope('<p:login/>')}`],
    ['for an operation that does not exist', envelope('<p:dance/>')],
  ])('%s is the client’s fault', async (_what, body) => {
    const { status, text } = await send('u/60.0', body);
    expect(status).toBe(500);
    expect(text).toContain('<faultcode>soapenv:Client</faultcode>');
  });

  it('to a version or an API that does not exist goes nowhere', async () => {
    expect((await send('u/12.0', envelope('<p:login/>'))).text).toContain('UNSUPPORTED_API_VERSION');
    expect((await send('z/60.0', envelope('<p:login/>'))).status).toBe(404);
  });
});
