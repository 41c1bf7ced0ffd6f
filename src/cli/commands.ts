import type { Command } from 'commander';
import { addApproveCommands } from './approve.ts';
import { addCardsCommand } from './cards.ts';
import { addConnectCommand } from './connect.ts';
import { addDemoCommand } from './demo.ts';
import { addDoctorCommand } from './doctor.ts';
import type { SetExitCode } from './exit-code.ts';
import { addImportCommand } from './import.ts';
import { addMailCommands } from './mail.ts';
import { addMatchCommands } from './matches.ts';
import { addMessageCommands } from './messages.ts';
import { addOperateCommands } from './operate.ts';
import { addPartnerCommands } from './partners.ts';
import { addPlanCommands } from './plan.ts';
import { addReconcileCommand } from './reconcile.ts';
import { addRehearseCommand } from './rehearse.ts';
import { addSandboxCommand } from './sandbox.ts';
import { addServerCommands } from './servers.ts';
import { addWritesCommand } from './writes.ts';

export function addCommands(program: Command, setExitCode: SetExitCode): void {
  addServerCommands(program);
  addDemoCommand(program, setExitCode);
  addSandboxCommand(program);
  addConnectCommand(program, setExitCode);
  addImportCommand(program, setExitCode);
  addApproveCommands(program, setExitCode);
  addPartnerCommands(program, setExitCode);
  addMatchCommands(program, setExitCode);
  addReconcileCommand(program, setExitCode);
  addCardsCommand(program);
  addOperateCommands(program, setExitCode);
  addPlanCommands(program, setExitCode);
  addMailCommands(program, setExitCode);
  addMessageCommands(program, setExitCode);
  addDoctorCommand(program, setExitCode);
  addRehearseCommand(program, setExitCode);
  addWritesCommand(program);
}
