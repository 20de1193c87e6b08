import {createHash} from 'node:crypto'

/** An answer, as it came over the wire; names of headers in lower case. */
export interface ProbeAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** Asks a registry. The path may be a whole URL that it gave. */
export type Ask = (
  method: string,
  path: string,
  sent?: {readonly headers?: Readonly<Record<string, string>>; readonly body?: Buffer}
) => Promise<ProbeAnswer>

/** What each probe saw, in words that do not depend on names, times and ports. */
export type Sketches = Readonly<Record<string, string>>

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const ACCEPT = {accept: `${MANIFEST}, ${INDEX}`}
const NO_DIGEST = `sha256:${'0'.repeat(64)}`

/**
 * Puts an image into a registry and asks what a client of this project asks, in every form that it asks it.
 * @param name a repository that nobody has used
 */
export async function probe(ask: Ask, name: string): Promise<Sketches> {
  const [config, other] = [blobOf('{"os":"linux","architecture":"amd64"}'), blobOf('another blob')]
  const image = manifestOf({
    mediaType: MANIFEST,
    config: {...described(config), mediaType: 'application/vnd.oci.image.config.v1+json'},
    layers: []
  })
  const at = (rest: string): string => `/v2/${name}/${rest}`
  const put = async (reference: string, {bytes, mediaType}: Content & {mediaType: string}) =>
    await ask('PUT', at(`manifests/${reference}`), {headers: {'content-type': mediaType}, body: bytes})
  const seen: Record<string, string> = {}
  const note = async (title: string, answer: Promise<ProbeAnswer>): Promise<ProbeAnswer> => {
    const given = await answer
    seen[title] = sketchOf(given)
    return given
  }

  await note('GET /v2/', ask('GET', '/v2/'))
  await note('tags of a repository that is not there', ask('GET', at('tags/list?n=1000')))
  await note(
    'GET of a manifest in a repository that is not there',
    ask('GET', at('manifests/1.0'), {headers: ACCEPT})
  )
  const begun = await note('POST of an upload', ask('POST', at('blobs/uploads/')))
  await note(
    'PUT of a blob',
    ask('PUT', withDigest(begun, config.digest), {headers: OCTETS, body: config.bytes})
  )
  const wrong = await ask('POST', at('blobs/uploads/'))
  await note(
    'PUT of a blob with a wrong digest',
    ask('PUT', withDigest(wrong, NO_DIGEST), {headers: OCTETS, body: other.bytes})
  )
  const chunked = await ask('POST', at('blobs/uploads/'))
  const patched = await note(
    'PATCH of a chunk',
    ask('PATCH', locationOf(chunked), {
      headers: {...OCTETS, 'content-range': `0-${other.bytes.length - 1}`},
      body: other.bytes
    })
  )
  await note(
    'PUT after a chunk',
    ask('PUT', withDigest(patched, other.digest), {headers: OCTETS, body: Buffer.alloc(0)})
  )
  await note('HEAD of a blob', ask('HEAD', at(`blobs/${config.digest}`)))
  await note('HEAD of a blob that is not there', ask('HEAD', at(`blobs/${NO_DIGEST}`)))
  await note(
    'mount of a blob',
    ask('POST', `/v2/${name}-copy/blobs/uploads/?mount=${config.digest}&from=${name}`)
  )
  await note(
    'mount of a blob that is not there',
    ask('POST', `/v2/${name}-copy/blobs/uploads/?mount=${NO_DIGEST}&from=${name}`)
  )
  await note('PUT of a manifest by digest', put(image.digest, image))
  await note('tags where there are none', ask('GET', at('tags/list?n=1000')))
  for (const tag of ['1.0', '1.1', '1.2', 'latest']) await put(tag, image)
  await note('PUT of a tag', put('1.0', image))
  await note('PUT of a manifest at the digest of another', put(NO_DIGEST, image))
  await note(
    'PUT of a manifest whose config is not there',
    put(
      'bad',
      manifestOf({
        mediaType: MANIFEST,
        config: {mediaType: 'application/vnd.oci.image.config.v1+json', digest: NO_DIGEST, size: 2},
        layers: []
      })
    )
  )
  await note(
    'PUT of an index whose image is not there',
    put('bad', manifestOf({mediaType: INDEX, manifests: [{mediaType: MANIFEST, digest: NO_DIGEST, size: 2}]}))
  )
  await note('PUT of what is no JSON', put('bad', {...blobOf('{'), mediaType: MANIFEST}))
  await note('GET of a tag', ask('GET', at('manifests/1.0'), {headers: ACCEPT}))
  await note('HEAD of a tag', ask('HEAD', at('manifests/1.0'), {headers: ACCEPT}))
  await note('HEAD of a digest', ask('HEAD', at(`manifests/${image.digest}`), {headers: ACCEPT}))
  await note('GET of a tag that is not there', ask('GET', at('manifests/none'), {headers: ACCEPT}))
  await note('HEAD of a tag that is not there', ask('HEAD', at('manifests/none'), {headers: ACCEPT}))
  await note('GET of a digest that is not there', ask('GET', at(`manifests/${NO_DIGEST}`), {headers: ACCEPT}))
  const page = await note('tags, the first page of two', ask('GET', at('tags/list?n=2')))
  const next = /<([^>]+)>/.exec(page.headers['link'] ?? '')?.[1]
  if (next !== undefined) await note('tags, the next page', ask('GET', next))
  await note('tags behind the last', ask('GET', at('tags/list?n=2&last=zzz')))
  await note('referrers where there are none', ask('GET', at(`referrers/${image.digest}`)))
  const referrer = manifestOf({
    mediaType: MANIFEST,
    artifactType: 'application/x.test',
    config: {...described(config), mediaType: 'application/vnd.oci.image.config.v1+json'},
    layers: [],
    subject: {mediaType: MANIFEST, digest: image.digest, size: image.bytes.length}
  })
  await note('PUT of a referrer', put(referrer.digest, referrer))
  await note('referrers', ask('GET', at(`referrers/${image.digest}`)))
  await note('DELETE of a tag', ask('DELETE', at('manifests/1.1')))
  await note('DELETE of a digest', ask('DELETE', at(`manifests/${image.digest}`)))
  await note('DELETE of a digest that is not there', ask('DELETE', at(`manifests/${NO_DIGEST}`)))
  await note('GET of a tag whose manifest was deleted', ask('GET', at('manifests/1.0'), {headers: ACCEPT}))
  return seen
}

