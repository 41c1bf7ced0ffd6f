import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { Application } from '../app/open-application.ts';
import type { ActingAdministrator, OpenedProvisioner } from '../app/provisioning/open-provisioner.ts';
import type { PlannedWork } from '../app/provisioning/provision.ts';
import type { PlanItem, ProvisionPlan } from '../crm/provisioning.ts';
import { SyncError } from '../crm/sync-error.ts';
import { confirm } from './confirm.ts';
import { browserLogin } from './connect.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput, type Output } from './output.ts';
import { withApplication } from './with-application.ts';

const Flags = z
  .object({
    dryRun: z.boolean().default(false),
    as: z.string().min(1).optional(),
    login: z.boolean().default(false),
    tokenFile: z.string().min(1).optional(),
    sfdx: z.string().min(1).optional(),
    layout: z.array(z.string().min(1)).default([]),
    yes: z.boolean().default(false),
    evenIfLive: z.boolean().default(false),
    callbackPort: z.coerce.number('--callback-port takes a port').int().min(0).max(65_535).default(1717),
    browser: z.boolean().default(true),
    json: z.boolean().default(false),
  })
  .refine((flags) => [flags.login, flags.as, flags.tokenFile].filter(Boolean).length <= 1, {
    message: 'Give one of --as, --login and --token-file.',
  });
type Flags = z.infer<typeof Flags>;

/** `tributary provision|deprovision`: prepares a CRM for the mirror, and takes that away again. */
export function addProvisionCommands(program: Command, setExitCode: SetExitCode): void {
  withLogin(program.command('provision'))
    .description('create what the mirror needs in a CRM: fields, layout section, permissions, change events')
    .option('--layout <name>', 'page layout to put the section on; can be repeated', collect, [])
    .option('--sfdx <folder>', 'write it as an SFDX project to deploy yourself, and change nothing')
    .action(async (vendor: string, raw: unknown) => {
      const flags = Flags.parse(raw);
      setExitCode(await provision(vendor, flags, processOutput(flags.json)));
    });
  withLogin(program.command('deprovision'))
    .description('remove from a CRM what provision made, and only that')
    .option('--even-if-live', 'also while the connection is live')
    .action(async (vendor: string, raw: unknown) => {
      const flags = Flags.parse(raw);
      setExitCode(await deprovision(vendor, flags, processOutput(flags.json)));
    });
}

function withLogin(command: Command): Command {
  return command
    .argument('<vendor>', 'salesforce or hubspot')
    .option('--dry-run', 'show the plan and change nothing')
    .option('--as <username>', 'an administrator, logged in by the key of the connection')
    .option('--login', 'log in as an administrator with a browser, once')
    .option(
      '--token-file <file>',
      "a file with an administrator's token, used once and never stored (HubSpot)",
    )
    .option('--callback-port <port>', 'with --login: port of this machine to come back to (default: 1717)')
    .option('--no-browser', 'with --login: only print the address to open')
    .option('--yes', 'do not ask before acting')
    .option('--json', 'print one JSON document');
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

async function provision(vendor: string, flags: Flags, output: Output): Promise<number> {
  return withProvisioner(vendor, flags, output, async (app, opened) => {
    const { planProvisioning } = await import('../app/provisioning/provision.ts');
    const work = await planProvisioning(app, opened, flags.layout);
    if (flags.sfdx !== undefined) return writePackage(flags.sfdx, work.plan, output);
    return showAndDo(work, flags, output, 'Make this?');
  });
}

async function deprovision(vendor: string, flags: Flags, output: Output): Promise<number> {
  return withProvisioner(vendor, flags, output, async (app, opened) => {
    const { planDeprovisioning } = await import('../app/provisioning/provision.ts');
    const work = await planDeprovisioning(app, opened);
    const isLive = opened.row.mode === 'live';
    if (isLive && !flags.dryRun && !flags.evenIfLive) {
      if (flags.json) printPlan(work.plan, flags, [], output);
      else show(work.plan, output);
      output.note(
        `${opened.row.id} is live: deals are being mirrored into these fields. Run tributary stop first, then add --even-if-live. Nothing was removed.`,
      );
      return 1;
    }
    return showAndDo(work, flags, output, 'Remove this, with its values?');
  });
}

async function withProvisioner(
  vendor: string,
  flags: Flags,
  output: Output,
  work: (app: Application, opened: OpenedProvisioner) => Promise<number>,
): Promise<number> {
  const { openProvisioner, explain, ProvisioningRefused } =
    await import('../app/provisioning/open-provisioner.ts');
  const { AuthorizationRefused } = await import('../app/authorization/refused.ts');
  try {
    return await withApplication(async (app) => {
      const opened = await openProvisioner(app, vendor, await actingAs(app, vendor, flags, output));
      try {
        return await work(app, opened);
      } finally {
        await opened.close();
      }
    });
  } catch (error) {
    if (!(
      error instanceof ProvisioningRefused ||
      error instanceof AuthorizationRefused ||
      error instanceof SyncError
    ))
      throw error;
    output.note(explain(error));
    return 1;
  }
}

/** Null: the connection's own hands. */
async function actingAs(
  { config }: Application,
  vendor: string,
  flags: Flags,
  output: Output,
): Promise<ActingAdministrator | null> {
  if (flags.login) return { login: browserLogin({ ...flags, timeout: 600 }, output) };
  if (flags.as !== undefined) return { username: flags.as };
  if (flags.tokenFile !== undefined) return { token: await readToken(flags.tokenFile) };
  const token = vendor === 'hubspot' ? config.hubspotAdminToken : undefined;
  return token === undefined ? null : { token };
}

/** One line; an empty file would otherwise be refused by the CRM in words that hide the cause. */
async function readToken(file: string): Promise<string> {
  const { ProvisioningRefused } = await import('../app/provisioning/refused.ts');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ProvisioningRefused(`--token-file: ${file} cannot be read (${why}).`);
  });
  const token = text.trim();
  if (!/^\S+$/.test(token))
    throw new ProvisioningRefused(`--token-file: ${file} has to hold the token and nothing else.`);
  return token;
}

