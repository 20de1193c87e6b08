import * as z from 'zod/mini'
import {type Digest, isDigest} from '../oci/digest.js'
import {isManifestType} from '../oci/media-type.js'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'

/** The version of the format of this document. */
const JOURNAL_SCHEMA = 1

const schema = late(() => {
  const digest = z.custom<Digest>(
    value => typeof value === 'string' && isDigest(value),
    'not a sha256 digest'
  )

  const manifest = z.object({
    digest,
    mediaType: z.string().check(z.refine(isManifestType, 'not the media type of a manifest'))
  })

  /** Anything may stand at a tag, with any media type or none. */
  const found = z.object({digest, mediaType: z.string().check(z.maxLength(255))})

  const tag = z.object({
    /** `registry/name:tag` */
    reference: z.string(),
    class: z.enum(['immutable', 'forward', 'moving']),
    /** What was there before; absent where the tag was free. */
    before: z.optional(found),
    /** What the run was about to leave there. */
    after: manifest
  })

  return z.object({
    schema: z.literal(JOURNAL_SCHEMA),
    version: z.optional(z.string()),
    /** The commit: 40 hex digits. */
    revision: z.optional(z.string()),
    /** The run of GitHub Actions that wrote it. */
    run: z.optional(
      z.object({
        repository: z.string().check(z.regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/)),
        id: z.string().check(z.regex(/^\d{1,20}$/))
      })
    ),
    tags: z.array(tag)
  })
})

/** What was at every tag before a run moved the first one, and where each was to go: all that putting back needs. */
export type JournalDocument = z.infer<ReturnType<typeof schema>>

/** One tag of a journal. */
export type JournalTag = JournalDocument['tags'][number]

/** The document as one line of JSON. */
export function formatJournal(document: Omit<JournalDocument, 'schema'>): string {
  return JSON.stringify({schema: JOURNAL_SCHEMA, ...document})
}

/**
 * Reads a journal.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseJournal(text: string): JournalDocument {
  return readJobDocument(text, {schema, title: 'the journal of a release', name: 'journal'})
}
