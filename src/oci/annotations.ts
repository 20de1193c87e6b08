/** Keys of annotations and labels that image-release reads and writes (image-spec annotations.md). */
export const CREATED = 'org.opencontainers.image.created'
export const REVISION = 'org.opencontainers.image.revision'
export const VERSION = 'org.opencontainers.image.version'
export const SOURCE = 'org.opencontainers.image.source'

/**
 * The version alone, where the standard annotation stands for more, as 1.2.3-alpine does. Semantic Versioning would read
 * that as a pre-release.
 */
export const BARE_VERSION = 'image-release.version'

/** Marks an empty index that is at a tag only to be deleted with it. */
export const PLACEHOLDER = 'image-release.placeholder'

/** Says in an empty index what a clean-up that is under way has still to delete: digests with spaces between. */
export const REMAINDER = 'image-release.remainder'

/** Says in an empty index what clean-ups found in the repository, and since when: a line for each digest. */
export const SIGHTINGS = 'image-release.seen'

/** When BuildKit made a layer of a cache; on its descriptor (moby/buildkit, cache/remotecache/v1). */
export const BUILDKIT_CREATED_AT = 'buildkit/createdat'
