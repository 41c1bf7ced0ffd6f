import { createRingBuffer, type RingBuffer } from './ring-buffer.ts';

/** How a request ended: an HTTP status, a destroyed socket, or silence until the client gave up. */
export type ResponseStatus = number | 'reset' | 'timeout';

/**
 * One answered (or deliberately unanswered) request. `at` is epoch milliseconds of the sandbox clock: when it was answered, or
 * where the sandbox counts calls by time, when it counted this one.
 */
export interface AnsweredRequest {
  at: number;
  requestId: string;
  method: string;
  path: string;
  /** Path template without ids or values, e.g. `PATCH /composite/sobjects/Opportunity/{extField}`. */
  endpoint: string;
  status: ResponseStatus;
  /** How many records the request carried; 0 for calls that carry none. */
  records: number;
  error?: string | undefined;
}

/** Totals of one endpoint. */
export interface EndpointSummary {
  calls: number;
  records: number;
  byStatus: Record<string, number>;
}

/** What was sent and what was answered, as text. */
export interface Bodies {
  request: string;
  response: string;
}

type LoggedRequest = Omit<AnsweredRequest, 'at'> & { seq: number; at: string };

/** Every response the sandbox sent, with running totals per endpoint that outlive the ring buffer. */
export interface RequestLog {
  /** `bodies` is asked only while somebody wants them kept. */
  add(request: AnsweredRequest, bodies?: () => Bodies): void;
  list(query: { since?: number; limit?: number }): LoggedRequest[];
  /** The requests whose bodies were kept. */
  exchanges(query: { since?: number; limit?: number }): (LoggedRequest & Bodies)[];
  /** Keeps the bodies of the newest so many requests from now on; 0 keeps none. */
  keepExchanges(capacity: number): void;
  summary(): Record<string, EndpointSummary>;
  clear(): void;
}

/** Keeps the newest `capacity` requests. */
export function createRequestLog(capacity = 100_000): RequestLog {
  const ring = createRingBuffer<AnsweredRequest>(capacity);
  const totals = new Map<string, EndpointSummary>();
  let exchanges: RingBuffer<{ seq: number; entry: AnsweredRequest & Bodies }> | undefined;
  return {
    add(request, bodies) {
      const seq = ring.push(request);
      count(totals, request);
      if (exchanges !== undefined && bodies !== undefined)
        exchanges.push({ seq, entry: { ...request, ...bodies() } });
    },
    list: ({ since = 0, limit = Infinity }) => ring.since(since, limit).map(shown),
    exchanges({ since = 0, limit = Infinity }) {
      const kept = exchanges?.since(0).map(({ entry }) => entry) ?? [];
      return kept
        .filter(({ seq }) => seq > since)
        .slice(0, limit)
        .map(shown);
    },
    keepExchanges(wanted) {
      exchanges = wanted === 0 ? undefined : createRingBuffer(wanted);
    },
    summary: () => Object.fromEntries(totals),
    clear() {
      ring.clear();
      exchanges?.clear();
      totals.clear();
    },
  };
}

function shown<T extends { at: number }>({ seq, entry }: { seq: number; entry: T }) {
  return { ...entry, seq, at: new Date(entry.at).toISOString() };
}

function count(totals: Map<string, EndpointSummary>, request: AnsweredRequest): void {
  let total = totals.get(request.endpoint);
  if (total === undefined) {
    total = { calls: 0, records: 0, byStatus: {} };
    totals.set(request.endpoint, total);
  }
  const status = String(request.status);
  total.calls += 1;
  total.records += request.records;
  total.byStatus[status] = (total.byStatus[status] ?? 0) + 1;
}
