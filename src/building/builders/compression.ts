/** How layers can be packed (image-spec layer.md; estargz is gzip with an index, containerd/stargz-snapshotter). */
export const COMPRESSIONS = ['gzip', 'zstd', 'estargz'] as const
export type CompressionFormat = (typeof COMPRESSIONS)[number]

/** How the layers of an image are to be packed, those of its base included. */
export interface Compression {
  readonly format: CompressionFormat
  /** Default: the builder's own. */
  readonly level?: number
}

/** The highest level of each (BuildKit's README, "compression-level"; gzip(1), zstd(1)). */
const HIGHEST: Readonly<Record<CompressionFormat, number>> = {gzip: 9, zstd: 22, estargz: 9}

/** Why a level cannot be; undefined where it can. */
export function levelFault({format, level}: Compression): string | undefined {
  if (level === undefined || level <= HIGHEST[format]) return undefined
  return `${level} is more than ${HIGHEST[format]}, the highest level of ${format}`
}

/** Fields of `--output` of buildx. Layers that stand packed somewhere are packed anew: what is built depends on no cache. */
export function compressionFields(compression: Compression | undefined): string[] {
  if (compression === undefined) return []
  const {format, level} = compression
  return [
    `compression=${format}`,
    ...(level === undefined ? [] : [`compression-level=${level}`]),
    'force-compression=true'
  ]
}

/** Flags of the export of podman and buildah, which pack every layer anew (buildah-push(1), podman-push(1)). */
export function compressionFlags(compression: Compression | undefined): string[] {
  if (compression === undefined) return []
  const {format, level} = compression
  return [
    ...['--compression-format', format],
    ...(level === undefined ? [] : ['--compression-level', String(level)])
  ]
}
