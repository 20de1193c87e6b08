import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from '@jest/globals'
import {lockAddress} from '../../src/embedded-registry/folder-lock.js'
import {type Storage, diskStorage, memoryStorage} from '../../src/embedded-registry/embedded-registry.js'
import {
  Lab,
  blobOf,
  descriptorOf,
  imageBlobs,
  imageOf,
  indexOf,
  jsonOf,
  withDigest
} from '../conformance/lab.js'
import {startEmbedded} from '../support/registries.js'

const state = {folder: ''}
beforeEach(async () => {
  state.folder = await mkdtemp(path.join(tmpdir(), 'storage-'))
})
afterEach(() => rm(state.folder, {recursive: true, force: true}))

describe.each([
  ['on disk', (): (() => Storage) => () => diskStorage(state.folder)],
  [
    'in memory, with the same storage',
    (): (() => Storage) => {
      const storage = memoryStorage()
      return () => storage
    }
  ]
])('a registry that is started again %s', (_where, prepare) => {
  it('has everything it had: tags, manifests, blobs and referrers', async () => {
    const open = prepare()
    const before = await withLab(open(), async lab => {
      const image = await lab.pushImage('a/b', 'v1')
      const index = await lab.pushManifest('a/b', indexOf([image]), 'V1')
      const subject = descriptorOf(index, index.mediaType)
      const config = blobOf('{}')
      await lab.pushBlob('a/b', config)
      const referrer = await lab.pushManifest(
        'a/b',
        imageOf(config, [], {subject, annotations: {by: 'test'}})
      )
      return {image, index, referrer}
    })
    await withLab(open(), async lab => {
      const byTag = await lab.get('/v2/a/b/manifests/V1')
      const referrers = jsonOf(await lab.get(`/v2/a/b/referrers/${before.index.digest}`))['manifests']
      expect(byTag.body.equals(before.index.bytes)).toBe(true)
      expect(jsonOf(await lab.get('/v2/a/b/tags/list'))['tags']).toEqual(['V1', 'v1'])
      expect(await lab.manifestStatus('a/b', before.image.digest)).toBe(200)
      expect(referrers).toMatchObject([{digest: before.referrer.digest, annotations: {by: 'test'}}])
      const {config} = before.image.document as {config: {digest: string}}
      expect(await lab.blobStatus('a/b', config.digest)).toBe(200)
    })
  })

  it('does not have what was deleted', async () => {
    const open = prepare()
    const images = await withLab(open(), async lab => {
      const [gone, kept] = [await lab.pushImage('a', 'gone'), await lab.pushImage('a', 'kept')]
      await lab.pushManifest('a', kept, 'untagged')
      await lab.send('DELETE', `/v2/a/manifests/${gone.digest}`)
      await lab.send('DELETE', '/v2/a/manifests/untagged')
      return {gone, kept}
    })
    await withLab(open(), async lab => {
      expect(jsonOf(await lab.get('/v2/a/tags/list'))['tags']).toEqual(['kept'])
      expect(await lab.manifestStatus('a', images.gone.digest)).toBe(404)
    })
  })
})

