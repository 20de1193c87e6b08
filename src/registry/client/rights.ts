import {createHash, randomBytes} from 'node:crypto'
import {ReleaseError} from '../../errors.js'
import {hexDigest} from '../../oci/digest.js'
import type {RepositoryClient} from './repository-client.js'
import {isTransient} from './retry.js'

/** What may be done in a repository. */
export const REPOSITORY_RIGHTS = ['pull', 'push', 'delete'] as const
export type RepositoryRight = (typeof REPOSITORY_RIGHTS)[number]

/** Whether something may be done; `unknown` where the registry gave no answer that says so. */
export interface RightAnswer {
  readonly answer: 'yes' | 'no' | 'unknown'
  /** Why it is not yes; its hint names the setting to change. */
  readonly fault?: ReleaseError
}

/**
 * Asks whether a repository may be pulled from, pushed to, or deleted in, and leaves nothing behind. Tokens do not say
 * it: a token server gives less than was asked for without a word (distribution docs, spec/auth/scope.md), and only what
 * is done with the token shows it. So an upload is begun and cancelled, and a manifest is deleted that cannot be there.
 * @param client with the access that goes with the right
 */
export async function askRight(
  client: RepositoryClient,
  right: RepositoryRight | 'list'
): Promise<RightAnswer> {
  try {
    await PROBES[right](client)
    return {answer: 'yes'}
  } catch (fault) {
    if (!(fault instanceof ReleaseError)) throw fault
    return {answer: isTransient(fault) ? 'unknown' : 'no', fault}
  }
}

/**
 * Makes sure that all these repositories may be pushed to, before something takes long that would be in vain.
 * @returns why it is not known of some: the registry answers with failures that may pass
 * @throws ReleaseError RIGHT_MISSING, with all that refuse; REGISTRY_UNREACHABLE where one does not answer at all
 */
export async function assertPushRights(clients: readonly RepositoryClient[]): Promise<string[]> {
  const asked = await Promise.all(
    clients.map(async client => ({name: client.name, ...(await askRight(client, 'push'))}))
  )
  const refused = asked.filter(({answer}) => answer === 'no')
  if (refused.length > 0)
    throw new ReleaseError(
      'RIGHT_MISSING',
      refused.map(({name, fault}) => `No permission to push to ${name}: ${fault?.message ?? ''}`).join('\n'),
      {hint: [...new Set(refused.flatMap(({fault}) => fault?.hint ?? []))].join('\n') || undefined}
    )
  const faults = asked.flatMap(({fault}) => fault ?? [])
  const silent = faults.find(({code}) => code === 'REGISTRY_UNREACHABLE')
  if (silent !== undefined) throw silent
  return faults.map(({message}) => message)
}

/**
 * Asks for all that a release does in a repository: it pushes, reads what it pushed, and lists tags to find the newest.
 * Some vendors give each of these apart (containers/skopeo#726).
 */
export async function askReleaseRight(client: RepositoryClient): Promise<RightAnswer> {
  for (const right of ['push', 'pull', 'list'] as const) {
    const asked = await askRight(client, right)
    if (asked.answer !== 'yes') return asked
  }
  return {answer: 'yes'}
}

const PROBES: Readonly<Record<RepositoryRight | 'list', (client: RepositoryClient) => Promise<void>>> = {
  list: async client => {
    await client.call({method: 'GET', path: 'tags/list?n=1', expect: [200, 404]})
  },
  pull: async client => {
    await client.call({method: 'HEAD', path: 'manifests/latest', expect: [200, 404]})
  },
  push: async client => {
    const answer = await client.call({method: 'POST', path: 'blobs/uploads/', expect: [202]})
    await cancelUpload(client, answer.headers['location'])
  },
  delete: async client => {
    // No manifest has the digest of random bytes.
    const nothing = hexDigest(createHash('sha256').update(randomBytes(32)).digest('hex'))
    await client.call({method: 'DELETE', path: `manifests/${nothing}`, expect: [202, 404]})
  }
}

/** An upload that no one cancels ends by itself after a while: ECR knows no way to cancel one (2026-11). */
async function cancelUpload(client: RepositoryClient, location: string | undefined): Promise<void> {
  if (location === undefined) return
  try {
    await client.callOnce({method: 'DELETE', path: await client.resolve(location), expect: [200, 202, 204]})
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error
  }
}
