import {messageOf} from '../../errors.js'
import {SIGHTINGS} from '../../oci/annotations.js'
import {type Digest, hexOf, isDigest} from '../../oci/digest.js'
import {type Manifest, manifestOf, readManifest} from '../../oci/manifest.js'
import {OCI_INDEX} from '../../oci/media-type.js'
import {type Tag, isTag, parseTag} from '../../oci/reference.js'
import type {Reporter} from '../../ports.js'
import type {RepositoryClient} from '../../registry/client/repository-client.js'
import type {CleanupPlan} from '../policy/cleanup-plan.js'
import {type StoredManifest, type Inventory, SEEN_TAG, ownTags, timeOf} from '../policy/inventory.js'
import type {RetentionPolicy} from '../policy/policy.js'
import type {ListedManifest} from '../repository-backend.js'

/** Since when something is known to be here. */
export interface Sighting {
  /** Milliseconds since the epoch, in whole seconds. */
  readonly since: number
  /** The tags that it had all that time. */
  readonly tags: readonly Tag[]
  /** Whether a release superseded it, and it was too young to go. */
  readonly isSuperseded: boolean
}

/** What earlier clean-ups found in a repository whose host tells no times. */
export interface Sightings {
  readonly entries: ReadonlyMap<Digest, Sighting>
  /** The manifest that says so; undefined where there is none. */
  readonly record: Digest | undefined
}

/** A repository that was looked through. */
export interface LookedThrough {
  readonly client: RepositoryClient
  readonly inventory: Inventory
  readonly plan: Pick<CleanupPlan, 'kept'>
  readonly policy: Pick<RetentionPolicy, 'superseded' | 'now' | 'grace'>
  readonly sightings: Sightings
}

/** A registry refuses manifests above 4 MiB. */
const MOST_BYTES = 3_500_000

/**
 * Reads what earlier clean-ups found here.
 * @throws RegistryError, ReleaseError where the registry fails
 */
export async function readSightings(
  client: RepositoryClient,
  listed: readonly ListedManifest[]
): Promise<Sightings> {
  const record = listed.find(({tags}) => tags.some(tag => tag === SEEN_TAG))?.digest
  const manifest = record && (await client.findManifest(record))
  return {record, entries: manifest === undefined ? new Map() : entriesIn(manifest)}
}

/** What a person put at that tag is no record, and says nothing. */
function entriesIn(manifest: Manifest): Map<Digest, Sighting> {
  try {
    const lines = (readManifest(manifest).annotations[SIGHTINGS] ?? '').split('\n')
    return new Map(lines.flatMap(entryIn))
  } catch {
    return new Map()
  }
}

function entryIn(line: string): [Digest, Sighting][] {
  const [hex = '', seconds = '', kind = '', ...tags] = line.split(' ')
  const digest = `sha256:${hex}`
  const since = Number(seconds) * 1000
  if (!isDigest(digest) || !Number.isSafeInteger(since)) return []
  return [[digest, {since, tags: tags.filter(isTag), isSuperseded: kind === 'superseded'}]]
}

/** What a release superseded in an earlier run, and was too young then. */
export function pendingIn({entries}: Sightings): Digest[] {
  return [...entries].flatMap(([digest, {isSuperseded}]) => (isSuperseded ? [digest] : []))
}

/** Whether ages decide something here, and the host does not tell all of them. */
export function needsSightings({inventory, policy}: LookedThrough): boolean {
  const isUndated = (digest: Digest): boolean => {
    const held = inventory.versions.get(digest)
    return held !== undefined && timeOf(held) === undefined
  }
  return policy.grace > 0 || [...inventory.aged].some(isUndated)
}

/**
 * Writes down what is here now, so that a later run knows how long it has been. Without it nobody could tell: registries
 * name no time of a push, and the date in an image is not that. What it replaces is deleted.
 */
export async function writeSightings(
  {client, inventory, plan, policy, sightings}: LookedThrough,
  deleted: readonly Digest[],
  reporter: Reporter
): Promise<void> {
  const gone = new Set(deleted)
  const here = [...inventory.versions.values()].filter(({digest}) => !gone.has(digest))
  const kept = new Set(plan.kept.map(({digest}) => digest))
  const superseded = new Set(policy.superseded.filter(digest => kept.has(digest)))
  const lines = here.flatMap(held => lineOf(held, {now: policy.now, superseded, sightings}))
  const fitting = asManyAsFit(lines)
  if (fitting.length < lines.length)
    reporter.warning(
      `${client.name}: since when ${lines.length - fitting.length} of ${lines.length} images are here is not written down, because the record is full: they count as new until others are gone. Delete by tag or number, or with min-age 0.`
    )
  if (fitting.length === sightings.entries.size && fitting.every(line => isIn(line, sightings))) return
  try {
    const record = recordOf(fitting.toSorted().join('\n'))
    await client.putManifest(record, parseTag(SEEN_TAG))
    const undated = plan.kept.filter(({time}) => time === undefined).length
    if (undated > 0)
      reporter.notice(
        `${client.name}: nobody can tell when ${undated} of what stays came here. That it is here now is written down at ${SEEN_TAG}, so that a run after min-age can tell; with min-age 0 nothing waits.`
      )
    if (sightings.record !== undefined && sightings.record !== record.digest)
      await client.deleteManifest(sightings.record)
  } catch (error) {
    reporter.debug(`${client.name}: what is here is not written down: ${messageOf(error)}`)
  }
}

/** What came last is left out: it loses the least, and finds room when older ones are gone. */
function asManyAsFit(lines: readonly string[]): string[] {
  const sinceOf = (line: string): number => Number(line.split(' ')[1])
  let length = 0
  return [...lines]
    .sort((one, other) => sinceOf(one) - sinceOf(other) || (one < other ? -1 : 1))
    .filter(line => (length += line.length + 1) <= MOST_BYTES)
}

interface Now {
  readonly now: number
  readonly superseded: ReadonlySet<Digest>
  readonly sightings: Sightings
}

/** Nothing for what the host tells a time of, and for what only belongs to something else. */
function lineOf(held: StoredManifest, {now, superseded, sightings}: Now): string[] {
  const {digest} = held
  const tags = ownTags(held)
  const isSuperseded = superseded.has(digest)
  if (held.pushed !== undefined || held.modified !== undefined || (tags.length === 0 && !isSuperseded))
    return []
  const since = held.seen ?? (tags.length === 0 ? sightings.entries.get(digest)?.since : undefined) ?? now
  return [lineFor(digest, {since, tags, isSuperseded})]
}

function lineFor(digest: Digest, {since, tags, isSuperseded}: Sighting): string {
  const kind = isSuperseded ? 'superseded' : 'here'
  return [hexOf(digest), Math.trunc(since / 1000), kind, ...[...tags].sort()].join(' ')
}

function isIn(line: string, {entries}: Sightings): boolean {
  const [entry] = entryIn(line)
  const known = entry && entries.get(entry[0])
  return entry !== undefined && known !== undefined && lineFor(entry[0], known) === line
}

function recordOf(text: string): Manifest {
  const document = {schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], annotations: {[SIGHTINGS]: text}}
  return manifestOf(new TextEncoder().encode(JSON.stringify(document)), OCI_INDEX)
}
