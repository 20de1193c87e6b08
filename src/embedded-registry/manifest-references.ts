import type {PushedDocument, Pointer} from './manifest-document.js'
import {ManifestRefusal, type OciFault} from './refusal.js'
import type {RepositoryState} from './repository-state.js'

/**
 * Checks that all a manifest points at is in the repository, and is what the descriptors say. The subject may be
 * absent, so that referrers can be pushed first (distribution-spec, "Push").
 * @throws Refusal 400 MANIFEST_BLOB_UNKNOWN for each that is missing, SIZE_INVALID or MANIFEST_INVALID for each that differs
 */
export function checkReferences(state: RepositoryState | undefined, document: PushedDocument): void {
  const faults = [
    ...document.blobs.map(pointer => blobFault(state, pointer)),
    ...document.children.map(pointer => childFault(state, pointer))
  ].filter(fault => fault !== undefined)
  const [first, ...others] = faults
  if (first !== undefined) throw new ManifestRefusal([first, ...others])
}

function blobFault(state: RepositoryState | undefined, pointer: Pointer): OciFault | undefined {
  return sizeFault(state?.blobs.get(pointer.digest), pointer)
}

/** A child may be a blob too: the index of a build cache lists layers. */
function childFault(state: RepositoryState | undefined, pointer: Pointer): OciFault | undefined {
  const child = state?.manifests.get(pointer.digest)
  if (child === undefined) return blobFault(state, pointer)
  if (child.mediaType === pointer.mediaType) return sizeFault(child.size, pointer)
  const message = `${pointer.field} is said to be ${pointer.mediaType}, but is ${child.mediaType}`
  return {code: 'MANIFEST_INVALID', message, detail: {digest: pointer.digest}}
}

function sizeFault(size: number | undefined, pointer: Pointer): OciFault | undefined {
  const {field, digest} = pointer
  if (size === undefined)
    return {code: 'MANIFEST_BLOB_UNKNOWN', message: `${field} is not in the repository`, detail: {digest}}
  if (size === pointer.size) return undefined
  const message = `${field} is said to have ${pointer.size} bytes, but has ${size}`
  return {code: 'SIZE_INVALID', message, detail: {digest}}
}
