import { loadConfig } from '../platform/config/config.ts';
import type { Application } from '../app/open-application.ts';

/** Opens what a short command needs and closes it again. With embedded PostgreSQL it attaches to a running one. */
export async function withApplication<T>(work: (app: Application) => Promise<T>): Promise<T> {
  const { openApplication } = await import('../app/open-application.ts');
  const { localRecordRules } = await import('../app/programme/prepare-programme.ts');
  const config = loadConfig({
    ...process.env,
    TRIBUTARY_LOG_LEVEL: process.env['TRIBUTARY_LOG_LEVEL'] ?? 'warn',
  });
  const local = config.salesforce === undefined && config.hubspot === undefined;
  const app = await openApplication({
    config,
    name: 'tributary-cli',
    ...(local ? { recordRules: localRecordRules } : {}),
  });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
