import { createTransport } from 'nodemailer';
import type { NodemailerError } from 'nodemailer';

export type MailResult = { sent: true } | { sent: false; permanent: boolean; plain: string };

export interface Mailer {
  send(mail: { id: string; recipient: string; subject: string; body: string }): Promise<MailResult>;
  close(): void;
}

/** The whole dialogue for one mail. */
export const MAIL_DEADLINE_MS = 15_000;

const CONNECTIONS = 4;

/**
 * Sends by SMTP over a few kept connections. A mail is sent once as far as SMTP allows: when the answer after DATA is
 * lost nobody can know, so it is sent again with the same Message-ID, by which a receiver can tell.
 * `smtpUrl` may carry credentials; they never appear in a result.
 */
export function openMailer(options: { smtpUrl: string; from: string }): Mailer {
  const url = new URL(options.smtpUrl);
  const domain = options.from.split('@')[1]?.replace(/>.*$/, '') ?? 'tributary.invalid';
  const transport = createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    host: url.hostname,
    port: url.port === '' ? (url.protocol === 'smtps:' ? 465 : 587) : Number(url.port),
    secure: url.protocol === 'smtps:',
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    connectionTimeout: MAIL_DEADLINE_MS,
    greetingTimeout: MAIL_DEADLINE_MS,
    socketTimeout: MAIL_DEADLINE_MS,
  });
  return {
    send: async (mail) => {
      try {
        await transport.sendMail({
          from: options.from,
          to: { name: '', address: mail.recipient },
          subject: mail.subject,
          text: mail.body,
          messageId: `<${mail.id}@${domain}>`,
          signal: AbortSignal.timeout(MAIL_DEADLINE_MS),
        });
        return { sent: true };
      } catch (error) {
        return failureOf(error);
      }
    },
    close: () => transport.close(),
  };
}

function failureOf(thrown: unknown): MailResult {
  if (!(thrown instanceof Error)) return { sent: false, permanent: false, plain: String(thrown) };
  const error: NodemailerError = thrown;
  if (error.code === 'EABORT') {
    return {
      sent: false,
      permanent: false,
      plain: `the mail server did not finish within ${MAIL_DEADLINE_MS / 1000} s`,
    };
  }
  if (error.responseCode === undefined) {
    return {
      sent: false,
      permanent: false,
      plain: `the mail server could not be reached or broke off (${error.code ?? error.name})`,
    };
  }
  // A refused login is ours to mend: the mail itself may be fine.
  const permanent = error.permanent === true && error.code !== 'EAUTH';
  return {
    sent: false,
    permanent,
    plain: `the mail server answered ${error.responseCode}: ${error.response ?? ''}`.trim(),
  };
}
