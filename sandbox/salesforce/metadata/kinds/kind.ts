import type { Sandbox } from '../../sandbox.ts';
import type { Plain } from '../plain.ts';
import type { Work } from '../work.ts';

/** What lists and file properties tell of a component. */
export interface Listed {
  fullName: string;
  id: string;
  createdDate: number;
  createdById: string;
  lastModifiedDate: number;
  lastModifiedById: string;
}

/** One type of metadata: how its components are read and written. Every method takes full names in any case. */
export interface MetadataKind {
  readonly type: string;
  /** Folder of a package, and the suffix of its files; none for what stands inside an object's file. */
  readonly directory?: string;
  readonly suffix?: string;
  /** First API version that has the type. */
  readonly since?: number;
  /** Refuses what the type's schema does not know with a SoapFault, before anything is carried out. */
  checkShape?(plain: Plain): void;
  /** Creates a component. Throws a MetadataError and leaves no trace when it is refused. */
  create?(work: Work, fullName: string, plain: Plain): void;
  update?(work: Work, fullName: string, plain: Plain): void;
  delete?(work: Work, fullName: string): void;
  rename?(work: Work, fullName: string, newFullName: string): void;
  /** The component as its author would write it, without its full name; undefined when there is none. */
  read(sandbox: Sandbox, fullName: string): Plain | undefined;
  list(sandbox: Sandbox): Listed[];
}
