/**
 * Somebody who pays partners, for demos and tests: takes payout messages over HTTP, verifies each, and writes every
 * request to a log before answering. The log, not Tributary's tables, says what would have been paid.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { closeServer, listen } from '../admin/listen.ts';
import { readBody } from '../admin/read-body.ts';
import { createRandom } from '../faults/random.ts';
import { openJournalFile } from '../journal/journal-file.ts';
import type { JournalFile } from '../journal/journal-file.ts';
import { isEffect } from './read-log.ts';
import type { ReceiverLogLine } from './read-log.ts';

export interface ReceiverFaults {
  seed: number;
  /** Share of requests answered 503 without being taken. */
  failRate?: number;
  /** Share of requests taken, after which the connection is reset instead of answered. */
  resetAfterAcceptRate?: number;
  /** Share of requests taken and then answered only after `lateMs`. */
  lateAfterAcceptRate?: number;
  lateMs?: number;
}

export interface ReceiverOptions {
  /** 0 or absent: any free one. */
  port?: number;
  secret: string;
  /** JSON lines. An existing file is gone on with: ids taken before stay taken. */
  logFile: string;
  /** Whether a taken payout is acknowledged in the answer. Absent: yes. */
  acknowledge?: boolean;
  faults?: ReceiverFaults;
  /** What timestamps are compared with. Absent: this machine's clock. */
  now?: () => Date;
}

export interface PayoutReceiver {
  url: string;
  close(): Promise<void>;
}

interface Receiver {
  options: ReceiverOptions;
  journal: JournalFile;
  taken: Map<string, string>;
  draw(): Fault;
}

type Fault = 'none' | 'fail' | 'reset-after-accept' | 'late-after-accept';

const TOLERANCE_SECONDS = 300;

export async function startPayoutReceiver(options: ReceiverOptions): Promise<PayoutReceiver> {
  const journal = openJournalFile(options.logFile);
  const receiver = { options, journal, taken: idsTaken(journal), draw: faultDraw(options.faults) };
  const server = createServer((request, response) => {
    receive(receiver, request, response).catch(() => response.destroy());
  });
  const port = await listen(server, '127.0.0.1', options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}/payouts`,
    close: async () => {
      await closeServer(server);
      journal.close();
    },
  };
}

function idsTaken(journal: JournalFile): Map<string, string> {
  const taken = new Map<string, string>();
  for (const line of journal.replay()) {
    const { id, verdict } = line as ReceiverLogLine;
    if (isEffect(verdict)) taken.set(id, referenceFor(taken));
  }
  return taken;
}

function referenceFor(taken: ReadonlyMap<string, string>): string {
  return `PAY-${String(taken.size + 1).padStart(6, '0')}`;
}

/** One draw per request, so that the same seed gives the same faults whatever their kinds are. */
function faultDraw(faults: ReceiverFaults | undefined): () => Fault {
  if (faults === undefined) return () => 'none';
  const random = createRandom(faults.seed);
  const { failRate = 0, resetAfterAcceptRate = 0, lateAfterAcceptRate = 0 } = faults;
  return () => {
    const drawn = random();
    if (drawn < failRate) return 'fail';
    if (drawn < failRate + resetAfterAcceptRate) return 'reset-after-accept';
    return drawn < failRate + resetAfterAcceptRate + lateAfterAcceptRate ? 'late-after-accept' : 'none';
  };
}

async function receive(
  receiver: Receiver,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = (await readBody(request)).toString('utf8');
  const id = headerOf(request, 'webhook-id');
  if (!isGenuine(receiver.options, request, body)) return refuse(receiver, id, body, response);
  const fault = receiver.draw();
  if (fault === 'fail') {
    note(receiver, { id, verdict: 'failed', body });
    return answer(response, 503, { error: 'try again later' });
  }
  const reference = take(receiver, id, body);
  if (fault === 'reset-after-accept') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault === 'late-after-accept') await sleep(receiver.options.faults?.lateMs ?? 0);
  if (receiver.options.acknowledge === false) return answer(response, 200, {});
  // Noted once the answer is out: an acknowledgement that was cut off is none.
  response.once('finish', () => note(receiver, { id, verdict: 'acknowledged', body: '' }));
  answer(response, 200, { acknowledged: true, reference });
}

/** Standard Webhooks 1.0.0: any of the listed v1 signatures fits, and the timestamp is within five minutes. */
function isGenuine({ secret, now }: ReceiverOptions, request: IncomingMessage, body: string): boolean {
  const seconds = Number(headerOf(request, 'webhook-timestamp'));
  const present = (now ?? (() => new Date()))().getTime() / 1000;
  if (!Number.isInteger(seconds) || Math.abs(present - seconds) > TOLERANCE_SECONDS) return false;
  const expected = Buffer.from(
    new Webhook(secret).sign(headerOf(request, 'webhook-id'), new Date(seconds * 1000), body),
  );
  const given = headerOf(request, 'webhook-signature')
    .split(' ')
    .map((signature) => Buffer.from(signature));
  return given.some(
    (signature) => signature.length === expected.length && timingSafeEqual(signature, expected),
  );
}

function refuse(receiver: Receiver, id: string, body: string, response: ServerResponse): void {
  note(receiver, { id, verdict: 'refused', body });
  answer(response, 401, { error: 'the signature does not fit' });
}

/** Takes a message once; a repeat gets the first one's reference. */
function take(receiver: Receiver, id: string, body: string): string {
  const known = receiver.taken.get(id);
  if (known !== undefined) {
    note(receiver, { id, verdict: 'repeat', body });
    return known;
  }
  const reference = referenceFor(receiver.taken);
  receiver.taken.set(id, reference);
  note(receiver, { id, verdict: 'taken', body });
  return reference;
}

function note(receiver: Receiver, line: Omit<ReceiverLogLine, 'at'>): void {
  receiver.journal.append({ at: new Date().toISOString(), ...line });
  receiver.journal.flush();
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function headerOf(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}
