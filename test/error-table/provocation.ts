import type { Rehearsal } from '../rehearsal/open-rehearsal.ts';

/** One way to meet a code of the facts (a vendor's page of them). */
export interface Provocation {
  code: string;
  /** What the answer is, for people: `400`, `403 TotalRequests`, `no answer`. */
  answer: string;
  /** What is under way when it is met. */
  during: 'creating' | 'updating' | 'reading' | 'logging in';
  /** Makes the org give that answer; what it did is taken back by clearing the faults and `undo`. */
  provoke(rehearsal: Rehearsal, dealId: string): Promise<void>;
  undo?(rehearsal: Rehearsal, dealId: string): Promise<void>;
}

/** Makes the local CRM give an answer to what matches, until the faults are cleared or `when` is over. */
export const fault =
  (match: object, what: object, when: object = {}) =>
  async ({ admin }: Rehearsal): Promise<void> =>
    void (await admin.post('/faults', { rules: [{ match, fault: what, when }] }));
