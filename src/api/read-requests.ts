import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { faultsOfIssues } from '../deals/check-registration.ts';
import { decodeUtf8 } from '../deals/prm-message.ts';
import { findTextFaults } from '../deals/text-faults.ts';
import { invalid, Problem } from './problem.ts';

/** JSON only, in valid UTF-8; an empty body is undefined, so that routes with an optional body take it. */
export function readJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    const text = decodeUtf8(body);
    if (text === null) return done(new Problem(400, 'malformed-request', 'The body is not valid UTF-8.'));
    return parseJson(request, text, (error, value) =>
      error === null
        ? done(null, value)
        : done(new Problem(400, 'malformed-request', 'The body is not valid JSON.')),
    );
  });
}

/**
 * Checks what a route declares (zod) and refuses with every fault at once: 422 for a body, 400 for a query, 404 for
 * a path that cannot name anything. Text no database can hold is a fault everywhere.
 */
export const checkAgainstSchema: FastifySchemaCompiler<unknown> =
  ({ schema, httpPart }) =>
  (data) => {
    if (!(schema instanceof z.ZodType)) throw new Error('a route has a schema that is not zod');
    const parsed = schema.safeParse(data);
    const textFaults = httpPart === 'headers' ? [] : findTextFaults(data);
    const pointers = new Set(textFaults.map((fault) => fault.pointer));
    const shapeFaults = parsed.success ? [] : faultsOfIssues(parsed.error.issues);
    const faults = [...textFaults, ...shapeFaults.filter((fault) => !pointers.has(fault.pointer))];
    // A checked header leaves the others as they are.
    if (parsed.success && faults.length === 0) return { value: httpPart === 'headers' ? data : parsed.data };
    if (httpPart === 'body') return { error: invalid(faults) };
    if (httpPart === 'params') return { error: new Problem(404, 'not-found') };
    return { error: new Problem(400, 'malformed-request', 'The query has faults.', { errors: faults }) };
  };

/** For a route that checks its body itself, with more than its shape. The schema then only documents. */
export const bodyCheckedByHandler: FastifySchemaCompiler<unknown> = (part) =>
  part.httpPart === 'body' ? (data) => ({ value: data }) : checkAgainstSchema(part);
