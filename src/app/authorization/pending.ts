import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Keyring, SealedValue } from '../../platform/crypto/keyring.ts';
import type { Sql } from '../../platform/database/database.ts';
import { digestOf, newProof, provesSecret } from './proof.ts';
import { AuthorizationRefused } from './refused.ts';

/** How long a person may take to log in. */
export const pendingMs = 10 * 60_000;

/** What is remembered of an errand, sealed. */
const Errand = z.object({
  verifier: z.string(),
  redirectUri: z.string(),
  app: z.object({ clientId: z.string(), clientSecret: z.string().optional() }),
});

export interface PendingAuthorization {
  connectionId: string;
  verifier: string;
  redirectUri: string;
  app: { clientId: string; clientSecret?: string };
}

/** Keeps an errand until its person comes back. @returns the state and the PKCE challenge to send along */
export async function keepPending(
  sql: Sql,
  keyring: Keyring,
  errand: { connectionId: string; redirectUri: string; app: { clientId: string; clientSecret?: string } },
  now: Date,
): Promise<{ state: string; challenge: string; expiresAt: Date }> {
  const id = randomUUID();
  const { verifier, challenge, secret } = newProof();
  const { app, redirectUri } = errand;
  const sealed = keyring.seal(JSON.stringify({ verifier, redirectUri, app }), sealedFor(id));
  const expiresAt = new Date(now.getTime() + pendingMs);
  await sql.query('DELETE FROM authorizations WHERE expires_at <= $1', [now]);
  await sql.query(
    `INSERT INTO authorizations (id, connection_id, state_digest, key_id, iv, ciphertext, tag, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      id,
      errand.connectionId,
      digestOf(secret),
      sealed.keyId,
      sealed.iv,
      sealed.ciphertext,
      sealed.tag,
      now,
      expiresAt,
    ],
  );
  return { state: `${id}.${secret}`, challenge, expiresAt };
}

/**
 * Takes the errand of a state out, whether or not it proves right: a state is good for one try.
 * @throws AuthorizationRefused
 */
export async function takePending(
  sql: Sql,
  keyring: Keyring,
  state: string,
  now: Date,
): Promise<PendingAuthorization> {
  const [, id, secret] = /^([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/.exec(state) ?? [];
  const row = id === undefined ? undefined : await takeRow(sql, id);
  if (row === undefined || secret === undefined || !provesSecret(secret, row.digest) || row.expiresAt <= now)
    throw new AuthorizationRefused(
      'This login link was used already, is older than ten minutes, or is not ours. Begin again.',
    );
  const errand = Errand.parse(JSON.parse(keyring.open(row, sealedFor(row.id))));
  const { clientId, clientSecret } = errand.app;
  return {
    connectionId: row.connectionId,
    verifier: errand.verifier,
    redirectUri: errand.redirectUri,
    app: { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) },
  };
}

interface Row extends SealedValue {
  id: string;
  connectionId: string;
  digest: Buffer;
  expiresAt: Date;
}

async function takeRow(sql: Sql, id: string): Promise<Row | undefined> {
  const [row] = await sql.query<Row>(
    `DELETE FROM authorizations WHERE id = $1::uuid RETURNING id, connection_id AS "connectionId",
       state_digest AS digest, expires_at AS "expiresAt", key_id AS "keyId", iv, ciphertext, tag`,
    [id],
  );
  return row;
}

function sealedFor(id: string): string {
  return `authorization:${id}`;
}
