import type { ConnectorContext } from '../../../src/crm/connector.ts';
import type {
  Provisioner,
  ProvisioningDefinition,
  StepOptions,
  WebhookWish,
} from '../../../src/crm/provisioning.ts';
import { createAccessTokens } from '../auth.ts';
import { createCaller, type Caller } from '../call.ts';
import { createHubspotClient, type HubspotClient } from '../client.ts';
import type { HubspotCredentials, HubspotSettings } from '../config.ts';
import { identify } from '../describe.ts';
import { developerOf } from '../developer-call.ts';
import { scopeReader } from '../granted-scopes.ts';
import { createCallLimits } from '../limits.ts';
import type { Hands } from './hands.ts';
import { asPlan, planSteps } from './plan.ts';
import type { WebhookApp } from './plan-webhooks.ts';
import { planRemovalSteps } from './plan-removal.ts';
import { whySilent } from './why-silent.ts';

type Context = ConnectorContext<HubspotSettings, HubspotCredentials>;

export const provisioning: ProvisioningDefinition<HubspotCredentials, Context> = {
  // Permissions are the scopes of the app's token; no user is granted anything.
  runsAs: () => 'the app',
  withToken: (accessToken) => ({ accessToken }),
  open,
};

function open(admin: Context, runtime: Context): Provisioner {
  const client = createHubspotClient(admin.settings.baseUrl, admin.settings.apiVersions);
  const call = callerFor(client, admin);
  const app: WebhookApp = { appId: runtime.settings.appId, silent: whySilent(runtime) };
  const handsFor =
    (wish: WebhookWish) =>
    ({ callTimeoutMs }: StepOptions): Hands => ({
      call,
      developer: developerOf(client, wish),
      options: () => ({ deadline: Date.now() + callTimeoutMs }),
    });
  const who = async (hands: Hands): Promise<{ accountId: string; actsAs: string }> => {
    const { accountId, actsAs } = await identify(call, admin.settings, admin.credentials, hands.options());
    return { accountId, actsAs };
  };
  return {
    async plan(needs, { webhooks = nothingKnown }, options) {
      const hands = handsFor(webhooks)(options);
      const steps = await planSteps(hands, app, needs, webhooks);
      return asPlan(steps, await who(hands), handsFor(webhooks));
    },
    async planRemoval(choice, options) {
      const { webhooks = nothingKnown } = choice;
      const hands = handsFor(webhooks)(options);
      const steps = await planRemovalSteps(hands, callerFor(client, runtime), app, choice);
      return asPlan(steps, await who(hands), handsFor(webhooks));
    },
  };
}

const nothingKnown: WebhookWish = { targetUrl: null, developerKey: null };

function callerFor(client: HubspotClient, context: Context): Caller {
  const { turns, settings, credentials } = context;
  const limits = createCallLimits(turns, settings, credentials);
  const tokens = createAccessTokens(client, context);
  return createCaller({ client, tokens, limits, scopes: scopeReader(client, context, tokens) });
}
