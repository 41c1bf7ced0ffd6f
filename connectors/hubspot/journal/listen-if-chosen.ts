import type { ConnectorContext } from '../../../src/crm/connector.ts';
import type { ListeningConnector } from '../../../src/crm/stream.ts';
import { createCaller, type Caller, type Sender } from '../call.ts';
import type { HubspotCredentials, HubspotSettings } from '../config.ts';
import { identify } from '../describe.ts';
import { createAppTokens } from './app-tokens.ts';
import { needsApp } from './journal-refusal.ts';
import { listenToJournal } from './listen.ts';

/** What the connection listens to, by its settings; nothing where HubSpot calls us. */
export function listenIfChosen(
  context: ConnectorContext<HubspotSettings, HubspotCredentials>,
  { client, limits, usage, call }: Omit<Sender, 'tokens'> & { call: Caller },
): ListeningConnector {
  const { settings, credentials } = context;
  if (settings.notifications === 'webhook') return {};
  if (settings.notifications === 'poll') return { notifications: 'poll' };
  const { clientId, clientSecret } = credentials;
  if (clientId === undefined || clientSecret === undefined)
    return { listen: () => Promise.resolve(needsApp) };
  const tokens = createAppTokens(client, context.clock, {
    clientId,
    clientSecret,
    oauthVersion: settings.oauthVersion,
  });
  const journal = {
    call: createCaller({ client, tokens, limits, ...(usage ? { usage } : {}) }),
    context,
    portalOf: async (options: Parameters<typeof identify>[3]) =>
      (await identify(call, settings, credentials, options)).accountId,
  };
  return { listen: (request) => listenToJournal(journal, request) };
}
