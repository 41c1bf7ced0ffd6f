import type { Call, Route } from '../http/call.ts';
import { accountPaths } from '../http/paths.ts';
import type { Answer } from '../http/vendor-error.ts';

/** `/account-info/v3/details`: which portal a token belongs to, so that a connection can be pinned to it. */
export function accountRoutes(): Route[] {
  return accountPaths('/details').map((pattern) => {
    return {
      method: 'GET',
      pattern,
      scopes: () => [['oauth']],
      authenticated: true,
      limit: 'burst',
      handle: details,
    };
  });
}

function details(call: Call): Answer {
  const { portalId, accountType, timeZone, companyCurrency, additionalCurrencies } = call.sandbox.portal;
  const offset = offsetMs(timeZone, call.now);
  return {
    status: 200,
    json: {
      portalId,
      accountType,
      timeZone,
      companyCurrency,
      additionalCurrencies,
      utcOffset: offsetText(offset),
      utcOffsetMilliseconds: offset,
      uiDomain: 'app.hubspot.com',
      dataHostingLocation: 'na1',
    },
  };
}

/** What a wall clock in the zone is ahead of UTC at a moment. */
function offsetMs(timeZone: string, now: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' }).formatToParts(now);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000;
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
