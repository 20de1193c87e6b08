import {InputError, type InputIssue, ReleaseError} from '../../errors.js'
import type {ExecResult, Ports} from '../../ports.js'
import {lastLines} from './build-log.js'
import type {Builder, BuilderPorts} from './builder.js'
import type {BuilderProgram} from './builder-name.js'
import {type Feature, missingFeatures} from './builder-support.js'
import {isAtLeast, parseBuilderVersion} from './builder-version.js'
import type {ProgramWish} from './builder-wish.js'
import {BuildxBuilder} from './buildx.js'
import {parseBuildxInstance} from './buildx-instance.js'
import {dockerPlugin} from './docker-plugin.js'
import {PodmanBuilder} from './podman.js'
import {OLDEST, type PodmanName} from './podman-arguments.js'
import {type Program, ask, formatProgram} from './program.js'

/** The builder that is used, and why. */
export interface BuilderChoice {
  readonly builder: Builder
  /** `1.28.2` */
  readonly version: string
  /** That of BuildKit behind buildx; undefined where it does not tell. */
  readonly buildkit?: string | undefined
  /** A sentence for the log. */
  readonly reason: string
}

/** Why a builder cannot be used. */
interface Absence {
  readonly absence: string
}

/** What buildx answered when it was asked for its version and its builder. */
interface AnsweredBuildx {
  readonly program: Program
  readonly version: string
  readonly wished: string | undefined
  readonly answer: ExecResult | undefined
}

/** buildx 0.12 brought `--annotation`, 0.10 the layout in a folder. */
const OLDEST_BUILDX = '0.12.0'

/** In this order: who has made a builder of buildx wants it used; buildah needs less of a machine than podman. */
const PREFERENCE: readonly BuilderProgram[] = ['buildx', 'buildah', 'podman']

/** buildx as a plugin of docker, or by itself. */
const BUILDX_PROGRAMS: readonly Program[] = [
  {command: 'docker', prefix: ['buildx']},
  {command: 'docker-buildx', prefix: []}
]

/** What a builder is chosen with. */
type ChoicePorts = BuilderPorts & Pick<Ports, 'environment'>

const ADVICE: Readonly<Record<BuilderProgram, string>> = {
  buildx: `Install docker with buildx ${OLDEST_BUILDX} or newer and make a builder: docker buildx create --use (in a workflow: docker/setup-buildx-action).`,
  buildah: `Install buildah ${OLDEST.buildah} or newer, for example: apt-get install buildah, or dnf install buildah.`,
  podman: `Install podman ${OLDEST.podman} or newer, for example: apt-get install podman, or dnf install podman.`
}

/**
 * Finds the builder that was wished for; for `auto` the first of buildx, buildah and podman that works here and can do what is
 * asked of it.
 * @param asked what the inputs ask for beyond what every builder does
 * @throws ReleaseError BUILDER_MISSING, with what was found instead and what to install; InputError where what was found
 * cannot do what is asked
 */
export async function chooseBuilder(
  wish: ProgramWish,
  ports: ChoicePorts,
  asked: readonly Feature[] = []
): Promise<BuilderChoice> {
  if (wish === 'auto') return chooseAny(ports, asked)
  const [name, instance] = splitWish(wish)
  const found = await find(name, instance, ports)
  if ('absence' in found)
    throw new ReleaseError('BUILDER_MISSING', `builder ${wish}: ${found.absence}`, {hint: ADVICE[name]})
  const issues = missingFeatures({name, ...found}, asked)
  if (issues.length > 0) throw new InputError(issues)
  return {...found, reason: `${found.reason}, as asked`}
}

