import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const Printed = z.object({
  salesforce: z.object({
    url: z.string(),
    credentials: z.object({
      clientId: z.string(),
      clientSecret: z.string(),
      username: z.string(),
      password: z.string(),
    }),
  }),
});
const Token = z.object({ access_token: z.string() });

/** A sandbox in a process of its own, as anybody starts it, and the variables jsforce's suite finds it by. */
export interface StartedOrg {
  environment: Record<string, string>;
  stop(): Promise<void>;
}

/** Starts `tributary sandbox --preset jsforce` on free ports and logs in. Rejects when it ends before it is ready. */
export async function startOrg(): Promise<StartedOrg> {
  const program = path.join(import.meta.dirname, '../../bin/tributary.mjs');
  const args = ['sandbox', '--only', 'salesforce', '--preset', 'jsforce', '--json', '--stop-with-parent'];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the sandbox ended with ${String(code)}`))),
  ])) as [string];
  const { url, credentials } = Printed.parse(JSON.parse(line)).salesforce;
  return {
    environment: {
      SF_LOGIN_URL: url,
      SF_ACCESS_TOKEN: await logIn(url, credentials),
      SF_USERNAME: credentials.username,
      SF_PASSWORD: credentials.password,
      SF_OAUTH2_CLIENT_ID: credentials.clientId,
      SF_OAUTH2_CLIENT_SECRET: credentials.clientSecret,
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

async function logIn(url: string, credentials: { clientId: string; clientSecret: string }): Promise<string> {
  const form = {
    grant_type: 'client_credentials',
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
  };
  const answer = await fetch(`${url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return Token.parse(await answer.json()).access_token;
}
