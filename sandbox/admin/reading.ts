import { AdminError, type SandboxAdapter } from './adapter.ts';
import { numbers, type AdminRoutes } from './route.ts';

const PAGE = ['since', 'limit'] as const;

/** Looking: nothing here changes anything. */
export function reading(adapter: SandboxAdapter): AdminRoutes {
  return {
    'GET /health': {
      about: 'Whether the sandbox runs, where, and what time it has.',
      run: () => ({ ok: true, vendor: adapter.vendor, url: adapter.url, now: adapter.clock.now() }),
    },
    'GET /counts': { about: 'Live records by object.', run: () => adapter.counts() },
    'GET /records/:object': {
      about: 'Live records of an object, oldest first.',
      query: ['limit', 'offset'],
      run: ({ params, query }) =>
        adapter.records(params['object'] ?? '', {
          limit: 1000,
          offset: 0,
          ...numbers(query, ['limit', 'offset']),
        }),
    },
    'GET /records/:object/:id': {
      about: 'One record with all its fields, deleted or not.',
      run: ({ params: { object = '', id = '' } }) => {
        const found = adapter.record(object, id);
        if (found === undefined) throw new AdminError(404, `no ${object} ${id}`);
        return found;
      },
    },
    'GET /writes': {
      about:
        'What was committed, whether or not anybody was told: seq, at, object, id, op, fields, previous, origin.',
      query: ['object', ...PAGE],
      run: ({ query }) =>
        adapter.writes.list({ object: query.get('object') ?? undefined, ...numbers(query, PAGE) }),
    },
    'GET /requests': {
      about: 'What was answered: method, path, endpoint, status (or reset, timeout), records, error.',
      query: PAGE,
      run: ({ query }) => adapter.requests.list(numbers(query, PAGE)),
    },
    'GET /requests/summary': {
      about: 'Calls and records per endpoint, by status.',
      run: () => adapter.requests.summary(),
    },
    'GET /requests/bodies': {
      about: 'The newest requests with what was sent and answered; POST here first to have them kept.',
      query: PAGE,
      run: ({ query }) => adapter.requests.exchanges(numbers(query, PAGE)),
    },
    'DELETE /requests': {
      about: 'Forgets the requests, their bodies and totals.',
      run: () => {
        adapter.requests.clear();
        return { ok: true };
      },
    },
  };
}
