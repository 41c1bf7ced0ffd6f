/** One call to HubSpot: authorised, bounded, checked against the shape we rely on, and failing as a SyncError only. */
import type { z } from 'zod';
import type { CallOptions } from '../../src/crm/connector.ts';
import type { SyncError } from '../../src/crm/sync-error.ts';
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
  /** See `Caller.grantedScopes`; absent likewise. */
  scopes?(options: CallOptions): Promise<readonly string[] | null>;
}

export interface Caller {
  <T>(
    site: CallSite,
    call: Omit<Call, 'accessToken'>,
    shape: z.ZodType<T>,
    options: CallOptions,
  ): Promise<Read<T>>;
  /** What the token in use may do; null where HubSpot does not tell. */
  grantedScopes(options: CallOptions): Promise<readonly string[] | null>;
  /** When a call last went through; `Date.now()` scale. */
  lastAnswered(): number;
}

/**
 * Calls never retry, but for one thing: a 401 says that nothing was done, so the call is sent once more with a new token.
 * A 207 is an answer like 200; whoever sends a batch unpacks its errors.
 */
export function createCaller(sender: Sender): Caller {
  let lastAnswered = Number.NEGATIVE_INFINITY;
  const call = async <T>(
    site: CallSite,
    request: Omit<Call, 'accessToken'>,
    shape: z.ZodType<T>,
    options: CallOptions,
  ): Promise<Read<T>> => {
    const answer = await authorised(sender, site, request, options);
    if (answer.status < 200 || answer.status > 299) throw refusal(sender, answer, site);
    lastAnswered = Date.now();
    const parsed = shape.safeParse(answer.json);
    if (parsed.success) return { data: parsed.data, answer };
    const [issue] = parsed.error.issues;
    throw fromUnreadableAnswer(answer, site, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  };
  const grantedScopes: Caller['grantedScopes'] = (options) =>
    sender.scopes?.(options) ?? Promise.resolve(null);
  return Object.assign(call, { grantedScopes, lastAnswered: () => lastAnswered });
}

function refusal({ tokens }: Sender, answer: Answer, site: CallSite): SyncError {
  const error = fromRefusal(answer, site);
  return answer.status === 401 && tokens.explain ? tokens.explain(error) : error;
}

/** One renewal per call: a token that somebody else had renewed before may be refused too, and then we renew. */
async function authorised(sender: Sender, site: CallSite, call: Call, options: CallOptions): Promise<Answer> {
  let token = await sender.tokens.current(options);
  let renewed = false;
  for (;;) {
    const answer = await send(sender, { ...call, accessToken: token }, site, options);
    if (answer.status !== 401 || renewed) return answer;
    const another = await sender.tokens.replace(token, options);
    if (another === null || another.token === token) return answer;
    ({ token, renewed } = another);
  }
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
