import os from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { SyncError } from '../crm/sync-error.ts';
import type { Decided } from '../ownership/decide-proposal.ts';
import { listProposals, type ProposalView } from '../ownership/list-proposals.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

const ListOptions = z.object({
  connection: z.string().optional(),
  deal: z.uuid('--deal takes a deal id').optional(),
  all: z.boolean().default(false),
  limit: z.coerce.number('--limit takes a whole number').int().min(1).max(10_000),
  json: z.boolean().default(false),
});
const Id = z.string().regex(/^\d{1,18}$/, 'A proposal is named by its number: tributary proposals list.');

/** `tributary proposals list|accept|decline`. */
export function addProposalCommands(program: Command, setExitCode: SetExitCode): void {
  const proposals = program
    .command('proposals')
    .description("partners' edits of fields that are the sales team's by now");
  proposals
    .command('list')
    .description('what waits for a decision, newest first')
    .option('--connection <id>', 'only this connection')
    .option('--deal <id>', 'only this deal')
    .option('--all', 'also those that were decided or superseded')
    .option('--limit <n>', 'at most so many', '50')
    .option('--json', 'print one JSON document')
    .action(showProposals);
  proposals
    .command('accept')
    .description('write the proposed value, if the CRM still holds what was shown')
    .argument('<id>', 'as proposals list shows it')
    .option('--by <name>', 'who says so', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async (id: string, { by, json = false }: { by: string; json?: boolean }) => {
      const output = processOutput(json);
      setExitCode(await decide(id, output, async (port, known) => port.accept(known, by)));
    });
  proposals
    .command('decline')
    .description('leave the field as it is; the same edit is not proposed again')
    .argument('<id>', 'as proposals list shows it')
    .option('--by <name>', 'who says so', os.userInfo().username)
    .option('--note <text>', 'why')
    .option('--json', 'print one JSON document')
    .action(async (id: string, { by, note, json = false }: { by: string; note?: string; json?: boolean }) => {
      const output = processOutput(json);
      setExitCode(await decide(id, output, async (port, known) => port.decline(known, by, note ?? null)));
    });
}

async function showProposals(raw: unknown): Promise<void> {
  const { connection, deal, all, limit, json } = ListOptions.parse(raw);
  const output = processOutput(json);
  const filter = { connectionId: connection, dealId: deal, all, limit };
  const proposals = await withApplication((app) => listProposals(app.db, filter));
  if (json) return printJson(output, { proposals });
  if (proposals.length === 0) output.out('No edit of a partner waits for a decision.');
  for (const proposal of proposals) for (const line of toLines(proposal)) output.out(line);
}

function toLines(proposal: ProposalView): string[] {
  const { id, connection, deal, partner, crmId, record, field, proposedBy, proposedAt, state } = proposal;
  const wanted = proposal.proposedText ?? show(proposal.proposed);
  const decided =
    state === 'open' ? '' : `    ${state} ${proposal.decidedBy ?? ''} ${proposal.note ?? ''}`.trimEnd();
  return [
    `${id}  ${connection}  ${deal} (${partner})  ${record} ${crmId ?? ''}`,
    `    ${field}: ${show(proposal.held)} -> ${wanted}   changed by ${proposedBy}, ${proposedAt}`,
    ...(decided === '' ? [] : [decided]),
  ];
}

function show(value: unknown): string {
  return value === null ? 'empty' : String(value);
}

type Port = Awaited<ReturnType<typeof openPort>>;

/** @returns the exit code: 0 decided, 1 the proposal shows another value now or could not be written, 2 no such one */
async function decide(
  id: string,
  output: Output,
  work: (port: Port, id: string) => Promise<Decided | null>,
): Promise<number> {
  const known = Id.safeParse(id);
  if (!known.success) {
    output.note(z.prettifyError(known.error));
    return 2;
  }
  const decided = await withApplication(async (app) => work(await openPort(app), known.data)).catch(
    (error: unknown): Decided => {
      if (error instanceof SyncError) return { outcome: 'refused', say: error.message };
      throw error;
    },
  );
  if (decided === null) {
    output.note(`There is no proposal ${id}: tributary proposals list.`);
    return 2;
  }
  if (output.json) printJson(output, decided);
  else output.out(decided.say);
  return decided.outcome === 'accepted' || decided.outcome === 'declined' ? 0 : 1;
}

async function openPort(app: Parameters<Parameters<typeof withApplication>[0]>[0]) {
  const { ownershipPort } = await import('../app/ownership-port.ts');
  return ownershipPort(app);
}
