import {readFileSync} from 'node:fs'
import {gzipSync} from 'node:zlib'
import {describe, expect, it} from '@jest/globals'
import {pack} from 'tar-stream'
import {buffer} from 'node:stream/consumers'
import {Readable} from 'node:stream'
import {readBuiltImage} from '../../src/building/builders/built-image.js'
import {
  type PlatformCheck,
  assertContentPlatform,
  findContent,
  findForeignProgram
} from '../../src/building/builders/platform-content.js'
import {architectureOf, readElfHead} from '../../src/oci/elf-head.js'
import {digestOf} from '../../src/oci/digest.js'
import {manifestOf} from '../../src/oci/manifest.js'
import {OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import type {LocalImage} from '../../src/ports.js'
import {testPorts} from '../support/ports.js'
import {type ElfName, elf} from './elf.js'
import {json} from './layouts.js'

/** A file by its path: a program of an architecture, a text, a link (`-> target`), or a whiteout by its name. */
type Files = Readonly<Record<string, ElfName | Buffer | `-> ${string}` | `#!${string}` | ''>>

async function layerOf(files: Files): Promise<Buffer> {
  const tar = pack()
  for (const [name, content] of Object.entries(files)) {
    if (typeof content === 'string' && content.startsWith('-> '))
      tar.entry({name, type: 'symlink', linkname: content.slice(3)})
    else {
      const isText = typeof content !== 'string' || content === '' || content.startsWith('#!')
      tar.entry({name, mode: 0o755}, isText ? content : elf(content as ElfName))
    }
  }
  tar.finalize()
  return await buffer(tar)
}

/** An image of these layers, the lowest first. */
async function imageOf(
  architecture: string,
  config: object,
  layers: readonly Files[],
  packed = (tar: Buffer): Buffer => gzipSync(tar)
): Promise<LocalImage> {
  const blobs = (await Promise.all(layers.map(layerOf))).map(packed)
  const history = layers.map((_layer, at) => ({created_by: `COPY ${at}`}))
  const diffIds = layers.map((_layer, at) => digestOf(Buffer.from(String(at))))
  const configBytes = Buffer.from(
    json({os: 'linux', architecture, config, history, rootfs: {type: 'layers', diff_ids: diffIds}})
  )
  const all = new Map([configBytes, ...blobs].map(bytes => [digestOf(bytes), bytes]))
  const descriptor = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length
  })
  const root = manifestOf(
    json({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(OCI_CONFIG, configBytes),
      layers: blobs.map(bytes => descriptor(OCI_LAYER_GZIP, bytes))
    }),
    OCI_MANIFEST
  )
  return {
    root,
    manifests: [root],
    blob: digest => {
      const bytes = all.get(digest) ?? Buffer.alloc(0)
      return {size: bytes.length, file: `/blobs/${digest}`, open: () => Readable.from([bytes])}
    }
  }
}

const signal = new AbortController().signal

async function foreign(architecture: string, config: object, layers: readonly Files[]): Promise<string> {
  const image = await imageOf(architecture, config, layers)
  const found = (await findForeignProgram(image, await readBuiltImage(image), signal)).foreign
  return found === undefined ? 'none' : `${found.by} /${found.path} ${found.architecture}`
}

describe('the head of a program', () => {
  it('says its machine and its loader', () => {
    expect(readElfHead(elf('s390x', '/lib/ld64.so.1'))).toEqual({
      machine: 22,
      bits: 64,
      isLittleEndian: false,
      loader: '/lib/ld64.so.1'
    })
    expect(readElfHead(elf('arm', '/lib/ld-linux-armhf.so.3'))).toMatchObject({
      machine: 40,
      loader: '/lib/ld-linux-armhf.so.3'
    })
    const own = readElfHead(readFileSync(process.execPath).subarray(0, 4096))
    expect(own && architectureOf(own)).toBe(process.arch === 'arm64' ? 'arm64' : 'amd64')
    expect(own?.loader).toMatch(/^\/lib.*\/ld-/)
  })

  it.each([
    ['too short', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1])],
    ['of no known class', Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 9, 1]), Buffer.alloc(60)])],
    ['no program', Buffer.alloc(4096)]
  ])('is none where the file is %s', (_title, bytes) => expect(readElfHead(bytes)).toBeUndefined())

  it('reads nothing beyond its bytes', () => {
    const bytes = elf('amd64', '/lib64/ld-linux-x86-64.so.2')
    bytes.fill(0xff, 32, 40)
    expect(readElfHead(bytes)).toEqual({machine: 62, bits: 64, isLittleEndian: true})
  })
})

