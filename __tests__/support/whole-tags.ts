import {createHash} from 'node:crypto'

/** All manifests that a reader of today knows; some registries take no wildcard. */
export const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json'
].join(', ')

/** A connection for each request: one that is kept may be closed by a slow registry just when it is used again. */
export const APART = {connection: 'close'}

/** What one who pulls every tag of a repository finds. */
export interface TagReading {
  /** The digest of each tag, and of all manifests that it consists of. */
  readonly tags: ReadonlyMap<string, readonly string[]>
  /** Each thing that a pull would stumble over. */
  readonly faults: readonly string[]
}

interface Entry {
  readonly digest: string
}

/** What answers a reader: `fetch`, or a host that lives in memory. */
export type Answer = (
  url: string,
  request: {readonly method?: 'GET' | 'HEAD'; readonly headers: Readonly<Record<string, string>>}
) => Promise<Pick<Response, 'ok' | 'status' | 'headers' | 'json' | 'arrayBuffer'>>

/**
 * Reads every tag of a repository through all its children down to the blobs, by the API of the distribution
 * specification and nothing of the program that is tested.
 * @param base `http://127.0.0.1:5000/v2/org/app`
 */
export async function readWholeTags(base: string, answer: Answer = fetch): Promise<TagReading> {
  const faults: string[] = []
  const tags = new Map<string, readonly string[]>()
  for (const tag of await tagsOf(base, answer)) tags.set(tag, await read(tag, {base, answer, tag, faults}))
  return {tags, faults}
}

async function tagsOf(base: string, ask: Answer): Promise<string[]> {
  const tags: string[] = []
  for (let url: string | undefined = `${base}/tags/list`; url !== undefined;) {
    const answer: Awaited<ReturnType<Answer>> = await ask(url, {headers: APART})
    if (answer.status === 404) return tags
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
    tags.push(...(((await answer.json()) as {tags: string[] | null}).tags ?? []))
    const next: string | undefined = /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers.get('link') ?? '')?.[1]
    url = next === undefined ? undefined : new URL(next, url).href
  }
  return tags.sort()
}

interface Reader {
  readonly base: string
  readonly answer: Answer
  readonly tag: string
  readonly faults: string[]
}

/** @returns the digest of a manifest, and those of all that it names */
async function read(reference: string, reader: Reader): Promise<string[]> {
  const {base, answer: ask, tag, faults} = reader
  const answer = await ask(`${base}/manifests/${reference}`, {headers: {...APART, accept: ACCEPT}})
  if (!answer.ok) {
    faults.push(`${tag}: manifest ${reference}: ${answer.status}`)
    return []
  }
  const bytes = Buffer.from(await answer.arrayBuffer())
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (reference.startsWith('sha256:') && reference !== digest)
    faults.push(`${tag}: ${reference} is ${digest}`)
  const {
    manifests = [],
    config,
    layers = [],
    annotations = {}
  } = JSON.parse(bytes.toString()) as {
    manifests?: Entry[]
    config?: Entry
    layers?: Entry[]
    annotations?: Record<string, string>
  }
  if (Object.keys(annotations).some(name => name.includes('placeholder')))
    faults.push(`${tag}: an empty index`)
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    const {status} = await ask(`${base}/blobs/${blob.digest}`, {method: 'HEAD', headers: APART})
    if (status !== 200) faults.push(`${tag}: blob ${blob.digest}: ${status}`)
  }
  const parts = [digest]
  for (const child of manifests) parts.push(...(await read(child.digest, reader)))
  return parts
}
