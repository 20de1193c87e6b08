import {describe, expect, it} from '@jest/globals'
import type {ScriptedAnswer} from '../support/scripted-send.js'
import {SimulatedHost, type Stored, toldBy} from './simulated-host.js'

/** How hosts refuse one deletion, whichever way they go. */
const REFUSALS: Readonly<Record<string, {kind: 'ghcr' | 'registry'; answer: ScriptedAnswer}>> = {
  '5,000 downloads': {
    kind: 'ghcr',
    answer: {
      status: 400,
      body: {message: 'Publicly visible package versions with more than 5000 downloads cannot be deleted.'}
    }
  },
  'the last tagged version': {
    kind: 'ghcr',
    answer: {status: 400, body: {message: 'You cannot delete the last tagged version of a package.'}}
  },
  'the last version': {
    kind: 'ghcr',
    answer: {
      status: 400,
      body: {message: 'You cannot delete the last version of a package. You must delete the package instead.'}
    }
  },
  'a reason that nobody knows': {kind: 'ghcr', answer: {status: 409, body: {message: 'Conflict'}}},
  'an immutable tag': {kind: 'registry', answer: said(409, 'TAG_IMMUTABLE', 'tag 1.0.0 is immutable')},
  'a quota or rule': {kind: 'registry', answer: said(412, 'PRECONDITION', 'retention rule matched')},
  'another that names it': {
    kind: 'registry',
    answer: said(412, 'PRECONDITION', 'the artifact is referenced by others')
  },
  'what the registry does not do': {kind: 'registry', answer: said(405, 'UNSUPPORTED', 'unsupported')},
  'a registry that fails for good': {kind: 'registry', answer: said(500, 'UNKNOWN', 'internal')}
}

function said(status: number, code: string, message: string): ScriptedAnswer {
  return {status, body: {errors: [{code, message}]}}
}

const isDeletionOf = (request: string, one: Stored): boolean =>
  request.startsWith('DELETE') && (request.endsWith(`/${one.id}`) || request.endsWith(one.digest))

describe.each(Object.entries(REFUSALS))('what a host does not delete: %s', (_, {kind, answer}) => {
  it('keeps its platforms and all that they lead to, and the run says so', async () => {
    const host = new SimulatedHost({kind})
    const [amd, arm] = [host.put(), host.put()]
    const inner = host.put({children: [arm]})
    const old = host.put({children: [amd, inner], tags: ['1.0.0']})
    const signature = host.put({tags: [`sha256-${arm.digest.slice(7)}.sig`]})
    const other = host.put({tags: ['1.1.0']})
    host.put({tags: ['2.0.0', 'latest']})
    host.hook = request => (isDeletionOf(request, old) ? answer : undefined)
    const run = await host.clean({'keep-versions': '1'})
    expect(await host.broken()).toEqual([])
    for (const one of [old, amd, inner, arm, signature]) expect(host.has(one)).toBe(true)
    if (run.error?.code !== 'REGISTRY_FAILED') expect(host.has(other)).toBe(false)
    expect(run.error).toBeDefined()
    expect(toldBy(run)).toContain(kind === 'ghcr' ? '1.0.0' : old.digest)
    const again = await host.clean({'keep-versions': '1'})
    expect(again.error).toBeDefined()
    expect(await host.broken()).toEqual([])
  })
})

it('a superseded image that GitHub deletes for nobody stays whole, and the release does not fail by it', async () => {
  const host = new SimulatedHost({kind: 'ghcr'})
  const amd = host.put()
  const old = host.put({children: [amd]})
  host.put({tags: ['latest']})
  host.hook = request => (isDeletionOf(request, old) ? REFUSALS['5,000 downloads']!.answer : undefined)
  const run = await host.clean({superseded: `registry.example/org/app@${old.digest}`})
  expect([host.has(old), host.has(amd)]).toEqual([true, true])
  expect(run.error).toBeUndefined()
  expect(run.ports.reporter.warnings.join()).toContain('more than 5,000 downloads')
})

