import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { deal, openOrg, type OpenOrg } from '../../../test/sandbox/salesforce-org.ts';
import { listen, until, type Listener } from '../../../test/sandbox/event-listeners.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'tributary-events-'));
const opened: OpenOrg[] = [];
afterEach(async () => {
  for (const org of opened.splice(0)) await org.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(settings = {}): Promise<OpenOrg> {
  const org = await openOrg({ dataDir, settings });
  opened.push(org);
  return org;
}

/** Ends the streams first: this client's close() leaves them open. */
async function stop(org: OpenOrg, ...heard: Listener[]): Promise<void> {
  await org.admin('POST', '/streams', {});
  for (const one of heard) one.close();
  await org.close();
  opened.splice(opened.indexOf(org), 1);
}

async function write(org: OpenOrg, key: string): Promise<void> {
  await (await org.connect()).sobject('Opportunity').create(deal(key) as never);
}

function told(heard: Listener): unknown[] {
  return heard.events.map(({ id, replayId, schemaId, payload }) => ({ id, replayId, schemaId, payload }));
}

describe('a restarted org', () => {
  it('sends the same events under the same replay ids, and goes on from a position of before', async () => {
    const before = await start({ cdcOverflowThreshold: 1 });
    await write(before, 'a');
    await before.admin('POST', '/events', { changeType: 'GAP_UPDATE' });
    await write(before, 'b');
    // Long quiet: the keepalive's position is one that no event has.
    before.clock.advance(2 * 3600 * 1000);
    const quiet = await listen(before);
    before.clock.advance(270_000);
    await until(() => quiet.keepalives.length === 1);
    const first = await listen(before, { from: 'earliest' });
    await until(() => first.events.length === 3);
    await write(before, 'c');
    await until(() => first.events.length === 4);
    const [seen, position] = [told(first), quiet.keepalives[0] ?? 0];
    await stop(before, quiet, first);

    // Other switches now: what was published before stays what it was.
    const after = await start({ cdcOverflowThreshold: 0 });
    const again = await listen(after, { from: 'earliest' });
    const resumed = await listen(after, { from: position });
    await until(() => again.events.length === 4 && resumed.events.length === 1);
    expect(told(again)).toEqual(seen);
    expect(told(resumed)).toEqual(seen.slice(3));
    await write(after, 'd');
    await until(() => resumed.events.length === 2);
    expect(resumed.events[1]?.payload.ChangeEventHeader.changeType).toBe('GAP_OVERFLOW');
    await stop(after, again, resumed);
  });
});
