/** The programs that image-release builds with. */
export type BuilderProgram = 'buildx' | 'podman' | 'buildah'

/** A program, or `prebuilt` for an image that another tool has built. */
export type BuilderName = BuilderProgram | 'prebuilt'
