// Small images for the merge bench: pushed by digest, without a tag, and read back by a reader that knows nothing of ours.
import {createHash} from 'node:crypto'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const digestOf = bytes => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const encode = document => Buffer.from(JSON.stringify(document))

/** An image of one platform, without layers. */
export function imageFor(architecture) {
  const config = encode({os: 'linux', architecture, config: {}, rootfs: {type: 'layers', diff_ids: []}})
  const described = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: digestOf(config),
    size: config.length
  }
  const manifest = encode({schemaVersion: 2, mediaType: MANIFEST, config: described, layers: []})
  const platform = {os: 'linux', architecture}
  return {
    config,
    manifest,
    digest: digestOf(manifest),
    size: manifest.length,
    mediaType: MANIFEST,
    platform
  }
}

/** Pushes an image by its digest. */
export async function push(registry, repository, {config, manifest, digest}) {
  const begun = await send(202, `${registry}/v2/${repository}/blobs/uploads/`, {method: 'POST'})
  const place = new URL(begun.headers.get('location'), registry)
  place.searchParams.set('digest', digestOf(config))
  await send(201, place, {method: 'PUT', body: config})
  const headers = {'content-type': MANIFEST}
  await send(201, `${registry}/v2/${repository}/manifests/${digest}`, {
    method: 'PUT',
    body: manifest,
    headers
  })
}

/** Throws unless every tag points at one index that names these images, each of which is there. */
export async function verify(registry, repository, {tags, images}) {
  const manifests = `${registry}/v2/${repository}/manifests`
  const headers = {accept: [INDEX, MANIFEST].join(', ')}
  const texts = await Promise.all(
    tags.map(async tag => (await send(200, `${manifests}/${tag}`, {headers})).text())
  )
  if (new Set(texts).size !== 1) throw new Error(`${tags.length} tags point at ${new Set(texts).size} things`)
  const named = JSON.parse(texts[0]).manifests.map(({digest}) => digest)
  const lacking = images.filter(({digest}) => !named.includes(digest))
  if (lacking.length > 0) throw new Error(`the index lacks ${lacking.length} images`)
  await Promise.all(named.map(async digest => await send(200, `${manifests}/${digest}`, {headers})))
}

async function send(wanted, url, options) {
  const answer = await fetch(url, options)
  if (answer.status !== wanted) throw new Error(`${url}: ${answer.status} ${await answer.text()}`)
  return answer
}
