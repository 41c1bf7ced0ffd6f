import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import { replayMetadata } from './begin-work.ts';
import type { MetadataEntry } from './work.ts';

const componentShape = z.object({
  type: z.string(),
  fullName: z.string(),
  id: z.string(),
  content: z.record(z.string(), z.unknown()),
  createdDate: z.number(),
  createdById: z.string(),
  lastModifiedDate: z.number(),
  lastModifiedById: z.string(),
});

const metadataEntry: z.ZodType<MetadataEntry> = z.union([
  z.object({ t: z.literal('metadata'), put: componentShape }),
  z.object({ t: z.literal('metadata'), remove: componentShape }),
  z.object({ t: z.literal('metadata'), rename: componentShape, to: z.string() }),
]);

/** Readers of what the org's set-up leaves in the journal, by the entry's `t`. */
export const METADATA_ENTRY_READERS: Readonly<Record<string, (sandbox: Sandbox, entry: unknown) => void>> = {
  metadata: (sandbox, entry) => replayMetadata(sandbox, metadataEntry.parse(entry)),
  deployment: (sandbox, entry) => sandbox.deployments.restore(entry),
};