describe('a token that may not delete', () => {
  it.each([403, 404])('is found before any tag is touched, refused with %i', async status => {
    const host = new SimulatedHost({kind: 'ghcr'})
    const images = Array.from({length: 30}, (_, at) => host.put({tags: [`1.${at}.0`, `sha-${at}`]}))
    host.hook = request =>
      request.startsWith('DELETE') ? {status, body: {message: 'Resource not accessible'}} : undefined
    const run = await host.clean({'delete-tags': 'glob:sha-*'})
    expect(run.error?.code).toBe('RIGHT_MISSING')
    expect(run.error?.hint).toMatch(/role Admin|packages: write/)
    expect(images.every(({tags}) => tags.size === 2)).toBe(true)
    expect(await host.broken()).toEqual([])
    expect(host.requests.filter(one => /^PUT .*\/manifests\/(?!sha256:)/.test(one))).toEqual([])
  })

  it('has what was touched put back, where it is refused in the middle', async () => {
    const host = new SimulatedHost({kind: 'ghcr'})
    for (let at = 0; at < 30; at++) host.put({tags: [`1.${at}.0`, `sha-${at}`]})
    let deletions = 0
    host.hook = request =>
      request.startsWith('DELETE') && ++deletions > 3
        ? {status: 403, body: {message: 'Resource not accessible by integration'}}
        : undefined
    const run = await host.clean({'delete-tags': 'glob:sha-*'})
    expect(run.error?.code).toBe('RIGHT_MISSING')
    expect(await host.broken()).toEqual([])
    expect(host.tags.filter(tag => tag.startsWith('sha-'))).toHaveLength(28)
  })

  it('has a tag put back whose empty index the host keeps', async () => {
    const host = new SimulatedHost({kind: 'ghcr'})
    const image = host.put({tags: ['1.0.0', 'old']})
    host.hook = request => {
      const placeholder = host.at('old')
      const isIt = placeholder !== image && placeholder !== undefined && isDeletionOf(request, placeholder)
      return isIt ? REFUSALS['the last tagged version']!.answer : undefined
    }
    const run = await host.clean({'delete-tags': 'old'})
    expect(host.at('old')).toBe(image)
    expect(run.error?.code).toBe('CLEANUP_INCOMPLETE')
    expect(toldBy(run)).toContain('old')
  })

  it('is found in a dry run, where its scopes tell', async () => {
    const host = new SimulatedHost({kind: 'ghcr'})
    host.put({tags: ['1.0.0']})
    host.put()
    host.hook = request =>
      request === 'GET /users/org'
        ? {headers: {'x-oauth-scopes': 'read:packages'}, body: {login: 'org', type: 'Organization'}}
        : undefined
    const run = await host.clean({untagged: 'true', 'dry-run': 'true'})
    expect(run.ports.reporter.warnings.join()).toMatch(/delete:packages/)
    expect(toldBy(run)).toContain('would go')
  })
})

it('the note of what is left stays until all of it is gone', async () => {
  const host = new SimulatedHost({kind: 'registry'})
  const amd = host.put()
  const old = host.put({children: [amd], tags: ['1.0.0']})
  host.put({tags: ['2.0.0']})
  let isRefusing = true
  host.hook = request =>
    isRefusing && isDeletionOf(request, old) ? said(409, 'CONFLICT', 'locked by a job') : undefined
  await host.clean({'keep-versions': '1'})
  expect(host.tags).toContainEqual(expect.stringMatching(/^image-release-cleanup-/))
  old.tags.delete('1.0.0')
  isRefusing = false
  await host.clean({'keep-versions': '1'})
  expect([host.has(old), host.has(amd), host.tags]).toEqual([false, false, ['2.0.0']])
})

