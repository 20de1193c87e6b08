import {findContainerfile, readContainerfile} from './builders/build-context.js'
import {type BuildOptions, optionNames} from './builders/build-options.js'
import {type FoundSecrets, findSecrets} from './builders/build-secrets.js'
import type {Compression} from './builders/compression.js'
import {sortedLabels} from './builders/exact-config.js'
import type {BuildRequest} from './builders/builder.js'
import type {Feature} from './builders/builder-support.js'
import {type GitTokenUse, gitTokenUse} from './builders/git-token.js'
import {findImageSource, sourceName} from './builders/image-source.js'
import {type InputIssue, InputError} from '../errors.js'
import {annotationsOf} from './inputs/annotation.js'
import type {BuildSecret} from './inputs/build-secret.js'
import type {BuildSettings} from '../contracts/plan.js'
import type {Ports} from '../ports.js'
import type {RecordedBuild} from '../contracts/record-origin.js'
import {type BuildJob, findBuildJobs} from './build-job.js'
import {recordedBuild} from './recorded-build.js'
import type {BuildInputs} from './inputs/build-inputs.js'
import {attestationFaults, buildFaults, compressionFaults} from './inputs/input-conflicts.js'

/** What the inputs ask for, found to be possible before a builder is asked. */
export interface CheckedInputs {
  readonly jobs: readonly BuildJob[]
  readonly secrets: FoundSecrets
  /** Whether the token for Git is needed; undefined where none was given. */
  readonly gitToken: GitTokenUse | undefined
  /** What is asked of the builder. */
  readonly features: readonly Feature[]
}

/**
 * The jobs that the inputs name.
 * @throws InputError with everything that can be wrong before a builder is asked
 */
export function checkInputs(given: BuildInputs, ports: Pick<Ports, 'environment'>): CheckedInputs {
  const issues: InputIssue[] = [
    ...buildFaults(given),
    ...attestationFaults(given),
    ...compressionFaults(given)
  ]
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check()
    } catch (fault) {
      if (!(fault instanceof InputError)) throw fault
      issues.push(...fault.issues)
      return undefined
    }
  }
  const jobs = attempt(() => findBuildJobs(given))
  const {source} = given
  if (source !== undefined) attempt(() => findImageSource(source))
  else attempt(() => findContainerfile(sourceOf(given, jobs?.[0]?.build)))
  const gitToken = jobs?.[0] && attempt(() => gitTokenOf(given, jobs[0] as BuildJob, ports))
  const secrets = attempt(() => findSecrets(secretsOf(given, gitToken), ports.environment))
  if (jobs === undefined || secrets === undefined || issues.length > 0) throw new InputError(issues)
  const features = askedFeatures(given, jobs, gitToken)
  return {jobs: given.push === false ? jobs.map(buildOnly) : jobs, secrets, gitToken, features}
}

/** What these inputs ask of a builder, as far as not every builder knows it. */
function askedFeatures(
  given: BuildInputs,
  jobs: readonly BuildJob[],
  gitToken: GitTokenUse | undefined
): Feature[] {
  if (given.source !== undefined) return []
  const attested = (['provenance', 'sbom'] as const).filter(name => isAttested(given[name]))
  const file = findContainerfile(sourceOf(given, jobs[0]?.build))
  return [
    ...optionNames(optionsOf(given)),
    ...attested,
    ...compressionFeatures(given),
    ...(given.export === 'native' && jobs.some(({push}) => push) ? (['export'] as const) : []),
    ...(gitToken?.kind === 'given' ? (['github-token'] as const) : []),
    ...(hasHeredoc(readContainerfile(file)) ? (['here-documents'] as const) : [])
  ]
}

function compressionFeatures({compression, 'compression-level': level}: BuildInputs): Feature[] {
  return [
    ...(compression === undefined ? [] : ([compression === 'estargz' ? 'estargz' : 'compression'] as const)),
    ...(level === undefined ? [] : (['compression-level'] as const))
  ]
}

/** How layers are to be packed; a level alone is one of gzip. */
function compressionOf({compression, 'compression-level': level}: BuildInputs): Compression | undefined {
  if (compression === undefined && level === undefined) return undefined
  return {format: compression ?? 'gzip', ...(level === undefined ? {} : {level})}
}

/** `false` and `disabled=true` ask for nothing. */
export function isAttested(value: string | undefined): boolean {
  return value !== undefined && !/^(?:0|f|false)$|(?:^|,)disabled=(?:1|t|true)(?:,|$)/i.test(value)
}

