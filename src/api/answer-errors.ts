import type { FastifyError, FastifyInstance } from 'fastify';
import type { Logger } from '../platform/logging.ts';
import { LinkRefused } from '../partners/partner-links.ts';
import { TierAlreadySet } from '../partners/tiers.ts';
import { isDatabaseUnavailable } from './database-trouble.ts';
import { notFound, Problem, sendProblem } from './problem.ts';

const RETRY_AFTER_SECONDS = '5';

/** Every refusal and every failure of the app leaves as a problem document; what broke is in the log only. */
export function answerErrorsAsProblems(app: FastifyInstance, logger: Logger): void {
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, notFound(`${request.method} ${request.url.split('?')[0] ?? ''} leads nowhere.`)),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      logger.error(
        { err: error, method: request.method, route: request.routeOptions.url },
        'a request failed',
      );
    }
    return sendProblem(reply, problem);
  });
}

function problemOf(error: Error & { statusCode?: number; code?: string }): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TierAlreadySet) return new Problem(409, 'conflict', error.message);
  if (error instanceof LinkRefused) {
    return error.isMissing ? notFound(error.message) : new Problem(409, 'conflict', error.message);
  }
  if (isDatabaseUnavailable(error)) {
    return new Problem(503, 'unavailable', 'The database cannot be reached; nothing was stored. Try again.', {
      headers: { 'retry-after': RETRY_AFTER_SECONDS },
    });
  }
  if (error.statusCode === 413) return new Problem(413, 'too-large', 'A request may have at most 1 MB.');
  if (error.statusCode === 415) return new Problem(415, 'unsupported-media-type');
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Problem(error.statusCode, 'malformed-request', error.message);
  }
  return new Problem(500, 'internal', 'The request failed for a reason that is in the log.');
}
