import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {doctor} from '../../src/publishing/doctor.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {parseInputs} from '../../src/command/input.js'
import {parseTag} from '../../src/oci/reference.js'
import {parseJournal} from '../../src/contracts/journal-document.js'
import {image} from '../support/images.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, publishRelease, releaseTags} from '../support/releases.js'

describe('doctor', () => {
  let first: Awaited<ReturnType<typeof startEmbedded>>
  let second: Awaited<ReturnType<typeof startEmbedded>>
  let ports: TestPorts
  let number = 0

  beforeAll(async () => {
    first = await startEmbedded()
    second = await startEmbedded()
    ports = testPorts([first, second])
  })
  afterAll(async () => {
    ports.close()
    await Promise.all([first.stop(), second.stop()])
  })

  const diagnose = async (journal: string) => await doctor.run(parseInputs(doctor.inputs, {journal}), ports)

  /** Two releases; the journal is that of the second. */
  const releaseTwice = async () => {
    number += 1
    const images = [first, second].map(({host}) => `${host}/org/sick${number}`)
    await publishRelease(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0')})
    const {journal} = await publishRelease(ports, {images, version: '1.1.0', tags: releaseTags('1.1.0')})
    return {images, journal}
  }
  /** As if the release had not come so far, or had been put back. */
  const putBack = async (journal: string, isWanted: (reference: string) => boolean) => {
    for (const {reference, before} of parseJournal(journal).tags) {
      if (!isWanted(reference)) continue
      const at = reference.lastIndexOf(':')
      const [client, tag] = [clientOf(ports, reference.slice(0, at)), parseTag(reference.slice(at + 1))]
      if (before !== undefined) await client.putManifest(await client.getManifest(before.digest), tag)
      else await client.call({method: 'DELETE', path: `manifests/${tag}`, expect: [202]})
    }
  }

  it('finds a release that stands whole', async () => {
    const {journal} = await releaseTwice()
    const {state, diagnosis} = await diagnose(journal)
    expect(state).toBe('whole')
    expect(diagnosis).toMatch(
      /^1\.1\.0: All tags point at the release\.\n\n[^]*points at the release[^]*failed came after that/
    )
  })

  it('finds one that moved nothing', async () => {
    const {journal} = await releaseTwice()
    await putBack(journal, () => true)
    const {state, diagnosis} = await diagnose(journal)
    expect(state).toBe('untouched')
    expect(diagnosis).toMatch(/did not move, or was put back\s+was [0-9a-f]{12}, is/)
    expect(diagnosis).toContain('run that job again')
  })

  it('finds one that stands half, says on which registries, and how to finish it or take it back', async () => {
    const {images, journal} = await releaseTwice()
    await putBack(journal, reference => reference.startsWith(images[1]!))
    const {state, diagnosis, tags} = await diagnose(journal)
    expect(state).toBe('half')
    const image = images[0]?.split('/').slice(1).join('/') ?? ''
    expect(diagnosis).toMatch(
      new RegExp(`latest: [0-9a-f]{12} on ${first.host}/${image}, [0-9a-f]{12} on ${second.host}/${image}`)
    )
    expect(diagnosis).toContain('give the same journal to rollback-release')
    expect((JSON.parse(tags) as {fate: string}[]).filter(({fate}) => fate === 'moved')).toHaveLength(3)
    expect(ports.reporter.summaries.at(-1)).toMatch(/^## 1\.1\.0: The release is half done\./)
  })

  it('finds one that was rolled back, and proposes nothing that would release it once more', async () => {
    const {journal} = await releaseTwice()
    const roll = async (texts: object) =>
      await rollbackRelease.run(parseInputs(rollbackRelease.inputs, {journal, ...texts}), ports)
    await roll({})
    const {state, diagnosis} = await diagnose(journal)
    expect(state).toBe('rolled-back')
    expect(diagnosis).toContain('rolled back on purpose, there is nothing to do')
    await roll({'delete-new': 'true'})
    const gone = await diagnose(journal)
    expect([gone.state, gone.diagnosis]).toEqual([
      'untouched',
      expect.stringContaining('rolled back on purpose, there is nothing to do')
    ])
  })

  it('takes one for half that is back on one registry alone', async () => {
    const {images, journal} = await releaseTwice()
    await putBack(journal, at => at.startsWith(images[0]!) && !at.endsWith(':1.1.0'))
    expect(await diagnose(journal)).toMatchObject({state: 'half'})
  })

  it('finds one that somebody else overtook', async () => {
    const {images, journal} = await releaseTwice()
    const other = image({content: 'other'})
    await pushImage(clientOf(ports, images[0]!), other)
    await clientOf(ports, images[0]!).putManifest(other.root, parseTag('latest'))
    const {state, diagnosis} = await diagnose(journal)
    expect(state).toBe('overtaken')
    expect(diagnosis).toMatch(/latest\s+points at something else\s+was .*, was to be .*, is /)
  })

  it('does not judge where a registry does not answer', async () => {
    const gone = await startEmbedded()
    const {journal} = await releaseTwice()
    await gone.stop()
    const {state, diagnosis} = await diagnose(journal.replaceAll(second.host, gone.host))
    expect(state).toBe('unknown')
    expect(diagnosis).toMatch(/latest\s+unknown\s+GET .* no answer/)
    expect(diagnosis).toContain('Log in to it, or wait')
  })

  it('refuses what is no journal', async () => {
    await expect(diagnose('{}')).rejects.toThrow(/not the journal of a release/)
  })

  it('proposes the failed jobs of the workflow that kept the journal', async () => {
    const {images, journal} = await releaseTwice()
    await putBack(journal, reference => reference.startsWith(images[1]!))
    const run = {repository: 'org/app', id: '4711'}
    const {command} = await diagnose(JSON.stringify({...(JSON.parse(journal) as object), run}))
    expect(command).toBe('gh run rerun 4711 --failed --repo org/app')
  })
})