const OCTETS = {'content-type': 'application/octet-stream'}

interface Content {
  readonly bytes: Buffer
  readonly digest: string
}

function blobOf(text: string): Content {
  const bytes = Buffer.from(text)
  return {bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`}
}

function described({bytes, digest}: Content): {digest: string; size: number} {
  return {digest, size: bytes.length}
}

function manifestOf(document: {
  readonly mediaType: string
  readonly [field: string]: unknown
}): Content & {mediaType: string} {
  return {...blobOf(JSON.stringify({schemaVersion: 2, ...document})), mediaType: document.mediaType}
}

function locationOf({headers}: ProbeAnswer): string {
  return headers['location'] ?? ''
}

function withDigest(answer: ProbeAnswer, digest: string): string {
  const location = locationOf(answer)
  return `${location}${location.includes('?') ? '&' : '?'}digest=${digest}`
}

/** Status, codes of the errors, and the headers that a client goes by. */
function sketchOf({status, headers, body}: ProbeAnswer): string {
  const named = Object.entries({
    // Nobody goes by the type of an error.
    type: status < 400 ? headers['content-type']?.replace(/;.*/, '') : undefined,
    digest: headers['docker-content-digest'] && 'said',
    location: formOf(headers['location']),
    range: headers['range'],
    link: formOf(/<([^>]+)>/.exec(headers['link'] ?? '')?.[1]),
    subject: headers['oci-subject'] && 'said'
  }).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name} ${value}`]))
  return [String(status), ...codesOf(body), ...listOf(body), ...named].join(', ')
}

function formOf(address: string | undefined): string | undefined {
  if (address === undefined) return undefined
  const form = /^https?:/.test(address) ? 'absolute' : 'relative'
  return /_state=/.test(address) ? `${form} with state` : form
}

function codesOf(body: Buffer): string[] {
  const document = documentOf(body)
  return Array.isArray(document['errors'])
    ? document['errors'].map((error: {code?: unknown}) => String(error.code))
    : []
}

/** The entries of a list, by their number. */
function listOf(body: Buffer): string[] {
  const {tags, manifests, mediaType} = documentOf(body)
  if (tags !== undefined)
    return [`tags ${Array.isArray(tags) ? tags.map(String).toSorted().join(' ') : JSON.stringify(tags)}`]
  return mediaType === INDEX && manifests !== undefined
    ? [`entries ${Array.isArray(manifests) ? String(manifests.length) : JSON.stringify(manifests)}`]
    : []
}

function documentOf(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(body.toString('utf8')) as Readonly<Record<string, unknown>> | null) ?? {}
  } catch {
    return {}
  }
}
