import type { MetadataKind } from './kind.ts';

/** A type whose components this org has and shows, and that cannot be changed here. */
function listedOnly(type: string, directory: string, suffix: string): MetadataKind {
  return {
    type,
    directory,
    suffix,
    read: (sandbox, fullName) => sandbox.metadata.get(type, fullName)?.content,
    list: (sandbox) => sandbox.metadata.list(type),
  };
}

export const customTabKind = listedOnly('CustomTab', 'tabs', 'tab');
export const connectedAppKind = listedOnly('ConnectedApp', 'connectedApps', 'connectedApp');
