import {isRepositoryName, isTag} from '../oci/reference.js'
import {type ContentDigest, parseContentDigest} from './content-digest.js'
import {type ManifestRecord, RepositoryState} from './repository-state.js'

/** A change of one repository as the storage keeps it: a key, and a text where something is set. */
export interface StoredRecord {
  readonly key: string
  readonly text: string
}

/** A repository name never has a part that starts with "_", so these can stand beside the parts of longer names. */
const BLOBS = '_blobs'
const MANIFESTS = '_manifests'
const TAGS = '_tags'

export function blobRecord(repository: string, digest: ContentDigest, size = 0): StoredRecord {
  return {key: `${repository}/${BLOBS}/${fileNameOf(digest)}`, text: String(size)}
}

export function manifestRecord(
  repository: string,
  digest: ContentDigest,
  entry?: ManifestRecord
): StoredRecord {
  return {key: `${repository}/${MANIFESTS}/${fileNameOf(digest)}`, text: JSON.stringify(entry ?? null)}
}

export function tagRecord(repository: string, tag: string, digest = ''): StoredRecord {
  return {key: `${repository}/${TAGS}/${caseSafe(tag)}`, text: `${digest} ${tag}`}
}

/**
 * Builds all repositories from their records.
 * @throws Error where a record is not one of ours: the folder belongs to something else
 */
export function readRecords(records: ReadonlyMap<string, string>): Map<string, RepositoryState> {
  const repositories = new Map<string, RepositoryState>()
  for (const [key, text] of records) {
    const [, name = '', kind = '', file = ''] = /^(.+)\/(_[a-z]+)\/([^/]+)$/.exec(key) ?? []
    if (!isRepositoryName(name)) throw new Error(`the storage holds ${key}, which no registry has put there`)
    const state = repositories.get(name) ?? new RepositoryState()
    repositories.set(name, state)
    readRecord(state, {kind, file, text})
  }
  return repositories
}

function readRecord(state: RepositoryState, record: {kind: string; file: string; text: string}): void {
  if (record.kind === BLOBS) state.blobs.set(digestOfFile(record.file), Number(record.text))
  else if (record.kind === MANIFESTS)
    state.setManifest(digestOfFile(record.file), JSON.parse(record.text) as ManifestRecord)
  else if (record.kind === TAGS) readTag(state, record.text)
  else throw new Error(`the storage holds a record of kind ${record.kind}, which this version does not know`)
}

function readTag(state: RepositoryState, text: string): void {
  const [digest = '', tag = ''] = text.split(' ')
  if (!isTag(tag)) throw new Error(`the storage holds a tag ${JSON.stringify(tag)}, which is none`)
  state.setTag(tag, parseContentDigest(digest))
}

function fileNameOf(digest: ContentDigest): string {
  return digest.replace(':', '-')
}

function digestOfFile(name: string): ContentDigest {
  return parseContentDigest(name.replace('-', ':'))
}

/** `RC1` and `rc1` are two tags, but one file where the file system knows no case: so the capitals are told by bits. */
function caseSafe(tag: string): string {
  const bits = tag.replace(/[^A-Z]/g, '0').replace(/[A-Z]/g, '1')
  return bits.includes('1') ? `${tag.toLowerCase()}~${BigInt(`0b${bits}`).toString(16)}` : tag
}
