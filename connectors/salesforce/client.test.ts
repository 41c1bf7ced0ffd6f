import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import type { PushRequest } from '../../src/crm/connector.ts';
import { within } from '../../test/salesforce/open-org.ts';
import {
  json,
  scriptedServer,
  token,
  tokenPath,
  type ScriptedServer,
} from '../../test/salesforce/scripted-server.ts';

const records = [
  { key: 'a', fields: {} },
  { key: 'b', fields: {} },
];
const write: PushRequest = {
  kind: 'deal',
  object: 'Opportunity',
  keyField: 'Key__c',
  operation: 'upsert',
  records,
};

async function orgThat(answers: (response: ServerResponse, url: string) => void): Promise<ScriptedServer> {
  return scriptedServer((request, response, url) => {
    if (request.url === tokenPath) token(response, { instance_url: url });
    else answers(response, url);
  });
}

describe('an answer that is not what it should be', () => {
  const broken: [string, (response: ServerResponse) => void][] = [
    [
      'a page of HTML with status 200',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    ],
    [
      'JSON cut off in the middle',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[{"id":'),
    ],
    [
      'fewer results than records',
      (response) => json(response, [{ id: '006A', success: true, created: true, errors: [] }]),
    ],
    ['nothing at all', (response) => response.writeHead(204).end()],
  ];

  it.each(broken)('%s leaves a write open', async (_what, answers) => {
    const org = await orgThat(answers);
    await expect(org.connector.push(write, within())).rejects.toMatchObject({
      kind: 'ambiguous',
      name: 'SyncError',
    });
    await org.close();
  });

  it.each(broken)('%s is worth asking again when reading', async (_what, answers) => {
    const org = await orgThat(answers);
    const reading = org.connector.readDeals('Opportunity', ['006A', '006B'], [], within());
    await expect(reading).rejects.toMatchObject({ kind: 'unavailable', name: 'SyncError' });
    await org.close();
  });

  it('that stops half-way holds nobody beyond the deadline', async () => {
    const org = await orgThat((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('[{"id":');
    });
    const began = performance.now();
    await expect(org.connector.push(write, within(300))).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(performance.now() - began).toBeLessThan(5000);
    await org.close();
  });

  it('that redirects is not followed: the token would go along', async () => {
    const org = await orgThat((response, url) =>
      response.writeHead(302, { location: `${url}/elsewhere` }).end(),
    );
    await expect(org.connector.stages(within())).rejects.toMatchObject({ kind: 'unavailable' });
    expect(org.asked.some((path) => path.includes('elsewhere'))).toBe(false);
    await org.close();
  });
});
