import os from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { AttachRefused, type Attachments } from '../mirror/attach/attachments.ts';
import { SyncError } from '../crm/sync-error.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import type { Output } from './output.ts';
import { withApplication } from './with-application.ts';

interface Flags {
  connection: string;
  by: string;
  json?: boolean;
}

const DealId = z.uuid('A deal is named by its id, as the console and GET /v1/deals show it.');

/** `tributary attach` and `tributary detach`. */
export function addAttachCommands(program: Command, setExitCode: SetExitCode): void {
  program
    .command('attach')
    .description('attach a deal to a record that a rep has in the CRM already; it counts as influenced')
    .argument('<deal>', 'deal id')
    .requiredOption('--connection <id>', 'in which CRM')
    .requiredOption('--to <id>', "the record's id in the CRM")
    .option('--approve', 'approve the submitted deal in the same step')
    .option('--by <name>', 'who says so', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (deal: string, flags: Flags & { to: string; approve?: boolean }) => {
      const output = processOutput(flags.json ?? false);
      setExitCode(
        await run(deal, flags, output, async (attachments, dealId) => {
          const { to: crmId, by, connection: connectionId, approve = false } = flags;
          const attached = await attachments.attach({ dealId, connectionId, crmId, by, approve });
          return { ...attached, said: `is attached to ${attached.crmId}` };
        }),
      );
    });
  program
    .command('detach')
    .description('take a deal off the record it was attached to; it becomes a record of its own')
    .argument('<deal>', 'deal id')
    .requiredOption('--connection <id>', 'in which CRM')
    .option('--by <name>', 'who says so', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (deal: string, flags: Flags) => {
      const output = processOutput(flags.json ?? false);
      setExitCode(
        await run(deal, flags, output, async (attachments, dealId) => {
          const { by, connection: connectionId } = flags;
          const detached = await attachments.detach({ dealId, connectionId, by });
          return { ...detached, said: `is no longer attached to ${detached.crmId}` };
        }),
      );
    });
}

/** @returns the exit code: 0 done, 1 refused, 2 not a deal id */
async function run(
  deal: string,
  { connection }: Flags,
  output: Output,
  work: (attachments: Attachments, dealId: string) => Promise<{ crmId: string; said: string }>,
): Promise<number> {
  const dealId = DealId.safeParse(deal);
  if (!dealId.success) {
    output.note(z.prettifyError(dealId.error));
    return 2;
  }
  try {
    const { attachments } = await import('../app/attachments.ts');
    const { crmId, said } = await withApplication((app) => work(attachments(app), dealId.data));
    if (output.json) printJson(output, { deal, connection, crmId });
    else output.out(`The deal ${deal} ${said} in ${connection}.`);
    return 0;
  } catch (error) {
    if (!(error instanceof AttachRefused) && !(error instanceof SyncError)) throw error;
    output.note(error.message);
    return 1;
  }
}
