/** A repeatable source of numbers in [0, 1). */
export type Random = () => number;

/**
 * Seeded generator (mulberry32, public domain algorithm by Tommy Ettinger).
 * `stream` splits one seed into independent sequences: one rule's draws do not shift another's.
 */
export function createRandom(seed: number, stream = 0): Random {
  let state = (seed ^ Math.imul(stream + 1, 0x9e3779b1)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
