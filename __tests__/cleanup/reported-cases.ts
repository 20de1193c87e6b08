import {expect} from '@jest/globals'
import {REMAINDER} from '../../src/oci/annotations.js'
import type {Digest} from '../../src/oci/digest.js'
import {type Manifest, descriptorOf, manifestOf} from '../../src/oci/manifest.js'
import {OCI_INDEX} from '../../src/oci/media-type.js'
import {parseTag} from '../../src/oci/reference.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {indexOf, newManifest} from '../support/registry-client.js'
import {clientOf} from '../support/releases.js'
import {ACCEPT, APART, readWholeTags} from '../support/whole-tags.js'
import {STRIDE} from '../faults/fault-bench.js'
import type {Network, Place} from './places.js'

/** One case of the reports on one place; in the end every tag that is left is read whole. */
export interface ReportedCase {
  readonly title: string
  readonly run: (context: CaseContext) => Promise<void>
}

/** A repository of its own on a place. */
export interface CaseContext {
  readonly place: Place
  /** The name of the repository. */
  readonly name: string
  readonly push: Push
  /** Which of these are there. */
  readonly areThere: (...manifests: readonly Manifest[]) => Promise<boolean[]>
  /** All tags, but those that the clean-up itself keeps. */
  readonly tags: () => Promise<string[]>
}

interface Push {
  image(tags?: readonly string[], parts?: {readonly subject?: Manifest}): Promise<Manifest>
  index(children: readonly Manifest[], tags?: readonly string[], subject?: Manifest): Promise<Manifest>
  tag(manifest: Manifest, tag: string): Promise<void>
  /** What a clean-up that was stopped leaves: that these were still to go. */
  note(tag: string, left: readonly Manifest[]): Promise<Manifest>
}

/** Opens a repository of a place. */
export function contextOf(place: Place, name: string): CaseContext {
  const client = clientOf(place.ports, place.imageOf(name))
  return {
    place,
    name,
    push: pushTo(client),
    areThere: async (...manifests) =>
      await Promise.all(manifests.map(async ({digest}) => await isThere(place.baseOf(name), digest))),
    tags: async () =>
      [...(await readWholeTags(place.baseOf(name))).tags.keys()].filter(tag => tag !== 'image-release-seen')
  }
}

async function isThere(base: string, digest: Digest): Promise<boolean> {
  const {status} = await fetch(`${base}/manifests/${digest}`, {headers: {...APART, accept: ACCEPT}})
  return status === 200
}

function pushTo(client: RepositoryClient): Push {
  const put = async (manifest: Manifest, tags: readonly string[]): Promise<Manifest> => {
    await client.putManifest(manifest)
    for (const tag of tags) await client.putManifest(manifest, parseTag(tag))
    return manifest
  }
  return {
    image: async (tags = [], parts = {}) => await put(await newManifest(client, parts), tags),
    index: async (children, tags = [], subject?) =>
      await put(subject === undefined ? indexOf(...children) : referringIndex(children, subject), tags),
    tag: async (manifest, tag) => await client.putManifest(manifest, parseTag(tag)),
    note: async (tag, left) => {
      const annotations = {[REMAINDER]: left.map(({digest}) => digest).join(' ')}
      const document = {schemaVersion: 2, mediaType: OCI_INDEX, manifests: [], annotations}
      return await put(manifestOf(Buffer.from(JSON.stringify(document)), OCI_INDEX), [tag])
    }
  }
}

function referringIndex(children: readonly Manifest[], subject: Manifest): Manifest {
  const [manifests, referred] = [children.map(descriptorOf), descriptorOf(subject)]
  const document = {schemaVersion: 2, mediaType: OCI_INDEX, manifests, subject: referred}
  return manifestOf(Buffer.from(JSON.stringify(document)), OCI_INDEX)
}

/** An old version, an index within an index, and a newest one. */
async function twoVersions({push}: CaseContext) {
  const [amd, arm, riscv] = [await push.image(), await push.image(), await push.image()]
  const inner = await push.index([amd, arm])
  const old = await push.index([inner, riscv], ['1.0.0'])
  const signature = await push.image([`sha256-${amd.digest.slice(7)}.sig`])
  const newest = await push.index([await push.image()], ['2.0.0', 'latest'])
  return {amd, arm, riscv, inner, old, signature, newest}
}

/** Calls something once, with the answer to the first deletion that was done. */
function onceAfterDeletion(work: () => Promise<unknown>): Network {
  let isDone = false
  return {
    after: async ({method}, status) => {
      if (isDone || method !== 'DELETE' || status >= 400) return
      isDone = true
      await work()
    }
  }
}

const KEEP_ONE = {'keep-versions': '1'}

