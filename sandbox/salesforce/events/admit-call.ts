import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Metadata } from '@grpc/grpc-js';
import { takeTime } from '../../faults/carry-out.ts';
import type { Interruption } from '../../faults/engine.ts';
import type { Sandbox } from '../sandbox.ts';
import { brokenStream, pubSubError, type PubSubError } from './pubsub-error.ts';

/** The metadata every call must bear (facts 1.7). */
type HeaderName = 'accesstoken' | 'instanceurl' | 'tenantid';

/** Lets a call in: asks the fault rules, checks who is calling, logs it. Returns the access token or the refusal. */
export async function admitCall(
  sandbox: Sandbox,
  name: string,
  metadata: Metadata,
): Promise<string | PubSubError> {
  const endpoint = `GRPC ${name}`;
  const path = `/eventbus.v1.PubSub/${name}`;
  const token = header(metadata, 'accesstoken');
  const plan = sandbox.faults.plan({ method: 'GRPC', path, endpoint });
  if (plan.delayMs > 0) await takeTime(plan.delayMs);
  if (plan.before?.kind === 'revoke-token') sandbox.sessions.revoke(token);
  const refused = (await interruption(plan.before)) ?? checkCaller(sandbox, metadata, token);
  sandbox.requests.add({
    at: sandbox.clock.ms(),
    requestId: randomUUID(),
    method: 'GRPC',
    path,
    endpoint,
    status: refused === undefined ? 200 : refused.code,
    records: 0,
    error: refused?.details,
  });
  return refused ?? token;
}

/** Whether an admission is a refusal. */
export function isRefusal(result: object | string): result is PubSubError {
  return typeof result === 'object' && 'metadata' in result && 'code' in result;
}

function header(metadata: Metadata, name: HeaderName): string {
  return String(metadata.get(name)[0] ?? '');
}

/** A rule's code is taken for one of the Pub/Sub API's; a rule without one means that the service is unavailable. */
async function interruption(planned: Interruption | undefined): Promise<PubSubError | undefined> {
  switch (planned?.kind) {
    case 'status':
      return pubSubError(isEventBusCode(planned.code) ? planned.code : 'service.unavailable');
    case 'reset':
      return brokenStream();
    case 'hang':
      await sleep(planned.ms, undefined, { ref: false });
      return brokenStream();
    default:
      return undefined;
  }
}

/** REST codes, which a rule for everything may bear, are upper-case words. */
function isEventBusCode(code: string | undefined): code is string {
  return code?.includes('.') === true;
}

function checkCaller(sandbox: Sandbox, metadata: Metadata, token: string): PubSubError | undefined {
  const tenant = header(metadata, 'tenantid');
  const { organizationId } = sandbox.credentials;
  const isOwnTenant = tenant === organizationId || tenant === organizationId.slice(0, 15);
  if (token === '' || !isOwnTenant || !isOwnInstance(sandbox.url, header(metadata, 'instanceurl'))) {
    return pubSubError('service.auth.headers.invalid');
  }
  return sandbox.sessions.find(token) === undefined ? pubSubError('service.auth.error') : undefined;
}

/**
 * The header must name this org's REST server. The scheme does not count: the usual client insists on https,
 * while the sandbox's REST server speaks plain http.
 */
function isOwnInstance(own: string, given: string): boolean {
  try {
    const [left, right] = [new URL(own), new URL(given)];
    const loopback = ['127.0.0.1', 'localhost'];
    return (
      left.port === right.port && (left.hostname === right.hostname || loopback.includes(right.hostname))
    );
  } catch {
    return false;
  }
}
