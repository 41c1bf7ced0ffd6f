import { expect, it } from '@jest/globals';
import { coalesce } from './coalesce.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('runs once more, and only once, for all who asked while it ran', async () => {
  const ends: (() => void)[] = [];
  const ask = coalesce(
    () => new Promise<void>((resolve) => ends.push(resolve)),
    () => undefined,
  );
  for (let asked = 0; asked < 5; asked += 1) ask();
  expect(ends).toHaveLength(1);
  ends[0]?.();
  await settled();
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await settled();
  expect(ends).toHaveLength(2);
  ask();
  expect(ends).toHaveLength(3);
});

it('hands over what failed and goes on', async () => {
  const failures: unknown[] = [];
  const ask = coalesce(
    () => Promise.reject(new Error('no queue')),
    (error) => failures.push(error),
  );
  ask();
  await settled();
  ask();
  await settled();
  expect(failures).toHaveLength(2);
});

it('rests between runs where that is wished, and serves in one run all who asked meanwhile', async () => {
  let runs = 0;
  let rested = (): void => undefined;
  const ask = coalesce(
    () => {
      runs += 1;
      return Promise.resolve();
    },
    () => undefined,
    20,
    () => new Promise<void>((resolve) => (rested = resolve)),
  );
  ask();
  await settled();
  for (let asked = 0; asked < 5; asked += 1) ask();
  await settled();
  expect(runs).toBe(1);
  rested();
  await settled();
  expect(runs).toBe(2);
  rested();
  await settled();
  expect(runs).toBe(2);
  ask();
  expect(runs).toBe(3);
});

it('rests so long by itself, not holding the process', async () => {
  let runs = 0;
  let secondRan = (): void => undefined;
  const second = new Promise<void>((resolve) => (secondRan = resolve));
  const ask = coalesce(
    () => {
      runs += 1;
      if (runs === 2) secondRan();
      return Promise.resolve();
    },
    () => undefined,
    5,
  );
  ask();
  ask();
  // Something else has to hold it.
  const alive = setInterval(() => undefined, 1000);
  await second;
  clearInterval(alive);
  expect(runs).toBe(2);
});
