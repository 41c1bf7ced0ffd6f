/**
 * Jest gives every test file its own world, and each one would build the SOQL parser's grammar anew: a third of a second, in over
 * a hundred files that query the local Salesforce. The parser keeps nothing of what it parsed, so a worker's files share one.
 */
import { createRequire } from 'node:module';
import { TestEnvironment } from 'jest-environment-node';

const load = createRequire(import.meta.url);

export default class SharingEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.defineProperty(this.global, Symbol.for('tributary: the SOQL parser'), {
      get: () => load('@jetstreamapp/soql-parser-js'),
    });
  }
}
