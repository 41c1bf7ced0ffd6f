import type { Sql } from '../platform/database/database.ts';
import { storeInboxMessages, type NewInboxMessage } from './inbox.ts';

/** At most so many bodies in one statement: each may be a megabyte. */
const mostTogether = 20;
/** SQLSTATE class of data that breaks a constraint: a connection that was just deleted. */
const CONSTRAINT = /^23/;

interface Waiting {
  message: NewInboxMessage;
  stored(): void;
  failed(error: unknown): void;
}

/**
 * Stores verified webhook bodies as received; only after it resolves may the caller answer 2xx. What arrives while others are
 * being stored is stored in one statement after them: ten calls at once cost two writes to disk instead of ten.
 */
export function storeTogether(sql: Sql): (message: NewInboxMessage) => Promise<void> {
  const waiting: Waiting[] = [];
  let isStoring = false;
  const storeAll = async (): Promise<void> => {
    isStoring = true;
    while (waiting.length > 0) await storePart(sql, waiting.splice(0, mostTogether));
    isStoring = false;
  };
  return (message) =>
    new Promise<void>((stored, failed) => {
      waiting.push({ message, stored, failed });
      if (!isStoring) void storeAll();
    });
}

/** Never rejects: each learns its own outcome, and one that cannot be stored takes no neighbour with it. */
async function storePart(sql: Sql, part: readonly Waiting[]): Promise<void> {
  try {
    await storeInboxMessages(
      sql,
      part.map(({ message }) => message),
    );
    for (const { stored } of part) stored();
  } catch (error) {
    const mayBeOneOfThem = part.length > 1 && CONSTRAINT.test(String((error as { code?: unknown }).code));
    if (mayBeOneOfThem) await Promise.all(part.map((one) => storePart(sql, [one])));
    else for (const { failed } of part) failed(error);
  }
}
