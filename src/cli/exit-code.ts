/** Called by a command that ended as intended but found something not as it should be. */
export type SetExitCode = (code: number) => void;
