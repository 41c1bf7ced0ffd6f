import pg from 'pg';
import { environmentNumber } from '../environment-number.ts';
import { createLogger } from '../logging.ts';
import type { Logger } from '../logging.ts';
import { exactTypes } from './exact-types.ts';

/** Runs parameterised SQL. `$1`, `$2` are the placeholders; a value bound for a json column is passed as text. */
export interface Sql {
  query<Row = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<Row[]>;
}

/**
 * The database as the application sees it. int8 arrives as bigint, numeric as exact decimal string, date as
 * 'YYYY-MM-DD', timestamptz as Date.
 */
export interface Database extends Sql {
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. Rejects when the
   * connection is lost, also during COMMIT; whether that commit took effect is then unknown to the caller.
   */
  transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The role that may only INSERT and SELECT posted rows; created by the first migration. */
export const APPLICATION_ROLE = 'tributary_app';

/**
 * A worker stopped in the middle of a transaction (SIGSTOP, a suspended machine) would hold its row locks for
 * as long as it sleeps; the server ends such a session after this time. No longer than a lease: its work could not be
 * taken over before.
 */
const IDLE_IN_TRANSACTION_LIMIT_MS = Math.min(
  60_000,
  environmentNumber('TRIBUTARY_LEASE_MS', Number.POSITIVE_INFINITY),
);

/**
 * A database that vanished without a word (failover, a dropped route) answers no query and closes no connection. The
 * system's own check begins after two hours, and until then every worker and the sweeper would wait in silence.
 */
export const DEAD_PEER_CHECK_MS = 10_000;

/**
 * Opens a pool on `url`. Unless `role` says otherwise every session runs as the application's role, so that a
 * fault in our own SQL cannot change a posted row; `role: null` keeps the rights of the user in `url`, which is
 * for migrations only.
 */
export function openDatabase(options: {
  url: string;
  maxConnections: number;
  applicationName: string;
  role?: string | null;
  logger?: Logger;
}): Database {
  const logger = options.logger ?? createLogger({ name: options.applicationName, level: 'warn' });
  const role = options.role === undefined ? APPLICATION_ROLE : options.role;
  const pool = new pg.Pool({
    connectionString: withStartupOptions(options.url, role),
    max: options.maxConnections,
    application_name: options.applicationName,
    connectionTimeoutMillis: 10_000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: DEAD_PEER_CHECK_MS,
    types: exactTypes,
  });
  // Without a listener the loss of an idle connection would end the process.
  pool.on('error', (error) => logger.warn({ reason: error.message }, 'an idle database connection was lost'));

  return {
    query: async <Row>(text: string, params: readonly unknown[] = []): Promise<Row[]> =>
      rowsOf<Row>(await pool.query(text, [...params])),
    transaction: (work) => runTransaction(pool, logger, work),
    close: onceOnly(() => pool.end()),
  };
}

async function runTransaction<T>(pool: pg.Pool, logger: Logger, work: (tx: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let lost: Error | undefined;
  // A checked-out client has no listener of the pool's: a connection that breaks between two statements would
  // end the process.
  const noteLoss = (error: Error): void => {
    lost ??= error;
    logger.warn({ reason: error.message }, 'a database connection was lost inside a transaction');
  };
  client.on('error', noteLoss);
  let open = true;
  const tx: Sql = {
    query: async <Row>(text: string, params: readonly unknown[] = []): Promise<Row[]> => {
      if (!open) throw new Error('this transaction has ended: await every query inside the work function');
      return rowsOf<Row>(await client.query(text, [...params]));
    },
  };

  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(tx);
    open = false;
    await commit(client);
    return result;
  } catch (error) {
    open = false;
    failure = await rollback(client, lost);
    throw error;
  } finally {
    client.removeListener('error', noteLoss);
    client.release(failure ?? lost);
  }
}

/** Postgres answers COMMIT with ROLLBACK when a statement had failed before; that must not look like success. */
async function commit(client: pg.PoolClient): Promise<void> {
  const answer = await client.query('COMMIT');
  if (answer.command !== 'COMMIT') {
    throw new Error(
      'the transaction was rolled back: a statement in it had failed and its error was swallowed',
    );
  }
}

/** Answers why the client is unusable, or undefined when it can go back to the pool. */
async function rollback(client: pg.PoolClient, lost: Error | undefined): Promise<Error | undefined> {
  if (lost !== undefined) return lost;
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function rowsOf<Row>(result: { rows: unknown[] }): Row[] {
  return result.rows as Row[];
}

/**
 * Settings that must hold from the first statement of every session travel as start-up options: a SET after
 * connecting could be forgotten or undone. UTC, because a timestamp's text form depends on the session's zone.
 */
function withStartupOptions(url: string, role: string | null): string {
  const parsed = new URL(url);
  const given = parsed.searchParams.get('options');
  const options = [given, '-c TimeZone=UTC', role === null ? null : `-c role=${role}`];
  parsed.searchParams.set('options', options.filter((option) => option !== null).join(' '));
  return parsed.toString().replaceAll('+', '%20');
}

function onceOnly(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}
