import { z } from 'zod';

const share = z.number().min(0).max(1);
const moment = z.enum(['before-commit', 'after-commit']);

const statusFault = z.strictObject({
  kind: z.literal('status'),
  status: z.number().int().min(300).max(599),
  /** The vendor's error code, e.g. `REQUEST_LIMIT_EXCEEDED` or a HubSpot category. */
  code: z.string().optional(),
  message: z.string().optional(),
  /** Seconds, sent as `Retry-After`. */
  retryAfter: z.number().int().min(0).optional(),
  /** Sent as it is instead of the vendor's error body. */
  body: z.unknown().optional(),
  /** Answers with an HTML page, as a gateway in front of the vendor does. */
  html: z.boolean().optional(),
});
const resetFault = z.strictObject({ kind: z.literal('reset'), at: moment });
const hangFault = z.strictObject({ kind: z.literal('hang'), at: moment, ms: z.number().int().min(0) });
const delayFault = z.strictObject({ kind: z.literal('delay'), ms: z.number().int().min(0) });
const spoilFault = z.strictObject({
  kind: z.literal('spoil'),
  /**
   * What becomes of a good answer after the commit: `cut-off` ends the connection half-way, `half` sends half of the
   * text as if it were all, `empty` sends none, `html` puts a page in its place, `content-type` calls it text.
   */
  how: z.enum(['cut-off', 'half', 'empty', 'html', 'content-type']),
});
/** Something between client and vendor sends the request on twice; the client gets the second answer. */
const repeatFault = z.strictObject({ kind: z.literal('repeat') });
const partialFault = z.strictObject({
  kind: z.literal('partial'),
  code: z.string().min(1),
  message: z.string().optional(),
  /** Names of the fields the error is about. */
  fields: z.array(z.string()).optional(),
  /** Share of the items in the batch that fail. */
  probability: share,
});
const revokeFault = z.strictObject({ kind: z.literal('revoke-token') });
const notificationFault = z.strictObject({
  kind: z.literal('notification'),
  effect: z.enum(['drop', 'duplicate', 'reorder', 'delay']),
  probability: share,
  ms: z.number().int().min(0).optional(),
});

const streamFault = z.strictObject({
  kind: z.literal('stream'),
  /** The vendor's code the event stream ends with; without one the connection breaks. */
  code: z.string().min(1).optional(),
  /** Events that are delivered before; 0 when left out. */
  afterEvents: z.number().int().min(0).optional(),
});

/** One fault and when it strikes. The shape of `POST /faults`. A key that is not here is refused, not ignored. */
export const ruleSchema = z.strictObject({
  name: z.string().min(1).optional(),
  match: z
    .strictObject({
      /** One or several, as in `POST,PATCH`. */
      method: z
        .string()
        .regex(/^[A-Za-z]+(,[A-Za-z]+)*$/, 'methods, separated by commas')
        .optional(),
      path: z.string().refine(isRegex, 'not a regular expression').optional(),
      endpoint: z.string().optional(),
    })
    .optional(),
  when: z
    .strictObject({
      /** Only the nth matching request (from 1). */
      nth: z.number().int().min(1).optional(),
      /** Every kth matching request. */
      every: z.number().int().min(1).optional(),
      /** Lets so many matching requests pass first. */
      after: z.number().int().min(0).optional(),
      probability: share.optional(),
      /** Stops after so many hits. */
      times: z.number().int().min(0).optional(),
      /** Ends so many milliseconds, by the sandbox clock, after the rule was set. */
      forMs: z.number().int().min(0).optional(),
    })
    .optional(),
  fault: z.discriminatedUnion('kind', [
    statusFault,
    resetFault,
    hangFault,
    delayFault,
    spoilFault,
    repeatFault,
    partialFault,
    revokeFault,
    notificationFault,
    streamFault,
  ]),
});

export type FaultRule = z.infer<typeof ruleSchema>;
export type StatusFault = z.infer<typeof statusFault>;
export type SpoilFault = z.infer<typeof spoilFault>;
export type StreamFault = z.infer<typeof streamFault>;
export type Fault = FaultRule['fault'];

function isRegex(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
