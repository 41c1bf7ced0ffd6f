/** One call to HubSpot: authorised, bounded, checked against the shape we rely on, and failing as a SyncError only. */
import type { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { AccessTokens } from './auth.ts';
import { NoAnswer, type Answer, type Call, type HubspotClient } from './client.ts';
import type { CallLimits } from './limits.ts';
import { fromNoAnswer, fromRefusal, fromUnreadableAnswer, type CallSite } from './errors.ts';
import type { Usage } from './usage.ts';
import { isSearch } from './versions.ts';

/** `T` and the answer it came in (for its headers). */
export interface Read<T> {
  data: T;
  answer: Answer;
}

/** What a call goes through. */
export interface Sender {
  client: HubspotClient;
  tokens: AccessTokens;
  limits: CallLimits;
  /** Absent where nobody asks for it. */
  usage?: Usage;
}

export type Caller = <T>(
  site: CallSite,
  call: Omit<Call, 'accessToken'>,
  shape: z.ZodType<T>,
  options: CallOptions,
) => Promise<Read<T>>;

/**
 * Calls never retry, but for one thing: a 401 says that nothing was done, so the call is sent once more with a new token.
 * A 207 is an answer like 200; whoever sends a batch unpacks its errors.
 */
export function createCaller(sender: Sender): Caller {
  return async (site, call, shape, options) => {
    const answer = await authorised(sender, site, call, options);
    if (answer.status < 200 || answer.status > 299) throw fromRefusal(answer, site);
    const parsed = shape.safeParse(answer.json);
    if (parsed.success) return { data: parsed.data, answer };
    const [issue] = parsed.error.issues;
    throw fromUnreadableAnswer(answer, site, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  };
}

async function authorised(sender: Sender, site: CallSite, call: Call, options: CallOptions): Promise<Answer> {
  const token = await sender.tokens.current(options);
  const answer = await send(sender, { ...call, accessToken: token }, site, options);
  if (answer.status !== 401) return answer;

  const another = await sender.tokens.replace(token, options);
  return another === null ? answer : send(sender, { ...call, accessToken: another }, site, options);
}

async function send(
  { client, limits, usage }: Sender,
  call: Call,
  site: CallSite,
  options: CallOptions,
): Promise<Answer> {
  try {
    const answer = await limits.inTurn(isSearch(call.path), options, () => client.send(call, options));
    usage?.heed(answer);
    return answer;
  } catch (failure) {
    throw failure instanceof NoAnswer ? fromNoAnswer(failure, site) : failure;
  }
}
