import { RestError } from '../rest/rest-error.ts';

/** Reads the parts of a `multipart/form-data` body, by their names. */
export function readParts(contentType: string, body: Buffer): Map<string, Buffer> {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) throw unreadable('no boundary');
  const parts = new Map<string, Buffer>();
  const mark = Buffer.from(`--${boundary}`);
  let at = body.indexOf(mark);
  if (at < 0) throw unreadable('no part');
  for (;;) {
    const start = at + mark.length;
    if (body.subarray(start, start + 2).toString('latin1') === '--') return parts;
    const next = body.indexOf(mark, start);
    if (next < 0) throw unreadable('the last part does not end');
    const [name, content] = readPart(body.subarray(start, next));
    parts.set(name, content);
    at = next;
  }
}

function readPart(part: Buffer): [name: string, content: Buffer] {
  // Both line ends occur in the wild. One of them, before the next boundary, is not content.
  const text = part.toString('latin1');
  const gap = /\r?\n\r?\n/.exec(text);
  const name = /\bname="?([^";\r\n]+)/i.exec(text.slice(0, gap?.index))?.[1];
  if (gap === null || name === undefined) throw unreadable('a part has no name');
  const from = gap.index + gap[0].length;
  const end = text.endsWith('\r\n') ? part.length - 2 : text.endsWith('\n') ? part.length - 1 : part.length;
  return [name, part.subarray(from, Math.max(from, end))];
}

function unreadable(why: string): RestError {
  return new RestError(400, 'INVALID_MULTIPART_REQUEST', `The multipart request cannot be read: ${why}`);
}
