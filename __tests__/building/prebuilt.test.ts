import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {gunzipSync, gzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {findImageSource, parseImageSource} from '../../src/building/builders/image-source.js'
import {PrebuiltBuilder} from '../../src/building/builders/prebuilt.js'
import {type Descriptor, descriptorOf, manifestOf, readManifest} from '../../src/oci/manifest.js'
import {DOCKER_LAYER_GZIP, DOCKER_MANIFEST, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {parsePlatform} from '../../src/oci/platform.js'
import type {Exec, LocalImage} from '../../src/ports.js'
import {builderPorts} from '../support/builder-ports.js'
import {STORING_BUILDERS, programOf, startBuilder} from '../support/real-builders.js'
import {describeWith} from '../support/components.js'
import {type ArchiveEntry, dockerArchive, writeArchive} from './archives.js'
import {json, partsOf, sampleImage, sampleIndex, writeLayout} from './layouts.js'
import {buildRequest} from './requests.js'

const amd64 = sampleImage({os: 'linux', architecture: 'amd64'})
const arm64 = sampleImage({os: 'linux', architecture: 'arm64', variant: 'v8'})
const platformOf = (architecture: string): {platform: {os: string; architecture: string}} => ({
  platform: {os: 'linux', architecture}
})
const ATTESTATION: Descriptor['annotations'] = {'vnd.docker.reference.type': 'attestation-manifest'}

describe('prebuilt', () => {
  let root: string
  beforeAll(() => {
    root = mkdtempSync(path.join(tmpdir(), 'prebuilt-'))
  })
  afterAll(() => rmSync(root, {recursive: true, force: true}))

  const folder = (): string => mkdtempSync(path.join(root, 'x-'))
  const take = async (
    text: string,
    changes: Parameters<typeof buildRequest>[0] = {},
    exec: Exec = command => Promise.reject(new Error(`${command} is not here`))
  ): Promise<LocalImage> => {
    const source = findImageSource(parseImageSource(text))
    if (source.kind === 'docker') throw new Error('not for this builder')
    return await new PrebuiltBuilder(source, builderPorts(exec)).build(
      buildRequest({outputFolder: folder(), ...changes})
    )
  }
  const layout = (
    ...args: Parameters<typeof writeLayout> extends [string, ...infer Rest] ? Rest : never
  ): string => writeLayout(folder(), ...args)
  const archive = (entries: readonly ArchiveEntry[]): Promise<string> =>
    writeArchive(path.join(folder(), 'image.tar'), entries)
  /** A layout as an archive. */
  const packed = (from: string): ArchiveEntry[] =>
    readdirSync(from, {recursive: true, withFileTypes: true})
      .filter(entry => entry.isFile())
      .map(entry => path.join(entry.parentPath, entry.name))
      .map(file => ({name: `./${path.relative(from, file)}`, bytes: readFileSync(file)}))
  const several = (): string => {
    const index = sampleIndex([
      {...descriptorOf(amd64.manifest), ...platformOf('amd64')},
      {...descriptorOf(arm64.manifest), ...platformOf('arm64')}
    ])
    return layout([index], [index.bytes, ...partsOf(amd64), ...partsOf(arm64)])
  }

  describe('a layout', () => {
    it('is taken as it is', async () => {
      const image = await take(layout([amd64.manifest], partsOf(amd64)))
      expect(image.root).toEqual(amd64.manifest)
    })

    it('of several platforms gives the planned one, whether its descriptor names it or its config', async () => {
      const from = several()
      expect((await take(from)).root.digest).toBe(amd64.manifest.digest)
      const arm = await take(from, {platform: parsePlatform('linux/arm64')})
      expect(arm.root.digest).toBe(arm64.manifest.digest)
      expect(arm.manifests).toHaveLength(1)
      const bare = layout([amd64.manifest, arm64.manifest], [...partsOf(amd64), ...partsOf(arm64)])
      expect((await take(bare, {platform: parsePlatform('linux/arm64')})).root.digest).toBe(
        arm64.manifest.digest
      )
      await expect(take(from, {platform: parsePlatform('linux/s390x')})).rejects.toMatchObject({
        code: 'PLATFORM_MISMATCH',
        message: 'linux/s390x is wanted, but the image has linux/amd64, linux/arm64'
      })
    })

    it('keeps the attestation of its one image', async () => {
      const statement = sampleImage({os: 'unknown', architecture: 'unknown'})
      const index = sampleIndex([
        {...descriptorOf(amd64.manifest), ...platformOf('amd64')},
        {
          ...descriptorOf(statement.manifest),
          annotations: ATTESTATION,
          platform: {os: 'unknown', architecture: 'unknown'}
        }
      ])
      const image = await take(layout([index], [index.bytes, ...partsOf(amd64), ...partsOf(statement)]))
      expect(image.root.digest).toBe(index.digest)
      expect(image.manifests).toHaveLength(3)
    })

    it('gives what stands under a name', async () => {
      const from = layout([], [...partsOf(amd64), ...partsOf(arm64)])
      const named = (manifest: typeof amd64.manifest, name: string) => ({
        ...descriptorOf(manifest),
        annotations: {'org.opencontainers.image.ref.name': name}
      })
      const manifests = [named(amd64.manifest, 'one'), named(arm64.manifest, 'two')]
      writeFileSync(path.join(from, 'index.json'), json({schemaVersion: 2, manifests}))
      expect((await take(`oci:${from}:one`)).root.digest).toBe(amd64.manifest.digest)
      await expect(take(`oci:${from}:three`)).rejects.toThrow(/0 images "three", but has one, two/)
    })

    it('is refused where its image is for another platform', async () =>
      expect(
        take(layout([amd64.manifest], partsOf(amd64)), {platform: parsePlatform('linux/arm64')})
      ).rejects.toMatchObject({code: 'PLATFORM_MISMATCH'}))

    it('is refused where a blob is not what its digest says', async () => {
      const from = layout([amd64.manifest], partsOf(amd64))
      const {layers} = readManifest(amd64.manifest)
      writeFileSync(path.join(from, 'blobs/sha256', layers[0]!.digest.slice(7)), 'A layer')
      await expect(take(from)).rejects.toMatchObject({
        code: 'LAYOUT_INVALID',
        message: expect.stringContaining(layers[0]!.digest)
      })
    })

    it.each([
      ['config', 'application/vnd.cncf.helm.config.v1+json'],
      ['layer', 'application/vnd.docker.image.rootfs.diff.tar.gzip']
    ])('is refused where its %s has a type of something else', async (part, mediaType) => {
      const document = JSON.parse(Buffer.from(amd64.manifest.bytes).toString()) as {
        config: Descriptor
        layers: Descriptor[]
      }
      const changed =
        part === 'config'
          ? {...document, config: {...document.config, mediaType}}
          : {...document, layers: [{...document.layers[0]!, mediaType}]}
      const manifest = manifestOf(json(changed), OCI_MANIFEST)
      const from = layout([manifest], [manifest.bytes, amd64.config, amd64.layer])
      await expect(take(from)).rejects.toMatchObject({
        code: 'LAYOUT_INVALID',
        message: expect.stringContaining(mediaType)
      })
    })
  })

  describe('an archive', () => {
    it.each(['image.tar', 'compressed.tar.gz'])('of a layout is read: %s', async name => {
      const file = await archive(packed(several()))
      const other = path.join(path.dirname(file), name)
      writeFileSync(other, name.endsWith('gz') ? gzipSync(readFileSync(file)) : readFileSync(file))
      const image = await take(other, {platform: parsePlatform('linux/arm64')})
      expect(image.root.digest).toBe(arm64.manifest.digest)
    })

    it.each([
      ['oci', OCI_MANIFEST, OCI_LAYER_GZIP],
      ['docker', DOCKER_MANIFEST, DOCKER_LAYER_GZIP]
    ] as const)(
      'of docker save becomes format %s, with compressed layers',
      async (format, type, layerType) => {
        const file = await archive(dockerArchive(['first layer', 'second layer']))
        const image = await take(file, {format})
        const {layers} = readManifest(image.root)
        expect(image.root.mediaType).toBe(type)
        expect(layers.map(({mediaType}) => mediaType)).toEqual([layerType, layerType])
        const read = async (at: number): Promise<string> =>
          gunzipSync(
            Buffer.concat((await image.blob(layers[at]!.digest).open().toArray()) as Buffer[])
          ).toString()
        expect([await read(0), await read(1)]).toEqual(['first layer', 'second layer'])
        expect((await take(file, {format})).root.digest).toBe(image.root.digest)
      }
    )

    it('follows the link that docker save writes for a layer it has twice', async () => {
      const entries = dockerArchive(['same', 'same'])
      const names = entries.filter(({name}) => name.endsWith('layer.tar'))
      const saved = entries.map(entry => {
        if (entry.name !== 'manifest.json' || !('bytes' in entry)) return entry
        const text = Buffer.from(entry.bytes).toString()
        const at = text.lastIndexOf(names[0]!.name)
        return {
          ...entry,
          bytes: Buffer.from(`${text.slice(0, at)}${'f'.repeat(64)}/layer.tar${text.slice(at + 74)}`)
        }
      })
      const unique = saved.filter((entry, at) => saved.findIndex(({name}) => name === entry.name) === at)
      const image = await take(
        await archive([...unique, {name: `${'f'.repeat(64)}/layer.tar`, link: `../${names[0]!.name}`}])
      )
      expect(readManifest(image.root).layers).toHaveLength(2)
    })

    it('of docker save with several images gives the one that is named', async () => {
      const file = await archive(dockerArchive(['layer']))
      expect(readManifest((await take(`docker-archive:${file}:app:1`)).root).layers).toHaveLength(1)
      await expect(take(`docker-archive:${file}:other:1`)).rejects.toThrow(/no image other:1, only app:1/)
    })

    it('is refused where a layer is not what the config says', async () =>
      expect(
        take(await archive(dockerArchive(['layer'], {diffIds: [`sha256:${'0'.repeat(64)}`]})))
      ).rejects.toMatchObject({
        code: 'LAYOUT_INVALID',
        message: expect.stringContaining('as its config says')
      }))

    it.each<[string, ArchiveEntry]>([
      ['a path that leads up', {name: '../evil', bytes: Buffer.from('x')}],
      ['a path that leads up from below', {name: 'blobs/../../evil', bytes: Buffer.from('x')}],
      ['a path from the root', {name: '/tmp/evil', bytes: Buffer.from('x')}],
      ['a link that leads up', {name: `${'a'.repeat(64)}/layer.tar`, link: '../../../etc/passwd'}],
      ['a link to the root', {name: `${'a'.repeat(64)}/layer.tar`, link: '/etc/passwd'}]
    ])('with %s is refused', async (_title, entry) => {
      const file = await archive([entry, ...dockerArchive(['layer'])])
      await expect(take(file)).rejects.toMatchObject({
        code: 'LAYOUT_INVALID',
        message: expect.stringMatching(/leads out of it/)
      })
    })

    it('with a link in place of a blob writes nothing through it', async () => {
      const outside = path.join(folder(), 'outside')
      const digest = 'b'.repeat(64)
      const file = await archive([
        {name: `blobs/sha256/${digest}`, link: outside},
        {name: `blobs/sha256/${digest}`, bytes: Buffer.from('x')}
      ])
      await expect(take(file)).rejects.toMatchObject({code: 'LAYOUT_INVALID'})
      expect(() => readFileSync(outside)).toThrow()
    })

    it.each([
      [
        'nothing of an image',
        [{name: 'readme', bytes: Buffer.from('x')}],
        /neither index\.json nor manifest\.json/
      ],
      ['a file twice', [...dockerArchive(['a']), ...dockerArchive(['a'])], /EEXIST/]
    ])('with %s is refused', async (_title, entries, message) =>
      expect(take(await archive(entries))).rejects.toThrow(message)
    )

    it('that breaks off is refused', async () => {
      const file = await archive(dockerArchive(['a layer'.repeat(1000)]))
      writeFileSync(file, readFileSync(file).subarray(0, 3000))
      await expect(take(file)).rejects.toMatchObject({code: 'LAYOUT_INVALID'})
    })
  })

  describe('an image of this machine', () => {
    it('is saved by docker', async () => {
      const entries = dockerArchive(['layer'])
      const calls: string[] = []
      const exec: Exec = async (command, args) => {
        calls.push([command, ...args].join(' '))
        await writeArchive(args[2]!, entries)
        return {exitCode: 0, stdout: '', stderr: ''}
      }
      const image = await take('docker-daemon:app:1', {}, exec)
      expect(calls).toEqual([expect.stringMatching(/^docker save --output .*saved\.tar app:1$/)])
      expect(readManifest(image.root).layers).toHaveLength(1)
    })

    it('fails with what docker says', async () =>
      expect(
        take('docker-daemon:app:1', {}, () =>
          Promise.resolve({
            exitCode: 1,
            stdout: '',
            stderr: 'Error response from daemon: No such image: app:1'
          })
        )
      ).rejects.toThrow(
        /docker could not save app:1 \(exit code 1\): Error response from daemon: No such image/
      ))

    it('needs a program that reads the storage', async () =>
      expect(take('containers-storage:app')).rejects.toMatchObject({code: 'BUILDER_MISSING'}))
  })

  describe('parseImageSource', () => {
    it.each([
      ['oci:a/b:c', {kind: 'oci', folder: 'a/b', name: 'c'}],
      ['oci:a/b', {kind: 'oci', folder: 'a/b', name: undefined}],
      ['oci-archive:x.tar', {kind: 'archive', file: 'x.tar', name: undefined}],
      ['docker-archive:x.tar:app:1', {kind: 'archive', file: 'x.tar', name: 'app:1'}],
      ['dir:a', {kind: 'dir', folder: 'a'}],
      ['x.tar', {kind: 'archive', file: 'x.tar', name: undefined}],
      ['x.tar.gz', {kind: 'archive', file: 'x.tar.gz', name: undefined}],
      ['docker-daemon:app:1', {kind: 'docker-daemon', image: 'app:1'}],
      ['containers-storage:localhost/app', {kind: 'containers-storage', image: 'localhost/app'}],
      [
        'docker://r.test/a:1',
        {kind: 'docker', image: {repository: {registry: 'r.test', name: 'a'}, reference: '1'}}
      ],
      [
        `r.test/a@sha256:${'a'.repeat(64)}`,
        {
          kind: 'docker',
          image: {repository: {registry: 'r.test', name: 'a'}, reference: `sha256:${'a'.repeat(64)}`}
        }
      ]
    ])('%s', (text, source) => expect(parseImageSource(text)).toEqual(source))

    it.each([
      ['docker:app', /write docker:\/\//],
      ['docker://r.test/a', /neither a tag nor a digest/],
      ['docker://R.test/A:1', /lower case/],
      ['https://r.test/a', /is not a folder or archive/],
      ['docker-daemon:--help', /is not the name of an image/]
    ])('refuses %s', (text, message) => expect(() => parseImageSource(text)).toThrow(message))

    it.each([
      ['/nowhere', /is not there/],
      ['/nowhere.tar', /there is no archive/],
      ['src', /holds neither oci-layout nor manifest\.json/]
    ])('does not find %s', (text, message) =>
      expect(() => findImageSource(parseImageSource(text))).toThrow(message)
    )
  })
})

describe.each(STORING_BUILDERS)('prebuilt in the storage of %s', (name, programs) => {
  describeWith(programs, 'really', () => {
    it('is taken from there', async () => {
      const storage = await startBuilder(name)
      const outputFolder = mkdtempSync(path.join(tmpdir(), 'stored-'))
      try {
        const args = [
          'build',
          '--layers',
          '--platform',
          'linux/arm64',
          '--tag',
          'localhost/app:1',
          'examples/hello'
        ]
        expect(await storage.exec(programOf(name), args)).toMatchObject({exitCode: 0})
        const source = {kind: 'containers-storage', image: 'localhost/app:1'} as const
        const exec: Exec = (command, all, options) =>
          command === programOf(name)
            ? storage.exec(command, all, options)
            : Promise.reject(new Error('not here'))
        const image = await new PrebuiltBuilder(source, builderPorts(exec)).build(
          buildRequest({outputFolder, platform: parsePlatform('linux/arm64')})
        )
        expect(readManifest(image.root).layers.map(({mediaType}) => mediaType)).toEqual([
          OCI_LAYER_GZIP,
          OCI_LAYER_GZIP
        ])
      } finally {
        await storage.stop()
        rmSync(outputFolder, {recursive: true, force: true})
      }
    })

    it('is taken from an archive that it saved', async () => {
      const storage = await startBuilder(name)
      const outputFolder = mkdtempSync(path.join(tmpdir(), 'saved-'))
      try {
        const args = [
          'build',
          '--layers',
          '--platform',
          'linux/amd64',
          '--tag',
          'localhost/app:1',
          'examples/hello'
        ]
        expect(await storage.exec(programOf(name), args)).toMatchObject({exitCode: 0})
        for (const format of ['oci-archive', 'docker-archive']) {
          const file = path.join(outputFolder, `${format}.tar`)
          expect(
            await storage.exec(programOf(name), ['push', 'localhost/app:1', `${format}:${file}`])
          ).toMatchObject({
            exitCode: 0
          })
          const image = await new PrebuiltBuilder(
            {kind: 'archive', file, name: undefined},
            builderPorts(storage.exec)
          ).build(buildRequest({outputFolder: path.join(outputFolder, format)}))
          expect(readManifest(image.root).layers).toHaveLength(2)
        }
      } finally {
        await storage.stop()
        rmSync(outputFolder, {recursive: true, force: true})
      }
    })
  })
})
