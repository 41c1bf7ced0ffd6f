import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Database, Sql } from '../platform/database/database.ts';
import { keyOf } from './authenticate.ts';
import { Problem, PROBLEM_TYPE } from './problem.ts';

/** An answer that can be given again, byte for byte. */
export interface Answer {
  status: number;
  location: string | null;
  body: string;
}

interface SavedRequest {
  request_digest: string;
  status: number;
  location: string | null;
  body: string;
}

const KEY = /^[\x21-\x7e]{1,255}$/;

/** The request's Idempotency-Key, null when it has none. */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return null;
  if (typeof header === 'string' && KEY.test(header)) return header;
  throw new Problem(400, 'malformed-request', 'An Idempotency-Key is 1 to 255 visible ASCII characters.');
}

/**
 * Runs `work` once per key, for ever, in one transaction with the saved answer; a repeat gets that answer, a
 * concurrent one waits for it. What `work` throws is not saved: the key stays free for a corrected attempt.
 */
export async function answerOnce(
  db: Database,
  request: FastifyRequest,
  now: Date,
  work: (tx: Sql) => Promise<Answer>,
): Promise<Answer> {
  const key = idempotencyKeyOf(request);
  if (key === null) return db.transaction(work);
  const { source } = keyOf(request);
  const digest = digestOf(request);
  return db.transaction(async (tx) => {
    // Waits here while another request with the same key is at work.
    const [claimed] = await tx.query(
      `INSERT INTO api_requests (source, key, request_digest, created_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING RETURNING key`,
      [source, key, digest, now],
    );
    if (claimed === undefined) return savedAnswer(tx, source, key, digest);
    const answer = await work(tx);
    await tx.query(
      'UPDATE api_requests SET status = $3, location = $4, body = $5 WHERE source = $1 AND key = $2',
      [source, key, answer.status, answer.location, answer.body],
    );
    return answer;
  });
}

async function savedAnswer(tx: Sql, source: string, key: string, digest: string): Promise<Answer> {
  const [saved] = await tx.query<SavedRequest>(
    'SELECT request_digest, status, location, body FROM api_requests WHERE source = $1 AND key = $2',
    [source, key],
  );
  if (saved === undefined) throw new Error('an idempotency key vanished');
  if (saved.request_digest !== digest) {
    throw new Problem(422, 'idempotency-key-reused', 'The first request with this key was another one.');
  }
  return { status: saved.status, location: saved.location, body: saved.body };
}

export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.location !== null) void reply.header('location', answer.location);
  const type = answer.status >= 400 ? PROBLEM_TYPE : 'application/json; charset=utf-8';
  return reply.code(answer.status).type(type).send(answer.body);
}

function digestOf(request: FastifyRequest): string {
  const route = `${request.method} ${request.routeOptions.url ?? ''}`;
  return createHash('sha256')
    .update(`${route}\n${canonicalJson(request.body)}`)
    .digest('hex');
}

/** The same value in the same text, however the sender orders names. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const names = Object.keys(value).sort();
  const record = value as Record<string, unknown>;
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(record[name])}`).join(',')}}`;
}
