import {z} from 'zod'
import {ReleaseError, messageOf} from '../errors.js'
import {formatPlatform, parsePlatform} from '../oci/platform.js'
import {formatRepository, isTag, parseRepository} from '../oci/reference.js'
import {PLAN_SCHEMA, type Plan} from './plan.js'
import {planId} from './plan-id.js'
import {assertNoCollision} from './tag-collision.js'

export {formatPlan} from './plan-format.js'

/** Much more than the largest matrix needs; outputs of a job end at 1 MiB. */
const MAX_PLAN_LENGTH = 4 * 1024 * 1024

const text = z.string().max(8192)
const entries = z.record(z.string().min(1), z.string().max(65_536))

const expected = z.strictObject({
  images: z.array(z.string().refine(isCanonicalRepository, {error: 'is not a repository'})).exactOptional(),
  action: z.enum(['create', 'move', 'same', 'keep', 'refuse']),
  from: text.exactOptional(),
  note: text.exactOptional()
})

const tag = z.strictObject({
  name: z.string().refine(isTag, {error: 'is not a tag'}),
  class: z.enum(['immutable', 'forward', 'moving']),
  rule: text,
  newest: text.exactOptional(),
  expected: z.array(expected).exactOptional()
})

const labels = z.union([text.min(1), z.array(text.min(1)).min(1)])

const build = z.strictObject({
  platform: z
    .string()
    .refine(isCanonicalPlatform, {error: ({input}) => `${JSON.stringify(input)} is not a platform`}),
  runner: z.union([labels, z.strictObject({group: text.min(1), labels: labels.exactOptional()})]),
  record: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/, {error: 'is not the name of a record'})
})

const target = z.strictObject({
  name: z.string().regex(/^[a-z0-9_][a-z0-9_.-]*$/, {error: 'is not the name of a target'}),
  images: z.array(z.string().refine(isCanonicalRepository, {error: 'is not a repository'})),
  tags: z.array(tag),
  builds: z.array(build).min(1),
  labels: entries,
  annotations: entries,
  variant: entries.exactOptional(),
  build: z
    .strictObject({
      context: text.exactOptional(),
      file: text.exactOptional(),
      target: text.exactOptional(),
      args: z.array(z.string().max(65_536)).exactOptional()
    })
    .exactOptional()
})

const plan = z.strictObject({
  schema: z.literal(PLAN_SCHEMA),
  id: z.string().max(64).exactOptional(),
  source: z.strictObject({
    event: text,
    ref: text,
    revision: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, {error: 'is not a commit'}),
    created: z.iso.datetime(),
    repository: text
  }),
  version: text.min(1).optional(),
  push: z.boolean(),
  targets: z.array(target),
  notes: z.array(z.string())
})

/**
 * Reads a plan that `formatPlan` wrote, and checks all of it: nobody downstream need check again.
 * @throws ReleaseError PLAN_INVALID with all faults; TAG_COLLISION where two targets claim one tag
 */
export function parsePlan(json: string): Plan {
  const document = parseJson(json)
  assertSchema(document)
  const parsed = plan.safeParse(document)
  if (!parsed.success) throw invalid(parsed.error.issues.map(faultOf))
  const {version, ...rest} = parsed.data
  const content = {...rest, ...(version === undefined ? {} : {version})}
  // What was changed by hand is another plan, whatever it calls itself.
  const read: Plan = {...content, id: planId(content)}
  const faults = repeatedNames(read)
  if (faults.length > 0) throw invalid(faults)
  assertNoCollision(read.targets)
  return read
}

function parseJson(json: string): unknown {
  if (json.length > MAX_PLAN_LENGTH) throw invalid([`it has ${json.length} characters`])
  try {
    return JSON.parse(json)
  } catch (error) {
    throw invalid([`it is not JSON: ${messageOf(error)}`])
  }
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
    ...repeated(targets.map(({name}) => name)).map(name => `the target ${name} stands in it twice`),
    ...repeated(targets.flatMap(({builds}) => builds.map(({record}) => record))).map(
      record => `the record ${record} stands in it twice`
    )
  ]
  for (const {name, tags, images, builds} of targets)
    for (const each of [tags.map(({name: tagName}) => tagName), images, builds.map(({platform}) => platform)])
      names.push(...repeated(each).map(item => `${item} stands twice in the target ${name}`))
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

function faultOf(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(step => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  return `${path.replace(/^\./, '') || 'the plan'}: ${issue.message}`
}

function invalid(faults: readonly string[]): ReleaseError {
  return new ReleaseError('PLAN_INVALID', `not a valid plan: ${faults.join('; ')}`, {
    hint: 'Pass on the output "plan" of compute-tags as it is.'
  })
}
