import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Fault } from '../deals/text-faults.ts';

/** The RFC 9457 document every refusal of the API is. */
export const ProblemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  errors: z
    .array(z.object({ pointer: z.string().describe('RFC 6901'), detail: z.string() }))
    .optional()
    .describe('one per fault, all at once'),
});

const titles = {
  'malformed-request': 'The request cannot be read',
  'idempotency-key-missing': 'Neither an Idempotency-Key nor a ref was sent',
  unauthorized: 'A known API key is needed',
  'signature-refused': 'The signature was refused',
  'not-found': 'There is nothing here',
  'illegal-transition': 'The deal does not allow this',
  conflict: 'The present state does not allow this',
  'too-large': 'The request is too large',
  'unsupported-media-type': 'Only application/json is read here',
  invalid: 'The request has faults',
  'idempotency-key-reused': 'The Idempotency-Key was used for another request',
  internal: 'Something broke here',
  unavailable: 'The service cannot work just now',
} as const;
export type ProblemName = keyof typeof titles;

/** A refusal. Thrown anywhere below a route, answered as `application/problem+json`. */
export class Problem extends Error {
  readonly status: number;
  readonly problem: ProblemName;
  readonly errors: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    problem: ProblemName,
    detail?: string,
    more: { errors?: readonly Fault[]; headers?: Record<string, string> } = {},
  ) {
    super(detail ?? titles[problem]);
    this.name = 'Problem';
    this.status = status;
    this.problem = problem;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }

  /** The document as JSON text. */
  toBody(): string {
    return JSON.stringify({
      type: `urn:tributary:problem:${this.problem}`,
      title: titles[this.problem],
      status: this.status,
      ...(this.message === titles[this.problem] ? {} : { detail: this.message }),
      ...(this.errors === undefined ? {} : { errors: this.errors }),
    });
  }
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(problem.toBody());
}

export function invalid(errors: readonly Fault[]): Problem {
  const count = errors.length === 1 ? 'One fault was found.' : `${errors.length} faults were found.`;
  return new Problem(422, 'invalid', count, { errors });
}

export function notFound(what: string): Problem {
  return new Problem(404, 'not-found', what);
}

/** Response documentation for these statuses; for a route's OpenAPI description. */
export function problemResponses(...statuses: number[]): Record<number, unknown> {
  return Object.fromEntries(
    [...statuses, 503].map((status) => [
      status,
      { description: 'refused', content: { 'application/problem+json': { schema: ProblemDocument } } },
    ]),
  );
}