/** Builders that are too old for here-documents run their lines as instructions. */
function hasHeredoc(containerfile: string): boolean {
  return /^[^\S\n]*(?:RUN|COPY|ADD)\b[^\n]*<<-?["']?[A-Za-z_]/im.test(containerfile)
}

/** What a builder is asked for: what the inputs say, and what the plan says beside them. */
export function requestOf(given: BuildInputs, job: BuildJob, outputFolder: string): BuildRequest {
  const {format, pull, ssh, insecure: insecureRegistries} = given
  const target = given.target?.trim() ?? job.build?.target
  const compression = compressionOf(given)
  return {
    ...sourceOf(given, job.build),
    ...(target === undefined ? {} : {target}),
    platform: job.platform,
    format,
    buildArgs: [...(job.build?.args ?? []), ...given['build-args']],
    labels: sortedLabels({...withoutEmpty(job.labels), ...Object.fromEntries(given.labels)}),
    annotations: {...job.annotations, ...annotationsOf(given.annotations, job.platform)},
    noCache: given['no-cache'],
    pull,
    ...(job.sourceDateEpoch === undefined ? {} : {sourceDateEpoch: job.sourceDateEpoch}),
    ...(compression === undefined ? {} : {compression}),
    insecureRegistries,
    options: optionsOf(given),
    ssh,
    attestations: attestationsOf(given),
    outputFolder
  }
}

/** What the digest record of a job comes from. */
export function buildOf(
  given: BuildInputs,
  job: BuildJob,
  {environment}: Pick<Ports, 'environment'>
): RecordedBuild {
  const {options, ...request} = requestOf(given, job, '')
  const roots = ['GITHUB_WORKSPACE', 'RUNNER_TEMP'].map(name => environment(name) ?? '')
  const buildContexts = options?.['build-contexts'] ?? []
  const source = given.source === undefined ? undefined : sourceName(given.source)
  return recordedBuild(job, {...request, source, buildContexts}, roots)
}

/** A repository without a description or a licence gives an empty label, which must not hide one of the Containerfile. */
function withoutEmpty(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}

/** The settings that are passed on as they are. */
export function optionsOf(given: BuildInputs): BuildOptions {
  const one = (value: string | undefined): string[] => (value === undefined ? [] : [value])
  return {
    'add-hosts': given['add-hosts'],
    allow: given.allow,
    attests: given.attests,
    'build-contexts': given['build-contexts'],
    'cgroup-parent': one(given['cgroup-parent']),
    network: one(given.network),
    'no-cache-filters': given['no-cache-filters'],
    'shm-size': one(given['shm-size']),
    ulimit: given.ulimit
  }
}

function attestationsOf({provenance, sbom}: BuildInputs): NonNullable<BuildRequest['attestations']> {
  return {...(provenance === undefined ? {} : {provenance}), ...(sbom === undefined ? {} : {sbom})}
}

function secretsOf(given: BuildInputs, gitToken: GitTokenUse | undefined): readonly BuildSecret[] {
  const own = [...given.secrets, ...given['secret-envs'], ...given['secret-files']]
  return gitToken?.kind === 'given' ? [gitToken.secret, ...own] : own
}

/** A token that is among the secrets already goes before the input. */
function gitTokenOf(
  given: BuildInputs,
  job: BuildJob,
  {environment}: Pick<Ports, 'environment'>
): GitTokenUse | undefined {
  const token = given['github-token']
  const isAmongSecrets = secretsOf(given, undefined).some(({id}) =>
    /^GIT_AUTH_(?:TOKEN|HEADER)(?:\.|$)/.test(id)
  )
  if (token === undefined || given.source !== undefined || isAmongSecrets) return undefined
  const {context, buildArgs, options, ...asked} = requestOf(given, job, '')
  return gitTokenUse(token, environment('GITHUB_SERVER_URL') || 'https://github.com', {
    context,
    buildArgs,
    buildContexts: options?.['build-contexts'] ?? [],
    containerfile: readContainerfile(findContainerfile({context, ...asked}))
  })
}

/** What is built: what the inputs say, else the plan. */
function sourceOf(
  given: Pick<BuildInputs, 'context' | 'file'>,
  planned: BuildSettings = {}
): Pick<BuildRequest, 'context' | 'file'> {
  const file = given.file?.trim() ?? planned.file
  return {
    context: given.context?.trim() ?? planned.context ?? '.',
    ...(file === undefined ? {} : {file})
  }
}

function buildOnly(job: BuildJob): BuildJob {
  return {...job, push: false, repositories: []}
}
