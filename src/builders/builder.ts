import type {Family} from '../oci/media-type.js'
import type {Platform} from '../oci/platform.js'
import type {LocalImage, Ports} from '../ports.js'

/** The programs that image-release builds with. */
export type BuilderName = 'buildx' | 'podman' | 'buildah'

/** How RUN steps are kept apart from the machine, for podman and buildah (buildah-build(1) `--isolation`). */
export type Isolation = 'oci' | 'rootless' | 'chroot'

/** One image to build, for one platform. */
export interface BuildRequest {
  /** A folder, or a URL that the builder fetches itself. */
  readonly context: string
  /** The Containerfile. Default: `Containerfile`, then `Dockerfile`, in the context. */
  readonly file?: string
  /** The stage of the Containerfile to build. Default: the last. */
  readonly target?: string
  readonly platform: Platform
  /** Media types of the image. podman and buildah keep a HEALTHCHECK only with `docker`, annotations only with `oci`. */
  readonly format: Family
  /** `NAME=VALUE`, or `NAME` for the value in the environment. */
  readonly buildArgs: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly noCache: boolean
  /** Ask the registry for base images that stand on this machine already. */
  readonly pull: boolean
  /** Seconds since the epoch that stand in for the time of the build, so that a build can be repeated. */
  readonly sourceDateEpoch?: number
  /** Registries (host and port) whose base images may be fetched over plain HTTP. */
  readonly insecureRegistries: readonly string[]
  /** Default: the builder's own, and `chroot` where that cannot run here. */
  readonly isolation?: Isolation
  /** An empty folder for what the build leaves. The image is read from there until it is pushed. */
  readonly outputFolder: string
}

/** What a builder needs of the outside world. */
export type BuilderPorts = Pick<Ports, 'exec' | 'reporter' | 'signal'>

/** A program that builds images. */
export interface Builder {
  readonly name: BuilderName
  /**
   * Builds one platform of an image and leaves it in the output folder. Nothing is pushed.
   * @throws BuilderError where the build fails; InputError where context or Containerfile are not there; ReleaseError
   * PLATFORM_MISMATCH, LAYOUT_INVALID, CANCELLED
   */
  build(request: BuildRequest): Promise<LocalImage>
}
