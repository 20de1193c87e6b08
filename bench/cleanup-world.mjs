// A package as GHCR holds it after some hundred builds, and the truth of what a policy may delete from it.
import {createHash} from 'node:crypto'

const OCI = 'application/vnd.oci.image'
const DAY = 24 * 3600 * 1000
const EMPTY = {mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2}

/** So many of the newest releases stay under the policy `newest`. */
export const KEEP_VERSIONS = 5

/**
 * Images of four to six platforms, each with an attestation; every second is a release with a signature, and the rest
 * was superseded. Platforms that two images share, referrers by fallback tag, indexes of indexes, orphans, and a
 * release under way. About a tenth of the versions has a tag.
 */
export function makeWorld(size, now) {
  const world = new Builder(now - 400 * DAY, (396 * DAY) / size)
  for (let group = 0; world.versions.length < size - 20; group++) world.addGroup(group)
  world.tagNewest()
  world.time = now - 5 * 60_000
  const shared = world.versions.find(({kind, tags}) => kind === 'platform' && tags.length === 0)
  const building = [0, 1, 2].flatMap(at => world.attested(`building ${at}`))
  world.index([shared, ...building.slice(0, 2)])
  return world.versions
}

class Builder {
  versions = []
  #last = []
  #releases = []

  constructor(time, step) {
    this.time = time
    this.step = step
  }

  addGroup(group) {
    const platforms = 4 + (group % 3)
    const parts = Array.from({length: platforms}, (_, at) => this.attested(`${group} ${at}`)).flat()
    const shared = group % 7 === 3 ? this.#last.slice(0, 1) : []
    const inner = this.index([...shared, ...parts])
    const root = group % 40 === 8 ? this.index([inner, parts[0]]) : inner
    this.#last = parts
    if (group % 2 === 0) this.#release(group / 2, root)
    else if (group % 3 === 0) this.signature(root.digest)
    if (group % 10 === 5) for (const at of [0, 1]) this.platform(`orphan ${group} ${at}`)
    if (group % 20 === 7) this.signature(digestOf(`gone ${group}`))
  }

  #release(number, root) {
    root.tags.push(`1.${Math.floor(number / 10)}.${number % 10}`)
    this.#releases.push(root)
    this.signature(root.digest)
    if (number % 4 !== 0) return
    const subject = {mediaType: `${OCI}.index.v1+json`, digest: root.digest, size: root.bytes.length}
    const bill = this.add('referrer', {
      ...imageDocument(`bill ${number}`),
      artifactType: 'text/spdx',
      subject
    })
    this.index([bill]).tags.push(root.digest.replace(':', '-'))
  }

  tagNewest() {
    const newest = this.#releases.at(-1)
    newest.tags.push('latest', '1', newest.tags[0].replace(/\.\d+$/, ''))
  }

  platform(name) {
    return this.add('platform', imageDocument(`platform ${name}`))
  }

  attested(name) {
    return [this.platform(name), this.add('attestation', imageDocument(`attestation ${name}`))]
  }

  index(children) {
    const manifests = children.map(({digest, bytes, document}) => ({
      mediaType: document.mediaType,
      digest,
      size: bytes.length
    }))
    return this.add('index', {schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests})
  }

  signature(digest) {
    this.add('signature', imageDocument(`signature of ${digest}`)).tags.push(
      `${digest.replace(':', '-')}.sig`
    )
  }

  add(kind, document) {
    const bytes = Buffer.from(JSON.stringify(document))
    const version = {id: this.versions.length + 1, kind, document, bytes, digest: digestOf(bytes), tags: []}
    version.created = Math.floor(this.time)
    this.time += this.step
    this.versions.push(version)
    return version
  }
}

function imageDocument(name) {
  const layer = {mediaType: `${OCI}.layer.v1.tar+gzip`, digest: digestOf(name), size: name.length}
  return {schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config: EMPTY, layers: [layer]}
}

function digestOf(content) {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** The digests that a policy deletes: `untagged` all that has no tag and no use, `newest` older releases. */
export function truthOf(versions, policy, now) {
  const byDigest = new Map(versions.map(version => [version.digest, version]))
  const attached = attachedTo(versions)
  const reach = roots => {
    const found = new Set()
    for (const waiting = [...roots]; waiting.length > 0;) {
      const version = waiting.pop()
      if (found.has(version.digest)) continue
      found.add(version.digest)
      const children = (version.document.manifests ?? []).map(({digest}) => byDigest.get(digest))
      waiting.push(...children, ...(attached.get(version.digest) ?? []))
    }
    return found
  }
  const isYoung = ({created}) => now - created < DAY
  const chosen = versions.filter(chooserOf(policy, versions, byDigest)).filter(version => !isYoung(version))
  const dependants = reach(chosen)
  const standing = reach(versions.filter(version => !dependants.has(version.digest) || isYoung(version)))
  const pulled =
    policy === 'untagged' ? reach(versions.filter(one => hasOwnTag(one) || isYoung(one))) : standing
  return new Set([...dependants].filter(digest => !standing.has(digest) && !pulled.has(digest)))
}

function chooserOf(policy, versions, byDigest) {
  const isOrphan = version => subjectsOf(version).some(subject => !byDigest.has(subject))
  if (policy === 'untagged') return version => version.tags.length === 0 || isOrphan(version)
  const releases = versions.filter(({tags}) => tags.some(tag => /^\d+\.\d+\.\d+$/.test(tag)))
  const outdated = new Set(releases.slice(0, -KEEP_VERSIONS))
  return version => outdated.has(version)
}

function attachedTo(versions) {
  const attached = new Map()
  for (const version of versions)
    for (const subject of subjectsOf(version))
      attached.set(subject, [...(attached.get(subject) ?? []), version])
  return attached
}

function subjectsOf({tags, document}) {
  const named = tags.flatMap(tag => /^sha256-([0-9a-f]{64})/.exec(tag)?.[1] ?? []).map(hex => `sha256:${hex}`)
  return document.subject === undefined ? named : [...named, document.subject.digest]
}

function hasOwnTag({tags}) {
  return tags.some(tag => !tag.startsWith('sha256-'))
}
