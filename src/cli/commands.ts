import type { Command } from 'commander';
import { addDemoCommand } from './demo.ts';
import { addMailCommands } from './mail.ts';
import { addOperateCommands } from './operate.ts';
import { addPlanCommands } from './plan.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addSandboxCommand } from './sandbox.ts';
import { addServerCommands } from './servers.ts';

/** Called by a command that ended as intended but found something not as it should be. */
export type SetExitCode = (code: number) => void;

export function addCommands(program: Command, setExitCode: SetExitCode): void {
  addServerCommands(program);
  addDemoCommand(program, setExitCode);
  addSandboxCommand(program);
  addReconcileCommand(program, setExitCode);
  addOperateCommands(program, setExitCode);
  addPlanCommands(program, setExitCode);
  addMailCommands(program, setExitCode);
}
