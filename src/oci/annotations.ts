/** Keys of annotations and labels that image-release reads and writes (image-spec annotations.md). */
export const CREATED = 'org.opencontainers.image.created'
export const REVISION = 'org.opencontainers.image.revision'
export const VERSION = 'org.opencontainers.image.version'
