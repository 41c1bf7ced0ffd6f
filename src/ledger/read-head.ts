import type { Sql } from '../platform/database/database.ts';

/** The newest link of the chain: kept outside the database, it proves that nothing before it was changed or removed. */
export interface ChainHead {
  sequence: bigint;
  /** SHA-256, 64 hexadecimal digits. */
  digest: string;
  sealedAt: Date;
}

/** Null: nothing was sealed yet. */
export async function readHead(sql: Sql): Promise<ChainHead | null> {
  const [head] = await sql.query<ChainHead>(
    `SELECT sequence, encode(digest, 'hex') AS digest, sealed_at AS "sealedAt"
       FROM ledger_seals ORDER BY sequence DESC LIMIT 1`,
  );
  return head ?? null;
}

/** As it is published and given back to `verify`: `12:ab34…`. */
export function writeHead({ sequence, digest }: Pick<ChainHead, 'sequence' | 'digest'>): string {
  return `${sequence}:${digest}`;
}

/** Null: it has not that form. */
export function parseHead(text: string): Pick<ChainHead, 'sequence' | 'digest'> | null {
  const [, sequence, digest] = /^([1-9]\d{0,17}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return sequence === undefined || digest === undefined ? null : { sequence: BigInt(sequence), digest };
}
