import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openOrg } from '../../test/sandbox/salesforce-org.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'org-settings-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('the switches of an org', () => {
  it('are read and changed on the admin port, one by one', async () => {
    const org = await openOrg({ settings: { lockHoldMs: 5 } });
    try {
      expect(await org.admin('GET', '/settings')).toMatchObject({ lockHoldMs: 5 });
      expect(await org.admin('PATCH', '/settings', { lockHoldMs: 7 })).toMatchObject({ lockHoldMs: 7 });
      for (const wrong of [{ lockHoldMs: -1 }, { nope: true }, 'text']) {
        const refused = await org.admin('PATCH', '/settings', wrong);
        expect(refused).toMatchObject({ error: expect.any(String) });
      }
      expect(await org.admin('GET', '/settings')).toMatchObject({ lockHoldMs: 7 });
    } finally {
      await org.close();
    }
  });

  it('are kept over a restart, unless the start names them', async () => {
    const first = await openOrg({ dataDir, settings: { lockHoldMs: 5 } });
    await first.admin('PATCH', '/settings', { lockHoldMs: 9 });
    await first.close();
    const second = await openOrg({ dataDir });
    expect(await second.admin('GET', '/settings')).toMatchObject({ lockHoldMs: 9 });
    await second.close();
    const third = await openOrg({ dataDir, settings: { lockHoldMs: 1 } });
    expect(await third.admin('GET', '/settings')).toMatchObject({ lockHoldMs: 1 });
    await third.close();
  });

  it('are refused at the start when one is unknown', async () => {
    await expect(openOrg({ settings: { nope: 1 } as never })).rejects.toThrow('nope');
  });
});
