import { createRingBuffer } from './ring-buffer.ts';

/** How a request ended: an HTTP status, a destroyed socket, or silence until the client gave up. */
export type ResponseStatus = number | 'reset' | 'timeout';

/** One answered (or deliberately unanswered) request. `at` is epoch milliseconds of the sandbox clock. */
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

/** Every response the sandbox sent, with running totals per endpoint that outlive the ring buffer. */
export interface RequestLog {
  add(request: AnsweredRequest): void;
  list(query: {
    since?: number;
    limit?: number;
  }): (Omit<AnsweredRequest, 'at'> & { seq: number; at: string })[];
  summary(): Record<string, EndpointSummary>;
  clear(): void;
}

/** Keeps the newest `capacity` requests. */
export function createRequestLog(capacity = 100_000): RequestLog {
  const ring = createRingBuffer<AnsweredRequest>(capacity);
  const totals = new Map<string, EndpointSummary>();
  return {
    add(request) {
      ring.push(request);
      count(totals, request);
    },
    list({ since = 0, limit = Infinity }) {
      return ring
        .since(since, limit)
        .map(({ seq, entry }) => ({ ...entry, seq, at: new Date(entry.at).toISOString() }));
    },
    summary: () => Object.fromEntries(totals),
    clear() {
      ring.clear();
      totals.clear();
    },
  };
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
