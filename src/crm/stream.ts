/** What a stream of change notifications is to us, and what is done where it has holes. */
import type { CallOptions } from './call-options.ts';
import type { ChangeHint } from './change-hint.ts';

/** Changes that no hint names: records have to be looked for. */
export interface StreamGap {
  /** In plain words: what was lost, or may have been. */
  reason: string;
  /** Changes made from then on may be missing (the CRM's clock). Absent: any record may have changed, at any time. */
  since?: Date;
}

export interface ListenRequest {
  /** Where to resume, as stored; null = from now. */
  position: string | null;
  /** When that position was stored: what happened before then was heard. Null without a position. */
  positionAt: Date | null;
  /** Resolves once the hints AND the position are committed. Called one at a time, in order. */
  store(hints: readonly ChangeHint[], position: string): Promise<void>;
  /**
   * The position can no longer be resumed (expired or corrupted), or events were lost. Resolves once it is committed that
   * the records are looked for; only then may a position behind the gap be stored.
   */
  gap(gap: StreamGap): Promise<void>;
  signal: AbortSignal;
}

/** The CRM does not serve a stream now and asking again at once would not help. Changes are polled for meanwhile. */
export interface StreamRefusal {
  /** In plain words, for a sentence that begins "change events are not available: ". */
  plain: string;
  nextStep?: string;
  retryAfterMs: number;
}

/** auto: the stream, polls where there is none. stream: where there is none, a person is told. poll: never the stream. */
export type NotificationChoice = 'auto' | 'stream' | 'poll';

/** What was deleted in a window of the CRM's clock, for good or into a recycle bin. */
export interface DeletionsPage {
  hints: readonly ChangeHint[];
  /** Deletions before then are in here, so that the next window begins there. */
  coveredTo: Date;
  /** False: the CRM no longer knows all deletions since the window's start. */
  complete: boolean;
}

export interface ListeningConnector {
  /** Runs until aborted (null), refused, or broken (then rejects). Absent: this connection is polled. */
  listen?(request: ListenRequest): Promise<StreamRefusal | null>;
  notifications?: NotificationChoice;
  /** Records deleted in the window, also those that no poll finds because they are gone for good. */
  deletions?(object: string, window: { from: Date; to: Date }, options: CallOptions): Promise<DeletionsPage>;
}
