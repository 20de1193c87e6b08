import {randomUUID} from 'node:crypto'
import {arch} from 'node:os'
import {messageOf} from '../errors.js'
import type {Clock, Exec, ExecResult} from '../ports.js'
import type {VerifiedCheck} from '../contracts/verified-check.js'

/** An image of one platform that is to be started. */
export interface StartedImage {
  /** `registry/name@digest`, of the platform's own manifest. */
  readonly reference: string
  /** `linux/arm64` */
  readonly platform: string
  /** Whether the registry is spoken to over plain HTTP. */
  readonly isInsecure: boolean
}

/** How containers are started. */
export interface StartOptions {
  readonly engine: 'docker' | 'podman'
  /** What runs in the container, in place of what the image says. */
  readonly command: readonly string[]
  /** Further arguments of `run`, such as `--env=A=B`. */
  readonly args: readonly string[]
  /** Milliseconds until the container must be healthy. */
  readonly timeout: number
  /** Variables that lead the engine to its logins. */
  readonly env: Readonly<Record<string, string>>
}

interface StartPorts {
  readonly exec: Exec
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** How long a container without a health check must run, where it does not end by itself. */
const SETTLE = 5000
const INTERVAL = 1000

/**
 * Pulls an image and starts it: it must become healthy, or, where it has no health check, run on or end with 0. Container
 * and image are gone afterwards. A platform that this machine cannot run is no fault.
 */
export async function startImage(
  image: StartedImage,
  options: StartOptions,
  ports: StartPorts
): Promise<VerifiedCheck> {
  const {reference, platform} = image
  const container = new Container(`image-release-${randomUUID()}`, options, ports)
  try {
    return {kind: 'start', reference, platform, ...(await outcomeOf(container, image))}
  } catch (error) {
    if (ports.signal.aborted) throw error
    return {kind: 'start', reference, platform, outcome: 'not started', faults: [messageOf(error)]}
  } finally {
    await container.remove(reference)
  }
}

type Outcome = Pick<VerifiedCheck, 'outcome' | 'faults'>

async function outcomeOf(container: Container, image: StartedImage): Promise<Outcome> {
  await container.pull(image)
  const started = await container.start(image)
  const said = `${started.stdout}\n${started.stderr}`
  const ended = started.exitCode === 0 ? await container.wait() : undefined
  const log = ended === undefined ? said : await container.log()
  if (/exec format error/i.test(`${said}\n${log}`) && isForeign(image.platform))
    return {outcome: 'not run here', faults: []}
  if (ended === undefined) return {outcome: 'not started', faults: [lastLine(said)]}
  return ended.isSound
    ? {outcome: ended.outcome, faults: []}
    : {outcome: ended.outcome, faults: [`the container ${ended.outcome}: ${lastLine(log)}`]}
}

function isForeign(platform: string): boolean {
  const own = arch() === 'x64' ? 'amd64' : arch()
  return platform.split('/')[1] !== own
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

interface ContainerState {
  readonly outcome: string
  readonly isSound: boolean
}

/** One container by its name. */
class Container {
  readonly #name: string
  readonly #options: StartOptions
  readonly #ports: StartPorts
  #isBorrowed = false

  constructor(name: string, options: StartOptions, ports: StartPorts) {
    this.#name = name
    this.#options = options
    this.#ports = ports
  }

  async pull({reference, platform, isInsecure}: StartedImage): Promise<void> {
    const found = await this.#run('image', 'inspect', reference)
    this.#isBorrowed = found.exitCode !== 0
    // docker decides by its daemon's configuration which registries speak plain HTTP.
    const insecure = isInsecure && this.#options.engine === 'podman' ? ['--tls-verify=false'] : []
    const {exitCode, stderr} = await this.#run(
      'pull',
      '--quiet',
      '--platform',
      platform,
      ...insecure,
      reference
    )
    if (exitCode !== 0) throw new Error(`it cannot be pulled: ${lastLine(stderr)}`)
  }

  async start({reference, platform}: StartedImage): Promise<ExecResult> {
    const {args, command} = this.#options
    const named = ['--detach', '--name', this.#name, '--platform', platform]
    return await this.#run('run', ...named, ...args, reference, ...command)
  }

  /** Waits until the container is healthy, has ended, or has had its time. */
  async wait(): Promise<ContainerState> {
    const {clock, signal} = this.#ports
    const hasCheck = await this.#hasHealthCheck()
    const patience = hasCheck ? this.#options.timeout : Math.min(SETTLE, this.#options.timeout)
    for (const start = clock.now(); ;) {
      const ended = await this.#ended()
      if (ended !== undefined) return ended
      if (hasCheck && (await this.#isHealthy())) return {outcome: 'is healthy', isSound: true}
      if (clock.now() - start >= patience)
        return hasCheck
          ? {outcome: `is not healthy after ${patience / 1000} s`, isSound: false}
          : {outcome: 'runs', isSound: true}
      await clock.sleep(INTERVAL, signal)
    }
  }

  async log(): Promise<string> {
    const {stdout, stderr} = await this.#run('logs', '--tail', '20', this.#name)
    return `${stdout}\n${stderr}`
  }

  /** Never fails: what was found is of more worth. */
  async remove(reference: string): Promise<void> {
    const {engine, env} = this.#options
    const {exec} = this.#ports
    const quiet = async (...args: string[]): Promise<unknown> =>
      await exec(engine, args, {env, isClearing: true}).catch(() => undefined)
    // podman, other than docker, gives a program that does not mind its signal ten seconds first.
    const now = engine === 'podman' ? ['--time', '0'] : []
    await quiet('rm', '--force', ...now, this.#name)
    if (this.#isBorrowed) await quiet('image', 'rm', reference)
  }

  async #hasHealthCheck(): Promise<boolean> {
    const {stdout} = await this.#run('inspect', '--format', '{{json .Config.Healthcheck}}', this.#name)
    return stdout.includes('"Test"') && !stdout.includes('"NONE"')
  }

  async #ended(): Promise<ContainerState | undefined> {
    const {stdout} = await this.#run(
      'inspect',
      '--format',
      '{{.State.Status}} {{.State.ExitCode}}',
      this.#name
    )
    const [status, code] = stdout.trim().split(' ')
    // podman calls a container stopped until its clean-up has come round, which may take seconds on a busy machine.
    if (status === undefined || !['exited', 'stopped', 'dead'].includes(status)) return undefined
    return {outcome: `ended with ${code ?? ''}`, isSound: code === '0'}
  }

  /** podman runs health checks by timers of systemd, which a container or a minimal machine has not: it is asked to. */
  async #isHealthy(): Promise<boolean> {
    if (this.#options.engine === 'podman')
      return (await this.#run('healthcheck', 'run', this.#name)).exitCode === 0
    const {stdout} = await this.#run('inspect', '--format', '{{.State.Health.Status}}', this.#name)
    return stdout.trim() === 'healthy'
  }

  async #run(...args: string[]): Promise<ExecResult> {
    const {engine, env} = this.#options
    return await this.#ports.exec(engine, args, {env})
  }
}
