import Sequencer from '@jest/test-sequencer';

/** The folders whose files take longest, longest first: whole programmes with killed and stopped processes in them. */
const slowFolders = ['test/readme/', 'test/faults/', 'test/e2e/', 'test/money/', 'sandbox/'];

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
  const rank = slowFolders.findIndex((folder) => path.includes(`/${folder}`));
  return rank === -1 ? slowFolders.length : rank;
}
