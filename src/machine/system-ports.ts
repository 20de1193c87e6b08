import type {Artifacts, Caches, Confirm, DigestStore, Journal, Ports, Reporter} from '../ports.js'
import {dockerCredentials} from '../registry/auth/docker-config.js'
import type {HttpConnection} from '../registry/transport/http.js'
import type {WorkflowRun} from '../contracts/workflow-run.js'
import {githubAttester} from '../github/attester.js'
import {systemClock} from './clock.js'
import {openPrograms} from './exec.js'
import {openGithubApi} from '../github/github-api.js'
import {InputError, ReleaseError, messageOf, systemCodeOf} from '../errors.js'
import {readForeignFile} from '../shared/foreign-file.js'
import fs from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'

const mkdtemp = promisify(fs.mkdtemp)
const writeFile = promisify(fs.writeFile)

/** The ports of this machine, and the way to let go of what they hold. */
export interface SystemPorts {
  readonly ports: Ports
  readonly close: () => void
}

/** What a host brings itself. */
export interface HostParts {
  readonly reporter: Reporter
  readonly digests: DigestStore
  readonly journal: Journal
  readonly artifacts: Artifacts
  readonly caches: Caches
  readonly confirm: (signal: AbortSignal) => Confirm
  readonly readRun: (ports: Pick<Ports, 'exec' | 'clock'>, source: 'workflow' | 'git') => Promise<WorkflowRun>
}

/** Opens network, programs, time and credentials of this machine, for a host that brings its log and its store. */
export function openSystemPorts({readRun, confirm, ...parts}: HostParts): SystemPorts {
  const cancellation = listenForCancellation()
  const http = lateHttp()
  const exec = openPrograms(cancellation.signal)
  // Who asks for facts and logins is started with: it does without the library.
  const early: typeof exec = async (command, args, options) =>
    await exec(command, args, {signal: cancellation.signal, ...options})
  // Shells know the number of the user by this name, and do not hand it down.
  const user = {UID: String(process.getuid?.() ?? '')}
  return {
    ports: {
      workflowRun: askedOnce(async source => await readRun({exec: early, clock: systemClock}, source)),
      send: http.send,
      ...parts,
      exec,
      readText,
      saveText,
      environment: name => (name === 'UID' ? user.UID : process.env[name]),
      clock: systemClock,
      credentials: dockerCredentials({environment: {...process.env, ...user}, exec: early}),
      github: openGithubApi({
        environment: process.env,
        send: http.send,
        clock: systemClock,
        reporter: parts.reporter,
        signal: cancellation.signal
      }),
      attest: githubAttester(process.env),
      confirm: confirm(cancellation.signal),
      signal: cancellation.signal
    },
    close() {
      cancellation.stop()
      http.close()
    }
  }
}

/** The facts of a run do not change while it lasts, and Git takes a dozen calls to tell them. What failed is asked again. */
function askedOnce(read: (source: 'workflow' | 'git') => Promise<WorkflowRun>): Ports['workflowRun'] {
  const answers = new Map<string, Promise<WorkflowRun>>()
  return (source = 'workflow') => {
    const answer = answers.get(source) ?? read(source)
    answers.set(source, answer)
    answer.catch(() => answers.delete(source))
    return answer
  }
}

/** A connection whose code, TLS above all, is loaded with the first request: a plan that asks nobody does without. */
function lateHttp(): HttpConnection {
  const state: {opened?: Promise<HttpConnection>} = {}
  const open = async (): Promise<HttpConnection> =>
    (await import(/* webpackMode: "eager" */ '../registry/transport/http.js')).openHttp({
      variables: process.env
    })
  return {
    async send(request) {
      state.opened ??= open()
      return await (await state.opened).send(request)
    },
    close: () => void state.opened?.then(http => http.close())
  }
}

/** More than any file that a plan reads: versions, lists of variants, settings. */
const MAX_LENGTH = 1024 * 1024

/**
 * The text of a file; undefined where there is none. The path is taken from the current folder.
 * @throws InputError where it cannot be read, or is larger than any file that a plan reads
 */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return (await readForeignFile(file, MAX_LENGTH)).toString('utf8').replace(/^\uFEFF/, '')
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(cause) ?? '')) return undefined
    throw new InputError([{input: file, message: `it cannot be read: ${messageOf(cause)}`}], {cause})
  }
}

/**
 * Writes a file for later steps, in a folder of its own, so that a second use in one job does not replace it. The runner
 * removes its folder for such files with the job.
 */
export async function saveText(name: string, text: string): Promise<string> {
  const folder = await mkdtemp(path.join(process.env['RUNNER_TEMP'] || tmpdir(), 'image-release-'))
  const file = path.join(folder, name)
  await writeFile(file, text)
  return file
}

/** What a process is told to stop by. */
export const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A signal that fires when this process is told to stop, and the way to stop listening. */
export interface Cancellation {
  readonly signal: AbortSignal
  stop(): void
}

/**
 * Listens for SIGINT and SIGTERM, which a runner sends 7.5 s and 10 s before it kills, and for SIGHUP, which a terminal sends
 * that is closed: builders have groups of their own, and would go on.
 */
export function listenForCancellation(): Cancellation {
  const controller = new AbortController()
  const cancel = (name: NodeJS.Signals): void => {
    controller.abort(
      new ReleaseError('CANCELLED', `cancelled by ${name}`, {
        hint: 'Run it again with the same inputs: what is done already is not done twice.'
      })
    )
  }
  for (const name of STOPPING) process.on(name, cancel)
  return {
    signal: controller.signal,
    stop() {
      for (const name of STOPPING) process.off(name, cancel)
    }
  }
}
