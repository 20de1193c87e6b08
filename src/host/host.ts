import type {Command, Outputs} from '../command/command.js'
import type {InputIssue} from '../errors.js'
import type {Ports} from '../ports.js'

/** The texts of a command's inputs, and what went wrong while they were gathered. */
export interface InputTexts {
  readonly texts: Readonly<Record<string, string | undefined>>
  readonly issues: readonly InputIssue[]
}

/** Where a program meets the world: a runner of GitHub Actions, or a command line. */
export interface Host {
  readonly ports: Ports
  read(command: Command): Promise<InputTexts>
  /** Keeps a secret out of everything that is printed from now on. */
  hide(secret: string | undefined): void
  /** Told when all inputs are right and the command begins. */
  begin(command: Command): void
  /** @throws ReleaseError ARTIFACT_FAILED where an output is too large for this host, and nothing else can keep it */
  write(command: Command, outputs: Outputs): Promise<void>
  /** Says what failed and sets the exit code. */
  fail(error: unknown): void | Promise<void>
  /** Lets go of connections and signal handlers, so that the process can end. */
  close(): void
}
