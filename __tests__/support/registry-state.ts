import {createHash} from 'node:crypto'

/** What a registry holds, read by plain HTTP and nothing of this project. */
export interface TagState {
  readonly digest: string
  /** Whether every child of the index, its config and its layers are there. */
  readonly isWhole: boolean
}

const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json'
].join(', ')

interface Document {
  readonly manifests?: readonly {readonly digest: string}[]
  readonly config?: {readonly digest: string}
  readonly layers?: readonly {readonly digest: string}[]
}

/** What was found to be whole in one reading, by repository and digest: the tags of one image share it. */
export type WholeImages = Map<string, Promise<boolean>>

/** Reads a tag with everything below it; undefined where the tag is free. */
export async function readTagState(
  host: string,
  name: string,
  tag: string,
  read: WholeImages = new Map()
): Promise<TagState | undefined> {
  const root = await fetchManifest(host, name, tag)
  if (root === undefined) return undefined
  const key = `${host}/${name}@${root.digest}`
  const known = read.get(key) ?? isWhole(host, name, root.document)
  read.set(key, known)
  return {digest: root.digest, isWhole: await known}
}

async function fetchManifest(
  host: string,
  name: string,
  reference: string
): Promise<{digest: string; document: Document} | undefined> {
  const response = await fetchPatiently(`http://${host}/v2/${name}/manifests/${reference}`)
  if (response.status === 404) {
    await response.arrayBuffer()
    return undefined
  }
  if (!response.ok) throw new Error(`GET ${name}:${reference}: ${response.status}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const isOther = reference.startsWith('sha256:') && reference !== digest
  if (isOther) throw new Error(`GET ${name}@${reference}: the bytes are ${digest}`)
  return {digest, document: JSON.parse(bytes.toString('utf8')) as Document}
}

/** distribution 2.8 answers 500 while the file of a tag is being written: what stands then is not known yet. */
async function fetchPatiently(url: string): Promise<Response> {
  for (let left = 20; ; left--) {
    const response = await fetch(url, {headers: {accept: ACCEPT}})
    if (response.status < 500 || left === 0) return response
    await response.arrayBuffer()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function isWhole(host: string, name: string, document: Document): Promise<boolean> {
  const children = await Promise.all(
    (document.manifests ?? []).map(({digest}) => fetchManifest(host, name, digest))
  )
  const blobs = [document, ...children.map(child => child?.document ?? {})].flatMap(
    ({config, layers = []}) => [...(config ? [config] : []), ...layers]
  )
  const there = await Promise.all(
    blobs.map(
      async ({digest}) => (await fetch(`http://${host}/v2/${name}/blobs/${digest}`, {method: 'HEAD'})).ok
    )
  )
  return children.every(child => child !== undefined) && there.every(Boolean)
}
