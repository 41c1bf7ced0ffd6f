import Sequencer from '@jest/test-sequencer';

/**
 * The files and folders that take longest, longest first: whole programmes with killed and stopped processes in them.
 * Beside some of them the seconds of CPU they took when last measured.
 */
const slow = [
  'test/readme/readme.test.ts', // 140
  'test/faults/crashes.test.ts', // 130
  'test/faults/sleepers.test.ts', // 50, and long sleeps
  'test/faults/', // 40 each
  'test/readme/',
  'test/e2e/demo.test.ts',
  'test/e2e/', // 25 each
  'test/week/',
  'src/platform/database/embedded.test.ts', // 20
  'test/money/',
  'test/error-table/',
  'test/start/',
  'test/',
  'src/app/',
  'sandbox/',
];

/**
 * Starts the long files first. On a fresh clone jest knows no durations and goes by file size, so that the short files
 * that run for minutes came last and left one of two cores idle.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    return super
      .sort(tests)
      .map((test, place) => ({ test, place, rank: rankOf(test.path) }))
      .sort((left, right) => left.rank - right.rank || left.place - right.place)
      .map(({ test }) => test);
  }
}

function rankOf(path) {
  const rank = slow.findIndex((part) => path.includes(`/${part}`));
  return rank === -1 ? slow.length : rank;
}
