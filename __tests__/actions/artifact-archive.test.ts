import {describe, expect, it} from '@jest/globals'
import {readArtifact} from '../../src/actions/artifact-archive.js'
import {openArtifactStore} from '../../src/actions/artifact-digest-store.js'
import {openArtifactDocuments} from '../../src/actions/artifact-documents.js'
import {openArtifactFiles} from '../../src/actions/artifact-files.js'
import {openArtifactJournal} from '../../src/actions/artifact-journal.js'
import {actionJob} from '../support/action-job.js'
import {putArtifact} from '../support/put-artifact.js'
import {failureOf} from '../support/thrown.js'
import {type ZipEntry, zipArchive} from '../support/zip-archive.js'

const MiB = 1024 * 1024
const text = (length: number): Buffer => Buffer.alloc(length, 'text\n')
const zeros = (name: string, length: number, says: ZipEntry['says'] = {}): ZipEntry => ({
  name,
  content: Buffer.alloc(length),
  isDeflated: true,
  says
})
const BOUNDS = {entries: 3, unpacked: 100_000}
const read = (bytes: Buffer): Record<string, number> =>
  Object.fromEntries(
    readArtifact({name: 'a', file: 'a.json'}, bytes, BOUNDS).map(({name, bytes: {length}}) => [name, length])
  )

describe('the archive of an artifact', () => {
  it.each<[string, readonly ZipEntry[], Record<string, number>]>([
    ['stored', [{name: 'a', content: text(50)}], {a: 50}],
    ['packed', [{name: 'a', content: text(90_000), isDeflated: true}], {a: 90_000}],
    [
      'as much as there may be',
      [zeros('a', 50_000), zeros('b', 50_000), {name: 'c', content: Buffer.alloc(0)}],
      {a: 50_000, b: 50_000, c: 0}
    ],
    ['nothing', [], {}],
    [
      'folders and links, which are left out',
      [
        {name: 'in/', content: Buffer.alloc(0), mode: 0o040755},
        {name: 'link', content: Buffer.from('/etc/passwd'), mode: 0o120777},
        {name: 'in/a', content: text(5)}
      ],
      {'in/a': 5}
    ]
  ])('gives its files: %s', (_, entries, files) => {
    expect(read(zipArchive(entries))).toEqual(files)
  })

  it('may be missing: an artifact can be one file as it is', () => {
    expect(read(Buffer.from('{}'))).toEqual({'a.json': 2})
  })

  const one = zipArchive([{name: 'a', content: text(500), isDeflated: true}])
  const listed = one.indexOf('PK\u0001\u0002')
  it.each<[string, Buffer, RegExp]>([
    ['a file of a thousand times its bytes', zipArchive([zeros('a', 5 * MiB)]), /more than 100000 bytes/],
    [
      'a file that says it has few bytes',
      zipArchive([zeros('a', 5 * MiB, {size: 71})]),
      /more than 100000 bytes/
    ],
    ['a file that says it has more', zipArchive([zeros('a', 10, {size: 4e9})]), /more than 100000 bytes/],
    [
      'many files that are too much together',
      zipArchive([zeros('a', 60_000), zeros('b', 60_000)]),
      /more than 100000 bytes/
    ],
    [
      'one file that is listed again and again',
      zipArchive([zeros('a', 60_000), zeros('b', 60_000, {offset: 0})]),
      /more than 100000 bytes/
    ],
    [
      'more entries than there may be',
      zipArchive(Array.from({length: 60_000}, (_, at) => ({name: `${at}`, content: Buffer.alloc(0)}))),
      /60000 entries, more than 3/
    ],
    [
      'two files of a name',
      zipArchive([
        {name: 'a', content: text(1)},
        {name: 'a', content: text(2)}
      ]),
      /"a" twice/
    ],
    ['a file that is encrypted', zipArchive([zeros('a', 10, {flags: 1})]), /"a" in it is encrypted/],
    ['a file that is packed otherwise', zipArchive([zeros('a', 10, {method: 93})]), /packed by method 93/],
    [
      'another file than it lists',
      zipArchive([{name: 'a', content: text(9), says: {checksum: 1}}]),
      /not what its entry says/
    ],
    [
      'less than it says',
      zipArchive([{name: 'a', content: text(9), says: {size: 10}}]),
      /not what its entry says/
    ],
    [
      'bytes that cannot be unpacked',
      zipArchive([{name: 'a', content: text(9), says: {method: 8}}]),
      /cannot be unpacked/
    ],
    [
      'a file behind its end',
      zipArchive([zeros('a', 10, {offset: 0xfffffff0})]),
      /ends before what it lists/
    ],
    ['a file larger than itself', zipArchive([zeros('a', 10, {packed: 4e9})]), /ends before what it lists/],
    ['no end', one.subarray(0, -1), /no whole archive/],
    ['a beginning alone', one.subarray(0, 6), /no whole archive/],
    ['no list', Buffer.concat([one.subarray(0, listed), one.subarray(-22)]), /no whole archive|ends before/],
    [
      'a list that is cut',
      Buffer.concat([one.subarray(0, -30), one.subarray(-22)]),
      /no whole archive|ends before/
    ]
  ])('is refused in a sentence where it has %s', async (_, bytes, why) => {
    expect(await failureOf(() => read(bytes))).toMatchObject({
      code: 'RECORD_INVALID',
      message: expect.stringMatching(why)
    })
  })
})

describe('an artifact that would fill the machine', () => {
  const job = actionJob()
  // 60 kB, which are refused as a record and as a file; 200 MB of zeros would take 200 kB.
  const BOMB = zipArchive([zeros('plan.json', 80 * MiB, {size: 10})])

  it.each<[string, string, () => Promise<unknown>]>([
    ['record', 'digest-app', () => openArtifactStore(job.temp).load(['digest-app'])],
    ['file', 'metrics-app', () => openArtifactFiles(job.temp).load('metrics-app')],
    ['document', 'plan-app', () => openArtifactDocuments(job.temp).load('plan-app')]
  ])('is no %s', async (_, name, load) => {
    await putArtifact(job.service.env(), name, BOMB)
    const before = process.memoryUsage.rss()
    await expect(load()).rejects.toMatchObject({
      code: 'RECORD_INVALID',
      message: expect.stringContaining(`artifact ${name} cannot be read: it`)
    })
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * MiB)
  })

  it('is no journal', async () => {
    await putArtifact(job.service.env(), 'release-journal-1', BOMB)
    expect(await openArtifactJournal('2', job.temp).find('release')).toEqual([])
  })
})
