import * as z from 'zod/mini'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'

const schema = late(() => {
  const manifest = z.object({
    digest: z.string(),
    tags: z.array(z.string()),
    reason: z.string(),
    size: z.exactOptional(z.number()),
    wholeSize: z.exactOptional(z.number())
  })
  return z.array(
    z.object({
      /** Absent in an entry that is about caches, or about rules that found nothing. */
      image: z.exactOptional(z.string()),
      /** Whether nothing was deleted, and the plan is what would go. */
      isDry: z.exactOptional(z.boolean()),
      /** Absent where the whole was too long for an output. */
      plan: z.exactOptional(
        z.object({
          tags: z.array(z.object({tag: z.string(), reason: z.string()})),
          manifests: z.array(manifest),
          kept: z.array(z.unknown())
        })
      ),
      /** `REPOSITORY@DIGEST` and `REPOSITORY:TAG` that the host did not delete. */
      undeleted: z.exactOptional(z.array(z.unknown())),
      frees: z.exactOptional(z.object({bytes: z.exactOptional(z.number())}))
    })
  )
})

/** What cleanup-latest says of each repository: the part of it that people look at. */
export type CleanupDocument = readonly Readonly<z.infer<ReturnType<typeof schema>>[number]>[]

/**
 * Reads what cleanup-latest gave out as `report`, or as the file `report-file`.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseCleanup(text: string): CleanupDocument {
  return readJobDocument(text, {schema, title: 'the output "report" of cleanup-latest', most: 5})
}
