import {describe, expect, it} from '@jest/globals'
import {PLACEHOLDER, REMAINDER} from '../../src/oci/annotations.js'
import {SimulatedHost, type Stored} from './simulated-host.js'

const NOTE = 'image-release-cleanup-0123456789ab'

/** What says what a clean-up that was stopped has still to do. */
const noteOf = (host: SimulatedHost, left: readonly Stored[]): Stored =>
  host.put({
    children: [],
    tags: [NOTE],
    annotations: {[REMAINDER]: left.map(({digest}) => digest).join(' ')}
  })

/** What a clean-up that was stopped had put at a tag that was to go. */
const placeholderAt = (host: SimulatedHost, tag: string): Stored =>
  host.put({children: [], tags: [tag], annotations: {[PLACEHOLDER]: tag}})

describe('what a clean-up left that was stopped', () => {
  it.each(['a-tag', 'z-tag'])('is gone after the next one, an empty index at %s and the note', async tag => {
    const host = new SimulatedHost({kind: 'registry'})
    const [left, stays] = [host.put(), host.put({tags: ['1.0.0']})]
    placeholderAt(host, tag)
    noteOf(host, [left])
    const run = await host.clean({'delete-tags': 'nothing'})
    expect(run.error).toBeUndefined()
    expect([host.tags, [...host.stored.keys()]]).toEqual([['1.0.0'], [stays.digest]])
  })

  it('is not all gone where the host keeps a part of it: the note stays, and the next one goes on', async () => {
    const host = new SimulatedHost({kind: 'registry'})
    const left = host.put()
    host.put({tags: ['1.0.0']})
    const note = noteOf(host, [left])
    host.hook = request =>
      request === `DELETE /v2/org/app/manifests/${left.digest}`
        ? {status: 409, body: {errors: [{code: 'DENIED', message: 'a rule keeps it'}]}}
        : undefined
    const run = await host.clean({'delete-tags': 'nothing'})
    expect(run.error?.code).toBe('CLEANUP_INCOMPLETE')
    expect([host.has(note), host.has(left)]).toEqual([true, true])
    host.hook = () => undefined
    await host.clean({'delete-tags': 'nothing'})
    expect(host.tags).toEqual(['1.0.0'])
    expect(host.has(left)).toBe(false)
  })
})
