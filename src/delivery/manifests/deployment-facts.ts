import {formatRepository} from '../../oci/reference.js'
import type {DeployedImage, Pin} from './deployed-image.js'

/**
 * What is deployed, in the words of tools that deploy by themselves. Each names the image as `pin` says: by its tag, its
 * digest, or both.
 */
export interface DeploymentFacts {
  readonly target: string
  readonly registry: string
  readonly repository: string
  /** `REGISTRY/REPOSITORY` */
  readonly image: string
  /** Empty where only a digest is deployed. */
  readonly tag: string
  readonly digest: string
  /** `IMAGE:TAG`, `IMAGE@DIGEST` or `IMAGE:TAG@DIGEST`. */
  readonly reference: string
  /** For `kubectl set image`, `CONTAINER=IMAGE`: the container is taken to have the name of the target. */
  readonly kubectl: string
  /** For `kustomize edit set image` and `kustomize.images` of Argo CD: `NAME=IMAGE`. */
  readonly kustomize: string
  /** An entry of `spec.images` of Flux's Kustomization (fluxcd.io, Kustomization API v1). */
  readonly flux: {readonly name: string; readonly newTag?: string; readonly digest?: string}
  /** For the annotation `argocd-image-updater.argoproj.io/image-list`: `ALIAS=IMAGE:TAG`. */
  readonly argocdImageUpdater: string
}

/** The facts of each target, of its first repository. */
export function deploymentFacts(images: readonly DeployedImage[], pin: Pin): DeploymentFacts[] {
  const targets = new Map([...images].reverse().map(image => [image.target, image]))
  return [...targets.values()].reverse().map(image => factsOf(image, pin))
}

function factsOf({target, repository, tag, digest}: DeployedImage, pin: Pin): DeploymentFacts {
  const image = formatRepository(repository)
  const newTag = pin === 'digest' ? undefined : tag
  const isByDigest = pin !== 'tag' || newTag === undefined
  const reference = `${image}${newTag === undefined ? '' : `:${newTag}`}${isByDigest ? `@${digest}` : ''}`
  return {
    target,
    registry: repository.registry,
    repository: repository.name,
    image,
    tag: tag ?? '',
    digest,
    reference,
    kubectl: `${target}=${reference}`,
    kustomize: `${image}=${reference}`,
    flux: {name: image, ...(newTag === undefined ? {} : {newTag}), ...(isByDigest ? {digest} : {})},
    argocdImageUpdater: `${target}=${image}${newTag === undefined ? `@${digest}` : `:${newTag}`}`
  }
}
