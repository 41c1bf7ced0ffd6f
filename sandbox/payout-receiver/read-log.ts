import { readFile } from 'node:fs/promises';

/**
 * 'taken': had its effect. 'repeat': was taken before. 'failed' and 'refused': had none. 'acknowledged': the answer that
 * says so is out.
 */
export type Verdict = 'taken' | 'repeat' | 'failed' | 'refused' | 'acknowledged';

export interface ReceiverLogLine {
  at: string;
  /** The Standard Webhooks message id. */
  id: string;
  verdict: Verdict;
  /** The request's body as it came. */
  body: string;
}

/** What one taken message says. */
export interface TakenMessage {
  id: string;
  type: string;
  data: Record<string, unknown>;
}

export function isEffect(verdict: Verdict): boolean {
  return verdict === 'taken';
}

/** Every request, in the order it came. */
export async function readReceiverLog(logFile: string): Promise<ReceiverLogLine[]> {
  const content = await readFile(logFile, 'utf8');
  return content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReceiverLogLine);
}

/** What had an effect: each message id once, if the receiver kept its word. */
export async function readTakenMessages(logFile: string): Promise<TakenMessage[]> {
  const lines = await readReceiverLog(logFile);
  return lines
    .filter((line) => isEffect(line.verdict))
    .map((line) => ({ id: line.id, ...(JSON.parse(line.body) as Omit<TakenMessage, 'id'>) }));
}
