import { randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import type { Keyring, SealedValue } from '../platform/crypto/keyring.ts';
import type { Database, Sql } from '../platform/database/database.ts';
import { newId } from '../platform/ids.ts';
import type { MessageType } from './message-types.ts';
import { routeUnsentTriggers } from './route-triggers.ts';

export interface NewEndpoint {
  label: string;
  url: string;
  types: readonly MessageType[];
  /** `whsec_` and base64 of 24 to 64 bytes (Standard Webhooks 1.0.0). Absent: one is made. */
  secret?: string;
}

/** An endpoint that cannot be taken as it is. The message says why and never shows a secret. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

/** Any number no one else locks in this database; see `shareEndpoints`. */
const ENDPOINTS_LOCK = 7_420_261_160;

/** How long a secret that configuration replaced keeps signing beside the new one. */
const CHANGE_OVER_MS = 24 * 60 * 60 * 1_000;

/**
 * To be called first in a transaction that inserts triggers: an endpoint that is being added meanwhile either sees
 * the trigger or is seen by it.
 */
export async function shareEndpoints(tx: Sql): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock_shared($1)', [ENDPOINTS_LOCK]);
}

/** A fresh signing secret, to be shown to the receiver once. */
export function newSigningSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/**
 * Subscribes an endpoint. Triggers that nobody was told of, because no endpoint was there, are queued for it.
 * @returns the id, and the secret the receiver verifies with
 */
export async function registerEndpoint(
  context: { db: Database; clock: Clock; keyring: Keyring; allowHttp: boolean },
  endpoint: NewEndpoint,
): Promise<{ id: string; secret: string }> {
  requireUsable(endpoint.url, context.allowHttp);
  const secret = endpoint.secret ?? newSigningSecret();
  requireSecret(secret);
  let id = '';
  await changeEndpoints(context, async (tx) => {
    id = await insertEndpoint(tx, context.clock, endpoint);
    await insertSecret(tx, context, id, secret);
  });
  return { id, secret };
}

/**
 * Brings the endpoint that configuration names to what it says: registered once under its label, with its address and
 * secret; a changed secret replaces the old one after a day. A changed address moves the endpoint with everything that
 * waits for it: a second endpoint would be told of every payout beside the first, and what waited would go nowhere.
 * For every start; several processes may start at once.
 */
export async function ensureConfiguredEndpoint(
  context: { db: Database; clock: Clock; keyring: Keyring; allowHttp: boolean },
  endpoint: NewEndpoint & { secret: string },
): Promise<{ id: string }> {
  requireUsable(endpoint.url, context.allowHttp);
  requireSecret(endpoint.secret);
  let id = '';
  await changeEndpoints(context, async (tx) => {
    id = (await moveEndpoint(tx, endpoint)) ?? (await insertEndpoint(tx, context.clock, endpoint));
    const [current] = await openSecrets(tx, context.keyring, id, context.clock.now());
    if (current === endpoint.secret) return;
    await expireSecrets(tx, id, new Date(context.clock.now().getTime() + CHANGE_OVER_MS));
    await insertSecret(tx, context, id, endpoint.secret);
  });
  return { id };
}

/** Adds a signing secret; the ones before keep signing beside it for `overlapMs`, so the receiver can change over. */
export async function rotateSecret(
  context: { db: Database; clock: Clock; keyring: Keyring },
  endpointId: string,
  overlapMs: number,
): Promise<{ secret: string }> {
  const secret = newSigningSecret();
  const until = new Date(context.clock.now().getTime() + overlapMs);
  await context.db.transaction(async (tx) => {
    await expireSecrets(tx, endpointId, until);
    await insertSecret(tx, context, endpointId, secret);
  });
  return { secret };
}

/** Halts deliveries to one endpoint; its messages stay due. Enabling goes on with them. */
export async function disableEndpoint(
  sql: Sql,
  clock: Clock,
  endpointId: string,
  because: string,
): Promise<void> {
  await sql.query('UPDATE endpoints SET disabled_at = $2, disabled_because = $3 WHERE id = $1', [
    endpointId,
    clock.now(),
    because,
  ]);
}

export async function enableEndpoint(
  context: { db: Database; clock: Clock },
  endpointId: string,
): Promise<void> {
  await changeEndpoints(context, async (tx) => {
    await tx.query('UPDATE endpoints SET disabled_at = NULL, disabled_because = NULL WHERE id = $1', [
      endpointId,
    ]);
  });
}

/**
 * Seals every signing secret anew that another key than the current one sealed, for key rotation.
 * @returns how many
 */
