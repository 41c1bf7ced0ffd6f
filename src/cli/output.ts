import { once } from 'node:events';

/** Where a command writes: one JSON document on stdout with --json, else sentences; progress and logs go to stderr. */
export interface Output {
  json: boolean;
  out(text: string): void;
  note(text: string): void;
}

export function processOutput(json: boolean): Output {
  return {
    json,
    out: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
  };
}

export function printJson(output: Output, value: unknown): void {
  output.out(
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part), 2),
  );
}

/** Standard output, piece by piece: waits for a reader that is slower than we are. */
export async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
