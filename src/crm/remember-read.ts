/**
 * What another process of ours read of this CRM account under this name minutes ago; else it is read now and kept for the
 * next process. The value must survive a structured clone.
 */
export type RememberRead = <T>(name: string, read: () => Promise<T>) => Promise<T>;
