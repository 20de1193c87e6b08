import {afterEach, describe, expect, it} from '@jest/globals'
import {parseJournal} from '../../src/contracts/journal-document.js'
import type {RunningRegistry} from '../support/registries.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {rollbackSuite} from './rollback-suite.js'

describe('rollback-release on the embedded registry', () => {
  const running: Awaited<ReturnType<typeof startEmbedded>>[] = []
  const lab = rollbackSuite(async (): Promise<readonly RunningRegistry[]> => {
    running.push(await startEmbedded(), await startEmbedded())
    return running
  })
  afterEach(() => {
    for (const {registry} of running) registry.faults.clear()
  })

  it('puts nothing back where one registry refuses one tag', async () => {
    await lab.release('1.0.0', 'a')
    const next = await lab.release('1.1.0', 'b')
    running[1]?.registry.faults.add({
      method: 'PUT',
      path: '*/manifests/latest',
      action: {kind: 'status', status: 403, code: 'DENIED'}
    })
    await expect(lab.rollback({journal: next.journal})).rejects.toMatchObject({
      code: 'TAG_NOT_MOVED',
      message: expect.stringContaining('the release was not rolled back'),
      hint: expect.stringContaining('All tags are as they were before')
    })
    for (const {registry} of running) registry.faults.clear()
    expect(await lab.tagsOf('latest')).toEqual([next.digest, next.digest])
    expect(await lab.tagsOf('main')).toEqual([next.digest, next.digest])
  })

  it('does not go back to an image that was cleaned up, in whole or in part', async () => {
    const old = await lab.release('1.0.0', 'a')
    const next = await lab.release('1.1.0', 'b')
    const client = clientOf(lab.ports(), lab.images()[1]!)
    const [tag] = parseJournal(next.journal).tags.filter(({before}) => before?.digest === old.digest)
    await client.deleteManifest(tag!.before!.digest)
    await expect(lab.rollback({journal: next.journal})).rejects.toMatchObject({
      code: 'RELEASE_INCOMPLETE',
      message: expect.stringContaining(`${lab.images()[1]!}@${old.digest} is not there`)
    })
    expect(await lab.tagsOf('latest')).toEqual([next.digest, next.digest])
  })

  it('keeps a new tag that points at another release by now, and says so', async () => {
    await lab.release('1.0.0', 'a')
    const bad = await lab.release('1.1.0', 'b')
    const fixed = await lab.release('1.1.1', 'c')
    const journal = JSON.stringify({
      ...parseJournal(bad.journal),
      tags: parseJournal(bad.journal).tags.filter(({before}) => before === undefined)
    })
    await expect(lab.rollback({journal, 'delete-new': 'true'})).rejects.toMatchObject({
      code: 'TAG_NOT_MOVED',
      message: expect.stringMatching(/:1\.1: it points at sha256:\w+, which is of another release/)
    })
    expect(await lab.tagsOf('1.1')).toEqual([fixed.digest, fixed.digest])
    expect(await lab.tagsOf('1.1.0')).toEqual([undefined, undefined])
  })

  it.each([
    [{}, ['journal']],
    [{'to-version': '1.0.0'}, ['images']],
    [{'to-version': '1.0.0', 'delete-new': 'true'}, ['images', 'delete-new']],
    [{journal: '{"schema":1,"tags":[]}', images: 'org/app', 'to-version': '1.0.0'}, ['to-version', 'images']]
  ])('names what is wrong with %j', async (texts, wrong) => {
    await expect(lab.rollback(texts as Record<string, string>)).rejects.toMatchObject({
      issues: wrong.map(input => ({input}))
    })
  })

  it.each([
    ['9.9.9', /:9\.9\.9 is not there/],
    ['latest', /latest does not name a stable version/],
    ['main', /main does not name a stable version/],
    ['1.0', /1\.0 does not name a stable version|is not there/]
  ])('refuses to roll back to %s', async (version, message) => {
    await lab.release('1.0.0', 'a')
    const texts = {images: lab.images().join(), 'to-version': version}
    await expect(lab.rollback(texts)).rejects.toThrow(message)
  })
})
