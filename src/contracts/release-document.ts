import * as z from 'zod/mini'
import {type Digest, isDigest} from '../oci/digest.js'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'
import {DOCUMENTS} from './document-kind.js'

/** The version of the format of this document. */
const RELEASE_SCHEMA = 1

const schema = late(() => {
  const digest = z.custom<Digest>(
    value => typeof value === 'string' && isDigest(value),
    'not a sha256 digest'
  )

  const tag = z.object({
    /** `registry/name:tag` */
    reference: z.string(),
    state: z.enum(['new', 'moved', 'same', 'kept']),
    /** How it moves; documents of older versions do not say it. */
    class: z.optional(z.enum(['immutable', 'forward', 'moving'])),
    /** What was there before. */
    before: z.optional(digest),
    /** A tag that stayed free on purpose: what is newer is released already. */
    unset: z.optional(z.literal(true))
  })

  return z.object({
    schema: z.literal(RELEASE_SCHEMA),
    targets: z.array(
      z.object({
        target: z.string(),
        digest,
        platforms: z.array(z.string()),
        /** Repositories, `registry/name`. */
        images: z.array(z.string()),
        tags: z.array(tag)
      })
    )
  })
})

/** What a release published: the digest of each image, its tags, and what was there before. */
export type ReleaseDocument = z.infer<ReturnType<typeof schema>>

/** The document as one line of JSON. */
export function formatRelease(targets: ReleaseDocument['targets']): string {
  return JSON.stringify({schema: RELEASE_SCHEMA, targets})
}

/**
 * Reads what merge-manifest gave out as `release`.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseRelease(text: string): ReleaseDocument {
  return readJobDocument(text, {schema, title: DOCUMENTS.release, name: 'release'})
}
