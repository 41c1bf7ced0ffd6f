import type { Readable } from 'node:stream';

/** What is answered. `json` is already rendered text; `body` is rendered; neither means an empty body. */
export interface Reply {
  status: number;
  body?: unknown;
  json?: string;
  /** A body too long to be held: opened only when it is really sent. */
  stream?: () => Readable;
  headers?: Record<string, string>;
  /** How many records the request carried, for the request log. */
  records: number;
}
