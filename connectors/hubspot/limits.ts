/** Keeps within HubSpot's limits before it has to refuse anything. */
import { NoTurn, type CallTurn, type CallTurns, type CallWindow } from '../../src/crm/call-turns.ts';
import type { CallOptions } from '../../src/crm/connector.ts';
import { NoAnswer, type Answer } from './client.ts';
import { isStatic, type HubspotCredentials, type HubspotSettings } from './config.ts';

export interface CallLimits {
  /** Sends once it is our turn. @throws NoAnswer when it was not in time, as for any call that was not sent */
  inTurn(isSearch: boolean, options: CallOptions, send: () => Promise<Answer>): Promise<Answer>;
}

/** What is allowed until an answer says more: the smallest plan's private app; an OAuth app has the same everywhere (facts). */
const PRIVATE_APP = 100;
const OAUTH_APP = 110;
const TEN_SECONDS_MS = 10_000;
/** A window's calls are spread over at least so much of it. */
const SPREAD = 0.75;
/** Kept for the call itself: one that gets its turn at the last moment would be cut off and its outcome unknown. */
const LEAST_CALL_MS = 10_000;

/** @param turns absent where nobody else calls with this login: for one errand */
export function createCallLimits(
  turns: CallTurns | undefined,
  settings: HubspotSettings,
  credentials: HubspotCredentials,
): CallLimits {
  if (!turns) return { inTurn: (_isSearch, _options, send) => send() };
  let burst = { max: isStatic(credentials) ? PRIVATE_APP : OAUTH_APP, lengthMs: TEN_SECONDS_MS };
  const search: CallWindow = {
    name: 'search',
    max: settings.searchesPerSecond,
    lengthMs: 1000,
    perSecond: settings.searchesPerSecond,
  };

  return {
    async inTurn(isSearch, options, send) {
      const window = isSearch ? search : shareOf(burst, settings.callSharePercent);
      const turn = await take(turns, window, options);
      const answer = await sendIn(turn, send);
      // Searches answer without these headers; they have a limit of their own.
      burst = readLimit(answer) ?? burst;
      return answer;
    },
  };
}

function shareOf({ max, lengthMs }: { max: number; lengthMs: number }, percent: number): CallWindow {
  const ours = Math.max(1, Math.floor((max * percent) / 100));
  const perSecond = Math.ceil(ours / ((lengthMs / 1000) * SPREAD));
  return { name: 'burst', max: ours, lengthMs, perSecond };
}

async function take(turns: CallTurns, window: CallWindow, { deadline }: CallOptions): Promise<CallTurn> {
  const left = deadline - Date.now();
  try {
    return await turns.take(window, deadline - Math.min(LEAST_CALL_MS, left / 2));
  } catch (failure) {
    throw failure instanceof NoTurn ? new NoAnswer('no-turn', failure) : failure;
  }
}

async function sendIn(turn: CallTurn, send: () => Promise<Answer>): Promise<Answer> {
  try {
    const answer = await send();
    turn.end('answered');
    return answer;
  } catch (failure) {
    // One that got no answer may still arrive: its turn ends by itself, later.
    if (failure instanceof NoAnswer && failure.reason === 'not-sent') turn.end('never-sent');
    throw failure;
  }
}

/** Source: facts 2 (headers of recorded answers). Null: the answer does not say. */
function readLimit(answer: Answer): { max: number; lengthMs: number } | null {
  const max = Number(answer.header('x-hubspot-ratelimit-max') ?? NaN);
  const lengthMs = Number(answer.header('x-hubspot-ratelimit-interval-milliseconds') ?? NaN);
  const isKnown = Number.isInteger(max) && max > 0 && Number.isInteger(lengthMs) && lengthMs > 0;
  return isKnown ? { max, lengthMs } : null;
}