async function chooseAny(ports: ChoicePorts, asked: readonly Feature[]): Promise<BuilderChoice> {
  const absences: string[] = []
  let unable: InputIssue[] | undefined
  for (const name of PREFERENCE) {
    const found = await find(name, undefined, ports)
    if ('absence' in found) absences.push(found.absence)
    else {
      const issues = missingFeatures({name, ...found}, asked)
      if (issues.length === 0) return {...found, reason: [found.reason, ...absences].join('; ')}
      unable ??= issues
      absences.push(`${name} ${found.version} cannot do ${issues.map(({input}) => input).join(', ')}`)
    }
  }
  if (unable !== undefined)
    throw new InputError(
      unable.map(({input, message}) => ({input, message: `${message} (${absences.join('; ')})`}))
    )
  throw new ReleaseError('BUILDER_MISSING', `there is no builder on this machine: ${absences.join('; ')}`, {
    hint: `${ADVICE.buildah} Or use docker with buildx, or podman.`
  })
}

function splitWish(wish: Exclude<ProgramWish, 'auto'>): readonly [BuilderProgram, string | undefined] {
  if (wish === 'buildah' || wish === 'podman' || wish === 'buildx') return [wish, undefined]
  return ['buildx', wish.slice('buildx:'.length)]
}

function find(
  name: BuilderProgram,
  instance: string | undefined,
  ports: ChoicePorts
): Promise<BuilderChoice | Absence> {
  return name === 'buildx' ? findBuildx(instance, ports) : findPodman(name, ports)
}

async function findPodman(name: PodmanName, ports: BuilderPorts): Promise<BuilderChoice | Absence> {
  const answer = await ask(ports, {command: name, prefix: []}, ['--version'])
  if (answer === undefined) return {absence: `${name} is not installed`}
  const version = versionIn(answer)
  if (version === undefined) return {absence: `${name} --version fails: ${lastLineOf(answer)}`}
  if (!isAtLeast(version, OLDEST[name])) return {absence: `${name} ${version} is older than ${OLDEST[name]}`}
  return {builder: new PodmanBuilder({name, version}, ports), version, reason: `${name} ${version} is used`}
}

async function findBuildx(wished: string | undefined, ports: ChoicePorts): Promise<BuilderChoice | Absence> {
  const inspect = ['inspect', '--bootstrap', ...(wished === undefined ? [] : [wished])]
  const plugin = dockerPlugin('buildx', ports)
  const direct: Program[] =
    plugin === undefined ? [] : [{command: plugin, prefix: [], title: 'docker buildx'}]
  for (const program of [...direct, ...BUILDX_PROGRAMS]) {
    // Both at once: neither needs the other.
    const [answer, told] = await Promise.all([ask(ports, program, inspect), ask(ports, program, ['version'])])
    const version = told && versionIn(told)
    if (version !== undefined) return instanceIn({program, version, wished, answer}, ports)
  }
  return {absence: 'buildx is not installed'}
}

/** The builder that buildx told of. */
function instanceIn(
  {program, version, wished, answer}: AnsweredBuildx,
  ports: BuilderPorts
): BuilderChoice | Absence {
  if (!isAtLeast(version, OLDEST_BUILDX)) return {absence: `buildx ${version} is older than ${OLDEST_BUILDX}`}
  if (answer?.exitCode !== 0) {
    const said = answer === undefined ? '' : lastLineOf(answer)
    return {
      absence: `buildx ${version} has no builder${wished === undefined ? '' : ` ${wished}`} that runs: ${said}`
    }
  }
  const instance = parseBuildxInstance(answer.stdout)
  if (instance.fault !== undefined)
    return {absence: `the builder ${instance.name} of buildx cannot be used: ${instance.fault}`}
  const builder = new BuildxBuilder(program, instance, ports)
  const reason = `${formatProgram(program)} ${version} is used with its builder ${instance.name} (driver ${instance.driver})`
  return {builder, version, buildkit: instance.buildkit, reason}
}

function versionIn({exitCode, stdout}: ExecResult): string | undefined {
  return exitCode === 0 ? parseBuilderVersion(stdout) : undefined
}

function lastLineOf({stderr, exitCode}: ExecResult): string {
  return lastLines(stderr, 1)[0] ?? `exit code ${exitCode}`
}
