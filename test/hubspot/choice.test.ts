import { afterEach, expect, it } from '@jest/globals';
import { hubspot } from '../../connectors/hubspot/definition.ts';
import { forgetListening, readListening } from '../../src/observations/listening.ts';
import { listenToChanges } from '../../workers/listen-changes.ts';
import { until } from '../salesforce/open-org.ts';
import { connectPortal, type ConnectedPortal } from './connected-portal.ts';

let system: ConnectedPortal | undefined;
afterEach(async () => {
  await system?.close();
  system = undefined;
});

it('a connection that chose polls is polled more often, and no more once it chose webhooks again', async () => {
  system = await connectPortal({ notifications: 'poll' });
  const { db, connectionId, clock } = system;
  const stop = new AbortController();
  const running = listenToChanges(system.context(), connectionId, stop.signal);
  const listening = await until(
    () => readListening(db, connectionId),
    (known) => known !== null,
  );
  expect(listening?.mode).toBe('poll');
  stop.abort();
  await running;
  await forgetListening(db, [connectionId], clock.now());
  expect(await readListening(db, connectionId)).toBeNull();
}, 60_000);

it('only a connection that asks for changes itself is given a listener', () => {
  const listens = (notifications: string): boolean | undefined =>
    hubspot.listens?.(hubspot.settings.parse({ notifications }));
  expect(['webhook', 'journal', 'poll'].map(listens)).toEqual([false, true, true]);
});
