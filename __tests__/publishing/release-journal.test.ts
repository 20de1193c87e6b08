import {beforeEach, describe, expect, it} from '@jest/globals'
import {ReleaseError} from '../../src/errors.js'
import {DOCKER_MANIFEST, OCI_INDEX} from '../../src/oci/media-type.js'
import {formatJournal, parseJournal} from '../../src/contracts/journal-document.js'
import {buildAll, digestAt, merge, publishRelease, releaseTags} from '../support/releases.js'
import {suiteRegistries, twoEmbedded} from '../support/suite-registries.js'

describe('the journal of a release', () => {
  const lab = suiteRegistries('journal', twoEmbedded)
  beforeEach(() => {
    for (const {registry} of lab.registries) registry.faults.clear()
  })

  const releaseOf = (version: string, revision = 'a') => ({
    images: lab.images,
    version,
    tags: releaseTags(version),
    revision: revision.repeat(40)
  })
  const tagWrites = () =>
    lab.registries
      .flatMap(({registry}) => registry.requests)
      .filter(
        ({method, path}) =>
          method === 'PUT' && new RegExp(`${lab.repository}/manifests/(?!sha256:)`).test(path)
      )

  it('lies there before the first tag moves, and says of each tag where it was and where it goes', async () => {
    const old = await publishRelease(lab.ports, releaseOf('1.0.0'))
    const plan = await buildAll(lab.ports, releaseOf('1.1.0', 'b'))
    for (const {registry} of lab.registries)
      registry.faults.add({
        method: 'PUT',
        path: '*/manifests/1.1.0',
        action: {kind: 'status', status: 403, code: 'DENIED'}
      })
    const writes = tagWrites().length
    const writesAtSave: number[] = []
    const seeing = {
      ...lab.ports,
      journal: {
        ...lab.ports.journal,
        save: async (name: string, text: string) => {
          writesAtSave.push(tagWrites().length - writes)
          return await lab.ports.journal.save(name, text)
        }
      }
    }
    await expect(merge(seeing, {plan: JSON.stringify(plan)})).rejects.toThrow(/403 DENIED/)
    expect(writesAtSave).toEqual([0])

    const journal = parseJournal(lab.ports.journals.at(-1) ?? '')
    expect(journal).toMatchObject({version: '1.1.0', revision: 'b'.repeat(40)})
    const before = {digest: old.digest, mediaType: OCI_INDEX}
    const after = journal.tags[0]?.after
    expect(after?.mediaType).toBe(OCI_INDEX)
    expect(journal.tags).toEqual(
      lab.images.flatMap(name => [
        {reference: `${name}:1.1.0`, class: 'immutable', after},
        {reference: `${name}:1.1`, class: 'forward', after},
        {reference: `${name}:latest`, class: 'forward', before, after}
      ])
    )
    expect(lab.ports.reporter.summaries.at(-1)).toContain(
      `| \`${lab.images[0]!}:latest\` | \`${old.digest}\` |`
    )
  })

  it('is given out, and kept out of the summary where nothing fails', async () => {
    const outputs = await publishRelease(lab.ports, releaseOf('1.0.0'))
    expect(lab.ports.journals).toEqual([outputs.journal])
    expect(lab.ports.reporter.summaries.join()).not.toContain('What each tag pointed at')
    const again = await publishRelease(lab.ports, releaseOf('1.0.0'))
    expect(again.journal).toBe('')
    expect(lab.ports.journals).toHaveLength(1)
  })

  it('notes a tag that stays with what is there', async () => {
    const newer = await publishRelease(lab.ports, releaseOf('2.0.0', 'c'))
    const patch = await publishRelease(lab.ports, releaseOf('1.9.1'))
    const stays = {digest: newer.digest, mediaType: OCI_INDEX}
    expect(parseJournal(patch.journal).tags).toContainEqual({
      reference: `${lab.images[0]!}:latest`,
      class: 'forward',
      before: stays,
      after: stays
    })
  })

  it('moves no tag where it cannot be kept', async () => {
    const plan = await buildAll(lab.ports, releaseOf('1.0.0'))
    const failing = {
      ...lab.ports,
      journal: {
        save: () => Promise.reject(new ReleaseError('ARTIFACT_FAILED', 'no room')),
        find: () => Promise.resolve([])
      }
    }
    await expect(merge(failing, {plan: JSON.stringify(plan)})).rejects.toMatchObject({
      code: 'ARTIFACT_FAILED'
    })
    expect(tagWrites()).toEqual([])
    expect(await digestAt(lab.ports, lab.images[0]!, '1.0.0')).toBeUndefined()
  })

  it('is not kept in a dry run', async () => {
    const plan = JSON.stringify(await buildAll(lab.ports, releaseOf('1.0.0')))
    expect(await merge(lab.ports, {plan, 'dry-run': 'true'})).toMatchObject({journal: ''})
    expect(lab.ports.journals).toEqual([])
  })
})

describe('the document of a journal', () => {
  const digest = `sha256:${'a'.repeat(64)}` as never
  const tag = {
    reference: 'registry.example/app:1',
    class: 'forward',
    after: {digest, mediaType: DOCKER_MANIFEST}
  }

  it('comes back as it was written', () => {
    const document = {version: '1.0.0', tags: [{...tag, class: 'forward' as const}]}
    expect(parseJournal(formatJournal(document))).toEqual({schema: 1, ...document})
  })

  it.each([
    ['{', /not JSON/],
    ['{"schema":2,"tags":[]}', /schema/],
    [JSON.stringify({schema: 1, tags: [{...tag, class: 'other'}]}), /tags\.0\.class/],
    [
      JSON.stringify({schema: 1, tags: [{...tag, after: {digest: 'sha512:1', mediaType: 'text/html'}}]}),
      /not a sha256 digest.*not the media type/
    ]
  ])('is refused where it is none: %s', (text, message) => {
    expect(() => parseJournal(text)).toThrow(message)
  })
})