describe.each([
  ['ghcr', {status: 422, body: {message: 'This version cannot be deleted.'}}],
  ['registry', said(409, 'CONFLICT', 'it is locked')]
] as const)('each single deletion of a world of sixty, refused, on a host of the kind %s', (kind, answer) => {
  it('no tag is broken, and the run fails', async () => {
    const deletionsOf = async (refused: number) => {
      const host = new SimulatedHost({kind})
      fillWithSixty(host)
      const size = host.stored.size
      let nth = 0
      let isOwn = false
      host.hook = request => {
        if (!request.startsWith('DELETE') || ++nth !== refused) return undefined
        isOwn = isOfTheRun(request, host)
        return answer
      }
      return {run: await host.clean({'keep-versions': '2', untagged: 'true'}), host, nth, size, isOwn}
    }
    const {nth: total, run, size, host: whole} = await deletionsOf(0)
    expect(run.error).toBeUndefined()
    expect(size).toBeGreaterThan(50)
    expect(total).toBeGreaterThan(35)
    for (let refused = 1; refused <= total; refused++) {
      const {run: failed, host, isOwn} = await deletionsOf(refused)
      expect({refused, broken: await host.broken()}).toEqual({refused, broken: []})
      expect({refused, code: failed.error?.code}).toEqual({
        refused,
        code: isOwn ? undefined : 'CLEANUP_INCOMPLETE'
      })
      host.hook = () => undefined
      // An attestation that stayed alone has lost what it refers to.
      const again = {'keep-versions': '2', untagged: 'true', orphans: 'true'}
      expect((await host.clean(again)).error).toBeUndefined()
      expect(host.tags).toEqual(whole.tags)
    }
  })
})

/** Ten versions with attestations, signatures, a shared platform, and indexes of indexes. */
function fillWithSixty(host: SimulatedHost): void {
  const shared = host.put()
  for (let at = 0; at < 10; at++) {
    const parts = [host.put(), host.put(), ...(at % 3 === 0 ? [shared] : [])]
    const inner = host.put({children: parts})
    const root = at % 4 === 0 ? host.put({children: [inner, parts[0]!]}) : inner
    host.tag(`1.${at}.0`, root)
    host.put({subject: root})
    host.put({tags: [`sha256-${parts[0]!.digest.slice(7)}.att`]})
  }
}

/** What a clean-up asks about, or notes for the next one: not what was to go. */
function isOfTheRun(request: string, host: SimulatedHost): boolean {
  const found = host.at(request.slice(request.lastIndexOf('/') + 1))
  const isNote = found !== undefined && [...found.tags].some(tag => tag.startsWith('image-release-cleanup-'))
  return isNote || (host.options.kind === 'registry' && found === undefined)
}

describe('the empty index that is tried before any tag is touched', () => {
  const triedOn = async (change: (host: SimulatedHost, trial: Stored) => ScriptedAnswer | undefined) => {
    const host = new SimulatedHost({kind: 'ghcr'})
    const image = host.put({tags: ['1.0.0', 'old']})
    host.hook = () => {
      const trial = [...host.stored.values()].find(
        one => one.tags.size === 0 && Buffer.from(one.bytes).includes('image-release.placeholder')
      )
      return trial && change(host, trial)
    }
    return {run: await host.clean({'delete-tags': 'old'}), host, image}
  }

  it('and is not shown to this login says that it may not list', async () => {
    const {run, image} = await triedOn((host, trial) => {
      host.remove(trial)
      return undefined
    })
    expect(run.error?.code).toBe('RIGHT_MISSING')
    expect(run.error?.message).toContain('does not show this login what was just pushed there')
    expect(run.error?.hint).toContain('No tag was touched')
    expect([...image.tags]).toEqual(['1.0.0', 'old'])
  })

  it('and is kept by a rule of the host is no matter of rights', async () => {
    const {run, image} = await triedOn((host, trial) =>
      host.requests.at(-1)?.startsWith('DELETE') === true && host.requests.at(-1)?.endsWith(`/${trial.id}`)
        ? {status: 422, body: {message: 'This version cannot be deleted.'}}
        : undefined
    )
    expect(run.error?.code).toBe('CLEANUP_REFUSED')
    expect([...image.tags]).toEqual(['1.0.0', 'old'])
  })
})

it.each([
  [10, 'r09 '],
  [11, 'r09 and 1 more ']
])('of %i tags that a rule for caches would choose, ten are named', async (count, end) => {
  const host = new SimulatedHost({kind: 'ghcr'})
  const tags = Array.from({length: count}, (_, at) => `r${String(at).padStart(2, '0')}`)
  host.put({tags: [...tags, '1.0.0']})
  const {error} = await host.clean({'cache-tags': 'glob:r*'})
  expect(error?.code).toBe('CLEANUP_REFUSED')
  expect(`${error?.message ?? ''} `).toContain(end)
  expect(`${error?.message ?? ''} `).not.toContain('and 0 more')
})
