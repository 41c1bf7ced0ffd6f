import { createHash } from 'node:crypto';
import type { Sql } from '../platform/database/database.ts';
import type { Finding } from './finding.ts';
import { writeHead, type ChainHead } from './read-head.ts';

interface Link {
  sequence: bigint;
  transactionId: bigint;
  digest: Buffer;
  /** Null: the transaction is gone. */
  content: string | null;
  tellsOf: string | null;
}

const PAGE = 1_000;

/**
 * Computes every digest again from what the tables hold now, each from the stored digest before it: what was changed is named
 * by itself, not everything after it.
 * @param published a head that was written down elsewhere: the chain must still hold it
 */
export async function verifyChain(
  sql: Sql,
  published: Pick<ChainHead, 'sequence' | 'digest'> | null,
): Promise<{ links: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let before: Pick<Link, 'sequence' | 'digest'> = { sequence: 0n, digest: Buffer.alloc(0) };
  let links = 0;
  let held = published === null;
  for (;;) {
    const page = await loadLinks(sql, before.sequence);
    if (page.length === 0) break;
    for (const link of page) {
      findings.push(...judge(link, before));
      held ||= link.sequence === published?.sequence && link.digest.toString('hex') === published.digest;
      before = link;
    }
    links += page.length;
  }
  if (published !== null && !held) findings.push(lostHead(published));
  return { links, findings };
}

function loadLinks(sql: Sql, after: bigint): Promise<Link[]> {
  return sql.query<Link>(
    `SELECT s.sequence, s.transaction_id AS "transactionId", s.digest, c.content,
            CASE WHEN t.entry_id IS NOT NULL THEN 'entry ' || t.entry_id ELSE 'trigger ' || t.trigger_id END AS "tellsOf"
       FROM ledger_seals s LEFT JOIN ledger_transactions t ON t.id = s.transaction_id
            LEFT JOIN ledger_contents c ON c.transaction_id = s.transaction_id
      WHERE s.sequence > $1 ORDER BY s.sequence LIMIT $2`,
    [after.toString(), PAGE],
  );
}

function judge(link: Link, before: Pick<Link, 'sequence' | 'digest'>): Finding[] {
  const subject = `transaction ${link.transactionId}${link.tellsOf === null ? '' : ` (${link.tellsOf})`}`;
  const findings: Finding[] = [];
  if (link.sequence !== before.sequence + 1n)
    findings.push({
      subject: `seal ${before.sequence + 1n}`,
      problem: `is missing from the chain, up to ${link.sequence - 1n}`,
    });
  if (link.content === null) findings.push({ subject, problem: 'was sealed and is gone' });
  // After a gap there is no digest to go on from: the gap is the finding.
  else if (findings.length === 0 && !digestOf(before.digest, link.content).equals(link.digest))
    findings.push({
      subject,
      problem: 'is not what was sealed: it, its postings or what it tells of was changed',
    });
  return findings;
}

function digestOf(before: Buffer, content: string): Buffer {
  return createHash('sha256').update(before).update(content, 'utf8').digest();
}

function lostHead(head: Pick<ChainHead, 'sequence' | 'digest'>): Finding {
  return {
    subject: `head ${writeHead(head)}`,
    problem: 'was published and is not in the chain: what was sealed up to there was removed or sealed anew',
  };
}