describe('the folder of a registry', () => {
  it('holds one file for each content, whatever the repositories', async () => {
    const blob = blobOf()
    await withLab(diskStorage(state.folder), async lab => {
      for (const repository of ['a', 'b', 'c/d']) await lab.pushBlob(repository, blob)
    })
    expect(await filesOf('content')).toEqual([path.join('sha256', blob.digest.slice(7))])
    expect(await readFile(path.join(state.folder, 'content', 'sha256', blob.digest.slice(7)))).toEqual(
      blob.bytes
    )
  })

  it('is freed of content when the last repository deletes it', async () => {
    const blob = blobOf()
    await withLab(diskStorage(state.folder), async lab => {
      for (const repository of ['a', 'b']) await lab.pushBlob(repository, blob)
      await lab.send('DELETE', `/v2/a/blobs/${blob.digest}`)
      expect(await filesOf('content')).toHaveLength(1)
      await lab.send('DELETE', `/v2/b/blobs/${blob.digest}`)
      expect(await filesOf('content')).toEqual([])
    })
  })

  it('keeps a blob that is a manifest too until both are deleted', async () => {
    await withLab(diskStorage(state.folder), async lab => {
      const image = await lab.pushImage('a', 'v1')
      await lab.pushBlob('a', image)
      await lab.send('DELETE', `/v2/a/blobs/${image.digest}`)
      expect((await lab.get('/v2/a/manifests/v1')).body.equals(image.bytes)).toBe(true)
    })
  })

  it('holds nothing of uploads that failed, were cancelled or were open at the end', async () => {
    await withLab(diskStorage(state.folder), async lab => {
      const failed = await lab.startUpload('a')
      await lab.send('PUT', withDigest(failed, blobOf().digest), {body: 'other bytes'})
      const cancelled = await lab.startUpload('a')
      await lab.send('PATCH', cancelled, {body: 'x'})
      await lab.send('DELETE', cancelled)
      expect(await filesOf('staging')).toEqual([])
      await lab.send('PATCH', await lab.startUpload('a'), {body: 'x'})
      expect(await filesOf('staging')).toHaveLength(1)
    })
    expect([await filesOf('staging'), await filesOf('content')]).toEqual([[], []])
  })

  it('is rid of what a killed process left unfinished', async () => {
    await mkdir(path.join(state.folder, 'staging'))
    await writeFile(path.join(state.folder, 'staging', 'half'), 'half a blob')
    await withLab(diskStorage(state.folder), () => Promise.resolve())
    expect(await filesOf('staging')).toEqual([])
  })

  it('is refused where another registry is using it, by whatever name', async () => {
    const first = await startEmbedded({storage: diskStorage(state.folder)})
    const other = diskStorage(path.join(state.folder, '..', path.basename(state.folder)))
    await expect(startEmbedded({storage: other})).rejects.toThrow(/another registry is using/)
    await expect(startEmbedded({storage: other})).rejects.toThrow(/another registry is using/)
    await first.stop()
    await withLab(other, () => Promise.resolve())
  })

  it('is taken over from a process that was killed', async () => {
    const address = lockAddress(await realpath(state.folder))
    const program =
      'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
    spawnSync(process.execPath, ['-e', program, address])
    expect((await stat(address)).isSocket()).toBe(true)
    await withLab(diskStorage(state.folder), () => Promise.resolve())
  })

  it('is free again where the registry could not listen', async () => {
    const other = await startEmbedded()
    const port = other.registry.port
    await expect(startEmbedded({storage: diskStorage(state.folder), port})).rejects.toThrow(/EADDRINUSE/)
    await other.stop()
    await withLab(diskStorage(state.folder), () => Promise.resolve())
  })

  it('is refused where it holds something else', async () => {
    await mkdir(path.join(state.folder, 'records'))
    await writeFile(path.join(state.folder, 'records', 'notes.txt'), 'mine')
    await expect(startEmbedded({storage: diskStorage(state.folder)})).rejects.toThrow(/notes\.txt/)
  })

  it('tells tags apart that differ in capitals only, also in file names that do not', async () => {
    await withLab(diskStorage(state.folder), async lab => {
      const image = await lab.pushImage('a')
      for (const tag of ['rc1', 'RC1', 'Rc1', 'X'.repeat(128)]) await lab.pushManifest('a', image, tag)
    })
    const names = (await filesOf(path.join('records', 'a', '_tags'))).map(name => name.toLowerCase())
    expect(new Set(names).size).toBe(4)
    expect(names.every(name => name.length < 200)).toBe(true)
  })
})

describe('at the same time', () => {
  it.each(['a', 'b'])('the same blob and manifest are pushed many times over (%s)', async () => {
    await withLab(diskStorage(state.folder), async lab => {
      const {config, layer} = imageBlobs()
      const image = imageOf(config, [layer])
      await Promise.all(
        Array.from({length: 8}, async (_, index) => {
          await lab.pushBlob('a', config)
          await lab.pushBlob('a', layer)
          await lab.pushManifest('a', image, `v${index}`)
        })
      )
      expect(jsonOf(await lab.get('/v2/a/tags/list'))['tags']).toHaveLength(8)
      expect(await filesOf('content')).toHaveLength(3)
      expect(await filesOf('staging')).toEqual([])
    })
  })

  it('deletion and push leave a whole manifest or none', async () => {
    await withLab(diskStorage(state.folder), async lab => {
      const image = await lab.pushImage('a', 'v1')
      const calls = Array.from({length: 20}, (_, index) =>
        index % 2 === 0
          ? lab.send('DELETE', `/v2/a/manifests/${image.digest}`)
          : lab.putManifest('a', 'v1', image)
      )
      const statuses = (await Promise.all(calls)).map(answer => answer.status)
      expect(statuses.filter(status => ![201, 202, 404].includes(status))).toEqual([])
      const tag = await lab.get('/v2/a/manifests/v1')
      const digest = await lab.get(`/v2/a/manifests/${image.digest}`)
      expect(tag.status).toBe(digest.status)
      if (tag.status === 200) expect(tag.body.equals(image.bytes)).toBe(true)
    })
  })
})

async function withLab<T>(storage: Storage, work: (lab: Lab) => Promise<T>): Promise<T> {
  const running = await startEmbedded({storage})
  const lab = new Lab(running)
  try {
    return await work(lab)
  } finally {
    lab.close()
    await running.stop()
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const root = path.join(state.folder, folder)
  const entries = await readdir(root, {recursive: true, withFileTypes: true}).catch(() => [])
  return entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)))
}
