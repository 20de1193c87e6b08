import type {BuildSecret} from '../inputs/build-secret.js'
import type {Digest} from '../../oci/digest.js'
import type {Family} from '../../oci/media-type.js'
import type {Platform} from '../../oci/platform.js'
import type {Repository} from '../../oci/reference.js'
import type {LocalImage, Ports} from '../../ports.js'
import type {BuildOptions} from './build-options.js'
import type {Compression} from './compression.js'
import type {BuilderName} from './builder-name.js'
import type {PlatformSupport} from './platform-support.js'

/** How RUN steps are kept apart from the machine, for podman and buildah (buildah-build(1) `--isolation`). */
export type Isolation = 'oci' | 'rootless' | 'chroot'

/** Caches as buildx writes them (docs.docker.com, "Cache storage backends"): `type=registry,ref=…`, or a reference. */
export interface CacheFlags {
  /** In this order; one that cannot be read is left out by the builder. */
  readonly from: readonly string[]
  readonly to: readonly string[]
}

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
  /** How layers are packed. Default: gzip, and layers of a base as they are where the builder keeps them so. */
  readonly compression?: Compression
  /** Registries (host and port) whose base images may be fetched over plain HTTP. */
  readonly insecureRegistries: readonly string[]
  /** Default: the builder's own, and `chroot` where that cannot run here. */
  readonly isolation?: Isolation
  /** Settings that are passed on as they are. */
  readonly options?: BuildOptions
  readonly secrets?: readonly BuildSecret[]
  /** Agents and keys of SSH: `default`, or `id=SOCKET|KEY`. */
  readonly ssh?: readonly string[]
  /** Where steps are read from that were built before, and kept for later builds. */
  readonly cache?: CacheFlags
  /** Attestations of BuildKit; none where absent. */
  readonly attestations?: {readonly provenance?: string; readonly sbom?: string}
  /** Variables of the builder's process, such as those that lead it to its logins. */
  readonly environment?: Readonly<Record<string, string>>
  /** Texts that stand in no log. */
  readonly hidden?: readonly string[]
  /** Takes each line that the builder writes. */
  readonly watch?: (line: string) => void
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
  /** Why two builds of one commit differ by this builder; undefined where it dates image and files alike. */
  readonly dateObstacle: string | undefined
  /** How the programs of a platform run where it builds. */
  support(platform: Platform): PlatformSupport
  /** The same builder with a log of its own, for builds side by side. */
  withLog(reporter: Ports['reporter']): Builder
  /** Present where the builder can push by itself what it built, without a tag. */
  readonly native?: NativePush
}

/** Pushing by the builder itself: layers that stand in the registry already need not come to this machine. */
export interface NativePush {
  /** Why this builder cannot after all; undefined where it can. */
  readonly obstacle: string | undefined
  /**
   * Builds one platform and pushes it to one repository by digest, without any tag.
   * @returns the digest that the builder says it pushed
   * @throws BuilderError where build or push fails
   */
  push(request: BuildRequest, repository: Repository): Promise<Digest>
}
