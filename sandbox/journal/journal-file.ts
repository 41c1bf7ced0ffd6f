import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * An append-only file of JSON lines.
 * Call `flush` before the response of a request leaves: a client that was told "created" must find the record after a SIGKILL.
 */
export interface JournalFile {
  /** Entries found at opening, oldest first. May be read once; afterwards the text is let go. */
  replay(): Generator<unknown>;
  /** Queues one entry. Small and synchronous: the line is written with its neighbours at the next flush. */
  append(entry: unknown): void;
  flush(): void;
  close(): void;
}

/** Opens (or creates) a journal. A torn last line, left by a kill in mid-write, is cut off so that appends start clean. */
export function openJournalFile(path: string): JournalFile {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, 'a+', 0o600);
  let text: string | undefined = wholeLines(readFileSync(path), fd);
  let queued: string[] = [];
  let scheduled = false;

  function flush(): void {
    scheduled = false;
    if (queued.length === 0) return;
    const chunk = Buffer.from(queued.join(''));
    queued = [];
    for (let written = 0; written < chunk.length;) written += writeSync(fd, chunk, written);
  }

  return {
    *replay() {
      const lines = text ?? '';
      text = undefined;
      for (let start = 0; start < lines.length;) {
        const end = lines.indexOf('\n', start);
        yield JSON.parse(lines.slice(start, end));
        start = end + 1;
      }
    },
    append(entry) {
      queued.push(JSON.stringify(entry) + '\n');
      // Writes that no request flushes (a rep's play, a seed) still reach the disk within one turn of the event loop.
      if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
    },
    flush,
    close() {
      flush();
      closeSync(fd);
    },
  };
}

/** A journal that keeps nothing: for sandboxes without a data directory. */
export function createNoJournal(): JournalFile {
  return {
    *replay() {},
    append() {},
    flush() {},
    close() {},
  };
}

function wholeLines(content: Buffer, fd: number): string {
  const end = content.lastIndexOf(0x0a) + 1;
  if (end < content.length) ftruncateSync(fd, end);
  return content.toString('utf8', 0, end);
}
