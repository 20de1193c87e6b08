import {describe, expect, it} from '@jest/globals'
import {InputError} from '../../src/errors.js'
import {digest} from './worlds.js'
import type {TestPorts} from '../support/ports.js'
import {ALL_CACHES, CACHES, HOST, SimulatedHost, threeCaches} from './simulated-host.js'

const DAY = 24 * 3_600_000

describe('a cache of Actions', () => {
  const host = (status: number) => {
    const made = new SimulatedHost({kind: 'ghcr'})
    made.put({tags: ['1.0.0']})
    made.hook = threeCaches({status, body: {message: 'Not Found'}})
    return made
  }
  const deleted = ({requests}: SimulatedHost): string[] =>
    requests.filter(one => one.startsWith('DELETE')).map(one => one.replace(`DELETE ${CACHES}/`, ''))

  it('that is gone meanwhile is no failure, and the next ones go', async () => {
    const made = host(404)
    const run = await made.clean(ALL_CACHES)
    expect(run.error).toBeUndefined()
    expect(deleted(made)).toEqual(['1', '2', '3'])
  })

  it.each([
    [403, 'RIGHT_MISSING', 'actions: write'],
    [500, 'REGISTRY_FAILED', 'Run this again']
  ])('that is refused with %i ends the run, and the message says what to do', async (status, code, hint) => {
    const made = host(status)
    const run = await made.clean(ALL_CACHES)
    expect(run.error?.code).toBe(code)
    expect(run.error?.hint).toContain(hint)
    expect(deleted(made)).toEqual(['1', '2'])
  })
})

describe('a registry that lists tags only', () => {
  it('has each subject of what goes looked for: one that is there keeps what refers to it, one that is not does not', async () => {
    const host = new SimulatedHost({kind: 'registry'})
    const stays = host.put()
    host.put({children: [stays], tags: ['2.0.0']})
    const [kept, lost] = [host.put({subject: stays}), host.put({subject: {digest: digest('gone')}})]
    host.put({children: [kept, lost, host.put()], tags: ['1.0.0']})
    await host.clean({'keep-versions': '1'})
    expect([host.has(kept), host.has(lost)]).toEqual([true, false])
    expect(await host.broken()).toEqual([])
  })

  it('has a child looked for that an index names: of an image without any, none is asked to be deleted', async () => {
    const host = new SimulatedHost({kind: 'registry'})
    const [there, gone] = [host.put(), host.put()]
    const partial = host.put({children: [there, gone], tags: ['1.0.0']})
    const ghost = host.put({children: [gone], tags: ['1.1.0']})
    host.put({tags: ['2.0.0']})
    host.remove(gone)
    const run = await host.clean({'ghost-images': 'true', 'delete-tags': '1.1.0'})
    expect(run.error?.code).toBe('VERIFY_FAILED')
    expect([partial, there, ghost].map(one => host.has(one))).toEqual([true, true, false])
    expect(host.tags).toContain('1.0.0')
  })
})

describe('a registry that fails for one manifest', () => {
  it('about an age keeps that image with its parts, and all else goes', async () => {
    const host = new SimulatedHost({kind: 'registry'})
    const [amd, arm] = [host.put(), host.put()]
    const index = host.put({children: [amd, arm], tags: ['pr-1']})
    const other = host.put({children: [host.put()], tags: ['pr-2']})
    host.put({tags: ['1.0.0']})
    host.hook = request => {
      const of = host.at(request.replace('HEAD /v2/org/app/manifests/sha256:', 'sha256:'))
      if (of === index) return {status: 500}
      const headers = of && {
        'content-type': of.mediaType,
        'docker-content-digest': of.digest,
        'last-modified': new Date(host.now - 5 * DAY).toUTCString()
      }
      return headers && {headers}
    }
    const run = await host.clean({'delete-tags': 'glob:pr-*', 'older-than': '2d'})
    expect([index, amd, arm].map(one => host.has(one))).toEqual([true, true, true])
    expect(host.has(other)).toBe(false)
    expect(run.ports.reporter.warnings.join()).toMatch(/its age cannot be read: .*500/)
  })

  it('is not asked for ever whether a child is there', async () => {
    const host = new SimulatedHost({kind: 'registry'})
    const [there, silent] = [host.put(), host.put()]
    host.put({children: [there, silent], tags: ['1.0.0']})
    host.hook = request =>
      request === `HEAD /v2/org/app/manifests/${silent.digest}` ? {status: 500} : undefined
    const asked = (): number => host.requests.filter(one => one.endsWith(silent.digest)).length
    await host.clean({'partial-images': 'true', 'dry-run': 'true'})
    expect(host.tags).toContain('1.0.0')
    expect(asked()).toBeLessThan(20)
  })
})