describe('what a container starts with', () => {
  const amd64 = {'bin/app': 'amd64'} as const

  it.each<[title: string, architecture: string, of: [config: object, layers: Files[]], found: string]>([
    ['is of the platform', 'amd64', [{Entrypoint: ['/bin/app']}, [amd64]], 'none'],
    ['is of another', 'arm64', [{Entrypoint: ['/bin/app']}, [amd64]], 'ENTRYPOINT /bin/app amd64'],
    ['is found by PATH', 'arm64', [{Cmd: ['app'], Env: ['PATH=/x:/bin']}, [amd64]], 'CMD /bin/app amd64'],
    [
      'stands in the working folder',
      'arm64',
      [{Cmd: ['./app'], WorkingDir: '/bin'}, [amd64]],
      'CMD /bin/app amd64'
    ],
    [
      'stands behind links of files and folders',
      'arm64',
      [{Cmd: ['/bin/sh']}, [{bin: '-> usr/bin', 'usr/bin/sh': '-> busybox', 'usr/bin/busybox': 'amd64'}]],
      'CMD /usr/bin/busybox amd64'
    ],
    [
      'is what a script is run by',
      'arm64',
      [{Entrypoint: ['/entry.sh']}, [{'bin/sh': 'amd64'}, {'entry.sh': '#!/bin/sh -e\n'}]],
      'ENTRYPOINT /bin/sh amd64'
    ],
    [
      'is what env looks for',
      'arm64',
      [
        {Cmd: ['/run']},
        [{'usr/bin/env': 'arm64', 'usr/bin/python3': 'amd64', run: '#!/usr/bin/env -S python3 -u\n'}]
      ],
      'CMD /usr/bin/python3 amd64'
    ],
    [
      'is what a shell is told',
      'arm64',
      [{Cmd: ['/bin/sh', '-c', 'exec app --now']}, [{'bin/sh': 'arm64'}, amd64]],
      'CMD /bin/app amd64'
    ],
    [
      'is what a wrapper is given',
      'arm64',
      [{Entrypoint: ['tini', '--'], Cmd: ['app']}, [{'bin/tini': 'arm64', ...amd64}]],
      'CMD /bin/app amd64'
    ],
    [
      'is asked for its health',
      'arm64',
      [{Entrypoint: ['/app'], Healthcheck: {Test: ['CMD', '/probe']}}, [{app: 'arm64', probe: 'amd64'}]],
      'HEALTHCHECK /probe amd64'
    ],
    [
      'is loaded by a program of another platform',
      'arm64',
      [{Cmd: ['/app']}, [{app: elf('arm64', '/lib/ld.so'), 'lib/ld.so': 'amd64'}]],
      'CMD /lib/ld.so amd64'
    ],
    ['is replaced by an upper layer', 'arm64', [{Cmd: ['/bin/app']}, [amd64, {'bin/app': 'arm64'}]], 'none'],
    ['is taken away by an upper layer', 'arm64', [{Cmd: ['app']}, [amd64, {'bin/.wh.app': ''}]], 'none'],
    [
      'is in a folder that is taken away',
      'arm64',
      [{Cmd: ['app']}, [amd64, {'bin/.wh..wh..opq': ''}]],
      'none'
    ],
    ['has another byte order', 'mips64', [{Cmd: ['/a']}, [{a: 'mips64le'}]], 'CMD /a mips64le'],
    ['is what amd64 runs too', 'amd64', [{Cmd: ['/a']}, [{a: '386'}]], 'CMD /a 386'],
    ['leads to itself', 'arm64', [{Cmd: ['/a']}, [{a: '-> b', b: '-> a'}]], 'none'],
    ['is a script of itself', 'arm64', [{Cmd: ['/a']}, [{a: '#!/a\n'}]], 'none']
  ])('%s', async (_title, architecture, [config, layers], found) =>
    expect(await foreign(architecture, config, layers)).toBe(found)
  )

  it.each<[title: string, layers: Files[]]>([
    ['firmware', [{app: 'arm64', 'lib/firmware/dsp.elf': 'arm'}]],
    ['a cross compiler', [{app: 'arm64', 'usr/bin/x86_64-linux-gnu-as': 'amd64'}]],
    ['an emulator', [{app: 'arm64', 'usr/bin/qemu-x86_64-static': 'amd64'}]],
    ['fixtures', [{app: 'arm64', 'src/testdata/hello-amd64': 'amd64', 'src/testdata/hello-386': '386'}]]
  ])('is not %s', async (_title, layers) =>
    expect(await foreign('arm64', {Cmd: ['/app']}, layers)).toBe('none')
  )

  it('is, where an image starts nothing, what stands in its folders for programs', async () => {
    const every = 'every program that it has'
    expect(await foreign('arm64', {}, [{'usr/bin/tool': 'amd64'}])).toBe(`${every} /usr/bin/tool amd64`)
    expect(await foreign('arm64', {}, [{tool: 'amd64'}])).toBe(`${every} /tool amd64`)
    expect(await foreign('arm64', {}, [{'usr/bin/tool': 'amd64', 'bin/other': 'arm64'}])).toBe('none')
    expect(await foreign('arm64', {}, [{'opt/images/amd64/kernel': 'amd64'}])).toBe('none')
    expect(await foreign('arm64', {}, [{'etc/motd': ''}])).toBe('none')
  })
})

