import { RestError } from './rest-error.ts';

/** One answer inside a composite answer. */
export interface Subresponse {
  body: unknown;
  httpHeaders: Record<string, string>;
  httpStatusCode: number;
  referenceId: string;
}

const REFERENCE = /@\{([A-Za-z]\w*)((?:\.\w+|\[\d+\])*)\}/g;

/** Replaces `@{ref.field}` in a subrequest's url and body with values of earlier answers. */
export function resolveReferences(
  subrequest: { url: string; body: unknown },
  done: readonly Subresponse[],
): { url: string; body: unknown } {
  return {
    url: replaceIn(subrequest.url, done, encodeURIComponent),
    body: replaceDeep(subrequest.body, done),
  };
}

function replaceDeep(value: unknown, done: readonly Subresponse[]): unknown {
  if (typeof value === 'string') return replaceIn(value, done, (text) => text);
  if (Array.isArray(value)) return value.map((one) => replaceDeep(one, done));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaceDeep(one, done)]));
}

function replaceIn(text: string, done: readonly Subresponse[], encode: (text: string) => string): string {
  if (!text.includes('@{')) return text;
  return text.replace(REFERENCE, (whole, name: string, path: string) =>
    encode(lookUp(whole, name, path, done)),
  );
}

function lookUp(whole: string, name: string, path: string, done: readonly Subresponse[]): string {
  const response = done.find((one) => one.referenceId === name);
  if (response === undefined) throw invalid(`Invalid reference specified. No value for ${whole}`);
  if (response.httpStatusCode >= 400) throw invalid(`Invalid reference specified. ${name} failed`);
  let value: unknown = response.body;
  for (const [step] of path.matchAll(/\w+/g))
    value = (value as Record<string, unknown> | null | undefined)?.[step];
  if (value === undefined || value === null)
    throw invalid(`Invalid reference specified. No value for ${whole}`);
  return String(value);
}

function invalid(message: string): RestError {
  return new RestError(400, 'PROCESSING_HALTED', message);
}
