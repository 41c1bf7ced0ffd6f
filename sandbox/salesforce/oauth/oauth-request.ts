import type { IncomingHttpHeaders } from 'node:http';
import type { Reply } from '../rest/request.ts';
import type { Sandbox } from '../sandbox.ts';

/** A request outside the data API. */
export interface OauthRequest {
  sandbox: Sandbox;
  requestId: string;
  method: string;
  segments: readonly string[];
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** An endpoint outside the data API. `endpoint` is its name in the request log. */
export interface OauthRoute {
  endpoint: string;
  run(request: OauthRequest): Promise<Reply> | Reply;
}
