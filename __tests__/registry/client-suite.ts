import {createHash, randomBytes} from 'node:crypto'
import {Readable} from 'node:stream'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {type Digest, digestOf, hexDigest} from '../../src/oci/digest.js'
import {descriptorOf, manifestOf} from '../../src/oci/manifest.js'
import {OCI_INDEX, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {type Tag, parseTag} from '../../src/oci/reference.js'
import type {StreamBody} from '../../src/ports.js'
import {uploadBlob} from '../../src/registry/images/blob-upload.js'
import {fallbackTag, listReferrers} from '../../src/registry/client/referrers.js'
import {deleteTag} from '../../src/registry/client/tag-deletion.js'
import {listTags} from '../../src/registry/client/tag-list.js'
import type {RunningRegistry} from '../support/registries.js'
import {
  type TestClient,
  bodyOf,
  indexOf,
  newManifest,
  openClient,
  putBlob
} from '../support/registry-client.js'
import {failureOf} from '../support/thrown.js'

const MEBIBYTE = 1024 * 1024
const NOWHERE = digestOf(Buffer.from('nowhere'))
const tag = (text: string): Tag => parseTag(text)

export interface ClientSuiteOptions {
  /** Above 1,000 there is a second page. */
  readonly tags?: number
  /** What a registry does otherwise than the others. */
  readonly quirks?: readonly ClientQuirk[]
}

type ClientQuirk =
  /** An index is taken although its images are not there. */
  | 'takes sparse indexes'
  /** A manifest that was pushed at a tag is gone when its last tag moves. */
  | 'drops what a tag left'
  /** What one repository has is there in all. */
  | 'shares blobs'

/** What the client does on every registry, whatever its kind and authentication. */
export function clientSuite(
  start: () => Promise<RunningRegistry>,
  {tags = 40, quirks = []}: ClientSuiteOptions = {}
): void {
  const has = (quirk: ClientQuirk): boolean => quirks.includes(quirk)
  const running: {registry?: RunningRegistry; client?: TestClient} = {}
  const client = (): TestClient => running.client!

  beforeAll(async () => {
    running.registry = await start()
    running.client = openClient(running.registry)
  }, 30_000)

  afterAll(async () => {
    running.client?.close()
    await running.registry?.stop()
  })

  describe('manifests', () => {
    it('are put at a tag, and found by tag and digest with the same bytes', async () => {
      const repository = client().repository('org/tagged')
      const manifest = await newManifest(repository)
      await repository.putManifest(manifest, tag('1.0'))
      expect(await repository.headManifest(tag('1.0'))).toEqual(descriptorOf(manifest))
      expect(await repository.headManifest(manifest.digest)).toEqual(descriptorOf(manifest))
      expect(await read(repository.findManifest(tag('1.0')))).toEqual(await read(Promise.resolve(manifest)))
      expect(await read(repository.getManifest(manifest.digest))).toEqual(
        await read(Promise.resolve(manifest))
      )
    })

    it('put untagged leave no tag', async () => {
      const repository = client().repository('org/untagged')
      const manifest = await newManifest(repository)
      await repository.putManifest(manifest)
      expect(await repository.headManifest(manifest.digest)).toEqual(descriptorOf(manifest))
      expect(await listTags(repository)).toEqual([])
    })

    it('of an index are kept to the byte, white space too', async () => {
      const repository = client().repository('org/index')
      const child = await newManifest(repository)
      await repository.putManifest(child)
      const compact = indexOf(child)
      const spaced = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(compact.bytes).toString()), null, 3))
      const index = manifestOf(spaced, OCI_INDEX)
      await repository.putManifest(index, tag('latest'))
      expect(await repository.headManifest(tag('latest'))).toEqual(descriptorOf(index))
      expect(Buffer.from((await repository.getManifest(tag('latest'))).bytes)).toEqual(spaced)
    })

    it('that are missing are undefined, in a repository that is there and in one that is not', async () => {
      const repository = client().repository('org/tagged')
      const elsewhere = client().repository('org/not-there')
      for (const one of [repository, elsewhere]) {
        expect(await one.findManifest(tag('none'))).toBeUndefined()
        expect(await one.headManifest(tag('none'))).toBeUndefined()
        expect(await one.findManifest(NOWHERE)).toBeUndefined()
        expect(await one.headManifest(NOWHERE)).toBeUndefined()
      }
      const error = await failureOf(() => repository.getManifest(NOWHERE))
      expect(error).toMatchObject({code: 'CHILD_MISSING'})
      expect(error.message).toContain(`org/tagged@${NOWHERE}`)
    })

    it('are refused under a digest that is not theirs', async () => {
      const repository = client().repository('org/tagged')
      const manifest = await newManifest(repository)
      const error = await failureOf(() => repository.putManifest(manifest, NOWHERE))
      expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 400})
      expect(error.message).toMatch(/^PUT .*\/v2\/org\/tagged\/manifests\/sha256:\w+: 400 \w+/)
    })

    it(`are ${has('takes sparse indexes') ? 'taken' : 'refused'} with a child that is not there`, async () => {
      const repository = client().repository('org/tagged')
      const absent = manifestOf(Buffer.from('{}'), OCI_MANIFEST)
      if (has('takes sparse indexes')) {
        await repository.putManifest(indexOf(absent), tag('broken'))
        return
      }
      const error = await failureOf(() => repository.putManifest(indexOf(absent), tag('broken')))
      expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 400})
      expect(await repository.headManifest(tag('broken'))).toBeUndefined()
    })

    it('move a tag, and stay where they were by digest', async () => {
      const repository = client().repository('org/moving')
      const [one, two] = [await newManifest(repository), await newManifest(repository)]
      await repository.putManifest(one, tag('latest'))
      await repository.putManifest(two, tag('latest'))
      expect((await repository.headManifest(tag('latest')))?.digest).toBe(two.digest)
      const left = has('drops what a tag left') ? undefined : one.digest
      expect((await repository.headManifest(one.digest))?.digest).toBe(left)
    })

    it('pushed by digest first stay where they were, whatever tags do', async () => {
      const repository = client().repository('org/moving-by-digest')
      const [one, two] = [await newManifest(repository), await newManifest(repository)]
      for (const manifest of [one, two]) {
        await repository.putManifest(manifest)
        await repository.putManifest(manifest, tag('latest'))
      }
      expect((await repository.headManifest(one.digest))?.digest).toBe(one.digest)
    })

    it('are deleted by digest with all their tags', async () => {
      const repository = client().repository('org/deleted')
      const [gone, kept] = [await newManifest(repository), await newManifest(repository)]
      await repository.putManifest(gone, tag('a'))
      await repository.putManifest(gone, tag('b'))
      await repository.putManifest(kept, tag('c'))
      expect(await repository.deleteManifest(gone.digest)).toBe(true)
      expect(await repository.deleteManifest(NOWHERE)).toBe(false)
      expect(await repository.headManifest(gone.digest)).toBeUndefined()
      expect(await repository.headManifest(tag('a'))).toBeUndefined()
      expect(await listTags(repository)).toEqual(['c'])
    })
  })

  describe('tags', () => {
    it('are listed, however many pages they fill', async () => {
      const repository = client().repository('org/many')
      const manifest = await newManifest(repository)
      const names = Array.from({length: tags}, (_, number) => `t${String(number).padStart(4, '0')}`)
      await Promise.all(names.map(name => repository.putManifest(manifest, tag(name))))
      expect([...(await listTags(repository))].sort()).toEqual(names)
    }, 60_000)

    it('of a repository that is not there are none', async () => {
      expect(await listTags(client().repository('org/not-there'))).toEqual([])
    })

    it('are deleted one by one: the manifest and its other tags stay', async () => {
      const repository = client().repository('org/tag-deletion')
      const manifest = await newManifest(repository)
      for (const name of ['1.0', '1', 'latest']) await repository.putManifest(manifest, tag(name))
      await deleteTag(repository, tag('latest'))
      expect([...(await listTags(repository))].sort()).toEqual(['1', '1.0'])
      expect((await repository.headManifest(tag('1.0')))?.digest).toBe(manifest.digest)
      expect(await repository.headManifest(tag('latest'))).toBeUndefined()
    })

    it('that are not there can be deleted, and leave nothing', async () => {
      const repository = client().repository('org/tag-deletion')
      const before = [...(await listTags(repository))].sort()
      await deleteTag(repository, tag('never'))
      expect([...(await listTags(repository))].sort()).toEqual(before)
    })
  })

  describe('blobs', () => {
    it('are uploaded once, and found again', async () => {
      const repository = client().repository('org/blobs')
      const bytes = randomBytes(1000)
      const source = {digest: digestOf(bytes), body: bodyOf(bytes)}
      expect(await repository.blobSize(source.digest)).toBeUndefined()
      expect(await uploadBlob(repository, source)).toBe('uploaded')
      expect(await uploadBlob(repository, source)).toBe('present')
      expect(await repository.blobSize(source.digest)).toBe(1000)
      expect(Buffer.from(await repository.getBlob(source))).toEqual(bytes)
    })

    it('may be empty', async () => {
      const repository = client().repository('org/blobs')
      const digest = await putBlob(repository, new Uint8Array())
      expect(await repository.getBlob({digest})).toHaveLength(0)
    })

    it('are streamed', async () => {
      const repository = client().repository('org/blobs')
      const source = streamOf(20 * MEBIBYTE, randomBytes(MEBIBYTE))
      expect(await uploadBlob(repository, source)).toBe('uploaded')
      expect(await repository.blobSize(source.digest)).toBe(20 * MEBIBYTE)
    }, 60_000)

    it('are mounted from another repository', async () => {
      const bytes = randomBytes(5000)
      const origin = client().repository('org/origin')
      const digest = await putBlob(origin, bytes)
      const target = client().repository('org/mounted')
      const source = {digest, body: bodyOf(bytes), mountFrom: origin.repository}
      expect(await uploadBlob(target, source)).toBe(has('shares blobs') ? 'present' : 'mounted')
      expect(Buffer.from(await target.getBlob({digest}))).toEqual(bytes)
    })

    it('are sent where there is nothing to mount', async () => {
      const bytes = randomBytes(5000)
      const target = client().repository('org/mounted')
      const origin = client().repository('org/empty').repository
      const source = {digest: digestOf(bytes), body: bodyOf(bytes), mountFrom: origin}
      expect(await uploadBlob(target, source)).toBe('uploaded')
      expect(await target.blobSize(source.digest)).toBe(5000)
    })

    it('are refused with bytes that are not theirs', async () => {
      const repository = client().repository('org/blobs')
      const source = {digest: digestOf(randomBytes(10)), body: bodyOf(randomBytes(1000))}
      const error = await failureOf(() => uploadBlob(repository, source))
      expect(error).toMatchObject({code: 'LAYOUT_INVALID'})
      expect(error.message).toMatch(/^blob sha256:\w+: its content has the digest sha256:\w+$/)
      expect(await repository.blobSize(source.digest)).toBeUndefined()
    })

    it('that are missing are an error that names them', async () => {
      const error = await failureOf(() => client().repository('org/blobs').getBlob({digest: NOWHERE}))
      expect(error).toMatchObject({code: 'REGISTRY_FAILED', status: 404})
      expect(error.message).toContain(NOWHERE)
    })
  })

  describe('referrers', () => {
    it('are found by the API, or by the fallback tag where there is none', async () => {
      const repository = client().repository('org/referred')
      const subject = await newManifest(repository)
      await repository.putManifest(subject, tag('1.0'))
      expect(await listReferrers(repository, subject.digest)).toEqual([])
      const referrers = []
      for (let number = 0; number < 12; number++) {
        const referrer = await newManifest(repository, {subject, artifactType: 'application/x-test'})
        await repository.putManifest(referrer)
        referrers.push(referrer)
      }
      const found = await listReferrers(repository, subject.digest)
      if (found.length === 0)
        await repository.putManifest(indexOf(...referrers), tag(fallbackTag(subject.digest)))
      expect(digestsOf(await listReferrers(repository, subject.digest))).toEqual(digestsOf(referrers))
    })

    it('of both ways are joined, each once', async () => {
      const repository = client().repository('org/referred-twice')
      const subject = await newManifest(repository)
      await repository.putManifest(subject, tag('1.0'))
      const [one, other] = [await newManifest(repository, {subject}), await newManifest(repository)]
      await repository.putManifest(one)
      await repository.putManifest(other)
      await repository.putManifest(indexOf(one, other), tag(fallbackTag(subject.digest)))
      expect(digestsOf(await listReferrers(repository, subject.digest))).toEqual(digestsOf([one, other]))
    })
  })

  it('says no password, token or Authorization header, whatever happened', () => {
    const log = client().lines.join('\n')
    expect(log).not.toMatch(/basic |bearer |authorization/i)
    const password = running.registry?.credential?.password
    if (password !== undefined) expect(log).not.toContain(password)
  })
}

async function read(found: Promise<{readonly mediaType: string; readonly bytes: Uint8Array} | undefined>) {
  const manifest = await found
  return manifest && {mediaType: manifest.mediaType, text: Buffer.from(manifest.bytes).toString()}
}

function digestsOf(all: readonly {readonly digest: Digest}[]): Digest[] {
  return all.map(({digest}) => digest).sort()
}

/** A body that is made while it is read. */
function streamOf(size: number, chunk: Uint8Array): {digest: Digest; body: StreamBody} {
  const chunks = Array.from({length: size / chunk.length}, () => chunk)
  const hash = createHash('sha256')
  for (const one of chunks) hash.update(one)
  return {digest: hexDigest(hash.digest('hex')), body: {size, open: () => Readable.from(chunks)}}
}
