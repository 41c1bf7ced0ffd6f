/** The spec check's own parts, on a spec of three lines: HubSpot's specs are not ours to keep, and no network is needed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { combineSpecs } from './combine-specs.ts';
import { describedBy } from './described-paths.ts';
import { EXCEPTIONS, type Exception } from './exceptions.ts';
import { findSpecs } from './find-specs.ts';
import { judge } from './judge.ts';
import type { TappedExchange } from './tap.ts';
import { readViolations } from './violations.ts';

let folder = '';
const deals = { folder: 'CRM/Deals', version: 'v3', alias: { spelled: '0-3', also: 'deals' } };
const owners = { folder: 'CRM/Owners', version: 'v3' };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tributary-specs-test-'));
  put('CRM/Deals/Rollouts/1/v3/deals.json', spec('/objects/0-3', 'old'));
  put('CRM/Deals/Rollouts/2/v3/A Collection.json', { info: {}, item: [] });
  put('CRM/Deals/Rollouts/2/v3/deals.json', spec('/objects/0-3/{dealId}', 'new'));
  put('CRM/Deals/Rollouts/2/2026-03/deals.json', spec('/objects/2026-03/0-3', 'dated'));
  put('CRM/Owners/Rollouts/3/v3/owners.json', spec('/owners', 'owner'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function put(path: string, content: object): void {
  const file = join(folder, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify(content));
}

function spec(path: string, title: string): object {
  const schema = { $ref: '#/components/schemas/Error' };
  const security = [{ oauth2: ['a'] }, { oauth2: ['b'] }];
  return {
    openapi: '3.0.1',
    paths: { [path]: { get: { operationId: 'read', security, responses: { default: { schema } } } } },
    components: { schemas: { Error: { title } }, securitySchemes: { oauth2: { type: 'oauth2' } } },
  };
}

describe('finding specs', () => {
  it('takes the rollout that went on to newer versions first, and only OpenAPI documents', () => {
    const files = findSpecs(folder, [deals]).map(({ file }) => file.slice(folder.length + 1));
    expect(files).toEqual(['CRM/Deals/Rollouts/2/v3/deals.json', 'CRM/Deals/Rollouts/1/v3/deals.json']);
  });

  it('names every API that has no spec in the folder', () => {
    const needed = [deals, { ...owners, version: '2026-03' }, { folder: 'CRM/Nothing', version: 'v3' }];
    expect(() => findSpecs(folder, needed)).toThrow(/CRM\/Owners 2026-03, CRM\/Nothing v3/);
  });
});

describe('one document of several specs', () => {
  it("keeps each spec's components apart, and knows a path by the vendor client's name too", () => {
    const combined = combineSpecs(findSpecs(folder, [deals, owners]));
    expect(Object.keys(combined.paths).toSorted()).toEqual([
      '/objects/0-3',
      '/objects/0-3/{dealId}',
      '/objects/deals',
      '/objects/deals/{dealId}',
      '/owners',
    ]);
    expect(combined.components['schemas']).toEqual({
      S0_Error: { title: 'new' },
      S1_Error: { title: 'old' },
      S2_Error: { title: 'owner' },
    });
    expect(combined.paths['/owners']).toEqual({
      get: {
        security: [{ oauth2: ['b'] }],
        responses: { default: { schema: { $ref: '#/components/schemas/S2_Error' } } },
      },
    });
    expect(combined.components['securitySchemes']).toHaveProperty('oauth2');
  });

  it('tells which calls it describes', () => {
    const described = describedBy(combineSpecs(findSpecs(folder, [deals, owners])).paths);
    expect(described('GET', '/objects/deals/17')).toBe(true);
    expect(described('POST', '/objects/deals/17')).toBe(false);
    expect(described('GET', '/objects/deals/17/more')).toBe(false);
  });
});

describe('judging', () => {
  const null17 = violation('response.body.results.17.properties.amount', 'must be string');
  const excuse: Exception = {
    name: 'nulls',
    reason: 'because',
    path: /^\/crm\//,
    status: [200],
    location: /properties\.\w+$/,
    message: /must be string/,
  };
  const anyPath = (): boolean => true;

  function violation(location: string, message: string): TappedExchange['violations'][number] {
    return { location, code: 'type', message };
  }

  function exchange(status: number, ...violations: TappedExchange['violations']): TappedExchange {
    return { method: 'GET', path: '/crm/v3/objects/deals/20000000001', status, violations };
  }

  it('lets pass what an exception excuses, and counts it', () => {
    const verdict = judge([exchange(200, null17), exchange(200, null17)], [excuse], anyPath);
    expect(verdict).toEqual({ findings: [], unused: [], excused: new Map([['nulls', 2]]) });
  });

  it('lists everything else once with its endpoint, side and number of times', () => {
    const wrong = violation('request.body.inputs.3', 'must have id');
    const { findings } = judge([exchange(400, null17, wrong), exchange(400, wrong)], [excuse], anyPath);
    expect(findings).toEqual([
      expect.objectContaining({ side: 'answer', location: 'response.body.results.N.properties.amount' }),
      {
        endpoint: 'GET /crm/v3/objects/deals/N 400',
        side: 'request',
        location: 'request.body.inputs.N',
        message: 'must have id',
        times: 2,
      },
    ]);
  });

  it('names an exception that nothing needs', () => {
    expect(judge([exchange(200)], [excuse], anyPath).unused).toEqual(['nulls']);
  });

  it('does not let a call pass that no spec describes', () => {
    const { findings } = judge([exchange(200)], [], () => false);
    expect(findings).toEqual([expect.objectContaining({ message: 'no spec describes this call' })]);
  });

  it('reads what the proxy calls errors out of its header, and nothing else', () => {
    const said = [
      { location: ['request', 'body'], severity: 'Error', code: 'required', message: 'a' },
      { location: ['request', 'query'], severity: 'Warning', code: 'x', message: 'b' },
      { severity: 'Error', message: 'c' },
    ];
    expect(readViolations(JSON.stringify(said))).toEqual([
      { location: 'request.body', code: 'required', message: 'a' },
      { location: '', code: '', message: 'c' },
    ]);
    expect(readViolations(undefined)).toEqual([]);
  });

  it('has a reason for every exception', () => {
    expect(EXCEPTIONS.filter(({ reason }) => reason.length < 20)).toEqual([]);
    expect(new Set(EXCEPTIONS.map(({ name }) => name)).size).toBe(EXCEPTIONS.length);
  });
});