describe('a registry that shows a tag late and deletes none', () => {
  it('has the tag taken away by what the plan knows of it', async () => {
    const host = new SimulatedHost({kind: 'registry'})
    const image = host.put({tags: ['1.0.0', 'old']})
    let late = 0
    host.hook = request => {
      if (!request.endsWith('/manifests/old')) return undefined
      if (request.startsWith('DELETE')) late = 2
      return request.startsWith('DELETE') ? {status: 400} : late-- > 0 ? {status: 404} : undefined
    }
    const run = await host.clean({'delete-tags': 'old'})
    expect([run.error, host.tags, host.has(image)]).toEqual([undefined, ['1.0.0'], true])
  })
})

describe('what the listing says to be an image', () => {
  it.each(['ghcr', 'registry'] as const)(
    'is read before it goes, on a host of the kind %s: it may refer to what stays',
    async kind => {
      const host = new SimulatedHost({kind})
      const stays = host.put()
      host.put({children: [stays], tags: ['2.0.0']})
      const attestation = host.put({subject: stays})
      host.put({children: [stays, attestation], tags: ['1.0.0']})
      await host.clean({'keep-versions': '1'})
      expect(host.requests).toContain(`GET /v2/org/app/manifests/${attestation.digest}`)
      expect(host.has(attestation)).toBe(true)
    }
  )
})

describe('expected-plan', () => {
  const aged = () => {
    const host = new SimulatedHost({kind: 'ghcr'})
    for (const [at, age] of [200, 100, 30, 20].entries()) host.put({tags: [`pr-${at}`], age})
    host.put({tags: ['1.0.0']})
    return host
  }
  const rules = {'delete-tags': 'glob:pr-*', 'min-age': '48h'}

  it('is met where something merely crossed an age since, which stays until the next plan', async () => {
    const host = aged()
    const dry = await host.clean({...rules, 'dry-run': 'true'})
    host.now += DAY
    const run = await host.clean({...rules, 'expected-plan': dry.outputs['plan-hash']!})
    expect(run.error).toBeUndefined()
    expect(host.tags).toEqual(['1.0.0', 'pr-2', 'pr-3'])
    await host.clean(rules)
    expect(host.tags).toEqual(['1.0.0', 'pr-3'])
  })

  it('is not met where something else goes, and nothing is deleted', async () => {
    const host = aged()
    const dry = await host.clean({...rules, 'dry-run': 'true'})
    host.put({tags: ['pr-9'], age: 300})
    const run = await host.clean({...rules, 'expected-plan': dry.outputs['plan-hash']!})
    expect(run.error?.code).toBe('INVENTORY_CHANGED')
    expect(host.tags).toHaveLength(6)
  })

  it('is not met where what goes has another tag since', async () => {
    const host = aged()
    const dry = await host.clean({...rules, 'dry-run': 'true'})
    host.tag('pr-77', host.at('pr-0')!)
    const run = await host.clean({...rules, 'expected-plan': dry.outputs['plan-hash']!})
    expect(run.error?.code).toBe('INVENTORY_CHANGED')
    expect(host.tags).toHaveLength(6)
  })
})

