import type { Call } from '../http/call.ts';
import type { WebhookConfiguration } from './sender.ts';

/** Keeps and applies a change of where webhooks go, or which. */
export function changeWebhooks({ sandbox }: Call, change: Partial<WebhookConfiguration>): void {
  const next = { ...sandbox.webhooks.settings(), ...change };
  sandbox.ledger.commitSetting({ kind: 'webhooks', ...next });
  sandbox.webhooks.configure(next);
}

/** When the call came in. */
export function isoNow(call: Call): string {
  return new Date(call.now).toISOString();
}
