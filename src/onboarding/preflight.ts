import {findContainerfile, readContainerfile} from '../building/builders/build-context.js'
import {adviseContainerfile} from '../building/builders/containerfile-advice.js'
import {InputError, ReleaseError} from '../errors.js'
import {type InputValues, list, text} from '../command/input.js'
import {nearest} from '../shared/did-you-mean.js'
import {type Repository, formatRepository, parseRepository} from '../oci/reference.js'
import type {BuildSettings} from '../contracts/plan.js'
import type {GithubApi, Ports} from '../ports.js'
import {REPOSITORY_RIGHTS} from '../registry/client/rights.js'
import {preflightJson, preflightSummary, preflightTable} from './preflight-report.js'
import type {PreflightAdvice, PreflightCheck} from './preflight-check.js'
import {command} from '../command/command.js'
import {CONFIG_FILE} from '../command/config-place.js'
import {credentialsOf, openRegistries} from '../registry/open-registries.js'
import {
  JOB_RIGHTS,
  type JobRight,
  LOGIN,
  PATIENCE,
  RIGHTS,
  type Right,
  checkJob,
  checkLogin,
  checkRepository
} from './preflight-checks.js'
import {githubToken} from '../github/github-inputs.js'
import {insecure, registryCredentials} from '../registry/registry-inputs.js'
import {config, images, plan} from '../command/shared-inputs.js'

const inputs = {
  plan,
  images,
  rights: list(
    {
      summary:
        'What the jobs after this one do: pull, push, delete (cleanup-latest), login (only look whether there is one for each registry), artifacts (digests between jobs), sign (without a key, unless the settings of merge-manifest name one), sign-with-key, release (notes on GitHub). If the plan only builds, what writes is left out.',
      placeholder: 'RIGHT',
      default: 'pull,push'
    },
    parseRight
  ),
  context: text({
    summary: 'The folder that is built, for use without a plan: its base images are looked at.',
    placeholder: 'PATH'
  }),
  file: text({
    summary: 'The Containerfile, for use without a plan. Default: that of the context.',
    placeholder: 'PATH'
  }),
  'github-token': githubToken,
  insecure,
  config,
  'registry-credentials': registryCredentials
}

type Inputs = InputValues<typeof inputs>

/** Finds out before a build what would stop the release after it. */
export const preflight = command({
  name: 'preflight',
  summary:
    'Check before the build whether this job may pull, push, delete, sign and save digests, and say what to change.',
  description:
    'Asks every registry at once, in about a second, and leaves nothing behind: an upload is begun and cancelled, and a manifest is deleted that cannot be there. Names the setting to change for everything that is refused, and fails. Warns of base images that may be others tomorrow and of images that run as root.',
  settings: 'section',
  inputs,
  outputs: {
    report:
      'JSON: every right that was asked for, with the answer and the setting to change; also where it fails.',
    missing: 'One WHERE RIGHT a line, for what is refused.'
  },
  lists: ['missing'],
  examples: [
    {
      line: 'image-release preflight --plan plan.json',
      remark: 'May this job pull from and push to what is planned?'
    },
    {
      line: 'image-release preflight --images ghcr.io/o/app --rights push,delete,sign,artifacts,release',
      remark: 'Everything that a release does'
    }
  ],
  async run(given, ports) {
    const repositories = repositoriesOf(given)
    const [checks, advice] = await Promise.all([askAll(given, repositories, ports), adviseAll(given)])
    const report = {checks, advice}
    for (const line of preflightTable(report)) ports.reporter.info(line)
    for (const {where, message} of advice) ports.reporter.warning(`${where}: ${message}`)
    ports.reporter.summary(preflightSummary(report))
    const missing = checks.filter(({answer}) => answer === 'no')
    const outputs = {
      report: preflightJson(report),
      missing: missing.map(({where, right}) => `${where} ${right}`).join('\n')
    }
    if (missing.length > 0) throw refused(missing, outputs)
    return outputs
  }
})

