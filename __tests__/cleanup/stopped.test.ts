import {describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import type {Digest} from '../../src/oci/digest.js'
import {ALL_CACHES, type CleanRun, SimulatedHost, threeCaches, toldBy} from './simulated-host.js'

const RULES = {'delete-tags': 'glob:pr-*'}

/** Forty tags that are to go, each of its own image of two platforms, and one that stays. */
function hostOfForty(kind: 'ghcr' | 'registry' = 'ghcr'): SimulatedHost {
  const host = new SimulatedHost({kind})
  for (let at = 0; at < 40; at++) host.put({children: [host.put(), host.put()], tags: [`pr-${at}`]})
  host.put({children: [host.put()], tags: ['1.0.0']})
  return host
}

/** What a run says of all that is gone from a host: in its outputs, its log and its summary. */
function expectTold(host: SimulatedHost, {outputs, ports}: CleanRun, before: readonly string[]): void {
  const gone = before.filter(tag => !host.tags.includes(tag))
  expect(gone.length).toBeGreaterThan(0)
  const deleted = outputs['deleted']?.split('\n').map(line => line.split('@')[1] as Digest) ?? []
  expect(deleted.filter(digest => host.stored.has(digest))).toEqual([])
  const listed = ports.reporter.lines.join('\n')
  for (const tag of gone) {
    expect(listed).toMatch(new RegExp(`\\b${tag}\\b`))
    expect(ports.reporter.summaries.join()).toContain(`\`${tag}\``)
  }
  expect(outputs['report']).not.toBe('')
}

describe('a clean-up that ends before its end tells what is gone', () => {
  it.each(['ghcr', 'registry'] as const)(
    'where the right to delete is taken away in the middle, on a host of the kind %s',
    async kind => {
      const host = hostOfForty(kind)
      const before = host.tags
      let deletions = 0
      host.hook = request =>
        request.startsWith('DELETE') && ++deletions > 10
          ? {
              status: 403,
              body: {message: 'Resource not accessible', errors: [{code: 'DENIED', message: 'no'}]}
            }
          : undefined
      const run = await host.clean(RULES)
      expect(run.error?.code).toBe(kind === 'ghcr' ? 'RIGHT_MISSING' : 'REGISTRY_FAILED')
      expectTold(host, run, before)
      expect(await host.broken()).toEqual([])
    }
  )

  it('where it is cancelled: no further request is sent, not even for the check', async () => {
    const host = hostOfForty()
    const before = host.tags
    const cancellation = new AbortController()
    let deletions = 0
    let cancelledAt = 0
    host.hook = request => {
      if (request.startsWith('DELETE') && ++deletions === 10) {
        cancellation.abort(new ReleaseError('CANCELLED', 'the run was cancelled'))
        cancelledAt = host.requests.length
      }
      return undefined
    }
    const run = await host.clean(RULES, {...host.ports(), signal: cancellation.signal})
    expect(run.error?.code).toBe('CANCELLED')
    expect(host.requests.slice(cancelledAt).filter(request => !request.startsWith('DELETE'))).toEqual([])
    expectTold(host, run, before)
    expect(await host.broken()).toEqual([])
  })

  it('where a tag breaks besides: both are said, with how to bring its part back', async () => {
    const host = hostOfForty()
    const before = host.tags
    const shared = host.put()
    host.put({children: [shared], tags: ['2.0.0']})
    let deletions = 0
    host.hook = request => {
      if (!request.startsWith('DELETE') || ++deletions <= 10) return undefined
      if (host.has(shared)) host.remove(shared)
      return {status: 403, body: {message: 'Resource not accessible'}}
    }
    const run = await host.clean(RULES)
    expect(run.error?.code).toBe('RIGHT_MISSING')
    expect(toldBy(run)).toMatch(/2\.0\.0 reaches what is not there: .*[\s\S]*--restore/)
    expectTold(host, run, before)
  })

  it('where the host answers nothing more: the first failure is said, and not that of the check', async () => {
    const host = hostOfForty()
    const before = host.tags
    let deletions = 0
    host.hook = request => {
      if (request.startsWith('DELETE')) deletions += 1
      const isOver = deletions > 10
      return isOver ? {status: request.startsWith('DELETE') ? 403 : 500, body: {message: 'over'}} : undefined
    }
    const run = await host.clean(RULES)
    expect(run.error?.code).toBe('RIGHT_MISSING')
    expectTold(host, run, before)
  })

  it('where a cache of Actions is refused: the repository is cleaned, and of the caches only what went is told', async () => {
    const host = hostOfForty()
    const before = host.tags
    host.hook = threeCaches({status: 403, body: {message: 'no'}})
    const run = await host.clean({...RULES, ...ALL_CACHES})
    expect(run.error?.code).toBe('RIGHT_MISSING')
    expectTold(host, run, before)
    expect(host.tags).toEqual(['1.0.0'])
    const told = run.ports.reporter.lines.join('\n')
    expect([told.includes('app-1'), told.includes('app-2'), told.includes('app-3')]).toEqual([
      true,
      false,
      false
    ])
  })
})
