import type { ConnectorContext } from '../../../src/crm/connector.ts';
import type { ProvisioningDefinition, Provisioner, StepOptions } from '../../../src/crm/provisioning.ts';
import { openClient } from '../client.ts';
import { openMetadata } from '../metadata-client.ts';
import type { Credentials, Settings } from '../settings.ts';
import { recordCounter } from './count-records.ts';
import type { Hands } from './hands.ts';
import { asPlan, planSteps } from './plan.ts';
import { planRemovalSteps } from './plan-removal.ts';

type Context = ConnectorContext<Settings, Credentials>;

export const provisioning: ProvisioningDefinition<Credentials, Context> = {
  runsAs: (credentials) => (credentials.kind === 'jwt' ? credentials.username : null),
  open,
};

function open(admin: Context, runtime: Context): Provisioner {
  const client = openClient(admin);
  const metadata = openMetadata(client, admin.settings.clientName);
  const handsFor = ({ callTimeoutMs }: StepOptions): Hands => ({
    client,
    metadata,
    options: () => ({ deadline: Date.now() + callTimeoutMs }),
  });
  const actsAs = provisioning.runsAs(admin.credentials) ?? 'the user who logged in';
  return {
    async plan(needs, choice, options) {
      const hands = handsFor(options);
      return asPlan(await planSteps(hands, needs, choice), handsFor, hands, actsAs);
    },
    async planRemoval(choice, options) {
      const hands = handsFor(options);
      const count = recordCounter(openClient(runtime), hands.options);
      return asPlan(await planRemovalSteps(hands, choice, count), handsFor, hands, actsAs);
    },
  };
}
