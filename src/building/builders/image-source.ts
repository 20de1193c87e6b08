import {existsSync, statSync} from 'node:fs'
import path from 'node:path'
import {InputError, ReleaseError} from '../../errors.js'
import type {Digest} from '../../oci/digest.js'
import {type Repository, type Tag, formatReference, parseReference} from '../../oci/reference.js'

/** Where an image lies that another tool has built. The kinds are named as in containers-transports(5). */
export type ImageSource =
  | {readonly kind: 'oci'; readonly folder: string; readonly name: string | undefined}
  | {readonly kind: 'dir'; readonly folder: string}
  | {readonly kind: 'archive'; readonly file: string; readonly name: string | undefined}
  | {readonly kind: 'docker-daemon'; readonly image: string}
  | {readonly kind: 'containers-storage'; readonly image: string}
  | {readonly kind: 'docker'; readonly image: RegistryImage}

/** An image in a registry, by tag or digest. */
export interface RegistryImage {
  readonly repository: Repository
  readonly reference: Tag | Digest
}

const TRANSPORT = /^(oci|oci-archive|docker-archive|dir|docker-daemon|containers-storage|docker):(.+)$/

/** What a person may write, for messages. */
const GRAMMAR =
  'a folder or archive, or oci:FOLDER, oci-archive:FILE, docker-archive:FILE, dir:FOLDER, docker-daemon:IMAGE, containers-storage:IMAGE or docker://REFERENCE'

/**
 * Reads the input `source`: a path, the digest of a registry, or a transport and what it names.
 * @throws InputError
 */
export function parseImageSource(text: string): ImageSource {
  const [, transport, rest = ''] = TRANSPORT.exec(text) ?? []
  if (transport !== undefined) return sourceOf(transport, rest)
  if (/^[^/\s]+\/[^\s]+@sha256:[0-9a-f]{64}$/.test(text)) return registrySource(text)
  if (/^\w+:\/\//.test(text) || text.includes('\n')) throw fault(`${JSON.stringify(text)} is not ${GRAMMAR}`)
  return /\.(?:tar|tgz|tar\.gz)$/.test(text)
    ? {kind: 'archive', file: text, name: undefined}
    : {kind: 'oci', folder: text, name: undefined}
}

/** What a source names: a path, or an image. */
export function sourceName(source: ImageSource): string {
  if (source.kind === 'docker') return formatReference(source.image.repository, source.image.reference)
  if (source.kind === 'archive') return source.file
  return 'folder' in source ? source.folder : source.image
}

/**
 * Makes sure that a source on this machine is there, and finds out what a path is.
 * @throws InputError
 */
export function findImageSource(source: ImageSource): ImageSource {
  if (source.kind === 'archive') {
    if (isFile(source.file)) return source
    throw fault(`there is no archive ${JSON.stringify(source.file)}`)
  }
  if (source.kind !== 'oci' && source.kind !== 'dir') return source
  const {folder} = source
  if (source.kind === 'oci' && isFile(folder)) return {kind: 'archive', file: folder, name: source.name}
  if (existsSync(path.join(folder, 'oci-layout'))) return source
  if (existsSync(path.join(folder, 'manifest.json'))) return {kind: 'dir', folder}
  const found = existsSync(folder) ? 'holds neither oci-layout nor manifest.json' : 'is not there'
  throw fault(`${JSON.stringify(folder)} ${found}; write ${GRAMMAR}`)
}

function sourceOf(transport: string, rest: string): ImageSource {
  if (transport === 'docker') {
    if (rest.startsWith('//')) return registrySource(rest.slice(2))
    throw fault(`write docker:// in front of ${JSON.stringify(rest)}`)
  }
  if (transport === 'docker-daemon' || transport === 'containers-storage') {
    if (/^[\w[]/.test(rest)) return {kind: transport, image: rest}
    throw fault(`${JSON.stringify(rest)} is not the name of an image`)
  }
  if (transport === 'dir') return {kind: 'dir', folder: rest}
  const [place, name] = splitName(rest)
  return transport === 'oci' ? {kind: 'oci', folder: place, name} : {kind: 'archive', file: place, name}
}

/** `FOLDER:NAME`, at the first colon as skopeo does it. */
function splitName(text: string): readonly [string, string | undefined] {
  const colon = text.indexOf(':')
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)]
}

function registrySource(text: string): ImageSource {
  try {
    const {repository, tag, digest} = parseReference(text)
    const reference = digest ?? tag
    if (reference !== undefined) return {kind: 'docker', image: {repository, reference}}
  } catch (cause) {
    if (cause instanceof ReleaseError) throw fault(cause.message)
    throw cause
  }
  throw fault(`${JSON.stringify(text)} names neither a tag nor a digest`)
}

function isFile(name: string): boolean {
  return statSync(name, {throwIfNoEntry: false})?.isFile() ?? false
}

function fault(message: string): InputError {
  return new InputError([{input: 'source', message}])
}
