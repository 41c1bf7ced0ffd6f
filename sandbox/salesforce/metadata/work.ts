import type { Sandbox } from '../sandbox.ts';
import type { ObjectDefinition } from '../schema/object.ts';
import type { Transaction } from '../store/transaction.ts';
import type { Component } from './component-store.ts';
import type { Plain } from './plain.ts';

/** Changes of an org's set-up that hold together or not at all: one component of a call, or a whole deployment. */
export interface Work {
  readonly sandbox: Sandbox;
  /** For what is kept as rows, such as permission sets. */
  readonly transaction: Transaction;
  /** API version of the request, such as 62. */
  readonly version: number;
  /** Keeps a component, new or changed, and lets the org follow it. What is a row as well brings the row's id. */
  put(type: string, fullName: string, content: Plain, id?: string): void;
  remove(component: Component): void;
  /** Gives a component, and with it what it stands for, another name. */
  rename(component: Component, fullName: string): void;
  /** Position to {@link rollbackTo}. */
  mark(): WorkMark;
  rollbackTo(mark: WorkMark): void;
  /** Makes everything final and journals it. */
  commit(): void;
}

/** Where a piece of work stood. */
export interface WorkMark {
  components: ReadonlyMap<string, Component>;
  objects: readonly ObjectDefinition[];
  entities: readonly string[];
  rows: number;
  entries: number;
}

/** One change of a component as it stands in the journal. */
export type MetadataEntry =
  | { t: 'metadata'; put: Component }
  | { t: 'metadata'; remove: Component }
  | { t: 'metadata'; rename: Component; to: string };
