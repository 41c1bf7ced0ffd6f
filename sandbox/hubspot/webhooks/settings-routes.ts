import { z } from 'zod';
import type { Call, Route } from '../http/call.ts';
import { webhookPaths } from '../http/paths.ts';
import { readJson } from '../http/read-json.ts';
import { batchError, invalid, notFound, type Answer } from '../http/vendor-error.ts';
import { batchAnswer, checkBatchSize } from '../objects/batch-writes.ts';
import { checkDeveloper } from './check-developer.ts';
import { changeWebhooks, isoNow } from './change-webhooks.ts';
import { subscriptionCreateSchema, checkCreate } from './subscription-shapes.ts';
import type { Subscription } from './subscriptions.ts';

/** `/webhooks/v3/{appId}/…`: for the maker of a public app; a private app's subscriptions are clicked together. */
export function webhookSettingsRoutes(): Route[] {
  return [
    ...routes('GET', '/settings', readSettings),
    ...routes('PUT', '/settings', putSettings),
    ...routes('DELETE', '/settings', deleteSettings),
    ...routes('GET', '/subscriptions', list),
    ...routes('POST', '/subscriptions', create),
    ...routes('POST', '/subscriptions/batch/update', batchUpdate),
    ...routes('GET', '/subscriptions/{subscriptionId}', (call) => {
      return { status: 200, json: present(existing(call)) };
    }),
    ...routes('PATCH', '/subscriptions/{subscriptionId}', update),
    ...routes('DELETE', '/subscriptions/{subscriptionId}', remove),
  ];
}

/** The developer's key is looked at here, not by the server: it is no token of a portal. */
function routes(method: string, rest: string, handle: Route['handle']): Route[] {
  const checked = (call: Call): Answer => {
    checkDeveloper(call);
    return handle(call);
  };
  return webhookPaths(`/{appId}${rest}`).map((pattern) => {
    return { method, pattern, scopes: () => [], authenticated: false, limit: 'none', handle: checked };
  });
}

function readSettings(call: Call): Answer {
  const { targetUrl, maxConcurrentRequests } = call.sandbox.webhooks.settings();
  if (targetUrl === undefined) throw notFound('The app has no webhook settings');
  const { createdAt } = call.sandbox.portal;
  return {
    status: 200,
    json: { targetUrl, throttling: { maxConcurrentRequests }, createdAt, updatedAt: createdAt },
  };
}

const settingsSchema = z.object({
  targetUrl: z.url(),
  throttling: z.object({ maxConcurrentRequests: z.number().int() }),
});

/** HubSpot wants https; a receiver on this machine is a test's. */
const TARGET = /^https:|^http:\/\/(localhost|127\.0\.0\.1)[:/]/;

function putSettings(call: Call): Answer {
  const { targetUrl, throttling } = readJson(call, settingsSchema);
  const { maxConcurrentRequests } = throttling;
  if (!TARGET.test(targetUrl)) throw invalid('targetUrl has to be an https address');
  if (maxConcurrentRequests < 5) throw invalid('maxConcurrentRequests has to be 5 or more');
  changeWebhooks(call, { targetUrl, maxConcurrentRequests });
  return readSettings(call);
}

function deleteSettings(call: Call): Answer {
  changeWebhooks(call, { targetUrl: undefined });
  return { status: 204 };
}

function list(call: Call): Answer {
  return { status: 200, json: { results: call.sandbox.webhooks.settings().subscriptions.map(present) } };
}

/** `active` defaults to false: a subscription that nobody switched on says nothing (facts: Webhooks [S]). */
function create(call: Call): Answer {
  const { active = false, ...wanted } = readJson(call, subscriptionCreateSchema);
  const { subscriptions } = call.sandbox.webhooks.settings();
  checkCreate(wanted, subscriptions);
  const id = Math.max(FIRST_ID - 1, ...subscriptions.map((one) => one.id)) + 1;
  const made = { id, ...wanted, active, createdAt: isoNow(call), updatedAt: isoNow(call) };
  changeWebhooks(call, { subscriptions: [...subscriptions, made] });
  return { status: 201, json: present(made) };
}

const FIRST_ID = 2_200_001;

const updateSchema = z.object({ active: z.boolean() });

function update(call: Call): Answer {
  const { active } = readJson(call, updateSchema);
  return { status: 200, json: present(switchOne(call, existing(call), active)) };
}

const batchSchema = z.object({ inputs: z.array(z.object({ id: z.number().int(), active: z.boolean() })) });

function batchUpdate(call: Call): Answer {
  const { inputs } = readJson(call, batchSchema);
  checkBatchSize(inputs.length);
  const results: unknown[] = [];
  const errors: unknown[] = [];
  for (const { id, active } of inputs) {
    const known = find(call, id);
    if (known !== undefined) results.push(present(switchOne(call, known, active)));
    else
      errors.push(batchError('OBJECT_NOT_FOUND', `Subscription ${id} does not exist`, { id: [String(id)] }));
  }
  return batchAnswer(call, results, errors, 200);
}

function remove(call: Call): Answer {
  const known = existing(call);
  const { subscriptions } = call.sandbox.webhooks.settings();
  changeWebhooks(call, { subscriptions: subscriptions.filter((one) => one !== known) });
  return { status: 204 };
}

function switchOne(call: Call, known: Subscription, active: boolean): Subscription {
  const changed = { ...known, active, updatedAt: isoNow(call) };
  const { subscriptions } = call.sandbox.webhooks.settings();
  changeWebhooks(call, { subscriptions: subscriptions.map((one) => (one === known ? changed : one)) });
  return changed;
}

function existing(call: Call): Subscription {
  const id = call.params['subscriptionId'] ?? '';
  const known = find(call, Number(id));
  if (known === undefined) throw notFound(`Subscription ${id} does not exist`);
  return known;
}

function find(call: Call, id: number): Subscription | undefined {
  return call.sandbox.webhooks.settings().subscriptions.find((one) => one.id === id);
}

/** Ids are numbers in events and text here. */
function present({ id, createdAt = new Date(0).toISOString(), ...rest }: Subscription): unknown {
  return { id: String(id), createdAt, ...rest };
}
