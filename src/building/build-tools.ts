import type {FoundSecrets} from './builders/build-secrets.js'
import type {Builder} from './builders/builder.js'
import {type BuilderChoice, chooseBuilder} from './builders/builder-choice.js'
import {type ImageSource, findImageSource} from './builders/image-source.js'
import {PrebuiltBuilder} from './builders/prebuilt.js'
import type {RegistryImage} from './builders/image-source.js'
import {ReleaseError} from '../errors.js'
import {formatPlatform} from '../oci/platform.js'
import type {Ports} from '../ports.js'
import type {Registries} from '../registry/client/registries.js'
import type {CacheUse} from './caches/cache-policy.js'
import {provenanceNote} from './provenance-note.js'
import {decideCache} from './caches/build-cache.js'
import type {BuildInputs} from './inputs/build-inputs.js'
import type {CheckedInputs} from './build-request.js'
import {openRegistries} from '../registry/open-registries.js'

/** What all platforms of one call are built and pushed with. */
export interface BuildTools {
  /** Name and version, `buildah 1.28.2`. */
  readonly title: string
  /** What makes the image, or where one stands that a registry has already. */
  readonly maker: Builder | RegistryImage
  readonly registries: Registries
  readonly cacheUse: CacheUse | undefined
  /** Those that are not empty, and the texts that stand in no log. */
  readonly secrets: Pick<FoundSecrets, 'secrets' | 'hidden'>
  readonly ports: Ports
}

/** What is asked of the registries while the builder is asked, too. */
type Beside = (registries: Registries) => Promise<void>

/**
 * Chooses the builder, and opens the registries once for all platforms. What is wrong with the builder is said first.
 * @throws ReleaseError BUILDER_MISSING; InputError where the builder does not know a setting, or a login that is needed is not whole
 */
export async function findTools(
  given: BuildInputs,
  ports: Ports,
  {jobs, secrets, gitToken, features}: CheckedInputs,
  beside: Beside = () => Promise.resolve()
): Promise<BuildTools> {
  const isPushing = jobs.some(({push}) => push)
  for (const text of secrets.hidden) ports.reporter.secret(text)
  for (const note of [...secrets.notes, ...annotationNotes(given, jobs)]) ports.reporter.notice(note)
  const told = provenanceNote(
    given,
    jobs.flatMap(({build}) => build?.args ?? [])
  )
  if (told !== undefined) ports.reporter.notice(told)
  if (gitToken?.kind === 'withheld')
    ports.reporter.info(`The builder does not get the GitHub token: ${gitToken.reason}.`)
  const registries = openRegistries(given, ports, {isNeeded: isPushing})
  const finding = findMaker(given, features, ports)
  const asked = [decideCache(given, ports), beside(registries)] as const
  for (const question of asked) question.catch(() => undefined)
  const maker = await finding
  const [cacheUse] = await Promise.all(asked)
  if (cacheUse !== undefined) ports.reporter.info(`Caches: ${cacheUse.reason}.`)
  return {...maker, cacheUse, secrets, ports, registries}
}

/** What of the annotations has no place in the image of one platform. */
function annotationNotes({annotations, format}: BuildInputs, jobs: CheckedInputs['jobs']): string[] {
  const ofIndex = annotations.filter(({isOfManifest}) => !isOfManifest).map(({key}) => key)
  const planned = jobs.some(job => Object.keys(job.annotations).length > 0)
  const lost = format === 'docker' && (planned || annotations.length > ofIndex.length)
  return [
    ...(ofIndex.length === 0
      ? []
      : [
          `Annotations of an index or a descriptor are left out here, because no index is made: ${ofIndex.join(', ')}. Give them to compute-tags or merge-manifest.`
        ]),
    ...(lost
      ? [
          'Images of format docker have no annotations: those of the manifest are left out. Set format to oci.'
        ]
      : [])
  ]
}

type Maker = Pick<BuildTools, 'title' | 'maker'>

async function findMaker(
  given: BuildInputs,
  features: CheckedInputs['features'],
  ports: Ports
): Promise<Maker> {
  const {source} = given
  return source === undefined ? await findBuilder(given, features, ports) : sourceMaker(source, ports)
}

async function findBuilder(
  given: BuildInputs,
  features: CheckedInputs['features'],
  ports: Ports
): Promise<Maker> {
  const wish = given.builder === undefined || given.builder === 'prebuilt' ? 'auto' : given.builder
  const {builder, version, reason}: BuilderChoice = await chooseBuilder(wish, ports, features).catch(
    (error: unknown) => {
      throw namingSystem(error, given, ports)
    }
  )
  ports.reporter.info(`Builder: ${reason}.`)
  return {title: `${builder.name} ${version}`, maker: builder}
}

/** Where nothing builds because the runner is of another system, that is what to say. */
function namingSystem(error: unknown, {platforms}: BuildInputs, {environment}: Ports): unknown {
  const system = environment('RUNNER_OS')
  const foreign = platforms.filter(({os}) => os === 'linux')
  const isForeign = (system === 'Windows' || system === 'macOS') && foreign.length > 0
  if (!isForeign || !(error instanceof ReleaseError) || error.code !== 'BUILDER_MISSING') return error
  const names = foreign.map(formatPlatform).join(', ')
  return new ReleaseError(
    'RUNNER_UNSUPPORTED',
    `this runner is ${system}, and ${names} cannot be built on it: ${error.message}`,
    {
      cause: error,
      hint: 'Take a Linux runner, runs-on: ubuntu-24.04, or set up a builder elsewhere: docker/setup-buildx-action with driver: remote.'
    }
  )
}

function sourceMaker(given: ImageSource, ports: Ports): Maker {
  const source = findImageSource(given)
  ports.reporter.info('Builder: none, for source names an image that is built already.')
  if (source.kind === 'docker') return {title: 'prebuilt', maker: source.image}
  return {title: 'prebuilt', maker: new PrebuiltBuilder(source, ports)}
}
