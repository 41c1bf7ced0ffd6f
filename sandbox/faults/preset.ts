import type { FaultRule } from './rules.ts';

/** Fault rules under a name, for people who rehearse. */
export interface FaultPreset {
  /** What happens, in one sentence. */
  about: string;
  rules(): FaultRule[];
}
