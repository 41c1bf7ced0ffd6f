import { destination as pinoDestination, pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger } from 'pino';
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const REDACTED = '[redacted]';

/** Field names whose values never reach a log, written in any of the usual spellings. */
const SECRET_NAMES = [
  'authorization',
  'cookie',
  'setCookie',
  'set-cookie',
  'password',
  'secret',
  'secrets',
  'clientSecret',
  'client_secret',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'idToken',
  'id_token',
  'assertion',
  'client_assertion',
  'privateKey',
  'private_key',
  'apiKey',
  'api_key',
  'x-api-key',
  'encryptionKey',
  'privateAppToken',
  'sessionId',
  'signingSecret',
  'webhookSecret',
];

/**
 * The last gate: pino's own redaction knows paths of a fixed depth, but a vendor client's error carries its
 * request and answer at any depth, also as text inside text. Each rule works on the finished line of JSON.
 */
const LINE_RULES: ReadonlyArray<readonly [RegExp, string]> = [
  [secretField('"'), `$1"${REDACTED}"`],
  [secretField('\\\\"'), `$1\\"${REDACTED}\\"`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  [
    /\b(assertion|client_assertion|access_token|refresh_token|client_secret|password|code)=[^&\s"'\\]+/gi,
    `$1=${REDACTED}`,
  ],
  [/(\b[a-z][a-z+]*:\/\/[^:/\s"@\\]*):[^@/\s"\\]+@/gi, `$1:${REDACTED}@`],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|(?="))/g, REDACTED],
];

/**
 * A structured logger (one line of JSON per entry, ISO timestamps, UTC) that keeps secrets out: by field name
 * at any depth, and by shape in texts (bearer headers, JWTs, credentials in URLs, form bodies, PEM keys).
 * Writes to stderr unless told otherwise, because stdout belongs to `--json`.
 */
export function createLogger(options: {
  level?: LogLevel;
  name?: string;
  destination?: DestinationStream;
}): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      ...(options.name === undefined ? {} : { name: options.name }),
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactionPaths(), censor: REDACTED },
      hooks: { streamWrite: redactLine },
    },
    options.destination ?? pinoDestination({ fd: 2, sync: true }),
  );
}

/** A logger that says nothing, for callers that have none. */
export const silentLogger: Logger = pino({ level: 'silent' });

/** Removes everything that looks like a secret from one finished line of log (or any other text to be shown). */
export function redactLine(line: string): string {
  return LINE_RULES.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}

function redactionPaths(): string[] {
  return SECRET_NAMES.flatMap((name) => {
    const step = /^\w+$/.test(name) ? name : undefined;
    return step === undefined
      ? [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]
      : [step, `*.${step}`, `*.*.${step}`];
  });
}

function secretField(quote: string): RegExp {
  const names = SECRET_NAMES.join('|');
  const value = quote === '"' ? '(?:[^"\\\\]|\\\\.)*' : '(?:(?!\\\\").)*';
  return new RegExp(`(${quote}(?:${names})${quote}\\s*:\\s*)${quote}${value}${quote}`, 'gi');
}
