import type { Fault } from './text-faults.ts';

/** Where registrations come from. `name` and a registration's `ref` together are the identity of a deal. */
export interface IntakeSource {
  name: string;
  /** Who is written beside each event: an API key's name, 'prm:<source>', 'import:<file>'. */
  actor: string;
  /** Fields that only an import may use are accepted. */
  imported?: boolean;
}

export interface IntakeItem {
  /** A registration as sent: see `Registration`. Anything may be in it. */
  registration: unknown;
  /** The sender's id of this event; the same id again, ever, has no effect. */
  eventId?: string;
}

export type IntakeResult =
  | {
      outcome: 'registered' | 'changed' | 'unchanged' | 'ignored-older' | 'repeated-event';
      dealId: string;
      ref: string;
      version: number;
    }
  /** Well-formed, but the deal does not allow it any more. Recorded as an event of the deal. */
  | { outcome: 'refused'; dealId: string; ref: string; version: number; reason: string }
  | { outcome: 'malformed'; faults: Fault[] };
