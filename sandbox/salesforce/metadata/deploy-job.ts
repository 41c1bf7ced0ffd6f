import { z } from 'zod';
import { optionalBoolean, listOf, optionalText } from './plain.ts';

const yes = optionalBoolean.transform((value) => value === true);

/** How a deployment is to be carried out, as SOAP and REST say it. */
export const deployOptionsShape = z.strictObject({
  allowMissingFiles: yes,
  autoUpdatePackage: yes,
  checkOnly: yes,
  ignoreWarnings: yes,
  performRetrieve: yes,
  purgeOnDelete: yes,
  rollbackOnError: optionalBoolean.transform((value) => value !== false),
  runTests: listOf(z.string()),
  singlePackage: yes,
  testLevel: optionalText,
});
export type DeployOptions = z.output<typeof deployOptionsShape>;

const deployMessageShape = z.object({
  changed: z.boolean(),
  componentType: z.string(),
  created: z.boolean(),
  deleted: z.boolean(),
  fileName: z.string(),
  fullName: z.string(),
  id: z.string().optional(),
  problem: z.string().optional(),
  problemType: z.string().optional(),
  success: z.boolean(),
});
/** What became of one component. */
export type DeployMessage = z.infer<typeof deployMessageShape>;

const outcomeShape = z.object({
  messages: z.array(deployMessageShape),
  errorStatusCode: z.string().optional(),
  errorMessage: z.string().optional(),
});
/** What became of a deployment: its components, or why it could not be read at all. */
export type DeployOutcome = z.infer<typeof outcomeShape>;

export const deployJobShape = z.object({
  id: z.string(),
  status: z.enum(['Pending', 'InProgress', 'Succeeded', 'SucceededPartial', 'Failed', 'Canceled']),
  userId: z.string(),
  client: z.string(),
  version: z.number(),
  options: deployOptionsShape,
  /** The package, Base64; let go of once the deployment is over. */
  zip: z.string().optional(),
  /** The deployment that validated this one. */
  validatedBy: z.string().optional(),
  createdDate: z.number(),
  startDate: z.number().optional(),
  completedDate: z.number().optional(),
  outcome: outcomeShape.optional(),
});
/** A deployment on its way or over. */
export type DeployJob = z.infer<typeof deployJobShape>;

/** Whether a deployment will not change any more. */
export function isDone(job: DeployJob): boolean {
  return job.status !== 'Pending' && job.status !== 'InProgress';
}
