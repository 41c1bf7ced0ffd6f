import { randomFillSync } from 'node:crypto';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';

let lastMs = 0;
let counter = 0;

/**
 * A UUID version 7 (RFC 9562): the first 48 bits are the time in milliseconds, so that rows made together lie
 * together in an index. Ids made by one process in the same millisecond sort in the order they were made, by a
 * counter in the 12 bits after the version; 62 bits are random.
 */
export function newId(clock: Clock = systemClock): string {
  const bytes = randomFillSync(new Uint8Array(16));
  const ms = clock.now().getTime();
  if (ms === lastMs) counter += 1;
  else {
    lastMs = ms;
    // Starting low leaves room to count up within the millisecond.
    counter = (((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0)) & 0x3ff;
  }
  // Beyond 12 bits the count carries into the time: still in order, a millisecond early.
  const time = BigInt(ms) + BigInt(counter >> 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Number(time >> 16n));
  view.setUint16(4, Number(time & 0xffffn));
  view.setUint16(6, 0x7000 | (counter & 0xfff));
  view.setUint8(8, 0x80 | ((bytes[8] ?? 0) & 0x3f));
  const hex = Buffer.from(bytes.buffer).toString('hex');
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-');
}
