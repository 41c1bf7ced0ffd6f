import { randomUUID } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';

/** A refused gRPC call: status, text that ends with the call's id, and the vendor's `error-code` trailer. */
export interface PubSubError {
  code: status;
  details: string;
  metadata: Metadata;
}

const ERRORS = {
  'service.auth.error': [
    status.UNAUTHENTICATED,
    'An authentication exception occurred. Provide valid authentication data.',
  ],
  'service.auth.headers.invalid': [
    status.UNAUTHENTICATED,
    'A required authentication header is missing or invalid.',
  ],
  'service.unavailable': [status.UNAVAILABLE, 'The service is currently unavailable. Try again later.'],
  'topic.not.found': [status.NOT_FOUND, 'The topic does not exist or you may not subscribe to it.'],
  'schema.not.found': [status.NOT_FOUND, 'The schema does not exist.'],
  'subscription.fetch.replayid.corrupted': [
    status.INVALID_ARGUMENT,
    'The Replay ID is invalid or its event is no longer retained.',
  ],
  'subscription.fetch.replayid.validation.failed': [
    status.INVALID_ARGUMENT,
    'The CUSTOM replay preset needs a valid Replay ID.',
  ],
  'subscription.fetch.requested.events.invalid': [
    status.INVALID_ARGUMENT,
    'The number of requested events must be greater than zero.',
  ],
  'subscription.fetch.topic.mismatch': [
    status.INVALID_ARGUMENT,
    'The topic differs from that of the first fetch request of this subscription.',
  ],
} as const satisfies Record<string, readonly [status, string]>;

/** Builds an error from the last part of its code. */
export function pubSubError(name: keyof typeof ERRORS): PubSubError {
  const [code, text] = ERRORS[name];
  const metadata = new Metadata();
  metadata.set('error-code', `sfdc.platform.eventbus.grpc.${name}`);
  return { code, details: `${text} rpcId: ${randomUUID()}`, metadata };
}
