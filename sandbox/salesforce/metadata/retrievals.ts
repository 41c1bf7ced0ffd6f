import type { Manifest } from './package-file.ts';

/** What a retrieve asks for. */
export interface RetrieveRequest {
  manifest: Manifest;
  /** Files stand at the top of the zip file instead of in a folder of their package. */
  singlePackage: boolean;
  packageNames: readonly string[];
}

/** The retrieves of an org. They are over when the sandbox clock says so; a restart forgets them. */
export interface Retrievals {
  start(request: RetrieveRequest): string;
  /** What `checkRetrieveStatus` answers; undefined for an unknown id. */
  result(id: string): Record<string, unknown> | undefined;
}
