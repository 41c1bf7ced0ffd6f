import { createHash } from 'node:crypto';
import type { Database, Sql } from '../platform/database/database.ts';
import type { Keyring } from '../platform/crypto/keyring.ts';
import { setSlots } from '../mirror/slots.ts';

export interface ConnectionRow {
  id: string;
  vendor: string;
  label: string;
  settings: Record<string, unknown>;
  isSandbox: boolean;
  pinnedAccountId: string | null;
  mode: 'shadow' | 'live';
}

export interface NewConnection {
  id: string;
  vendor: string;
  label: string;
  settings: Record<string, unknown>;
  credentials: unknown;
  /** The credentials only begin a connection that a person completes by logging in: a stored login is kept. */
  loggedInByPerson?: boolean;
  isSandbox: boolean;
  /** The org or portal id the operator expects; null pins to what answers first. */
  accountId: string | null;
  recordOrder: number;
  pushSlots: number;
}

/**
 * Makes the connection or refreshes its address and credentials. Mode, pin, cut-off and cap of an existing one stay:
 * a restart must never take a connection live or point it at another org. A sandbox starts live, a real CRM in shadow.
 */
export async function saveConnection(
  db: Database,
  keyring: Keyring,
  wanted: NewConnection,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO connections (id, vendor, label, settings, is_sandbox, pinned_account_id, mode, record_order, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (id) DO UPDATE SET label = excluded.label, settings = excluded.settings`,
      [
        wanted.id,
        wanted.vendor,
        wanted.label,
        JSON.stringify(wanted.settings),
        wanted.isSandbox,
        wanted.accountId,
        wanted.isSandbox ? 'live' : 'shadow',
        wanted.recordOrder,
        now,
      ],
    );
    await refuseChangedKind(tx, wanted);
    await saveConfiguredCredentials(tx, keyring, wanted, now);
    await setSlots(tx, wanted.id, 'push', wanted.pushSlots);
    await setSlots(tx, wanted.id, 'observe', 1);
  });
}

/** A database that mirrored into a sandbox must not go on into a production org, nor the other way round. */
async function refuseChangedKind(tx: Sql, wanted: NewConnection): Promise<void> {
  const rows = await tx.query<{ is_sandbox: boolean; vendor: string }>(
    'SELECT is_sandbox, vendor FROM connections WHERE id = $1',
    [wanted.id],
  );
  const row = rows[0];
  if (!row || (row.is_sandbox === wanted.isSandbox && row.vendor === wanted.vendor)) return;
  const kind = row.is_sandbox ? 'a local sandbox' : 'a real CRM';
  throw new Error(
    `The connection "${wanted.id}" in this database belongs to ${kind}. Use another TRIBUTARY_DATA_DIR or DATABASE_URL for the new one.`,
  );
}

/** The configured credentials replace the stored ones only when the configuration changed: tokens rotate in between. */
async function saveConfiguredCredentials(
  tx: Sql,
  keyring: Keyring,
  wanted: NewConnection,
  now: Date,
): Promise<void> {
  const digest = createHash('sha256').update(JSON.stringify(wanted.credentials)).digest('hex');
  const rows = await tx.query<{ configured_digest: string | null }>(
    'SELECT configured_digest FROM connection_secrets WHERE connection_id = $1',
    [wanted.id],
  );
  if (rows[0]?.configured_digest === digest) return;
  const credentials =
    rows[0] && wanted.loggedInByPerson ? await withConfiguredApp(tx, keyring, wanted) : wanted.credentials;
  await saveCredentials(tx, keyring, wanted.id, credentials, now);
  await tx.query('UPDATE connection_secrets SET configured_digest = $2 WHERE connection_id = $1', [
    wanted.id,
    digest,
  ]);
  await tx.query(
    'UPDATE connections SET login_epoch = login_epoch + 1, login_check_at = NULL WHERE id = $1',
    [wanted.id],
  );
}

/** The login that a person gave us, under the app as configured now: its secret may have been replaced. */
async function withConfiguredApp(tx: Sql, keyring: Keyring, wanted: NewConnection): Promise<unknown> {
  const stored = Object(await loadCredentials(tx, keyring, wanted.id)) as Record<string, unknown>;
  const configured = Object(wanted.credentials) as Record<string, unknown>;
  return { ...stored, ...configured, kind: stored['kind'] };
}

export async function saveCredentials(
  sql: Sql,
  keyring: Keyring,
  connectionId: string,
  credentials: unknown,
  now: Date,
): Promise<void> {
  const sealed = keyring.seal(JSON.stringify(credentials), connectionId);
  await sql.query(
    `INSERT INTO connection_secrets (connection_id, key_id, iv, ciphertext, tag, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (connection_id) DO UPDATE SET key_id = excluded.key_id, iv = excluded.iv, ciphertext = excluded.ciphertext,
            tag = excluded.tag, updated_at = excluded.updated_at, turn_token = NULL, turn_until = NULL, renewal_open = false`,
    [connectionId, sealed.keyId, sealed.iv, sealed.ciphertext, sealed.tag, now],
  );
}

/** What a renewal brought, unless a person connected anew since its turn began: their login is the newer one. */
export async function replaceInTurn(
  sql: Sql,
  keyring: Keyring,
  turn: { connectionId: string; token: string },
  credentials: unknown,
  now: Date,
): Promise<void> {
  const sealed = keyring.seal(JSON.stringify(credentials), turn.connectionId);
  await sql.query(
    `UPDATE connection_secrets SET key_id = $3, iv = $4, ciphertext = $5, tag = $6, updated_at = $7
      WHERE connection_id = $1 AND turn_token = $2`,
    [turn.connectionId, turn.token, sealed.keyId, sealed.iv, sealed.ciphertext, sealed.tag, now],
  );
}

export async function loadCredentials(sql: Sql, keyring: Keyring, connectionId: string): Promise<unknown> {
  const rows = await sql.query<SecretRow>(
    'SELECT key_id AS "keyId", iv, ciphertext, tag FROM connection_secrets WHERE connection_id = $1',
    [connectionId],
  );
  const sealed = rows[0];
  if (!sealed) throw new Error(`The connection "${connectionId}" has no credentials. Connect it again.`);
  return JSON.parse(keyring.open(sealed, connectionId));
}

interface SecretRow {
  keyId: string;
  iv: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

/** Re-seals every value that is not under the current key. @returns how many were re-sealed */
export async function rotateCredentials(db: Database, keyring: Keyring, now: Date): Promise<number> {
  const rows = await db.query<{ id: string }>(
    'SELECT connection_id AS id FROM connection_secrets WHERE key_id <> $1',
    [keyring.currentKeyId],
  );
  for (const { id } of rows) {
    await db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM connection_secrets WHERE connection_id = $1 FOR UPDATE', [id]);
      await saveCredentials(tx, keyring, id, await loadCredentials(tx, keyring, id), now);
    });
  }
  return rows.length;
}

export async function listConnections(sql: Sql): Promise<ConnectionRow[]> {
  return sql.query<ConnectionRow>(`${selectConnection} ORDER BY record_order, id`);
}

export async function loadConnection(sql: Sql, id: string): Promise<ConnectionRow | null> {
  const rows = await sql.query<ConnectionRow>(`${selectConnection} WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

const selectConnection = `SELECT id, vendor, label, settings, is_sandbox AS "isSandbox",
  pinned_account_id AS "pinnedAccountId", mode FROM connections`;

/** With everything stored for it; for a connection that nothing was mirrored to. */
export async function deleteConnection(sql: Sql, id: string): Promise<void> {
  await sql.query('DELETE FROM connections WHERE id = $1', [id]);
}

/** Pins the connection to the first account that answered. @returns the id it is pinned to */
export async function pinConnection(sql: Sql, id: string, accountId: string): Promise<string> {
  const rows = await sql.query<{ pinned: string }>(
    'UPDATE connections SET pinned_account_id = coalesce(pinned_account_id, $2) WHERE id = $1 RETURNING pinned_account_id AS pinned',
    [id, accountId],
  );
  return rows[0]?.pinned ?? accountId;
}
