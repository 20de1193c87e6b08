import * as z from 'zod/mini'
import {ReleaseError, messageOf} from '../errors.js'
import {formatPlatform, parsePlatform} from '../oci/platform.js'
import {formatRepository, isTag, parseRepository} from '../oci/reference.js'
import {PLAN_SCHEMA, type Plan} from './plan.js'
import {planId} from './plan-id.js'
import {type SchemaFault, late, readBySchema} from './schema.js'
import {assertNoCollision} from './tag-collision.js'
import {wrongDocument} from './document-kind.js'
import {parseJson} from '../shared/json.js'

export {formatPlan} from './plan-format.js'

/** Much more than the largest matrix needs; outputs of a job end at 1 MiB. */
const MAX_PLAN_LENGTH = 4 * 1024 * 1024

const text = late(() => z.string().check(z.maxLength(8192)))

const some = late(() => text().check(z.minLength(1)))

const repository = late(() =>
  z.string().check(z.refine(isCanonicalRepository, {error: 'is not a repository'}))
)

const entries = late(() => z.record(z.string().check(z.minLength(1)), z.string().check(z.maxLength(65_536))))

const expected = late(() =>
  z.strictObject({
    images: z.exactOptional(z.array(repository())),
    action: z.enum(['create', 'move', 'same', 'keep', 'refuse']),
    from: z.exactOptional(text()),
    note: z.exactOptional(text())
  })
)

const tag = late(() =>
  z.strictObject({
    name: z.string().check(z.refine(isTag, {error: 'is not a tag'})),
    class: z.enum(['immutable', 'forward', 'moving']),
    rule: text(),
    newest: z.exactOptional(text()),
    expected: z.exactOptional(z.array(expected()))
  })
)

const labels = late(() => z.union([some(), z.array(some()).check(z.minLength(1))]))

const build = late(() =>
  z.strictObject({
    platform: z
      .string()
      .check(
        z.refine(isCanonicalPlatform, {error: ({input}) => `${JSON.stringify(input)} is not a platform`})
      ),
    runner: z.union([labels(), z.strictObject({group: some(), labels: z.exactOptional(labels())})]),
    record: z
      .string()
      .check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/, {error: 'is not the name of a record'}))
  })
)

const target = late(() =>
  z.strictObject({
    name: z.string().check(z.regex(/^[a-z0-9_][a-z0-9_.-]*$/, {error: 'is not the name of a target'})),
    images: z.array(repository()),
    tags: z.array(tag()),
    builds: z.array(build()).check(z.minLength(1)),
    labels: entries(),
    annotations: entries(),
    variant: z.exactOptional(entries()),
    build: z.exactOptional(
      z.strictObject({
        context: z.exactOptional(text()),
        file: z.exactOptional(text()),
        target: z.exactOptional(text()),
        args: z.exactOptional(z.array(z.string().check(z.maxLength(65_536))))
      })
    )
  })
)

const plan = late(() =>
  z.strictObject({
    schema: z.literal(PLAN_SCHEMA),
    id: z.exactOptional(z.string().check(z.maxLength(64))),
    source: z.strictObject({
      event: text(),
      ref: text(),
      revision: z.string().check(z.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, {error: 'is not a commit'})),
      created: z.iso.datetime(),
      repository: text()
    }),
    version: z.optional(some()),
    push: z.boolean(),
    targets: z.array(target()),
    notes: z.array(z.string())
  })
)

/**
 * Reads a plan that `formatPlan` wrote, and checks all of it: nobody downstream need check again.
 * @throws ReleaseError PLAN_INVALID with all faults; TAG_COLLISION where two targets claim one tag
 */
export function parsePlan(json: string): Plan {
  if (json.length > MAX_PLAN_LENGTH) throw invalid([`it has ${json.length} characters`])
  const document = parseJson(json, cause => invalid([`it is not JSON: ${messageOf(cause)}`]))
  assertSchema(document)
  const parsed = readBySchema(plan, document)
  if (parsed.faults !== undefined) {
    const other = wrongDocument(document, 'plan')
    throw invalid(other === undefined ? parsed.faults.map(faultOf) : [other])
  }
  const {version, ...rest} = parsed.data
  const content = {...rest, ...(version === undefined ? {} : {version})}
  // What was changed by hand is another plan, whatever it calls itself.
  const read: Plan = {...content, id: planId(content)}
  const faults = repeatedNames(read)
  if (faults.length > 0) throw invalid(faults)
  assertNoCollision(read.targets)
  return read
}

function assertSchema(document: unknown): void {
  const schema =
    typeof document === 'object' && document !== null && 'schema' in document ? document.schema : undefined
  if (schema === PLAN_SCHEMA || typeof schema !== 'number') return
  throw new ReleaseError(
    'PLAN_INVALID',
    `the plan has schema ${schema}, this version of image-release reads schema ${PLAN_SCHEMA}`,
    {hint: 'Use the same version of image-release in all jobs of the workflow.'}
  )
}

function repeatedNames({targets}: Plan): string[] {
  const names = [
    ...repeated(targets.map(({name}) => name)).map(name => `the target ${name} is in it twice`),
    ...repeated(targets.flatMap(({builds}) => builds.map(({record}) => record))).map(
      record => `the record ${record} is in it twice`
    )
  ]
  for (const {name, tags, images, builds} of targets)
    for (const each of [tags.map(({name: tagName}) => tagName), images, builds.map(({platform}) => platform)])
      names.push(...repeated(each).map(item => `${item} is twice in the target ${name}`))
  return names
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

function isCanonicalPlatform(platform: string): boolean {
  return isUnchanged(platform, () => formatPlatform(parsePlatform(platform)))
}

function isCanonicalRepository(repository: string): boolean {
  return isUnchanged(repository, () => formatRepository(parseRepository(repository)))
}

function isUnchanged(written: string, format: () => string): boolean {
  try {
    return format() === written
  } catch (fault) {
    if (fault instanceof ReleaseError) return false
    throw fault
  }
}

function faultOf(issue: SchemaFault): string {
  const path = issue.path.map(step => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return `${path.replace(/^\./, '') || 'the plan'}: ${issue.message}`
}

function invalid(faults: readonly string[]): ReleaseError {
  return new ReleaseError('PLAN_INVALID', `not a valid plan: ${faults.join('; ')}`, {
    hint: 'Pass on the output "plan" of compute-tags as it is.'
  })
}
