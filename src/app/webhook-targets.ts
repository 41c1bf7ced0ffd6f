import { z } from 'zod';
import type { CrmWebhookPort, CrmWebhookTarget } from '../api/crm-webhook-routes.ts';
import { loadConnection, loadCredentials } from './connection-store.ts';
import type { Application } from './open-application.ts';

/**
 * So long a connection's secrets are used without asking the database again: notifications come in bursts, and each must be
 * answered in milliseconds. A secret that is taken away is good for so much longer and no more.
 */
const rememberedForMs = 1_000;

type Looking = Pick<CrmWebhookPort, 'targetOf' | 'remembered'>;

/**
 * How connections' notifications are verified: with the app's client secrets, as stored.
 * @param now milliseconds of a clock that only goes forward
 */
export function webhookTargets(
  app: Pick<Application, 'db' | 'keyring' | 'definitions'>,
  now: () => number = () => performance.now(),
): Looking {
  const known = new Map<string, { target: CrmWebhookTarget; until: number }>();
  return {
    remembered: (connectionId) => {
      const found = known.get(connectionId);
      return found !== undefined && now() < found.until ? found.target : null;
    },
    targetOf: async (connectionId) => {
      const until = now() + rememberedForMs;
      const target = await readTarget(app, connectionId);
      if (target) known.set(connectionId, { target, until });
      else known.delete(connectionId);
      return target;
    },
  };
}

async function readTarget(
  { db, keyring, definitions }: Pick<Application, 'db' | 'keyring' | 'definitions'>,
  connectionId: string,
): Promise<CrmWebhookTarget | null> {
  const connection = await loadConnection(db, connectionId);
  const definition = definitions.find(({ vendor }) => vendor === connection?.vendor);
  if (!connection || !definition?.webhook) return null;
  const secrets = signingSecrets(await loadCredentials(db, keyring, connectionId));
  if (secrets.length === 0) return null;
  return { receiver: definition.webhook, secrets, settings: definition.settings.parse(connection.settings) };
}

const SigningSecrets = z.object({
  clientSecret: z.string(),
  /** While one secret replaces the other. */
  otherClientSecret: z.string().optional(),
});

function signingSecrets(credentials: unknown): string[] {
  const { data } = SigningSecrets.safeParse(credentials);
  if (data === undefined) return [];
  return [data.clientSecret, ...(data.otherClientSecret === undefined ? [] : [data.otherClientSecret])];
}
