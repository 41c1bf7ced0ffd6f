import type { Guard } from './guard.ts';

const limits = 'test/salesforce/limits.test.ts';
const locks = 'test/salesforce/lock-contention.test.ts';
const engine = 'test/salesforce/bulk-engine.test.ts';

export const guards: readonly Guard[] = [
  {
    never: 'A bulk job is never completed once everything was stopped.',
    file: 'workers/bulk/advance-job.ts',
    find: 'if (gate === null || gate.stopped) return withdraw(step);',
    without: '',
    test: engine,
    testName: 'keeps a job that was filled from ever being completed',
  },
  {
    never: 'No bulk job begins that would exceed the cap of the hour.',
    file: 'workers/bulk/advance-job.ts',
    find: 'if (!(await reserveWrites(context.db, gate, job.rows, now)))',
    without: 'if ((await reserveWrites(context.db, gate, 0, now)) === null)',
    test: engine,
    testName: 'lets no job begin that would exceed it',
  },
  {
    never: 'A bulk job is never given its data twice.',
    file: 'workers/bulk/advance-job.ts',
    find: "await changeJob(context.db, job, { state: 'uploading' }, context.clock.now());",
    without: '',
    test: engine,
    testName: 'no job is given its data twice',
  },
  {
    never: "Writing never uses the share of the day's calls that is kept for hearing of won deals.",
    file: 'src/mirror/gate.ts',
    find: 'if (row.api_used !== null && row.api_allowed !== null)',
    without: 'if (row.api_used !== null && row.api_allowed === null)',
    test: engine,
    testName: 'pause writing at the share set, with a card',
  },
  {
    never: "A record's neighbours are never parked for what it did to their batch.",
    file: 'workers/push-deals.ts',
    find: 'const canSplit = maySplit && items.length > 1;',
    without: 'const canSplit = maySplit && items.length > 100_000;',
    test: engine,
    testName: 'parks the culprit alone',
  },
  {
    never: "The limits of a CRM are never asked for with the calls of the day's reserve.",
    file: 'src/mirror/usage/keep-limits.ts',
    find: 'used >= allowed * $5::float8',
    without: 'used > allowed * (1 + $5::float8)',
    test: limits,
    testName: 'are never asked for once the reserve',
  },
  {
    never: 'No bulk job is asked for while the CRM says that the batches of the day are used up.',
    file: 'src/mirror/bulk/is-worth-it.ts',
    find: 'if (!(await hasRoomToday(sql, gate.connectionId, batchRows, now))) return false;',
    without: 'await hasRoomToday(sql, gate.connectionId, batchRows, now);',
    test: limits,
    testName: 'that are used up before',
  },
  {
    never: 'A connection is never paused because the bulk jobs of the day are used up.',
    file: 'workers/decide-next.ts',
    find: "if (error.details.bulkOnly === true) return { next: { do: 'park' } };",
    without: '',
    test: limits,
    testName: 'that run out on the way',
  },
  {
    never:
      'Two workers never write what belongs to one customer at the same time: its account would be locked.',
    file: 'src/mirror/customer-in-hand.ts',
    find: 'held.account_key = wanted.account_key AND held.leased_until > clock_timestamp()',
    without: 'held.account_key = wanted.account_key AND held.leased_until < clock_timestamp()',
    test: locks,
    testName: 'never write what belongs to one customer',
  },
  {
    never: 'Contacts of a customer whom another worker has in hand are never claimed.',
    file: 'src/mirror/customer-in-hand.ts',
    find: 'AND NOT EXISTS (SELECT 1 FROM crm_references held WHERE ${isHeld} ${condition})',
    without: 'AND true',
    test: locks,
    testName: 'never write what belongs to one customer',
  },
];
