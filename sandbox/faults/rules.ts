import { z } from 'zod';

const share = z.number().min(0).max(1);
const moment = z.enum(['before-commit', 'after-commit']);

const statusFault = z.object({
  kind: z.literal('status'),
  status: z.number().int().min(400).max(599),
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
const resetFault = z.object({ kind: z.literal('reset'), at: moment });
const hangFault = z.object({ kind: z.literal('hang'), at: moment, ms: z.number().int().min(0) });
const delayFault = z.object({ kind: z.literal('delay'), ms: z.number().int().min(0) });
const partialFault = z.object({
  kind: z.literal('partial'),
  code: z.string().min(1),
  message: z.string().optional(),
  /** Share of the items in the batch that fail. */
  probability: share,
});
const revokeFault = z.object({ kind: z.literal('revoke-token') });
const notificationFault = z.object({
  kind: z.literal('notification'),
  effect: z.enum(['drop', 'duplicate', 'reorder', 'delay']),
  probability: share,
  ms: z.number().int().min(0).optional(),
});

/** One fault and when it strikes. The shape of `POST /faults`. */
export const ruleSchema = z.object({
  name: z.string().optional(),
  match: z
    .object({
      method: z.string().optional(),
      path: z.string().refine(isRegex, 'not a regular expression').optional(),
      endpoint: z.string().optional(),
    })
    .optional(),
  when: z
    .object({
      /** Only the nth matching request (from 1). */
      nth: z.number().int().min(1).optional(),
      /** Every kth matching request. */
      every: z.number().int().min(1).optional(),
      probability: share.optional(),
      /** Stops after so many hits. */
      times: z.number().int().min(0).optional(),
    })
    .optional(),
  fault: z.discriminatedUnion('kind', [
    statusFault,
    resetFault,
    hangFault,
    delayFault,
    partialFault,
    revokeFault,
    notificationFault,
  ]),
});

export type FaultRule = z.infer<typeof ruleSchema>;
export type StatusFault = z.infer<typeof statusFault>;
export type Fault = FaultRule['fault'];

function isRegex(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
