import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { sendDeadlineMs } from '../lease.ts';

export type MailResult = { sent: true } | { sent: false; permanent: boolean; plain: string };

export interface Mailer {
  send(mail: { id: string; recipient: string; subject: string; body: string }): Promise<MailResult>;
  close(): void;
}

const CONNECTIONS = 4;

/**
 * Sends by SMTP over a few kept connections. A mail is sent once as far as SMTP allows: when the answer after DATA is
 * lost nobody can know, so it is sent again with the same Message-ID, by which a receiver can tell.
 * `deadlineMs` bounds the whole dialogue for one mail. `smtpUrl` may carry credentials; they never appear in a result.
 */
export function openMailer(options: { smtpUrl: string; from: string; deadlineMs?: number }): Mailer {
  const { deadlineMs = sendDeadlineMs } = options;
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
    connectionTimeout: deadlineMs,
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
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
          signal: AbortSignal.timeout(deadlineMs),
        });
        return { sent: true };
      } catch (error) {
        return failureOf(error, deadlineMs);
      }
    },
    close: () => transport.close(),
  };
}

/** What nodemailer says of a failure. Read by shape: sockets reject with errors of several makes. */
const Failure = z.object({
  code: z.string().optional(),
  responseCode: z.number().optional(),
  response: z.string().optional(),
  permanent: z.boolean().optional(),
});

function failureOf(thrown: unknown, deadlineMs: number): MailResult {
  const { code, responseCode, response, permanent } = Failure.safeParse(thrown).data ?? {};
  if (code === 'EABORT') {
    return {
      sent: false,
      permanent: false,
      plain: `the mail server did not finish within ${deadlineMs / 1000} s`,
    };
  }
  if (responseCode === undefined) {
    return {
      sent: false,
      permanent: false,
      plain: `the mail server could not be reached or broke off (${code ?? 'unknown'})`,
    };
  }
  // A refused login is ours to mend: the mail itself may be fine.
  const refused = permanent === true && code !== 'EAUTH';
  return { sent: false, permanent: refused, plain: `the mail server answered ${response ?? responseCode}` };
}
