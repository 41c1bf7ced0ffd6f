import type { Handler } from '../../rest/request.ts';
import { createComponent, deleteComponent, readComponent, updateComponent } from './tooling-records.ts';
import { toolingQuery } from './tooling-query.ts';

/** Paths of the Tooling API below `/services/data/vXX.0`, and what answers them. */
export const TOOLING_ROUTES: readonly (readonly [
  path: string,
  handlers: Readonly<Record<string, Handler>>,
])[] = [
  ['tooling/query', { GET: toolingQuery }],
  ['tooling/sobjects/:type', { POST: createComponent }],
  ['tooling/sobjects/:type/:id', { GET: readComponent, PATCH: updateComponent, DELETE: deleteComponent }],
];
