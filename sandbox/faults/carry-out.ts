import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Interruption } from './engine.ts';
import type { SpoilFault, StatusFault } from './rules.ts';

/** What the server still has to answer itself. */
export type Outcome = 'reset' | 'timeout' | { answer: StatusFault | { kind: 'revoke-token' } };

/**
 * Carries out an interruption. Resets and hangs are done here; a status or a revoked token is handed back,
 * because only the vendor's server knows what its error bodies look like.
 */
export async function carryOut(interruption: Interruption, response: ServerResponse): Promise<Outcome> {
  switch (interruption.kind) {
    case 'reset':
      destroySocket(response);
      return 'reset';
    case 'hang':
      await holdOpen(response, interruption.ms);
      destroySocket(response);
      return 'timeout';
    case 'status':
    case 'revoke-token':
      return { answer: interruption };
  }
}

/**
 * Sends a good answer badly; the work behind it is done and stays done. `head` holds the vendor's own headers.
 * How each looks to a client: `cut-off` is a premature close, `half` text that does not parse, `empty` a success
 * without its content, `html` a maintenance page under a success status, `content-type` good JSON called text.
 */
export function sendSpoiled(
  response: ServerResponse,
  how: SpoilFault['how'],
  answer: { status: number; head: Record<string, string>; text: string },
): void {
  const { status, head, text } = answer;
  const shown = { html: htmlErrorPage(503), half: text.slice(0, text.length / 2), empty: '' };
  const sent = how === 'cut-off' || how === 'content-type' ? text : shown[how];
  const type = how === 'html' ? 'text/html;charset=UTF-8' : how === 'content-type' ? 'text/plain' : undefined;
  const promised = how === 'cut-off' ? Math.max(Buffer.byteLength(sent), 2) : Buffer.byteLength(sent);
  response.writeHead(status === 204 ? 200 : status, {
    ...head,
    'content-length': String(promised),
    ...(type === undefined ? {} : { 'content-type': type }),
  });
  if (how !== 'cut-off') return void response.end(sent);
  response.write(sent.slice(0, sent.length / 2) || ' ', () => response.socket?.destroy());
}

/** The vendor takes its time. It does not notice a client that hangs up meanwhile: the request is carried out all the same. */
export async function takeTime(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}

/** Waits without answering; ends early when the client hangs up. */
function holdOpen(response: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      response.off('close', done);
      resolve();
    }
    response.once('close', done);
  });
}

/** The page a proxy shows when the vendor behind it is down: a client that parses every body as JSON must survive it. */
export function htmlErrorPage(status: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>Error ${status}</h1><p>The service is temporarily unavailable.</p></body></html>\n`;
}

function destroySocket(response: ServerResponse): void {
  // RST rather than FIN: the client sees ECONNRESET, as when a load balancer drops the connection.
  response.socket?.resetAndDestroy();
}
