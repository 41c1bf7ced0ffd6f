import { randomUUID } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';

/** A refused gRPC call: status, text that ends with the call's id, and the vendor's `error-code` trailer. */
export interface PubSubError {
  code: status;
  details: string;
  metadata: Metadata;
}

const PREFIX = 'sfdc.platform.eventbus.grpc.';

/**
 * The vendor's codes without their common prefix (facts 1.7), with the gRPC status each comes with. The facts name
 * the statuses of replayid.corrupted, topic.not.found, service.auth.error and service.unavailable; the others follow
 * from gRPC's own meaning of the status.
 */
const ERRORS: Readonly<Record<string, readonly [status, string]>> = {
  'concurrent.client.limit.exceeded': [
    status.RESOURCE_EXHAUSTED,
    'The org has reached its maximum of concurrent clients.',
  ],
  'managed.subscription.fetch.request.events.invalid': [
    status.INVALID_ARGUMENT,
    'The number of requested events must not be negative.',
  ],
  'managed.subscription.subscription.id.not.found': [
    status.NOT_FOUND,
    'There is no managed subscription with this ID or name.',
  ],
  'schema.not.found': [status.NOT_FOUND, 'There is no schema with this ID.'],
  'schema.validation.failed': [status.INVALID_ARGUMENT, 'The schema ID is missing.'],
  'service.auth.error': [
    status.UNAUTHENTICATED,
    'An authentication exception occurred. Provide valid authentication data.',
  ],
  'service.auth.headers.invalid': [
    status.UNAUTHENTICATED,
    'A required authentication header is missing or invalid.',
  ],
  'service.unavailable': [status.UNAVAILABLE, 'The service is unavailable. Try again later.'],
  'subscription.fetch.overflow': [
    status.RESOURCE_EXHAUSTED,
    'More events were requested than the client takes in.',
  ],
  'subscription.fetch.replayid.corrupted': [
    status.INVALID_ARGUMENT,
    'The Replay ID validation failed: it is invalid, or its event is no longer retained.',
  ],
  'subscription.fetch.replayid.validation.failed': [
    status.INVALID_ARGUMENT,
    'The CUSTOM replay preset needs a Replay ID.',
  ],
  'subscription.fetch.requested.events.invalid': [
    status.INVALID_ARGUMENT,
    'The number of requested events must be greater than zero.',
  ],
  'subscription.fetch.topic.mismatch': [
    status.INVALID_ARGUMENT,
    'The topic differs from that of the first fetch request of this subscription.',
  ],
  'subscription.internal.error': [status.INTERNAL, 'The subscription failed. Subscribe again.'],
  'subscription.limit.exceeded': [
    status.RESOURCE_EXHAUSTED,
    'You have exceeded the event delivery limit for your org.',
  ],
  'topic.not.found': [
    status.NOT_FOUND,
    'The topic was not found. Ensure that its name is right and that it exists.',
  ],
  'topic.validation.empty': [status.INVALID_ARGUMENT, 'The topic name is missing.'],
};

/** Builds an error from its code, with or without the common prefix. An unlisted code comes with status UNKNOWN. */
export function pubSubError(code: string, given: { status?: status; rpcId?: string } = {}): PubSubError {
  const name = code.startsWith(PREFIX) ? code.slice(PREFIX.length) : code;
  const [listed, text] = ERRORS[name] ?? [status.UNKNOWN, 'The call failed.'];
  const metadata = new Metadata();
  metadata.set('error-code', `${PREFIX}${name}`);
  const rpcId = given.rpcId ?? randomUUID();
  return { code: given.status ?? listed, details: `${text} rpcId: ${rpcId}`, metadata };
}

/** What a client sees of a connection that broke: a status of gRPC's own, without any of the vendor's trailers. */
export function brokenStream(): PubSubError {
  return { code: status.UNAVAILABLE, details: 'RST_STREAM closed stream.', metadata: new Metadata() };
}
