import {createHash} from 'node:crypto'
import {createWriteStream} from 'node:fs'
import {pipeline} from 'node:stream/promises'
import {pack} from 'tar-stream'

/** One entry of an archive: a file, or a symbolic link. */
export type ArchiveEntry =
  {readonly name: string; readonly bytes: Uint8Array} | {readonly name: string; readonly link: string}

/** Writes a tar archive. Returns its path. */
export async function writeArchive(file: string, entries: readonly ArchiveEntry[]): Promise<string> {
  const archive = pack()
  const written = pipeline(archive, createWriteStream(file))
  for (const entry of entries)
    if ('link' in entry) archive.entry({name: entry.name, type: 'symlink', linkname: entry.link})
    else archive.entry({name: entry.name}, Buffer.from(entry.bytes))
  archive.finalize()
  await written
  return file
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What `docker save` writes for an image of these layers, each a text, without compression. */
export function dockerArchive(
  layers: readonly string[],
  changes: {readonly os?: string; readonly architecture?: string; readonly diffIds?: readonly string[]} = {}
): ArchiveEntry[] {
  const {
    os = 'linux',
    architecture = 'amd64',
    diffIds = layers.map(layer => `sha256:${sha256(Buffer.from(layer))}`)
  } = changes
  const config = Buffer.from(JSON.stringify({os, architecture, rootfs: {type: 'layers', diff_ids: diffIds}}))
  const names = layers.map(layer => `${sha256(Buffer.from(layer))}/layer.tar`)
  const saved = [{Config: `${sha256(config)}.json`, RepoTags: ['app:1'], Layers: names}]
  return [
    {name: `${sha256(config)}.json`, bytes: config},
    ...layers.map((layer, at) => ({name: names[at]!, bytes: Buffer.from(layer)})),
    {name: 'repositories', bytes: Buffer.from('{}')},
    {name: 'manifest.json', bytes: Buffer.from(JSON.stringify(saved))}
  ]
}