describe('a name in capitals', () => {
  it('is that of the same repository, and so is a digest of it', async () => {
    const host = new SimulatedHost({kind: 'ghcr'})
    const [old, garbage] = [host.put(), host.put()]
    host.put({tags: ['1.0.0']})
    const first = await host.clean({images: `${HOST}/Org/App`, untagged: 'true', 'keep-tags': old.digest})
    expect(first.error).toBeUndefined()
    expect([host.has(old), host.has(garbage)]).toEqual([true, false])
    const second = await host.clean({superseded: `${HOST}/ORG/app@${old.digest}`})
    expect(second.error).toBeUndefined()
    expect(host.has(old)).toBe(false)
  })
})

describe('the repository on GitHub that pull requests are asked for in', () => {
  const cleaned = async (more: Partial<TestPorts>) => {
    const host = new SimulatedHost({kind: 'ghcr'})
    host.put({tags: ['pr-1']})
    host.put({tags: ['1.0.0']})
    host.hook = request =>
      /^GET \/repos\/.*\/pulls\/1$/.test(request) ? {body: {state: 'closed'}} : undefined
    const run = await host.clean({'pull-request-tags': 'pr-{number}'}, {...host.ports(), ...more})
    return {host, run}
  }
  const nowhere = () => Promise.reject(new InputError([{input: 'sha', message: 'no commit'}]))

  it('is that of the environment, where no commit is checked out', async () => {
    const {host} = await cleaned({
      workflowRun: nowhere,
      environment: name => (name === 'GITHUB_REPOSITORY' ? 'acme/app' : undefined)
    })
    expect(host.requests).toContain('GET /repos/acme/app/pulls/1')
    expect(host.tags).toEqual(['1.0.0'])
  })

  it('is asked for by its own name, where nothing tells it', async () => {
    const {run} = await cleaned({workflowRun: nowhere})
    expect(run.error?.message).toMatch(/^github-repository: is missing/)
  })
})

describe('a tag that is listed with nothing at it', () => {
  /** Lists one more tag than there are, until the hook is taken away. */
  const listing = (kind: 'ghcr' | 'registry', ...lost: readonly string[]) => {
    const host = new SimulatedHost({kind})
    host.put({tags: ['2.0.0']})
    host.hook = request =>
      request === 'GET /v2/org/app/tags/list?n=1000' || request === 'GET /v2/org/app/tags/list'
        ? {body: {name: 'org/app', tags: [...new Set([...host.tags, ...lost])]}}
        : undefined
    return host
  }
  const warned = async (host: SimulatedHost, rules: Readonly<Record<string, string>>) => {
    const {error, ports} = await host.clean(rules)
    return [error, ports.reporter.warnings.filter(line => line.includes('nothing at them')).join()]
  }

  it('is named where no rule takes it, in a dry run, too, and not where one does', async () => {
    const host = listing('registry', '1.0.0', 'stable', 'image-release-seen')
    const rules = {'delete-tags': 'stable'}
    for (const more of [{'dry-run': 'true'}, {}])
      expect(await warned(host, {...rules, ...more})).toEqual([
        undefined,
        expect.stringContaining(': 1.0.0, image-release-seen.')
      ])
    expect(host.requests.filter(one => one.startsWith('DELETE') && !one.includes('sha256:'))).toEqual([
      'DELETE /v2/org/app/manifests/stable'
    ])
  })

  it('is no rule that matches nothing, and another plan than one without it', async () => {
    const [one, other] = [listing('registry', 'stable'), listing('registry')]
    const rules = {'delete-tags': 'stable', 'dry-run': 'true'}
    expect((await one.clean({...rules, strict: 'true'})).error).toBeUndefined()
    expect((await other.clean({...rules, strict: 'true'})).error?.code).toBe('CLEANUP_REFUSED')
    const hashes = [await one.clean(rules), await other.clean(rules)].map(({outputs}) => outputs['plan-hash'])
    expect(new Set(hashes.map(hash => hash?.slice(12))).size).toBe(2)
  })

  it('stays where something is pushed at it meanwhile', async () => {
    const host = listing('registry', 'stable')
    const ports = host.ports()
    const confirm = () => Promise.resolve(host.put({tags: ['stable']})).then(() => true)
    const run = await host.clean({'ghost-images': 'true'}, {...ports, confirm})
    expect([run.error, host.tags]).toEqual([undefined, ['2.0.0', 'stable']])
  })

  it('of a signature is of no rule about tags, and goes with ghosts', async () => {
    const tag = `sha256-${digest('gone').slice(7)}.sig`
    const rules = {'delete-tags': 'glob:*', 'keep-tags': '2.0.0'}
    expect(await warned(listing('registry', tag), rules)).toEqual([undefined, expect.stringContaining(tag)])
    expect(await warned(listing('registry', tag), {...rules, 'ghost-images': 'true'})).toEqual([
      undefined,
      ''
    ])
  })

  it('is a late answer of the registry where the host has an API of its own', async () => {
    expect(await warned(listing('ghcr', 'stable'), {'delete-tags': 'glob:pr-*'})).toEqual([undefined, ''])
  })
})

