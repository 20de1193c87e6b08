import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, it, jest} from '@jest/globals'
import {parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {formatPlatform} from '../../src/oci/platform.js'
import {startBuildKitNodes} from '../support/buildkit.js'
import {runScript} from '../support/command-line.js'
import {componentPath, describeWith} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {startBuilder} from '../support/real-builders.js'
import {readContent} from '../support/registry-content.js'
import {startEmbedded} from '../support/registries.js'
import {clientOf, digestAt} from '../support/releases.js'

jest.setTimeout(120_000)

/** What people have: it starts in a tenth of the time that the source takes. */
const PROGRAM = `node ${path.resolve(import.meta.dirname, '../../dist/cli.js')}`
/** This machine, on which all of it runs; a node that is told so builds for the other without running anything of it. */
const PLATFORMS = ['linux/amd64', 'linux/arm64']
const VERSION_TAGS = ['1.0.0', '1.0', '1', 'latest']

interface Machine {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The builders, and the platform of the machine that builds each platform: with two nodes, each its own. */
const BUILDERS: readonly {
  readonly name: string
  readonly programs: readonly string[]
  readonly wish: string
  readonly start: (host: string) => Promise<Machine>
  readonly builtOn: readonly string[]
  /** How each platform is said to run. */
  readonly runs: readonly RegExp[]
  /** Whether all samples are tried; default: true. */
  readonly isCommon?: boolean
}[] = [
  ...(['buildah', 'podman'] as const).map(name => ({
    name,
    programs: [name],
    wish: name,
    start: () => startBuilder(name),
    builtOn: ['linux/amd64', 'linux/amd64'],
    runs: [/native \(this machine\)/, /(?:none|emulated) \(.*qemu-aarch64/]
  })),
  {
    name: 'buildx with one node',
    programs: ['buildkitd', 'docker-buildx'],
    wish: 'buildx',
    start: host => startBuilder('buildx', [host]),
    builtOn: ['linux/amd64', 'linux/amd64'],
    runs: [/native \(node test0\)/, /emulated \(node test0\)/]
  },
  {
    name: 'buildx with two nodes',
    programs: ['buildkitd', 'docker-buildx'],
    wish: 'buildx',
    start: host => startBuildKitNodes(PLATFORMS, [host], true),
    builtOn: PLATFORMS,
    runs: [/native \(node test0\)/, /native \(node test1\)/]
  },
  {
    name: 'buildx with two nodes that were made without --platform',
    programs: ['buildkitd', 'docker-buildx'],
    wish: 'buildx',
    start: host => startBuildKitNodes(PLATFORMS, [host], false),
    builtOn: ['linux/amd64', 'linux/amd64'],
    runs: [/native \(node test0\)/, /emulated \(node test0; node test1 is of that platform/],
    isCommon: false
  }
]

/** A repository as people have it: its files, what is said in the call, and what has to be there afterwards. */
interface Sample {
  readonly title: string
  readonly files: Readonly<Record<string, string>>
  /** Arguments of the call, for the place where it goes. */
  readonly call: (image: string) => readonly string[]
  /** Name, tags and the text that tells each image from the others. */
  readonly expected: readonly {
    readonly suffix: string
    readonly tags: readonly string[]
    readonly text: string
  }[]
}

/** Nothing runs in it. The machine that built it stands in the image. */
const containerfile = (copies: string): string =>
  `FROM scratch\nARG TARGETPLATFORM\nARG BUILDPLATFORM\n${copies}LABEL sample.built-on=$BUILDPLATFORM sample.built-for=$TARGETPLATFORM\n`

const settings = (lines: readonly string[]): string => `${lines.join('\n')}\n`

const ONE_IMAGE: Sample = {
  title: 'one image, without a file of settings',
  files: {Containerfile: containerfile('COPY app /app\n'), app: 'the one image\n'},
  call: image => ['--images', image, '--strategy', 'release'],
  expected: [{suffix: '', tags: VERSION_TAGS, text: 'the one image\n'}]
}

const SAMPLES: readonly Sample[] = [
  ONE_IMAGE,
  {
    title: 'variants',
    files: {
      Containerfile: containerfile('ARG FLAVOUR\nCOPY app-${FLAVOUR} /app\n'),
      'app-full': 'the full image\n',
      'app-slim': 'the slim image\n',
      '.github/image-release.yml': settings([
        'strategy: variants',
        'variants: {flavour: [full, slim]}',
        'default-variant: {flavour: full}',
        "build-args: {FLAVOUR: '{{flavour}}'}"
      ])
    },
    call: image => ['--images', image],
    expected: [
      {suffix: '', tags: ['1.0.0', 'latest', '1.0.0-full', 'full'], text: 'the full image\n'},
      {suffix: '', tags: ['1.0.0-slim', 'slim'], text: 'the slim image\n'}
    ]
  },
  {
    title: 'services',
    files: {
      'services/api/Containerfile': containerfile('COPY app /app\n'),
      'services/api/app': 'the api\n',
      'services/web/Dockerfile':
        `${containerfile('COPY app /app\n')}FROM scratch AS never\nCOPY nothing /\n`.replace(
          'FROM scratch\n',
          'FROM scratch AS production\n'
        ),
      'services/web/app': 'the web\n',
      '.github/image-release.yml': settings([
        'strategy: release',
        'services:',
        '  api: {context: services/api}',
        '  web: {context: services/web, target: production}'
      ])
    },
    call: image => ['--images', `${image}-{{service}}`],
    expected: [
      {suffix: '-api', tags: VERSION_TAGS, text: 'the api\n'},
      {suffix: '-web', tags: VERSION_TAGS, text: 'the web\n'}
    ]
  }
]

/** The first command of the README, in a clone in which a version is checked out. */
describe.each(BUILDERS)(
  'a release in one command, by $name',
  ({programs, wish, start, builtOn, runs, isCommon = true}) => {
    describeWith([...programs, 'git'], 'really', () => {
      let registry: Awaited<ReturnType<typeof startEmbedded>>
      let machine: Machine
      let ports: TestPorts
      let folder: string
      let number = 0

      beforeAll(async () => {
        registry = await startEmbedded()
        machine = await start(registry.host)
        ports = testPorts([registry])
      })
      afterAll(async () => {
        ports.close()
        await machine.stop()
        await registry.stop()
      })
      afterEach(() => rmSync(folder, {recursive: true, force: true}))

      const release = (...args: readonly string[]) =>
        runScript(`${PROGRAM} release ${args.map(arg => `'${arg}'`).join(' ')}`, {
          cwd: folder,
          env: {...machine.env, PATH: componentPath}
        })

      it.each(isCommon ? SAMPLES : [ONE_IMAGE])(
        'releases $title for both platforms',
        async ({files, call, expected}) => {
          number += 1
          folder = checkOut(files)
          const image = `${registry.host}/sample/app${number}`
          const args = [...call(image), '--builder', wish]

          const {exitCode, stdout, stderr} = await release(...args, '--json')
          expect(exitCode === 0 ? 0 : stderr).toBe(0)
          const {builds, version} = JSON.parse(stdout) as Released
          expect(builds).toHaveLength(expected.length * PLATFORMS.length)
          expect(version).toBe('1.0.0')
          for (const {suffix, tags, text} of expected) {
            const digests = await Promise.all(tags.map(tag => digestAt(ports, `${image}${suffix}`, tag)))
            expect(new Set(digests).size).toBe(1)
            const client = clientOf(ports, `${image}${suffix}`)
            const index = readManifest(await client.getManifest(parseDigest(digests[0] ?? '')))
            const found = index.manifests.map(({platform}) => platform && formatPlatform(platform))
            expect(found).toEqual(PLATFORMS)
            for (const [at, {digest}] of index.manifests.entries()) {
              const {config, bytes} = await readContent(client, digest)
              expect(config).toMatchObject({
                architecture: PLATFORMS[at]?.split('/')[1],
                config: {Labels: {'sample.built-on': builtOn[at], 'sample.built-for': PLATFORMS[at]}}
              })
              expect(bytes.some(part => part.includes(text))).toBe(true)
            }
          }
        }
      )

      it('says in a dry run where each platform is built', async () => {
        const {files, call} = ONE_IMAGE
        folder = checkOut(files)
        const {exitCode, stderr} = await release(
          ...call(`${registry.host}/sample/dry`),
          '--builder',
          wish,
          '--dry-run'
        )
        expect(exitCode === 0 ? 0 : stderr).toBe(0)
        const lines = stderr.split('\n')
        for (const [at, platform] of PLATFORMS.entries())
          expect(lines.find(line => line.includes(` ${platform} `))).toMatch(runs[at] ?? '')
      })
    })
  }
)

interface Released {
  readonly builds: readonly unknown[]
  readonly version: string
}

/** A repository in which v1.0.0 is checked out. */
function checkOut(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sample-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), {recursive: true})
    writeFileSync(path.join(folder, name), text)
  }
  const author = ['-c', 'user.name=x', '-c', 'user.email=x@example.com']
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '.'],
    [...author, 'commit', '--quiet', '--message', 'first'],
    ['tag', 'v1.0.0']
  ]) {
    const {status, stderr} = spawnSync('git', ['-C', folder, ...args], {encoding: 'utf8'})
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
  }
  return folder
}
