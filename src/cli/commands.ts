import type { Command } from 'commander';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import type { SetExitCode } from './exit-code.ts';
import { addMailCommands } from './mail.ts';
import { addMessageCommands } from './messages.ts';
import { addOperateCommands } from './operate.ts';
import { addPlanCommands } from './plan.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addRehearseCommand } from './rehearse.ts';
import { addSandboxCommand } from './sandbox.ts';
import { addServerCommands } from './servers.ts';

export function addCommands(program: Command, setExitCode: SetExitCode): void {
  addServerCommands(program);
  addDemoCommand(program, setExitCode);
  addSandboxCommand(program);
  addReconcileCommand(program, setExitCode);
  addOperateCommands(program, setExitCode);
  addPlanCommands(program, setExitCode);
  addMailCommands(program, setExitCode);
  addMessageCommands(program, setExitCode);
  addDoctorCommand(program, setExitCode);
  addRehearseCommand(program, setExitCode);
}