/** Ends all that a run sends: before its n-th request is sent, or once that was answered; 0 ends nothing. Nothing is put back after it. */
function cutOff(nth: number, when: 'before' | 'after'): Network {
  let count = 0
  let isOver = false
  const end = (): never => {
    isOver = true
    throw new Error('the run is over')
  }
  return {
    instead: () => {
      count += 1
      return isOver || (when === 'before' && count === nth) ? end() : undefined
    },
    after: () => (isOver || (nth > 0 && count >= nth) ? end() : Promise.resolve())
  }
}

/** Some of the moments at which a run of so many requests can end; all of them with FAULTS=all. */
function endsOf(total: number): {readonly nth: number; readonly when: 'before' | 'after'}[] {
  const all = Array.from({length: total}, (_, at) => at + 1).flatMap(nth =>
    (['before', 'after'] as const).map(when => ({nth, when}))
  )
  return STRIDE === 1 ? all : all.filter((_, at) => at % Math.ceil(all.length / SOME) === SOME)
}

/** How many ends of a run are tried. */
const SOME = 6

/** The table «Clean-up» of the public reports, as far as it is about what a registry answers. */
export const REPORTED_CASES: readonly ReportedCase[] = [
  {
    title: 'C1: an index that the host does not delete keeps its platforms, and the run says so',
    async run(context) {
      const {place, name, areThere, tags} = context
      const {old, inner, amd, arm, riscv, signature} = await twoVersions(context)
      const refusing = place.refusing(name, old.digest)
      for (let run = 1; run <= 2; run++) {
        const {error} = await place.clean(name, KEEP_ONE, refusing)
        expect(error?.code).toBe('CLEANUP_INCOMPLETE')
        expect(error?.message).toContain(old.digest)
        expect(await areThere(old, inner, amd, arm, riscv, signature)).not.toContain(false)
        expect(await tags()).toContain('1.0.0')
      }
    }
  },
  {
    title: 'C2: a list by commas and a digest protect what they name',
    async run({place, name, push, areThere, tags}) {
      const images = [await push.image(['dev']), await push.image(['stable']), await push.image(['pinned'])]
      const gone = await push.image(['other'])
      const keep = `dev,stable,${images[2]!.digest}`
      const {error} = await place.clean(name, {'keep-tags': keep, 'delete-tags': 'glob:*'})
      expect(error).toBeUndefined()
      expect(await areThere(...images, gone)).toEqual([true, true, true, false])
      expect(await tags()).toEqual(['dev', 'pinned', 'stable'])
    }
  },
  {
    title: 'C3: what refers by its subject alone to what stays, stays',
    async run({place, name, push, areThere}) {
      const shared = await push.image()
      const attestation = await push.image([], {subject: shared})
      const old = await push.index([shared, attestation], ['1.0.0'])
      const newest = await push.index([shared], ['2.0.0'])
      const bill = await push.image([], {subject: newest})
      const list = await push.index([], [], newest)
      const untagged = place.listsUntagged ? {untagged: 'true'} : {}
      const {error} = await place.clean(name, {...KEEP_ONE, ...untagged})
      expect(error).toBeUndefined()
      expect(await areThere(old, shared, attestation, bill, list)).toEqual([false, true, true, true, true])
    }
  },
  {
    title: 'C4: a part that is tagged meanwhile stays with all it leads to',
    async run(context) {
      const {place, name, push, areThere, tags} = context
      const {inner, amd, arm, signature} = await twoVersions(context)
      const {outputs, error} = await place.clean(
        name,
        KEEP_ONE,
        onceAfterDeletion(async () => await push.tag(inner, 'rescued'))
      )
      expect(error).toBeUndefined()
      expect(await areThere(inner, amd, arm, signature)).not.toContain(false)
      expect(await tags()).toContain('rescued')
      expect(outputs['kept']).toContain(inner.digest)
    }
  },
  {
    title: 'C4: a part that a new index names meanwhile stays',
    async run(context) {
      const {place, name, push, areThere} = context
      const {old, amd} = await twoVersions(context)
      const {error} = await place.clean(
        name,
        KEEP_ONE,
        onceAfterDeletion(async () => await push.index([amd], ['2.1.0']))
      )
      expect(error).toBeUndefined()
      expect(await areThere(old, amd)).toEqual([false, true])
    }
  },
  {
    title: 'C5: nothing is read twice, and referrers are asked for only where that decides something',
    async run(context) {
      const {place, name, push} = context
      const {old} = await twoVersions(context)
      for (let at = 0; at < 12; at++) await push.index([await push.image()], [`build-${at}`])
      const {requests} = await place.clean(name, {...KEEP_ONE, 'dry-run': 'true'})
      const reads = requests.filter(one => /^GET .*\/manifests\/sha256:/.test(one))
      expect(reads).toHaveLength(new Set(reads).size)
      const asked = requests.filter(one => one.includes('/referrers/'))
      // The old version and its parts, and two to know whether there is such an API.
      expect(asked.length).toBeLessThanOrEqual(place.listsUntagged ? 0 : 8)
      expect(reads.some(one => one.endsWith(old.digest))).toBe(true)
    }
  },
  {
    title: 'C8: a login that may push but not delete is found before a tag is touched',
    async run({place, name, push}) {
      for (let at = 0; at < 12; at++) await push.image([`1.${at}.0`, `sha-${at}`])
      const before = await readWholeTags(place.baseOf(name))
      const {error} = await place.clean(
        name,
        {'delete-tags': 'glob:sha-*'},
        {
          instead: ({method}) =>
            method === 'DELETE'
              ? {
                  status: 403,
                  body: {message: 'denied', errors: [{code: 'DENIED', message: 'requested access is denied'}]}
                }
              : undefined
        }
      )
      expect(error?.code).toBe('RIGHT_MISSING')
      expect(error?.hint).toBeTruthy()
      expect(await readWholeTags(place.baseOf(name))).toEqual(before)
    }
  },
  {
    title: 'C9: what a failure left is found and done by the next run',
    async run(context) {
      const {place, name, areThere, tags} = context
      const {old, inner, amd, arm, riscv, signature} = await twoVersions(context)
      let isFailing = true
      const {error} = await place.clean(name, KEEP_ONE, {
        instead: ({method}) =>
          method === 'DELETE' && !isFailing ? {status: 500, body: {message: 'internal'}} : undefined,
        after: ({method, url}, status) => {
          if (method === 'DELETE' && status < 400 && !url.pathname.includes('/tags/')) isFailing = false
          return Promise.resolve()
        }
      })
      expect(error).toBeDefined()
      expect(await areThere(old)).toEqual([false])
      expect(await areThere(inner, amd, arm, riscv)).toContain(true)
      const rest = place.listsUntagged ? {untagged: 'true'} : {}
      expect((await place.clean(name, {...KEEP_ONE, ...rest})).error).toBeUndefined()
      expect(await areThere(old, inner, amd, arm, riscv, signature)).not.toContain(true)
      expect(await tags()).toEqual(['2.0.0', 'latest'])
    }
  },
  {
    title:
      'C9: what a run left that was cut off at a request breaks no tag that stays, and the next run finishes it',
    async run({place, name}) {
      const rules = {...KEEP_ONE, 'delete-tags': 'glob:pr-*'}
      const rest = place.listsUntagged ? {untagged: 'true', orphans: 'true'} : {}
      const cleaned = async (nth: number, when: 'before' | 'after'): Promise<number> => {
        const context = contextOf(place, `${name}-${nth}-${when}`)
        const {old, inner, amd, arm, riscv, signature, newest} = await twoVersions(context)
        await context.push.tag(newest, 'pr-1')
        const run = await place.clean(context.name, rules, cutOff(nth, when)).catch(() => undefined)
        const {faults} = await readWholeTags(place.baseOf(context.name))
        // Where a tag goes by way of an empty index, that may are there.
        expect({nth, when, faults: faults.filter(fault => fault !== 'pr-1: an empty index')}).toEqual({
          nth,
          when,
          faults: []
        })
        const {error} = await place.clean(context.name, {...rules, ...rest})
        const left = await context.areThere(old, inner, amd, arm, riscv, signature)
        expect({nth, when, error, tags: await context.tags(), left}).toEqual({
          nth,
          when,
          error: undefined,
          tags: ['2.0.0', 'latest'],
          left: Array.from({length: 6}, () => false)
        })
        return run?.requests.length ?? 0
      }
      const total = await cleaned(0, 'before')
      expect(total).toBeGreaterThan(20)
      for (const {nth, when} of endsOf(total)) await cleaned(nth, when)
    }
  },
  {
    title:
      'C9: a variant of the newest version goes where it is named, with whatever lies at tags of its digest',
    async run({place, name, push, tags}) {
      const variant = await push.image(['2.0.0-alpine'])
      const newest = await push.image(['2.0.0'])
      for (const {digest} of [variant, newest]) await push.image([`sha256-${digest.slice(7)}.vex-1`])
      expect((await place.clean(name, {'delete-tags': '2.0.0-alpine'})).error).toBeUndefined()
      expect(await tags()).toEqual(['2.0.0', `sha256-${newest.digest.slice(7)}.vex-1`])
    }
  }
]
