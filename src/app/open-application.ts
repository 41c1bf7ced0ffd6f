import { connectors } from '../../connectors/registry.ts';
import type { ConnectorDefinition } from '../crm/connector.ts';
import type { ChooseRecord, DealContext } from '../deals/ports.ts';
import { defaultDealRules } from '../deals/ports.ts';
import { desireMirrors } from '../mirror/desire.ts';
import type { Config } from '../platform/config/config.ts';
import { systemClock, type Clock } from '../platform/clock.ts';
import { generatedSecrets } from '../platform/crypto/generated-secrets.ts';
import { openKeyring, type Keyring } from '../platform/crypto/keyring.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import { startEmbeddedPostgres } from '../platform/database/embedded.ts';
import { migrate } from '../platform/database/migrate.ts';
import { createLogger, type Logger } from '../platform/logging.ts';
import { openQueues, type Queues } from '../platform/queue/queues.ts';
import { chooseRecordBy, loadRecordRules, type RecordRules } from './choose-record.ts';
import { appliedRecordRules } from './configuration/applied-record-rules.ts';
import { wireConnections, type Wiring } from './wire-connections.ts';

/** Everything a command of ours stands on. Opened once per process, closed in reverse. */
export interface Application {
  config: Config;
  clock: Clock;
  logger: Logger;
  db: Database;
  /** Owner URL: migrations and the PostgreSQL queue backend. */
  databaseUrl: string;
  embedded: boolean;
  apiKeys: readonly { name: string; key: string }[];
  keyring: Keyring;
  definitions: readonly ConnectorDefinition[];
  wiring: Wiring;
  deals: DealContext;
  openQueues(): Promise<Queues>;
  close(): Promise<void>;
}

export interface OpenOptions {
  config: Config;
  name: string;
  clock?: Clock;
  /** Rules for the CRM of record when no file names them. */
  recordRules?: RecordRules;
}

/** Starts or attaches to the database, migrates it and opens what hangs on it. */
export async function openApplication(options: OpenOptions): Promise<Application> {
  const { config } = options;
  const clock = options.clock ?? systemClock;
  const logger = createLogger({ name: options.name, level: config.logLevel });
  warnOfUnknown(config, logger);
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const databaseUrl = config.databaseUrl ?? (await embeddedUrl(config, logger, closing));
    await migrate(databaseUrl);
    const db = openDatabase({ url: databaseUrl, maxConnections: 12, applicationName: options.name, logger });
    closing.push(() => db.close());
    const secrets = await secretsOf(config);
    const keyring = openKeyring(secrets.encryptionKeys);
    const definitions = connectors as readonly ConnectorDefinition[];
    const wiring = wireConnections({
      db,
      clock,
      logger,
      keyring,
      definitions,
      ...(config.mappingDir ? { mappingDir: config.mappingDir } : {}),
    });
    closing.push(() => wiring.close());
    return {
      config,
      clock,
      logger,
      db,
      databaseUrl,
      embedded: config.databaseUrl === undefined,
      apiKeys: secrets.apiKeys,
      keyring,
      definitions,
      wiring,
      deals: dealContext(config, clock, await chooseRecord(options)),
      openQueues: () =>
        openQueues({ databaseUrl, logger, ...(config.redisUrl ? { redisUrl: config.redisUrl } : {}) }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function warnOfUnknown(config: Config, logger: Logger): void {
  if (config.unknownVariables.length > 0) {
    logger.warn({ variables: config.unknownVariables }, 'these variables are not known; misspelt?');
  }
}

async function embeddedUrl(
  config: Config,
  logger: Logger,
  closing: (() => Promise<void>)[],
): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
  closing.push(() => postgres.stop());
  return postgres.url;
}

async function secretsOf(config: Config): Promise<Pick<Config, 'apiKeys' | 'encryptionKeys'>> {
  if (config.apiKeys.length > 0 && config.encryptionKeys.length > 0) return config;
  const made = await generatedSecrets(config.dataDir);
  return {
    apiKeys: config.apiKeys.length > 0 ? config.apiKeys : made.apiKeys,
    encryptionKeys: config.encryptionKeys.length > 0 ? config.encryptionKeys : made.encryptionKeys,
  };
}

/** The rules of the file named; without one those that were applied last; without any those given. */
async function chooseRecord({ config, recordRules: given }: OpenOptions): Promise<ChooseRecord> {
  if (config.recordRulesFile) return chooseRecordBy(await loadRecordRules(config.recordRulesFile));
  return async (tx, deals) => {
    const applied = await appliedRecordRules(tx);
    return chooseRecordBy(applied ?? given ?? { rules: [] })(tx, deals);
  };
}

function dealContext(config: Config, clock: Clock, choose: ChooseRecord): DealContext {
  return {
    clock,
    rules: defaultDealRules,
    chooseRecord: choose,
    outputs: { dealsChanged: (tx, dealIds) => desireMirrors(tx, dealIds, config.mirrorTo, clock.now()) },
  };
}
