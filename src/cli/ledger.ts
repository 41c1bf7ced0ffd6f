import type { Command } from 'commander';
import { readBalances, type Balance } from '../ledger/balances.ts';
import { parseHead, readHead, writeHead } from '../ledger/read-head.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

/** The argument cannot be used as it is. */
const UNUSABLE = 2;

/** `tributary ledger verify|head|balances`. */
export function addLedgerCommands(program: Command, setExitCode: SetExitCode): void {
  const ledger = program.command('ledger').description('the ledger of commissions: check it, read it');
  ledger
    .command('verify')
    .description('check sums, the chain of seals and every amount; name what is not as it was posted')
    .option(
      '--head <sequence:digest>',
      'a head that `ledger head` printed before: the chain must still hold it',
    )
    .option('--json', 'print one JSON document')
    .action(async ({ head, json = false }: { head?: string; json?: boolean }) => {
      setExitCode(await verifyCommand(json, head));
    });
  ledger
    .command('head')
    .description('the newest seal; kept elsewhere, it proves later that nothing before it was changed')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => headCommand(json));
  ledger
    .command('balances')
    .description('what every account holds, per partner and currency')
    .option('--partner <key>', 'only this partner')
    .option('--json', 'print one JSON document')
    .action(async ({ partner, json = false }: { partner?: string; json?: boolean }) =>
      balancesCommand(json, partner ?? null),
    );
}

async function verifyCommand(json: boolean, head: string | undefined): Promise<number> {
  const output = processOutput(json);
  const published = head === undefined ? null : parseHead(head);
  if (head !== undefined && published === null) {
    const problem = `--head is "${head}": it must be as \`tributary ledger head\` printed it, a number, a colon and 64 hexadecimal digits`;
    if (json) printJson(output, { faults: [{ pointer: '/head', message: problem }] });
    output.note(problem);
    return UNUSABLE;
  }
  const { verifyLedger } = await import('../app/verify-ledger.ts');
  const result = await withApplication((app) => verifyLedger(app.db, published));
  if (json) printJson(output, result);
  else
    output.out(
      `${result.recomputed} entries computed again, ${result.sealed} seals checked, ${result.findings.length} findings.`,
    );
  for (const { subject, problem } of result.findings) output.note(`${subject} ${problem}`);
  return result.findings.length === 0 ? 0 : 1;
}

async function headCommand(json: boolean): Promise<void> {
  const output = processOutput(json);
  const head = await withApplication((app) => readHead(app.db));
  if (json)
    printJson(output, {
      head: head && {
        text: writeHead(head),
        digest: head.digest,
        sequence: String(head.sequence),
        sealedAt: head.sealedAt,
      },
    });
  else if (head === null) output.out('Nothing is sealed yet: no commission was posted.');
  else output.out(`${writeHead(head)}  sealed ${head.sealedAt.toISOString()}`);
}

async function balancesCommand(json: boolean, partner: string | null): Promise<void> {
  const output = processOutput(json);
  const balances = await withApplication((app) => readBalances(app.db, partner));
  if (json) return printJson(output, { balances });
  if (balances.length === 0)
    output.out(
      partner === null
        ? 'No commission was posted yet.'
        : `No commission was posted for partner ${partner} yet.`,
    );
  for (const balance of balances) output.out(toLine(balance));
}

function toLine({ partner, currency, accounts }: Balance): string {
  const held = Object.entries(accounts).map(([account, amount]) => `${account} ${amount}`);
  return `${partner} ${currency}: ${held.join(', ')}`;
}
