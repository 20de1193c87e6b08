import * as z from 'zod/mini'
import type {ReleaseDocument} from './release-document.js'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'
import {DOCUMENTS} from './document-kind.js'

const schema = late(() => {
  return z.array(
    z.object({
      /** `registry/name:tag` */
      reference: z.string(),
      /** Absent where nothing is there. */
      digest: z.optional(z.string()),
      platforms: z.exactOptional(z.readonly(z.array(z.string()))),
      /** How many blobs were asked for and are there. */
      blobs: z.exactOptional(z.number()),
      faults: z.readonly(z.array(z.string()))
    })
  )
})

/** What verify-release found of every tag: the part of it that says whether a release is as it should be. */
export type VerificationDocument = readonly Readonly<z.infer<ReturnType<typeof schema>>[number]>[]

/**
 * Reads what verify-release gave out as `report`.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseVerification(text: string): VerificationDocument {
  return readJobDocument(text, {schema, title: DOCUMENTS.report, name: 'report'})
}

/**
 * What keeps a release from being told of: a tag that is not as it should be, or that nobody looked at. Tags that stayed
 * at something newer are not of the release. Empty where all is well.
 */
export function unverifiedTags(release: ReleaseDocument, found: VerificationDocument): string[] {
  const reports = new Map(found.map(report => [report.reference, report]))
  return release.targets.flatMap(({tags, digest}) =>
    tags
      .filter(({state}) => state !== 'kept')
      .flatMap(({reference}) => {
        const report = reports.get(reference)
        if (report === undefined) return [`${reference} was not verified`]
        if (report.faults.length > 0) return report.faults.map(fault => `${reference} ${fault}`)
        return report.digest === digest
          ? []
          : [`${reference} was verified at ${report.digest ?? 'nothing'}, not at ${digest}`]
      })
  )
}
