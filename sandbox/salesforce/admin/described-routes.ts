import type { AdminRoute } from '../../admin/route.ts';

/** What `GET /api` says of this vendor's own calls. */
const ABOUT: Readonly<Record<string, string>> = {
  'GET /events': 'The retained change events, oldest first.',
  'POST /events':
    'Publishes a change event that no write caused: {changeType, object?, recordIds?, fields?, changeOrigin?}, gaps and overflow too.',
  'GET /streams': 'The open Pub/Sub streams.',
  'POST /streams':
    'Ends every stream: {} in good order, {code} with an error of the facts, {code: "reset"} broken.',
  'POST /convert-lead':
    'Converts a lead as a rep: {leadId, convertedStatus?, accountId?, contactId?, opportunityId?, opportunityName?, doNotCreateOpportunity?, ownerId?}.',
  'POST /merge': 'Merges accounts, contacts or leads as a rep: {object, masterId, losers, fields?}.',
  'POST /revoke-refresh-tokens': 'Revokes the refresh tokens, and with them every access token.',
  'POST /users':
    'Makes another user who can log in, {username, profile}; deactivates one or brings one back, {username, active}.',
  'GET /settings': 'The switches of the org.',
  'PATCH /settings': 'Sets the switches named, leaves the others.',
  'GET /limits': 'The API limits, and how many requests of the last 24 hours are used.',
  'POST /limits': 'Sets {dailyApiRequests?, longRequests?, longRequestMs?, appName?}.',
};

/** Gives each route its sentence. A route that has none is a mistake of ours: it would be listed without a word. */
export function describedRoutes(
  routes: Readonly<Record<string, (body: unknown) => unknown>>,
): Record<string, AdminRoute> {
  return Object.fromEntries(
    Object.entries(routes).map(([name, run]) => {
      const about = ABOUT[name];
      if (about === undefined) throw new Error(`the admin route ${name} is not described`);
      return [name, { about, run: ({ body }) => run(body) }];
    }),
  );
}