describe('the check of an image', () => {
  const judge = async (image: LocalImage, check: PlatformCheck, ports: ReturnType<typeof testPorts>) => {
    const built = await readBuiltImage(image)
    assertContentPlatform(await findContent(image, built, check, signal), built, check, ports)
  }
  const wrong = () => imageOf('arm64', {Cmd: ['/bin/app']}, [{'etc/os': ''}, {'bin/app': 'amd64'}])

  it('names the program, its layer and what to do', async () => {
    const image = await wrong()
    const ports = testPorts([])
    await expect(judge(image, 'error', ports)).rejects.toMatchObject({
      code: 'PLATFORM_MISMATCH',
      message: expect.stringMatching(
        /^the image is for linux\/arm64, but CMD leads to \/bin\/app, a program for amd64, which came with layer 2 of 2, sha256:\w+ \(COPY 1\)$/
      ),
      hint: expect.stringContaining('platform-check')
    })
    ports.close()
  })

  it('warns, or does nothing, as it is told', async () => {
    const image = await wrong()
    const ports = testPorts([])
    await judge(image, 'off', ports)
    expect(ports.reporter.warnings).toEqual([])
    await judge(image, 'warning', ports)
    expect(ports.reporter.warnings).toEqual([expect.stringContaining('/bin/app, a program for amd64')])
    ports.close()
  })

  it('notes what most machines run', async () => {
    const image = await imageOf('amd64', {Cmd: ['/a']}, [{a: '386'}])
    const ports = testPorts([])
    await judge(image, 'error', ports)
    expect(ports.reporter.notices).toEqual([expect.stringContaining('run it all the same')])
    ports.close()
  })

  it('reads no further than to what is started, and no more than its bound', async () => {
    const opened: string[] = []
    const image = await imageOf('amd64', {Cmd: ['/a']}, [{b: 'amd64'}, {a: 'amd64'}, {c: 'amd64'}])
    const watched: LocalImage = {
      ...image,
      blob: digest => {
        opened.push(digest)
        return image.blob(digest)
      }
    }
    const built = await readBuiltImage(image)
    const digests = built.document.layers.map(({digest}) => digest)
    expect(await findForeignProgram(watched, built, signal)).toEqual({unread: []})
    expect(opened).toEqual([digests[2], digests[1]])
    const bound = {local: 1, fetched: 1, unpacked: 1024, entries: 10}
    const {unread} = await findForeignProgram(image, built, signal, bound)
    expect(unread).toHaveLength(3)
    expect(unread[0]).toMatch(/^layer 3 of 3, sha256:\w+: \d+ bytes are more than are read$/)
    const bomb = await imageOf('amd64', {Cmd: ['/a']}, [{a: elf('amd64'), b: Buffer.alloc(1e6)}])
    const told = await findForeignProgram(bomb, await readBuiltImage(bomb), signal, {...bound, local: 1e6})
    expect(told.unread).toEqual([expect.stringContaining('unpacks to more than 1024 bytes')])
  })

  it('passes over what is no tar', async () => {
    const image = await imageOf('amd64', {Cmd: ['/a']}, [{a: 'arm64'}], () => Buffer.from('a layer'))
    const found = await findForeignProgram(image, await readBuiltImage(image), signal)
    expect(found).toEqual({unread: [expect.stringContaining('it is no tar')]})
  })

  it('reads plain layers', async () => {
    const image = await imageOf('amd64', {Cmd: ['/a']}, [{a: 'arm64'}], tar => tar)
    const found = await findForeignProgram(image, await readBuiltImage(image), signal)
    expect(found.foreign).toMatchObject({architecture: 'arm64'})
  })
})
