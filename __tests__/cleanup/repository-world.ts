import {parseInputs} from '../../src/command/input.js'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {type Digest, hexOf} from '../../src/oci/digest.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {indexOf, newManifest} from '../support/registry-client.js'
import type {TestPorts} from '../support/ports.js'
import {clientOf} from '../support/releases.js'

/** A repository as a clean-up finds it: three versions, signatures, a nested index, what was superseded. */
export interface RepositoryWorld {
  /** `host/name` as the clean-up is told it. */
  readonly image: string
  /** What was superseded, as its input wants it. */
  readonly superseded: string
  /** Every tag that stays, with all digests that it reaches. */
  readonly stays: ReadonlyMap<string, readonly Digest[]>
  /** What has to be gone in the end. */
  readonly goes: readonly Digest[]
}

/** The inputs by which such a repository is cleaned. */
export function textsFor({image, superseded}: RepositoryWorld): Record<string, string> {
  return {images: image, superseded, 'keep-versions': '2', 'delete-tags': 'glob:pr-*', 'min-age': '0'}
}

/** Runs the clean-up. */
export async function clean(
  ports: TestPorts,
  world: RepositoryWorld,
  more: Readonly<Record<string, string>> = {}
) {
  const texts = {'allow-deletion': 'true', ...textsFor(world), ...more}
  return await cleanupLatest.run(parseInputs(cleanupLatest.inputs, texts), ports)
}

/** Fills a repository. @param via what the clean-up goes through, where that is not the registry itself */
export async function makeWorld(ports: TestPorts, image: string, via = image): Promise<RepositoryWorld> {
  const client = clientOf(ports, image)
  const images = await Promise.all(Array.from({length: 8}, async () => await newManifest(client)))
  await Promise.all(images.map(one => client.putManifest(one)))
  const [amd1, arm1, shared, amd2, amd3, old1, old2, nightly] = images as readonly Manifest[] & {length: 8}
  const [first, second, third] = [indexOf(amd1!, arm1!), indexOf(amd2!, shared!), indexOf(amd3!, shared!)]
  const old = indexOf(old1!, old2!, shared!)
  for (const one of [first, second, third, old]) await client.putManifest(one)
  const nested = indexOf(third, nightly!)
  await tag(client, first, '1.0.0', '1.0')
  await tag(client, second, '1.1.0', '1.1')
  await tag(client, third, '1.2.0', '1.2', '1', 'latest')
  await tag(client, nested, 'all', 'pr-9')
  await tag(client, old1!, 'pr-7')
  const signatures = await Promise.all([first, third].map(async subject => await sign(client, subject)))
  return {
    image: via,
    superseded: `${via}@${old.digest}`,
    stays: new Map(
      [
        ['1.1.0', [second, amd2!, shared!]],
        ['1.2.0', [third, amd3!, shared!]],
        ['latest', [third]],
        ['all', [nested, third, nightly!]],
        [signatureTag(third), [signatures[1]!]]
      ].map(([name, all]) => [name as string, (all as Manifest[]).map(({digest}) => digest)])
    ),
    goes: [first, amd1!, arm1!, old, old1!, old2!, signatures[0]!].map(({digest}) => digest)
  }
}

async function tag(client: RepositoryClient, manifest: Manifest, ...tags: readonly string[]): Promise<void> {
  for (const name of tags) await client.putManifest(manifest, parseTag(name))
}

function signatureTag({digest}: Pick<Manifest, 'digest'>): string {
  return `sha256-${hexOf(digest)}.sig`
}

async function sign(client: RepositoryClient, subject: Manifest): Promise<Manifest> {
  const signature = await newManifest(client)
  await client.putManifest(signature, parseTag(signatureTag(subject)))
  return signature
}

/** What is wrong with a repository: tags that stay but are not whole. */
export async function brokenParts(
  ports: TestPorts,
  image: string,
  {stays}: RepositoryWorld
): Promise<string[]> {
  const client = clientOf(ports, image)
  const faults: string[] = []
  for (const [name, [root, ...parts]] of stays) {
    if ((await client.headManifest(parseTag(name)))?.digest !== root) faults.push(name)
    for (const part of parts)
      if ((await client.headManifest(part)) === undefined) faults.push(`${name}: ${part}`)
  }
  return faults
}

/** What should be gone but is there, and tags that nobody expects. */
export async function leftBehind(ports: TestPorts, image: string, world: RepositoryWorld): Promise<string[]> {
  const client = clientOf(ports, image)
  const {listTags} = await import('../../src/registry/client/tag-list.js')
  const expected = new Set([...world.stays.keys(), '1.1', '1.2', '1'])
  const heads = await Promise.all(
    world.goes.map(async digest =>
      (await client.headManifest(digest)) === undefined ? [] : [digest as string]
    )
  )
  return [...heads.flat(), ...(await listTags(client)).filter(name => !expected.has(name))]
}
