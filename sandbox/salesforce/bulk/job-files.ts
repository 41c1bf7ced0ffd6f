import {
  appendFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  closeSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** What a job keeps on disk: uploads of 150 MB and results of as many records have no place in memory. */
export type JobFile = 'upload.csv' | 'successful.csv' | 'failed.csv' | 'result.csv' | 'result.offsets';

/** The files of all jobs. */
export interface JobFiles {
  path(jobId: string, file: JobFile): string;
  write(jobId: string, file: JobFile, content: Buffer): void;
  /** Appends and returns the file's new size. */
  append(jobId: string, file: JobFile, content: Buffer | string): number;
  /** Cuts a file off after so many bytes. */
  cut(jobId: string, file: JobFile, bytes: number): void;
  size(jobId: string, file: JobFile): number;
  /** Bytes `from` up to `to`, streamed. Nothing at all when the file was never written. */
  read(jobId: string, file: JobFile, from?: number, to?: number): () => Readable | undefined;
  /** So many bytes from a position; fewer at the end. */
  slice(jobId: string, file: JobFile, from: number, bytes: number): Buffer;
  remove(jobId: string): void;
  /** Removes what is not meant to outlive the process. */
  close(): void;
}

const ALL: readonly JobFile[] = [
  'upload.csv',
  'successful.csv',
  'failed.csv',
  'result.csv',
  'result.offsets',
];

/** Keeps the files in `directory`, or in a temporary one that goes with the process. Made when the first file is. */
export function createJobFiles(directory: string | undefined): JobFiles {
  let made: string | undefined;

  function root(): string {
    if (made === undefined) {
      made = directory ?? mkdtempSync(join(tmpdir(), 'salesforce-bulk-'));
      mkdirSync(made, { recursive: true });
    }
    return made;
  }

  function path(jobId: string, file: JobFile): string {
    return join(root(), `${jobId}.${file}`);
  }

  function size(jobId: string, file: JobFile): number {
    return statSync(path(jobId, file), { throwIfNoEntry: false })?.size ?? 0;
  }

  return {
    path,
    write: (jobId, file, content) => writeFileSync(path(jobId, file), content),
    append(jobId, file, content) {
      appendFileSync(path(jobId, file), content);
      return size(jobId, file);
    },
    cut(jobId, file, bytes) {
      if (size(jobId, file) > bytes) truncateSync(path(jobId, file), bytes);
    },
    size,
    read(jobId, file, from = 0, to = size(jobId, file)) {
      // The end is fixed now: a file that grows while it is sent would outrun its own headers.
      return () =>
        from >= to ? undefined : createReadStream(path(jobId, file), { start: from, end: to - 1 });
    },
    slice(jobId, file, from, bytes) {
      const wanted = Math.max(0, Math.min(bytes, size(jobId, file) - from));
      const buffer = Buffer.alloc(wanted);
      if (wanted === 0) return buffer;
      const fd = openSync(path(jobId, file), 'r');
      try {
        readSync(fd, buffer, 0, wanted, from);
      } finally {
        closeSync(fd);
      }
      return buffer;
    },
    remove(jobId) {
      if (made === undefined && (directory === undefined || !existsSync(directory))) return;
      for (const file of ALL) rmSync(path(jobId, file), { force: true });
    },
    close() {
      if (directory === undefined && made !== undefined) rmSync(made, { recursive: true, force: true });
    },
  };
}
