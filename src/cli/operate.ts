import os from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import { withApplication } from './with-application.ts';

/** Commands for whoever watches the system: stop, resume, redrive, connections, go-live, keys. */
export function addOperateCommands(program: Command, setExitCode: SetExitCode): void {
  addSwitch(program, 'stop', true, 'halt everything outgoing at once: CRM writes, payout triggers, e-mails');
  addSwitch(program, 'resume', false, 'go on after a stop, and end the pauses of all connections');
  addRedrive(program);
  addConnections(program);
  addGoLive(program, setExitCode);
  program
    .command('rotate-keys')
    .description('re-encrypt stored credentials with the first of TRIBUTARY_ENCRYPTION_KEYS')
    .action(async () => {
      const { rotateCredentials } = await import('../app/connection-store.ts');
      const { resealSecrets } = await import('../payouts/endpoints.ts');
      const count = await withApplication(
        async (app) =>
          (await rotateCredentials(app.db, app.keyring, app.clock.now())) + (await resealSecrets(app)),
      );
      processOutput(false).out(`Re-encrypted stored credentials and signing secrets: ${count}.`);
    });
}

function addSwitch(program: Command, name: string, stopped: boolean, description: string): void {
  program
    .command(name)
    .description(description)
    .option('--by <name>', 'who answers for it', os.userInfo().username)
    .option('--json', 'print one JSON document')
    .action(async ({ by, json = false }: { by: string; json?: boolean }) => {
      const { resumeConnections } = await import('../mirror/gate.ts');
      await withApplication(async (app) => {
        await app.db.query('UPDATE system_switches SET stopped = $1, changed_by = $2, changed_at = $3', [
          stopped,
          by,
          app.clock.now(),
        ]);
        if (!stopped) await resumeConnections(app.db);
      });
      const output = processOutput(json);
      if (json) printJson(output, { stopped, by });
      else
        output.out(
          stopped
            ? 'Stopped: nothing goes out. Registrations and notifications are still taken in. tributary resume goes on.'
            : 'Resumed.',
        );
    });
}

function addRedrive(program: Command): void {
  program
    .command('redrive')
    .description('give parked deals, accounts and contacts another try')
    .argument('[deal...]', 'deal ids; none = all parked')
    .option('--connection <id>', 'only this connection')
    .option('--kind <kind>', 'only problems of this kind, such as invalid-record or conflict')
    .option('--recreate', 'create deals anew that were deleted in the CRM; needs deal ids and --connection')
    .option('--json', 'print one JSON document')
    .action(
      async (
        deals: string[],
        raw: { connection?: string; kind?: string; recreate?: boolean; json?: boolean },
      ) => {
        const { redrive, recreateTombstone } = await import('../mirror/redrive.ts');
        const dealIds = z
          .array(z.uuid('A deal is named by its id, as tributary reconcile shows it.'))
          .parse(deals);
        if (raw.recreate && (dealIds.length === 0 || !raw.connection))
          throw new Error('--recreate needs deal ids and --connection.');
        const result = await withApplication(async (app) => {
          const now = app.clock.now();
          if (!raw.recreate) {
            const filter = {
              ...(raw.connection ? { connectionId: raw.connection } : {}),
              ...(raw.kind ? { kind: raw.kind } : {}),
              ...(dealIds.length > 0 ? { dealIds } : {}),
            };
            return redrive(app.db, filter, now);
          }
          let recreated = 0;
          for (const id of dealIds)
            if (await recreateTombstone(app.db, raw.connection ?? '', id, now)) recreated++;
          return { deals: recreated, references: 0 };
        });
        const output = processOutput(raw.json ?? false);
        if (raw.json) printJson(output, result);
        else output.out(`Tried again: deals ${result.deals}, accounts and contacts ${result.references}.`);
      },
    );
}

function addConnections(program: Command): void {
  program
    .command('connections')
    .description('list the CRM connections')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      const { listConnections } = await import('../app/connection-store.ts');
      const { readUsage } = await import('../mirror/usage/keep-usage.ts');
      const { readLimits } = await import('../mirror/usage/keep-limits.ts');
      const { describeLimits } = await import('../mirror/usage/limits-in-words.ts');
      const rows = await withApplication(async (app) =>
        Promise.all(
          (await listConnections(app.db)).map(async ({ settings: _settings, ...shown }) => ({
            ...shown,
            usage: await readUsage(app.db, shown.id),
            limits: await readLimits(app.db, shown.id),
            allowed: await describeLimits(app.db, shown.id),
          })),
        ),
      );
      const output = processOutput(json);
      if (json) printJson(output, rows);
      else if (rows.length === 0)
        output.out(
          'No CRM is connected. Run npm start for local ones, or set credentials (see .env.example).',
        );
      else
        for (const row of rows)
          output.out(
            `${row.id}: ${row.label}, ${row.mode}, pinned to ${row.pinnedAccountId ?? 'nothing yet'}${row.allowed ? `; ${row.allowed}` : ''}`,
          );
    });
}

const GoLive = z.object({
  by: z.string('--by names the person who answers for it').trim().min(2),
  cutoff: z.coerce.date('--cutoff takes a date such as 2026-12-01'),
  cap: z.coerce.number('--cap takes a whole number').int().positive(),
  despiteSync: z.boolean().default(false),
  json: z.boolean().default(false),
});

function addGoLive(program: Command, setExitCode: SetExitCode): void {
  program
    .command('go-live')
    .description('let a connection in shadow write to the real CRM')
    .argument('<connection>')
    .requiredOption('--by <person>', 'who answers for it')
    .requiredOption('--cutoff <date>', 'wins before this date earn nothing')
    .requiredOption('--cap <writes>', 'writes an hour after which the connection pauses')
    .option('--despite-sync', "although the CRMs' own integration copies deals to another connection")
    .option('--json', 'print one JSON document')
    .action(async (connectionId: string, raw: unknown) => {
      const parsed = GoLive.safeParse(raw);
      const output = processOutput(false);
      if (!parsed.success) {
        for (const issue of parsed.error.issues) output.note(issue.message);
        return setExitCode(2);
      }
      const { goLive } = await import('../mirror/go-live.ts');
      const { by, cutoff, cap, despiteSync, json } = parsed.data;
      const { readNativeSync } = await import('../mirror/native-sync.ts');
      const { found } = await withApplication(async (app) => {
        const request = { connectionId, by, cutoff, hourlyWriteCap: cap, despiteSync };
        await goLive(app.db, request, app.clock.now());
        return readNativeSync(app.db, connectionId);
      });
      if (found) output.note(`Deals made here are copied to ${found.with}, not by us: ${found.evidence}.`);
      if (json)
        printJson(output, {
          connection: connectionId,
          mode: 'live',
          by,
          cutoff: cutoff.toISOString(),
          hourlyWriteCap: cap,
        });
      else
        output.out(
          `${connectionId} is live, at most ${cap} writes an hour, by ${by}. Wins before ${cutoff.toISOString().slice(0, 10)} earn nothing.`,
        );
    });
}