export async function resealSecrets(context: { db: Database; keyring: Keyring }): Promise<number> {
  const { db, keyring } = context;
  return db.transaction(async (tx) => {
    const old = await tx.query<SealedValue & { id: string; endpointId: string }>(
      `SELECT id, endpoint_id AS "endpointId", key_id AS "keyId", iv, ciphertext, tag FROM endpoint_secrets
       WHERE key_id <> $1 FOR UPDATE`,
      [keyring.currentKeyId],
    );
    for (const row of old) {
      const bound = sealedFor(row.endpointId);
      const fresh = keyring.seal(keyring.open(row, bound), bound);
      await tx.query(
        'UPDATE endpoint_secrets SET key_id = $2, iv = $3, ciphertext = $4, tag = $5 WHERE id = $1',
        [row.id, fresh.keyId, fresh.iv, fresh.ciphertext, fresh.tag],
      );
    }
    return old.length;
  });
}

/** Where an endpoint is. */
export async function loadEndpoint(sql: Sql, endpointId: string): Promise<{ url: string }> {
  const [endpoint] = await sql.query<{ url: string }>('SELECT url FROM endpoints WHERE id = $1', [
    endpointId,
  ]);
  if (endpoint === undefined) throw new EndpointError(`there is no endpoint ${endpointId}`);
  return endpoint;
}

/** The secrets that sign now, newest first. */
export async function openSecrets(
  sql: Sql,
  keyring: Keyring,
  endpointId: string,
  now: Date,
): Promise<string[]> {
  const sealed = await sql.query<SealedValue>(
    `SELECT key_id AS "keyId", iv, ciphertext, tag FROM endpoint_secrets
     WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at DESC, id DESC`,
    [endpointId, now],
  );
  return sealed.map((value) => keyring.open(value, sealedFor(endpointId)));
}

async function changeEndpoints(
  context: { db: Database; clock: Clock },
  change: (tx: Sql) => Promise<void>,
): Promise<void> {
  await context.db.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [ENDPOINTS_LOCK]);
    await change(tx);
    await routeUnsentTriggers(tx, context.clock);
  });
}

/** @returns the id of the endpoint with this label, now at this address; null when there is none */
async function moveEndpoint(tx: Sql, endpoint: NewEndpoint): Promise<string | null> {
  const [known] = await tx.query<{ id: string }>(
    `UPDATE endpoints SET url = $2
      WHERE id = (SELECT id FROM endpoints WHERE label = $1 ORDER BY created_at DESC, id DESC LIMIT 1) RETURNING id`,
    [endpoint.label, endpoint.url],
  );
  return known?.id ?? null;
}

async function insertEndpoint(tx: Sql, clock: Clock, endpoint: NewEndpoint): Promise<string> {
  const id = newId(clock);
  await tx.query('INSERT INTO endpoints (id, label, url, types, created_at) VALUES ($1, $2, $3, $4, $5)', [
    id,
    endpoint.label,
    endpoint.url,
    [...endpoint.types],
    clock.now(),
  ]);
  return id;
}

async function expireSecrets(tx: Sql, endpointId: string, until: Date): Promise<void> {
  await tx.query(
    'UPDATE endpoint_secrets SET expires_at = $2 WHERE endpoint_id = $1 AND (expires_at IS NULL OR expires_at > $2)',
    [endpointId, until],
  );
}

async function insertSecret(
  tx: Sql,
  context: { clock: Clock; keyring: Keyring },
  endpointId: string,
  secret: string,
): Promise<void> {
  const { keyId, iv, ciphertext, tag } = context.keyring.seal(secret, sealedFor(endpointId));
  await tx.query(
    `INSERT INTO endpoint_secrets (id, endpoint_id, key_id, iv, ciphertext, tag, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [newId(context.clock), endpointId, keyId, iv, ciphertext, tag, context.clock.now()],
  );
}

/** What a sealed secret belongs to: in another endpoint's row it does not open. */
function sealedFor(endpointId: string): string {
  return `endpoint:${endpointId}`;
}

function requireUsable(url: string, allowHttp: boolean): void {
  if (!URL.canParse(url)) throw new EndpointError('the endpoint is not a URL');
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') {
    throw new EndpointError('the URL of an endpoint must not carry credentials: messages are signed');
  }
  if (parsed.protocol === 'https:') return;
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(parsed.hostname);
  if (parsed.protocol === 'http:' && (loopback || allowHttp)) return;
  throw new EndpointError(
    'an endpoint needs https; http is for this machine only, unless it is allowed by configuration',
  );
}

function requireSecret(secret: string): void {
  const bytes = /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)
    ? Buffer.from(secret.slice(6), 'base64').length
    : 0;
  if (bytes < 24 || bytes > 64)
    throw new EndpointError('a signing secret is "whsec_" and 24 to 64 bytes in base64');
}
