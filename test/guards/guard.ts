/**
 * A rule of the product that says "never", with the line that keeps it. `npm run check:guards` removes each guard in a
 * copy of the tree, runs the test named, and expects it to fail: a guard that no test would miss is no guard.
 */
export interface Guard {
  /** The rule, as a sentence. */
  never: string;
  /** Where the guard is, from the root of the repository. */
  file: string;
  /** The guard's own text; must be in the file exactly once. */
  find: string;
  /** What stands there without the guard; must still compile. */
  without: string;
  /** The test file that must fail then, and optionally which of its tests are run (jest's -t). */
  test: string;
  testName?: string;
}