const KINDS = ['ghcr', 'registry'] as const

describe('an image of schema 1, which has another digest than its bytes', () => {
  const SCHEMA_1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws'
  const hostWithOld = (kind: 'ghcr' | 'registry') => {
    const host = new SimulatedHost({kind})
    const bytes = Buffer.from(JSON.stringify({schemaVersion: 1, name: 'org/app', fsLayers: []}))
    const kept = host.keep(bytes, SCHEMA_1, {tags: ['0.9.0']})
    host.remove(kept)
    const old = {...kept, digest: digest('as the registry names it')}
    host.stored.set(old.digest, old)
    host.put({tags: ['1.0.0']})
    return {host, old, other: host.put({children: [host.put()], tags: ['pr-1']})}
  }

  it.each(KINDS)('keeps nothing else, and is named in no warning, on a host of the kind %s', async kind => {
    const {host, old, other} = hostWithOld(kind)
    const {error, ports} = await host.clean({'delete-tags': 'pr-1', orphans: 'true'})
    expect([error, ports.reporter.warnings]).toEqual([undefined, []])
    expect([host.has(old), host.has(other)]).toEqual([true, false])
  })

  it.each(KINDS)('goes by its tag, on a host of the kind %s', async kind => {
    const {host, old} = hostWithOld(kind)
    const {error, outputs} = await host.clean({'delete-tags': '0.9.0'})
    expect([error, host.has(old)]).toEqual([undefined, false])
    expect(outputs['deleted']).toContain(old.digest)
  })
})

it('a cache of Actions of which GitHub tells no key or no time stays', async () => {
  const host = new SimulatedHost({kind: 'ghcr'})
  host.put({tags: ['1.0.0']})
  const [key, used] = [{key: 'app-1'}, {last_accessed_at: '2026-01-01T00:00:00Z'}]
  const caches = [
    {id: 1, ...key},
    {id: 2, ...used},
    {...key, ...used},
    {id: 4, ...key, ...used}
  ]
  host.hook = request => {
    if (request.startsWith(`GET ${CACHES} `)) return {body: {total_count: 4, actions_caches: caches}}
    return request.startsWith(`DELETE ${CACHES}/`) ? {status: 204} : undefined
  }
  const run = await host.clean({...ALL_CACHES, 'actions-caches': 'glob:*'})
  expect(run.error).toBeUndefined()
  expect(host.requests.filter(one => one.startsWith('DELETE'))).toEqual([`DELETE ${CACHES}/4`])
})
