import { expect, it } from '@jest/globals';
import { hitTable, playDisturbed } from './disturbed-run.ts';
import { namedCrashPoints } from './named-points.ts';

const generousMs = 600_000;

it(
  'workers that sleep through their leases at every named point, and then go on, end where an undisturbed run ends',
  async () => {
    const undisturbed = await playDisturbed({ redis: null, workers: 1 });
    const points = await namedCrashPoints();
    const run = await playDisturbed({ redis: null, workers: 3, strike: { how: 'stop', at: points } });
    console.log(hitTable('SIGSTOP for longer than a lease, then SIGCONT', points, run));
    expect(points.filter((point) => !run.hit.has(point))).toEqual([]);
    expect({ restarts: run.restarts, unexplained: run.unexplained }).toEqual({
      restarts: 0,
      unexplained: [],
    });
    expect(run.end).toEqual(undisturbed.end);
  },
  generousMs,
);
