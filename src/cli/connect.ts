import { spawn } from 'node:child_process';
import type { Command } from 'commander';
import { z } from 'zod';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

const Flags = z.object({
  loginUrl: z.url('--login-url takes an address such as https://your-domain.my.salesforce.com').optional(),
  clientId: z.string().min(1).optional(),
  callbackPort: z.coerce.number('--callback-port takes a port').int().min(0).max(65_535).default(1717),
  browser: z.boolean().default(true),
  timeout: z.coerce.number('--timeout takes seconds').int().positive().max(3600).default(600),
  json: z.boolean().default(false),
});

/** `tributary connect salesforce` or `hubspot`: a person logs in with a browser; the login is stored sealed. */
export function addConnectCommand(program: Command, setExitCode: SetExitCode): void {
  program
    .command('connect')
    .description('log in to a CRM with a browser and connect it, or connect it again')
    .argument('<vendor>', 'salesforce or hubspot')
    .option('--login-url <url>', 'where to log in: login.salesforce.com, your My Domain, app-eu1.hubspot.com')
    .option('--client-id <id>', 'client id (consumer key) of the app, when .env does not name it')
    .option(
      '--callback-port <port>',
      'port of this machine to come back to (default: 1717; 0 = any free one)',
    )
    .option('--no-browser', 'only print the address to open')
    .option('--timeout <seconds>', 'how long to wait for the login (default: 600)')
    .option('--json', 'print one JSON document')
    .action(async (vendor: string, raw: unknown) => {
      const flags = Flags.parse(raw);
      setExitCode(await connect(vendor, flags, processOutput(flags.json)));
    });
}

async function connect(vendor: string, flags: z.infer<typeof Flags>, output: Output): Promise<number> {
  const { connectByBrowser } = await import('../app/authorization/connect-by-browser.ts');
  const { AuthorizationRefused } = await import('../app/authorization/refused.ts');
  const { loginUrl, clientId } = flags;
  const place = { ...(loginUrl ? { loginUrl } : {}), ...(clientId ? { clientId } : {}) };
  try {
    const connected = await withApplication((app) =>
      connectByBrowser(app, vendor, place, browserLogin(flags, output)),
    );
    if (output.json) printJson(output, connected);
    else
      output.out(
        `${connected.connection} is connected to the account ${connected.accountId}. Workers take it up by themselves.`,
      );
    return 0;
  } catch (error) {
    if (!(error instanceof AuthorizationRefused)) throw error;
    output.note(error.message);
    return 1;
  }
}

/** How a login is shown on the command line. Also for other commands that a person logs in for. */
export function browserLogin(
  flags: { browser: boolean; callbackPort: number; timeout: number },
  output: Output,
): { callbackPort: number; timeoutMs: number; show(url: string, redirectUri: string): void } {
  return {
    callbackPort: flags.callbackPort,
    timeoutMs: flags.timeout * 1000,
    show: (url, redirectUri) => {
      output.note(`Open this address in a browser and log in:\n${url}`);
      output.note(`You come back to ${redirectUri}, which has to be a callback URL of the app.`);
      if (flags.browser) openBrowser(url);
    },
  };
}

/** As a courtesy: where there is no browser, the printed address does. */
function openBrowser(url: string): void {
  const opener = { darwin: 'open', win32: 'explorer' }[process.platform as string] ?? 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}
