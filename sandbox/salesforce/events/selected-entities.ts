/** The objects whose changes the org publishes: what an administrator selected under Change Data Capture. */
export interface SelectedEntities {
  /** Whether changes of this object are published. Asked for every change, so it costs one lookup. */
  has(objectName: string): boolean;
  /** Names of the selected objects, in the order in which they were selected. */
  list(): readonly string[];
  /** Publishes changes of an object from now on. */
  select(objectName: string): void;
  /** Publishes them no longer. What was published stays readable for as long as it is kept. */
  unselect(objectName: string): void;
}

/**
 * Creates a selection. What it starts with comes from the preset; what is added later (a
 * PlatformEventChannelMember of the channel `ChangeEvents`) is journalled by whoever adds it,
 * in line with the rows, so that a replayed journal publishes what was published then.
 */
export function createSelectedEntities(atFounding: readonly string[]): SelectedEntities {
  const names = new Set(atFounding);
  return {
    has: (objectName) => names.has(objectName),
    list: () => [...names],
    select(objectName) {
      names.add(objectName);
    },
    unselect(objectName) {
      names.delete(objectName);
    },
  };
}