function repositoriesOf(given: Inputs): Repository[] {
  const planned = given.plan?.targets.flatMap(target => target.images.map(parseRepository)) ?? []
  const all = [...planned, ...given.images]
  if (all.length === 0) throw new InputError([{input: 'images', message: 'is required without a plan'}])
  return [...new Map(all.map(repository => [formatRepository(repository), repository])).values()]
}

async function askAll(
  given: Inputs,
  repositories: readonly Repository[],
  ports: Ports
): Promise<PreflightCheck[]> {
  const askGithub = (): GithubApi => ports.github(given['github-token'])
  const rights = given.plan?.push === false ? given.rights.filter(right => right === 'pull') : given.rights
  const patience = AbortSignal.timeout(PATIENCE)
  const signal = AbortSignal.any([ports.signal, patience])
  const registries = openRegistries(
    given,
    {...ports, signal},
    {
      tries: 2,
      isNeeded: given.plan?.push !== false
    }
  )
  return await Promise.all([
    ...repositories.flatMap(repository =>
      REPOSITORY_RIGHTS.filter(right => rights.includes(right)).map(async right =>
        checkRepository(registries, repository, right, {clock: ports.clock, patience})
      )
    ),
    ...(rights.includes(LOGIN) ? [...new Set(repositories.map(({registry}) => registry))] : []).map(
      async registry => checkLogin(registry, credentialsOf(given, ports), ports)
    ),
    ...JOB_RIGHTS.filter(right => rights.includes(right)).map(async right =>
      checkJob(await byKey(right, given.config, ports), {...ports, github: askGithub})
    )
  ])
}

/** Who signs with a key of the settings file needs no identity. */
async function byKey(right: JobRight, config: string | undefined, {readText}: Ports): Promise<JobRight> {
  if (right !== 'sign') return right
  const text = await readText(config?.trim() || CONFIG_FILE)
  if (text === undefined) return right
  const {sectionTexts} = await import('../planning/settings/section-texts.js')
  return (sectionTexts(text, 'merge-manifest')['sign-key'] ?? '') === '' ? right : 'sign-with-key'
}

/** What the Containerfiles of the targets could do better; targets that share one are told of once. */
async function adviseAll(given: Inputs): Promise<PreflightAdvice[]> {
  const {context, file} = given
  const builds = given.plan?.targets.map(({build}) => build ?? {}) ?? [
    {...(context === undefined ? {} : {context}), ...(file === undefined ? {} : {file})}
  ]
  const isAsked = context !== undefined || file !== undefined
  const advice = (await Promise.all(builds.map(async build => adviseOne(build, isAsked)))).flat()
  return [...new Map(advice.map(one => [`${one.where} ${one.message}`, one])).values()]
}

async function adviseOne(build: BuildSettings, isAsked: boolean): Promise<PreflightAdvice[]> {
  const file = containerfileOf(build, isAsked)
  if (file === undefined) return []
  const advice = await adviseContainerfile(readContainerfile(file), build)
  return advice.map(({line, message}) => ({where: `${file}:${line}`, message}))
}

/** A job that only asks for rights need not have the sources. */
function containerfileOf({context = '.', file}: BuildSettings, isAsked: boolean): string | undefined {
  try {
    return findContainerfile({context, ...(file === undefined ? {} : {file})})
  } catch (error) {
    if (isAsked || !(error instanceof InputError)) throw error
    return undefined
  }
}

function refused(
  missing: readonly PreflightCheck[],
  outputs: Readonly<Record<string, string>>
): ReleaseError {
  const lines = missing.map(({where, right, reason = ''}) => `${where} may not ${right}: ${reason}`)
  const hints = [...new Set(missing.flatMap(({hint}) => hint ?? []))]
  return new ReleaseError('RIGHT_MISSING', lines.join('\n'), {hint: hints.join('\n') || undefined, outputs})
}

function parseRight(text_: string): Right {
  const right = RIGHTS.find(one => one === text_)
  if (right !== undefined) return right
  const guess = nearest(text_, RIGHTS)
  const message = `${JSON.stringify(text_)} is not one of ${RIGHTS.join(', ')}`
  throw new InputError([{input: 'rights', message: guess ? `${message}; did you mean ${guess}?` : message}])
}
