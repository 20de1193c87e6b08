import {parseInputs} from '../../src/command/input.js'
import type {Digest} from '../../src/oci/digest.js'
import {type Repository, parseRepository} from '../../src/oci/reference.js'
import type {Plan, PlannedTag} from '../../src/contracts/plan.js'
import {planId} from '../../src/contracts/plan-id.js'
import type {LocalImage, Ports} from '../../src/ports.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {Registries} from '../../src/registry/client/registries.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {formatDigestRecord} from '../../src/contracts/digest-record.js'
import {mergeManifest} from '../../src/publishing/merge-manifest.js'
import {image, layeredImage} from './images.js'
import type {TestPorts} from './ports.js'

/** A client for a repository, with all rights. */
export function clientOf(ports: Ports, repository: string | Repository): RepositoryClient {
  const parsed = typeof repository === 'string' ? parseRepository(repository) : repository
  return new Registries({...ports, firstDelay: 1}).repository(parsed, 'pull,push,delete')
}

/** What a tag points at; undefined where it is free. */
export async function digestAt(ports: Ports, image_: string, tag: string): Promise<Digest | undefined> {
  const {parseTag} = await import('../../src/oci/reference.js')
  return (await clientOf(ports, image_).headManifest(parseTag(tag)))?.digest
}

const PLATFORMS = ['linux/amd64', 'linux/arm64'] as const

/** A release as a test describes it. */
export interface TestRelease {
  readonly images: readonly string[]
  readonly version: string
  /** The version as annotations and labels write it; the version itself, if it is absent. */
  readonly named?: string
  readonly tags: readonly PlannedTag[]
  readonly revision?: string
  readonly created?: string
  readonly make?: (architecture: string) => LocalImage
}

/** The plan of a release of one target for two platforms. */
export function planOf(release: TestRelease): Plan {
  const {images, version, named = version, tags, revision = 'a'.repeat(40), created} = release
  const annotations = {
    'org.opencontainers.image.version': named,
    'org.opencontainers.image.revision': revision,
    'org.opencontainers.image.source': 'https://github.com/org/app',
    'org.opencontainers.image.created': created ?? '2026-02-03T04:00:00Z'
  }
  const content = {
    source: {
      event: 'push',
      ref: `refs/tags/v${version}`,
      revision,
      created: created ?? '2026-02-03T04:00:00Z',
      repository: 'org/app'
    },
    version,
    push: true,
    targets: [
      {
        name: 'app',
        images,
        tags,
        builds: PLATFORMS.map(platform => ({
          platform,
          runner: 'ubuntu-24.04',
          record: `digest-app-${platform.replace('/', '-')}`
        })),
        labels: annotations,
        annotations
      }
    ]
  }
  return {schema: 1, id: planId(content), ...content, notes: []}
}

/** Pushes both platforms by digest to all images, and keeps their records. */
export async function buildAll(ports: TestPorts, release: TestRelease): Promise<Plan> {
  const plan = planOf(release)
  const {make = defaultImage(release)} = release
  for (const build of plan.targets[0]?.builds ?? []) {
    const local = make(build.platform.split('/')[1] ?? '')
    for (const name of release.images) await pushImage(clientOf(ports, name), local)
    ports.records.set(build.record, formatDigestRecord(local.root.digest))
  }
  return plan
}

function defaultImage({
  version,
  revision = 'a'.repeat(40)
}: TestRelease): (architecture: string) => LocalImage {
  const labels = {'org.opencontainers.image.revision': revision, 'org.opencontainers.image.version': version}
  return architecture => image({architecture, labels, content: version})
}

/** Runs merge-manifest with texts as a host would give them. */
export async function merge(ports: TestPorts, texts: Readonly<Record<string, string>>) {
  return await mergeManifest.run(parseInputs(mergeManifest.inputs, texts), ports)
}

/** Builds and publishes a release. */
export async function publishRelease(ports: TestPorts, release: TestRelease) {
  return await merge(ports, {plan: JSON.stringify(await buildAll(ports, release))})
}

/** The tags of `strategy: release`. */
export function releaseTags(version: string): PlannedTag[] {
  const [major = '', minor = ''] = version.split('.')
  return [
    {name: version, class: 'immutable', rule: 'semver'},
    {name: `${major}.${minor}`, class: 'forward', rule: 'semver'},
    {name: 'latest', class: 'forward', rule: 'latest'}
  ]
}

/**
 * A release of images with layers: which ones an image has, its architecture says. It was made in the month that its minor
 * version is, so that later ones are newer.
 */
export function layeredRelease(
  images: TestRelease['images'],
  version: string,
  layersOf: (architecture: string) => Parameters<typeof layeredImage>[1]
): TestRelease {
  const labels = {
    'org.opencontainers.image.revision': 'a'.repeat(40),
    'org.opencontainers.image.version': version
  }
  return {
    images,
    version,
    tags: releaseTags(version),
    created: `2026-0${version.split('.')[1] ?? '1'}-03T04:00:00Z`,
    make: architecture => layeredImage(architecture, layersOf(architecture), labels)
  }
}
