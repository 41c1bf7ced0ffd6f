import os from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { dealsOfPartnerChanged } from '../deals/partner-changed.ts';
import type { DealContext } from '../deals/ports.ts';
import { PartnerChange, PartnerKey } from '../partners/partner.ts';
import { LinkRefused } from '../partners/partner-links.ts';
import type { PartnerLinks } from '../partners/partner-links.ts';
import { findPartner, listPartners } from '../partners/read-partners.ts';
import { savePartner } from '../partners/save-partner.ts';
import type { PartnerOutputs } from '../partners/save-partner.ts';
import { TierAlreadySet } from '../partners/tiers.ts';
import type { Database } from '../platform/database/database.ts';
import type { SetExitCode } from './exit-code.ts';
import { printJson, processOutput } from './output.ts';
import type { Output } from './output.ts';
import { withApplication } from './with-application.ts';

interface AddFlags {
  name: string;
  email?: string;
  country?: string;
  tier?: string;
  tierFrom?: string;
  channelManager?: string;
  channelManagerEmail?: string;
  by: string;
  json?: boolean;
}

interface LinkFlags {
  connection: string;
  crmId: string;
  by: string;
  json?: boolean;
}

/** `tributary partners list|add|candidates|link`. */
export function addPartnerCommands(program: Command, setExitCode: SetExitCode): void {
  const partners = program
    .command('partners')
    .description('partners, their tiers, and which CRM account each one is');
  const me = os.userInfo().username;
  partners
    .command('list')
    .description('all partners with today’s tier')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: { json?: boolean }) => {
      await withApplication((app) => listAll(app.db, app.clock.now(), processOutput(json)));
    });
  partners
    .command('add')
    .description('create a partner or bring it up to date')
    .argument('<key>')
    .requiredOption('--name <name>')
    .option('--email <address>', 'where payout notices go')
    .option('--country <name>')
    .option('--tier <tier>')
    .option('--tier-from <date>', 'first day of the tier; default: today')
    .option('--channel-manager <name>', 'whom reps ask about the partner’s deals')
    .option('--channel-manager-email <address>')
    .option('--by <name>', 'who answers for it', me)
    .option('--json', 'print one JSON document')
    .action(async (key: string, flags: AddFlags) => {
      const output = processOutput(flags.json ?? false);
      setExitCode(await withApplication((app) => addPartner(key, flags, app.db, app.deals, output)));
    });
  partners
    .command('candidates')
    .description('CRM accounts that could be the partner')
    .argument('<key>')
    .requiredOption('--connection <id>')
    .option('--json', 'print one JSON document')
    .action(async (key: string, { connection, json = false }: { connection: string; json?: boolean }) => {
      const code = await withLinks((links) => showCandidates(key, connection, links, processOutput(json)));
      setExitCode(code);
    });
  partners
    .command('link')
    .description('confirm which CRM account the partner is')
    .argument('<key>')
    .requiredOption('--connection <id>')
    .requiredOption('--crm-id <id>', 'the account or company in the CRM')
    .option('--by <name>', 'who confirms it', me)
    .option('--json', 'print one JSON document')
    .action(async (key: string, flags: LinkFlags) => {
      setExitCode(
        await withLinks((links) => confirmLink(key, flags, links, processOutput(flags.json ?? false))),
      );
    });
}

async function withLinks(work: (links: PartnerLinks) => Promise<number>): Promise<number> {
  const { partnerLinks } = await import('../app/partner-links.ts');
  return withApplication((app) => work(partnerLinks(app)));
}

export async function listAll(db: Database, now: Date, output: Output): Promise<void> {
  const partners = await listPartners(db, now.toISOString().slice(0, 10));
  if (output.json) return printJson(output, { partners });
  if (partners.length === 0) output.out('There are no partners yet: tributary partners add.');
  for (const { key, name, tier, email } of partners) {
    output.out(`${key}: ${name}, ${tier ?? 'no tier'}${email === null ? '' : `, ${email}`}`);
  }
}

/** @returns the exit code: 0 saved, 2 the values cannot be used */
export async function addPartner(
  key: string,
  flags: AddFlags,
  db: Database,
  context: DealContext,
  output: Output,
): Promise<number> {
  const { name, email, country, tier, tierFrom } = flags;
  const given = z.object({ key: PartnerKey, partner: PartnerChange }).safeParse({
    key,
    partner: { name, email, country, tier, tierFrom, channelManager: managerOf(flags) },
  });
  if (!given.success) {
    output.note(z.prettifyError(given.error));
    return 2;
  }
  const outputs: PartnerOutputs = {
    partnerChanged: async (tx, id, changes) => {
      await dealsOfPartnerChanged(tx, id, changes, flags.by, context);
    },
  };
  try {
    await db.transaction((tx) => savePartner(tx, key, given.data.partner, { clock: context.clock, outputs }));
  } catch (error) {
    if (!(error instanceof TierAlreadySet)) throw error;
    output.note(error.message);
    return 2;
  }
  const saved = await findPartner(db, key, context.clock.now().toISOString().slice(0, 10));
  if (output.json) printJson(output, saved);
  else output.out(`${key}: ${saved?.name ?? name}, ${saved?.tier ?? 'no tier'}`);
  return 0;
}

/** An address without a name is refused with the field it belongs to. */
function managerOf({ channelManager, channelManagerEmail }: AddFlags): object | undefined {
  if (channelManager === undefined && channelManagerEmail === undefined) return undefined;
  return {
    name: channelManager,
    ...(channelManagerEmail === undefined ? {} : { email: channelManagerEmail }),
  };
}

/** @returns the exit code: 0 shown, 1 there are none, 2 partner or connection is not known */
export async function showCandidates(
  key: string,
  connection: string,
  links: PartnerLinks,
  output: Output,
): Promise<number> {
  return explainingRefusal(output, async () => {
    const candidates = await links.candidates(key, connection);
    if (output.json) printJson(output, { partner: key, connection, candidates });
    else for (const { crmId, name, because } of candidates) output.out(`${crmId}  ${name}  (${because})`);
    if (candidates.length === 0)
      output.note(
        `${connection} has no account that looks like ${key}. Make it there and look again, or link any by its id: tributary partners link ${key} --connection ${connection} --crm-id ID.`,
      );
    return candidates.length === 0 ? 1 : 0;
  });
}

/** @returns the exit code: 0 confirmed, 2 partner, connection or record is not known */
export async function confirmLink(
  key: string,
  flags: LinkFlags,
  links: PartnerLinks,
  output: Output,
): Promise<number> {
  const { connection, crmId, by } = flags;
  return explainingRefusal(output, async () => {
    await links.confirm(key, connection, crmId, by);
    if (output.json) printJson(output, { partner: key, connection, crmId, by });
    else output.out(`${key} is ${crmId} in ${connection}, confirmed by ${by}.`);
    return 0;
  });
}

async function explainingRefusal(output: Output, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LinkRefused)) throw error;
    output.note(error.message);
    return 2;
  }
}