/** @returns the exit code: 0 done or nothing to do, 1 something is left for a person */
async function showAndDo(work: PlannedWork, flags: Flags, output: Output, question: string): Promise<number> {
  const { isDoable } = await import('../app/provisioning/provision.ts');
  const { plan } = work;
  if (!output.json) show(plan, output);
  const done: string[] = [];
  const open = plan.items.filter(isDoable);
  if (open.length > 0 && !flags.dryRun) {
    const agreed = flags.yes || (await confirm(question));
    if (!agreed) {
      output.note(agreed === null ? 'Nobody is here to ask: add --yes.' : 'Nothing was changed.');
      return 1;
    }
    await work.carryOut((item) => {
      done.push(item.item);
      output.note(`done: ${item.item}`);
    });
  }
  if (output.json) printPlan(plan, flags, done, output);
  else output.out(summary(open, done, flags.dryRun));
  return flags.dryRun || !plan.items.some(needsPerson) ? 0 : 1;
}

function printPlan(plan: ProvisionPlan, { dryRun }: Flags, done: readonly string[], output: Output): void {
  const { accountId: account, actsAs, items } = plan;
  printJson(output, { account, actsAs, dryRun, items, done });
}

function needsPerson({ state }: PlanItem): boolean {
  return state === 'differs' || state === 'by-hand';
}

const marks: Readonly<Record<PlanItem['state'], string>> = {
  exists: '    ',
  create: 'NEW ',
  extend: 'ADD ',
  differs: 'DIFF',
  'by-hand': 'YOU ',
  remove: 'DEL ',
  stays: 'KEEP',
};

function show({ accountId, actsAs, items }: ProvisionPlan, output: Output): void {
  output.out(`In ${accountId}, as ${actsAs}:`);
  for (const { item, state, found, nextStep } of items)
    output.out(`${marks[state]} ${item}: ${found}${nextStep ? `\n     ${nextStep}` : ''}`);
}

function summary(open: readonly PlanItem[], done: readonly string[], dryRun: boolean): string {
  if (open.length === 0) return 'Nothing to do.';
  return dryRun ? `${open.length} to do. Nothing was changed.` : `${done.length} done.`;
}

async function writePackage(folder: string, plan: ProvisionPlan, output: Output): Promise<number> {
  if (!plan.files) {
    output.note('--sfdx is for Salesforce: this CRM takes no such project. Nothing was written.');
    return 1;
  }
  const files = plan.files();
  for (const [name, content] of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  if (output.json) printJson(output, { folder, files: [...files.keys()] });
  else
    output.out(
      `${files.size} files in ${folder}: deploy them as its README.md says. Nothing was changed in the org.`,
    );
  return 0;
}
