import {readHistory} from '../building/metrics/release-history.js'
import {messageOf} from '../errors.js'
import type {Digest} from '../oci/digest.js'
import {parseReference, parseRepository} from '../oci/reference.js'
import type {ReleaseDocument} from '../contracts/release-document.js'
import type {Registries} from '../registry/client/registries.js'
import type {RepositoryClient} from '../registry/client/repository-client.js'
import {lookAtImage} from './image-look.js'
import type {ImageLook, TargetLook} from './looks.js'
import {lookAtPackages} from './sbom-look.js'

type Target = ReleaseDocument['targets'][number]

/** Looks at one image of a release. A registry that does not answer is a note, not a failure. */
export async function lookAtTarget(target: Target, registries: Registries): Promise<TargetLook> {
  const clients = target.images.map(image => registries.repository(parseRepository(image), 'pull'))
  const notes: string[] = []
  const [found, tags] = await Promise.all([
    firstWhole(clients, target.digest, notes),
    tagsNow(target, registries)
  ])
  if (found === undefined) return {target: target.target, packages: [], tags, notes}
  const {client, image} = found
  const beforeDigest = digestBefore(target, client.name)
  const before =
    beforeDigest === undefined
      ? undefined
      : await noted(`${target.target}: what was there before`, notes, async () =>
          lookAtImage(client, beforeDigest)
        )
  const packages = await noted(`${target.target}: the bills of materials`, notes, async () =>
    lookAtPackages(client, image, before)
  )
  const history = await historyOf(client, image.digest, notes)
  const historyBefore =
    history === undefined && before !== undefined ? await historyOf(client, before.digest, notes) : undefined
  return {
    target: target.target,
    ...(history === undefined ? {} : {history}),
    ...(historyBefore === undefined ? {} : {historyBefore}),
    image,
    ...(before === undefined ? {} : {before}),
    packages: packages ?? [],
    tags,
    notes
  }
}

async function historyOf(client: RepositoryClient, digest: Digest, notes: string[]) {
  return await noted(`${client.name}: its metrics`, notes, async () => readHistory(client, digest))
}

interface FoundImage {
  readonly client: RepositoryClient
  readonly image: ImageLook
}

/** All registries hold the same bytes: the first that answers is enough. */
async function firstWhole(
  clients: readonly RepositoryClient[],
  digest: Digest,
  notes: string[]
): Promise<FoundImage | undefined> {
  for (const client of clients) {
    const image = await noted(client.name, notes, async () => lookAtImage(client, digest))
    if (image !== undefined) return {client, image}
  }
  return undefined
}

/** What `latest` pointed at before, else any tag that moved. */
function digestBefore({tags, digest}: Target, repository: string): Digest | undefined {
  const moved = tags.filter(
    ({reference, before}) =>
      before !== undefined && before !== digest && reference.startsWith(`${repository}:`)
  )
  const [first] = [...moved.filter(({reference}) => reference.endsWith(':latest')), ...moved]
  return first?.before
}

async function tagsNow({tags}: Target, registries: Registries): Promise<Map<string, string>> {
  return new Map(
    await Promise.all(
      tags.map(async ({reference}): Promise<[string, string]> => {
        const {repository, tag} = parseReference(reference)
        const shown =
          tag === undefined ? 'unknown' : await registries.repository(repository, 'pull').shownDigest(tag)
        return [reference, shown ?? 'nothing']
      })
    )
  )
}

async function noted<T>(what: string, notes: string[], look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look()
  } catch (error) {
    notes.push(`${what} could not be read: ${messageOf(error)}`)
    return undefined
  }
}
