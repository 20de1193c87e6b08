import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {readForeignFileSync} from '../../shared/foreign-file.js'
import {type Digest, digestOf, hexOf, parseDigest} from '../../oci/digest.js'
import {MAX_CONFIG_SIZE} from '../../oci/image-config.js'
import {MAX_MANIFEST_SIZE} from '../../oci/manifest.js'
import type {Family} from '../../oci/media-type.js'

type Labels = Readonly<Record<string, string>>

interface Descriptor {
  digest: string
  size: number
}

interface Step {
  comment?: string
}

interface Config {
  history?: Step[] | null
  config?: {Labels?: Labels | null} | null
  container_config?: {Labels?: Labels | null} | null
}

/** The image of the step before, by its name in the storage of this machine: another storage has another for the same step. */
const LOCAL_COMMENT = /^FROM [0-9a-f]{12}$/

/**
 * Gives the config of an exported image the labels that were asked for, to the last byte, and takes out what depends on the
 * storage alone: the same build has the same digest beside one for another platform, with which it shares its first steps.
 * buildah 1.42 and podman 5.6 make an instruction of labels, in which `$HOME` becomes a value and a line break two characters,
 * and note in the history of each step which image of the storage it stands on (imagebuildah/stage_executor.go). Returns
 * whether it wrote.
 * @param folder a layout of one image, or a `dir:` folder where the format is docker
 */
export function exactConfig(folder: string, format: Family, labels: Labels): boolean {
  if (format === 'docker') {
    const file = path.join(folder, 'manifest.json')
    const named = (digest: Digest): string => path.join(folder, hexOf(digest))
    const manifest = mendedManifest(readForeignFileSync(file, MAX_MANIFEST_SIZE), named, labels)
    if (manifest !== undefined) writeFileSync(file, manifest)
    return manifest !== undefined
  }
  const file = path.join(folder, 'index.json')
  const named = (digest: Digest): string => path.join(folder, 'blobs/sha256', hexOf(digest))
  const index = JSON.parse(readForeignFileSync(file, MAX_MANIFEST_SIZE).toString('utf8')) as {
    manifests: Descriptor[]
  }
  const [entry] = index.manifests
  if (entry === undefined) return false
  const manifest = mendedManifest(
    readForeignFileSync(named(parseDigest(entry.digest)), MAX_MANIFEST_SIZE),
    named,
    labels
  )
  if (manifest === undefined) return false
  Object.assign(entry, keep(manifest, named))
  writeFileSync(file, JSON.stringify(index))
  return true
}

/** The manifest of a config that is exact; undefined where it is already. */
function mendedManifest(
  bytes: Uint8Array,
  named: (digest: Digest) => string,
  labels: Labels
): Buffer | undefined {
  const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    config: Descriptor
    annotations?: Labels
  }
  const annotations = withoutLocalBase(manifest.annotations)
  const config = JSON.parse(
    readForeignFileSync(named(parseDigest(manifest.config.digest)), MAX_CONFIG_SIZE).toString('utf8')
  ) as Config
  const has = config.config?.Labels ?? {}
  const local = (config.history ?? []).filter(({comment = ''}) => LOCAL_COMMENT.test(comment))
  const isLocal = local.length > 0 || annotations !== manifest.annotations
  if (!isLocal && Object.entries(labels).every(([key, value]) => has[key] === value)) return undefined
  for (const step of local) delete step.comment
  if (Object.keys(labels).length > 0)
    config.config = {...config.config, Labels: sortedLabels({...has, ...labels})}
  if (config.container_config?.Labels)
    config.container_config.Labels = sortedLabels({...config.container_config.Labels, ...labels})
  Object.assign(manifest.config, keep(Buffer.from(JSON.stringify(config)), named))
  return Buffer.from(JSON.stringify({...manifest, annotations}))
}

/** An image on scratch is said to stand on an image without a name: the one of the step before its last. */
function withoutLocalBase(annotations: Labels | undefined): Labels | undefined {
  if (annotations?.['org.opencontainers.image.base.name'] !== '') return annotations
  const left = Object.entries(annotations).filter(
    ([name]) => !name.startsWith('org.opencontainers.image.base.')
  )
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

function keep(bytes: Buffer, named: (digest: Digest) => string): Descriptor {
  const digest = digestOf(bytes)
  writeFileSync(named(digest), bytes)
  return {digest, size: bytes.length}
}

/** By their names, as the builders write them, and note each in the history. */
export function sortedLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)))
}
