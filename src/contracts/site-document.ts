import * as z from 'zod/mini'
import {readJobDocument} from './job-document.js'
import {late} from './schema.js'

/** The version of the format of this document. Fields may be added within a version. */
const SITE_SCHEMA = 1

const schema = late(() => {
  const text = z.string().check(z.maxLength(4096))
  const count = z.number().check(z.gte(0))
  const release = z.object({
    /** The folder of its page: a name, so that a link to it leads nowhere else. */
    folder: z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)),
    name: text,
    /** When it was released, as ISO 8601. */
    created: text,
    images: z.array(text),
    platforms: count,
    tags: count,
    /** Bytes of all platforms; absent where no registry was asked. */
    size: z.exactOptional(count),
    /** Milliseconds of the slowest build. */
    buildTime: z.exactOptional(count),
    vulnerabilities: z.exactOptional(count),
    /** What was found wrong when it was verified. */
    faults: count
  })
  return z.object({schema: z.literal(SITE_SCHEMA), releases: z.array(release)})
})

/** What a folder with the pages of releases holds: its list, from which its index is made. */
export type SiteDocument = z.infer<ReturnType<typeof schema>>

/** One release of such a list. */
export type SiteRelease = SiteDocument['releases'][number]

/** The list as JSON, a release a line, so that a difference of two says what was added. */
export function formatSite(releases: readonly SiteRelease[]): string {
  const lines = releases.map(release => `  ${JSON.stringify(release)}`)
  return `{"schema": ${SITE_SCHEMA}, "releases": [\n${lines.join(',\n')}\n]}\n`
}

/**
 * Reads the list of a folder of pages.
 * @throws ReleaseError PLAN_INVALID, with every field that is wrong
 */
export function parseSite(text: string): SiteDocument {
  return readJobDocument(text, {schema, title: 'the list of a folder of pages', most: 5})
}
