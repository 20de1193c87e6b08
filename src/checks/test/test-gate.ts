import {ReleaseError} from '../../errors.js'
import type {Ports} from '../../ports.js'
import {type GateCall, endOf, runGate} from '../gate-command.js'
import {keepFiles} from '../artifact-files.js'

/** A test of an image. */
export interface TestGate {
  readonly call: GateCall
  /** `app, linux/amd64`, for people. */
  readonly title: string
  /** The name of the artifact that keeps the log. */
  readonly artifact: string
  /** Whether the image lies in the registries already, without a tag. */
  readonly isPushed: boolean
  /** The program that the image is loaded into; absent where none has it. */
  readonly engine?: string
}

/** What a test that passed took. */
export interface TestResult {
  readonly milliseconds: number
}

/**
 * Runs the caller's test, and keeps its log whether it passes or not.
 * @throws ReleaseError TEST_FAILED where it does not end with 0 in time
 */
export async function runTest(
  {call, title, artifact, isPushed, engine}: TestGate,
  ports: Pick<Ports, 'exec' | 'reporter' | 'clock' | 'signal' | 'artifacts'>
): Promise<TestResult> {
  const run = await ports.reporter.group(`Test ${title}`, () => runGate(call, ports))
  const place = await keepFiles(artifact, [{name: `${artifact}.log`, text: run.log}], ports)
  if (run.exitCode === 0 && !run.timedOut) return {milliseconds: run.milliseconds}
  const had =
    engine === undefined
      ? ''
      : ` ${engine} had the image: a test that calls another program finds it by load-into.`
  throw new ReleaseError('TEST_FAILED', `the test of ${title} failed: ${endOf(run, call.timeout)}`, {
    hint: `${isPushed ? 'Nothing was tagged' : 'Nothing was pushed'}, and no digest was handed over. Its log is ${place ?? 'above'}.${had}`
  })
}
