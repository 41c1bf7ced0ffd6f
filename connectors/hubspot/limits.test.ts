import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startForTest, stopSandboxes, type TestSandbox } from '../../sandbox/hubspot/testing.ts';
import { NoTurn, type CallTurns, type CallWindow } from '../../src/crm/call-turns.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logging.ts';
import { HubspotSettings } from './config.ts';
import { hubspot } from './definition.ts';
import { openHubspot } from './open.ts';

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await startForTest({ privateAppBurst: 250 });
});
afterAll(() => stopSandboxes());

const within = () => ({ deadline: Date.now() + 30_000 });

function open(turns: CallTurns, settings: object = {}) {
  return openHubspot({
    connectionId: 'hubspot',
    settings: HubspotSettings.parse({ baseUrl: sandbox.url, sandbox: true, ...settings }),
    credentials: { accessToken: sandbox.credentials.privateAppToken },
    saveCredentials: () => Promise.resolve(),
    turns,
    clock: systemClock,
    log: silentLogger,
  });
}

/** Gives every turn, and notes what was asked for and how it ended. */
function recorder(): CallTurns & { asked: CallWindow[]; ended: string[] } {
  const asked: CallWindow[] = [];
  const ended: string[] = [];
  const take = (window: CallWindow) => {
    asked.push(window);
    return Promise.resolve({ end: (how: string) => void ended.push(how) });
  };
  return { asked, ended, take };
}

describe("HubSpot's limits", () => {
  it('are taken to be the smallest plan’s until an answer tells them', async () => {
    const turns = recorder();
    const connector = open(turns);
    await connector.vendorNow(within());
    await connector.vendorNow(within());
    expect(turns.asked).toMatchObject([
      { name: 'burst', max: 100, lengthMs: 10_000 },
      { name: 'burst', max: 250, lengthMs: 10_000 },
    ]);
    expect(turns.ended).toEqual(['answered', 'answered']);
    await connector.close();
  });

  it('leave others of the same app their share', async () => {
    const turns = recorder();
    const connector = open(turns, { callSharePercent: 40 });
    await connector.vendorNow(within());
    await connector.vendorNow(within());
    expect(turns.asked.map(({ max }) => max)).toEqual([40, 100]);
    await connector.close();
  });

  it('count searches apart, and fewer than the account may have', async () => {
    const turns = recorder();
    const connector = open(turns);
    const wanted = [{ key: 'domain:acme.example', name: 'Acme', domain: 'acme.example' }];
    const request = { kind: 'account' as const, object: 'companies', keyField: 'tributary_account_key' };
    await connector.findMatches({ ...request, wanted, fields: [] }, within());
    const searches = turns.asked.filter(({ name }) => name === 'search');
    expect(searches.length).toBeGreaterThan(0);
    expect(searches[0]).toMatchObject({ max: 4, lengthMs: 1000 });
    await connector.close();
  });

  it('let a hundred new customers be looked for in two searches, where their domains are known', async () => {
    const turns = recorder();
    const connector = open(turns);
    const wanted = Array.from({ length: 100 }, (_, index) => {
      const name = `Alder Logistics ${index}`;
      return {
        key: `k${index}`,
        name,
        spellings: [name, `${name} Inc`],
        domain: `alder-logistics-${index}.com`,
      };
    });
    const request = { kind: 'account' as const, object: 'companies', keyField: 'tributary_account_key' };
    await connector.findMatches({ ...request, wanted, fields: [] }, within());
    expect(turns.asked.filter(({ name }) => name === 'search')).toHaveLength(2);
    await connector.close();
  });

  it('are used with as many records a call as the settings say', () => {
    const settings = { baseUrl: sandbox.url, sandbox: true };
    const batchOf = (more: object) =>
      hubspot.capabilitiesOf?.(HubspotSettings.parse({ ...settings, ...more }));
    expect(batchOf({})).toMatchObject({ writeBatch: 100, linkBatch: 500 });
    expect(batchOf({ recordsPerCall: 10 })).toMatchObject({ writeBatch: 10, linkBatch: 50, matchBatch: 100 });
    expect(() => batchOf({ recordsPerCall: 101 })).toThrow('recordsPerCall');
  });

  it('hold a call back rather than break them, and say so', async () => {
    const connector = open({ take: () => Promise.reject(new NoTurn('burst')) });
    await expect(connector.vendorNow(within())).rejects.toMatchObject({ kind: 'rate-limited' });
    await expect(connector.vendorNow(within())).rejects.toThrow('nothing was sent');
    await connector.close();
  });

  it('count a call whose answer got lost, and not one that never left', async () => {
    const turns = recorder();
    const connector = open(turns, {});
    const lost = { fault: { kind: 'reset', at: 'after-commit' }, when: { times: 1 } };
    await sandbox.admin('POST', '/faults', { rules: [lost] });
    await expect(connector.vendorNow(within())).rejects.toMatchObject({ kind: 'unavailable' });
    await connector.close();
    expect(turns.ended).toEqual([]);
    const closed = openHubspot({
      connectionId: 'hubspot',
      settings: HubspotSettings.parse({ baseUrl: 'http://127.0.0.1:9', sandbox: true }),
      credentials: { accessToken: 'x' },
      saveCredentials: () => Promise.resolve(),
      turns,
      clock: systemClock,
      log: silentLogger,
    });
    await expect(closed.vendorNow(within())).rejects.toMatchObject({ kind: 'unavailable' });
    expect(turns.ended.at(-1)).toBe('never-sent');
    await closed.close();
  });
});
