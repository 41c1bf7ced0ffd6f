/**
 * The local catch-all: an SMTP server on loopback that keeps every mail in a file instead of passing it on. It is
 * what mails go to until a mail server is configured.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { z } from 'zod';

export interface MailCatcher {
  /** For `openMailer`. */
  smtpUrl: string;
  file: string;
  close(): Promise<void>;
}

const CaughtMail = z.object({
  receivedAt: z.string(),
  to: z.array(z.string()),
  messageId: z.string(),
  subject: z.string(),
  text: z.string(),
});
export type CaughtMail = z.infer<typeof CaughtMail>;

/** Where a catch-all of this data folder keeps its mails, one JSON object a line. */
export function caughtMailsFile(dataDir: string): string {
  return path.join(dataDir, 'mails.jsonl');
}

/** Starts the catch-all on loopback; port 0 (the default) takes any free one. A mail is in the file before it is accepted. */
export async function startMailCatcher(options: { dataDir: string; port?: number }): Promise<MailCatcher> {
  const file = caughtMailsFile(options.dataDir);
  await mkdir(options.dataDir, { recursive: true });
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData: (stream, session, done) => {
      keepMail(stream, session, file).then(
        () => done(),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
  // A client that breaks off is the client's business.
  server.on('error', () => undefined);
  const port = await listen(server, options.port ?? 0);
  return {
    smtpUrl: `smtp://127.0.0.1:${port}`,
    file,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The mails caught so far, oldest first. A last line that a crash cut short is left out. */
export async function readCaughtMails(dataDir: string): Promise<CaughtMail[]> {
  const content = await readFile(caughtMailsFile(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = content.split('\n');
  // What follows the last line break is empty, or was being written when the process died.
  return lines.slice(0, -1).map((line) => CaughtMail.parse(JSON.parse(line)));
}

async function keepMail(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  file: string,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const mail = await PostalMime.parse(Buffer.concat(chunks));
  const caught: CaughtMail = {
    receivedAt: new Date().toISOString(),
    to: session.envelope.rcptTo.map((recipient) => recipient.address),
    messageId: mail.messageId ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
  };
  await appendFile(file, `${JSON.stringify(caught)}\n`);
}

function listen(server: SMTPServer, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = listening.address();
      if (address === null || typeof address === 'string')
        reject(new Error('the mail catch-all has no TCP address'));
      else resolve(address.port);
    });
  });
}
