import type { CallOptions } from '../../src/crm/connector.ts';

/** No answer arrived in time, or the caller gave up. Whether the vendor acted on the request is unknown. */
export class DeadlineError extends Error {
  readonly why: 'deadline' | 'aborted';

  constructor(why: 'deadline' | 'aborted') {
    super(why === 'deadline' ? 'no answer before the deadline' : 'the call was cancelled');
    this.name = 'DeadlineError';
    this.why = why;
  }
}

/** Milliseconds left, never negative. */
export function timeLeft(options: CallOptions): number {
  return Math.max(0, options.deadline - Date.now());
}

/** Whether nothing may be sent any more. */
export function isOver(options: CallOptions): boolean {
  return timeLeft(options) === 0 || options.signal?.aborted === true;
}

/**
 * Waits for `work` no longer than the call's deadline and abort signal allow.
 * Without it a body that stops half-way would hold the caller for ever: jsforce's timeout ends at the headers.
 * @throws DeadlineError
 */
export async function withinDeadline<T>(work: PromiseLike<T>, options: CallOptions): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineError('deadline')), timeLeft(options));
    onAbort = () => reject(new DeadlineError('aborted'));
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
    if (onAbort) options.signal?.removeEventListener('abort', onAbort);
  }
}
