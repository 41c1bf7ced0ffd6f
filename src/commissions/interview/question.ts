import type { Draft } from './draft.ts';

/** One question of `plan new`. */
export interface Question {
  /** A JSON pointer into the plan; with `?` behind it: whether that part is there. Names the answer in a file of answers. */
  id: string;
  text: string;
  /** The answers to choose from; null: it is written. */
  options: readonly string[] | null;
  /** What the draft says now. */
  current: string;
  answer(draft: Draft, given: string): Draft;
}
