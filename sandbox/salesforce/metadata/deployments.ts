import type { Actor } from '../store/transaction.ts';
import type { DeployJob, DeployOptions } from './deploy-job.ts';

/** The deployments of an org. They wait, run and end by the sandbox clock, and survive a restart. */
export interface Deployments {
  start(actor: Actor, version: number, zip: string, options: DeployOptions, validatedBy?: string): DeployJob;
  get(id: string): DeployJob | undefined;
  /** Calls off a deployment that has not run yet; returns it. */
  cancel(id: string): DeployJob | undefined;
  /** Puts back a deployment from the journal. */
  restore(entry: unknown): void;
  /** Goes on with deployments that a restart interrupted. */
  resume(): void;
  /** Lets go of the clock. */
  stop(): void;
}
