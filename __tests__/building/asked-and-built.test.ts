import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync
} from 'node:fs'
import {type Server, createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {gunzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, it, jest} from '@jest/globals'
import {chooseBuilder} from '../../src/building/builders/builder-choice.js'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {rebuild} from '../../src/building/rebuild.js'
import {execPrograms} from '../support/exec-programs.js'
import {parseInputs} from '../../src/command/input.js'
import {digestOf, parseDigest} from '../../src/oci/digest.js'
import {readManifest} from '../../src/oci/manifest.js'
import {DOCKER_MANIFEST} from '../../src/oci/media-type.js'
import type {Exec} from '../../src/ports.js'
import {fieldAt} from '../../src/shared/json.js'
import {builderPorts} from '../support/builder-ports.js'
import {componentPath, describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {
  BUILDERS,
  BUILDX_DRIVERS,
  type RealBuilder,
  programOf,
  startBuilder
} from '../support/real-builders.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {type RegistryContent, readContent} from '../support/registry-content.js'
import {clientOf} from '../support/releases.js'
import {elf} from './elf.js'
import {buildRequest} from './requests.js'

jest.setTimeout(120_000)

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'
const FOREIGN = ARCHITECTURE === 'arm64' ? 'amd64' : 'arm64'
/** A key of OpenSSH does not load without its last line break. */
const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\n  b3BlbnNzaC1rZXktdjEAAAAA "quoted"\n-----END-----\n'
/** In the environment of this process, as a step has it. */
const VARIABLE = 'IMAGE_RELEASE_TEST_SECRET'
const SPACED = '  from a variable \n'

/** Programs as a step starts them, with the variables of theirs and no others. */
function asAStep({env}: RealBuilder): Exec {
  return async (command, args, options = {}) =>
    await execPrograms(command, args, {...options, env: {PATH: componentPath, ...env, ...options.env}})
}

/**
 * The table of contents of a layer: its offset stands in the extra field of the empty gzip stream at the end, and it is a
 * stream of its own with an archive of one file (containerd/stargz-snapshotter, docs/estargz.md).
 */
function stargzContents(blob: Buffer): Buffer {
  const footer = blob.subarray(-51).toString('latin1')
  const offset = /SG\x16\0([0-9a-f]{16})STARGZ/.exec(footer)?.[1]
  if (offset === undefined) throw new Error('the layer has no footer of eStargz')
  const archive = gunzipSync(blob.subarray(Number.parseInt(offset, 16)))
  const size = Number.parseInt(archive.subarray(124, 136).toString(), 8)
  expect(archive.subarray(0, 100).toString().replaceAll('\0', '')).toBe('stargz.index.json')
  return archive.subarray(512, 512 + size)
}

describe.each(BUILDERS)('what %s builds is what was asked for', (name, programs) => {
  describeWith(programs, 'really', () => {
    let folder: string
    let registry: RunningRegistry
    let builder: RealBuilder
    let ports: TestPorts

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'asked-'))
      registry = await startEmbedded()
      builder = await startBuilder(name, [registry.host])
      process.env[VARIABLE] = SPACED
      ports = testPorts([registry], {exec: asAStep(builder), environment: variable => process.env[variable]})
    })
    afterAll(async () => {
      Reflect.deleteProperty(process.env, VARIABLE)
      ports.close()
      await builder.stop()
      await registry.stop()
      rmSync(folder, {recursive: true, force: true})
    })

    const build = async (
      texts: Readonly<Record<string, string>>,
      platform = `linux/${ARCHITECTURE}`
    ): Promise<RegistryContent> => {
      const image = `${registry.host}/org/asked`
      const all = {images: image, platforms: platform, builder: programOf(name), ...texts}
      const {digest} = await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
      return await readContent(clientOf(ports, image), parseDigest(digest))
    }
    const buildAgain = async (texts: Readonly<Record<string, string>>): Promise<unknown> => {
      const all = {
        images: `${registry.host}/org/asked`,
        platforms: `linux/${ARCHITECTURE}`,
        builder: programOf(name)
      }
      return await rebuild.run(parseInputs(rebuild.inputs, {...all, ...texts}), ports)
    }
    const context = (containerfile: string): string => {
      const made = mkdtempSync(path.join(folder, 'context-'))
      writeFileSync(path.join(made, 'Containerfile'), containerfile)
      return made
    }
    const textOf = ({bytes}: RegistryContent): string => bytes.map(each => each.toString('utf8')).join('\n')

    itOnRootFilesystem(ARCHITECTURE)(
      'with secrets to the last byte, from values, variables and files, and arguments of several lines',
      async () => {
        const made = context(`FROM scratch
ADD base.tar /
ENV PATH=/bin
ARG TEXT
ARG ${VARIABLE}
RUN --mount=type=secret,id=key --mount=type=secret,id=spaced --mount=type=secret,id=file \\
  for name in key spaced file; do printf '<%s>' $name; cat /run/secrets/$name; printf '</%s>' $name; done > /secrets; \\
  printf '<text>%s</text>' "$TEXT" > /text; ls /run/secrets/none > /none 2>&1; true
`)
        cpSync(rootFilesystem(ARCHITECTURE), path.join(made, 'base.tar'))
        const file = path.join(folder, 'secret-file')
        writeFileSync(file, KEY)
        const text = textOf(
          await build({
            context: made,
            secrets: `"key=${KEY.replaceAll('"', '""')}"\nnone=\n`,
            'secret-envs': `spaced=${VARIABLE}`,
            'secret-files': `file=${file}`,
            'build-args': '"TEXT=one\n  two, ""three"""'
          })
        )
        expect(text).toContain(`<key>${KEY}</key>`)
        expect(text).toContain(`<spaced>${SPACED}</spaced>`)
        expect(text).toContain(`<file>${KEY}</file>`)
        expect(text).toContain('<text>one\n  two, "three"</text>')
        expect(ports.reporter.notices).toContainEqual(expect.stringMatching(/^The secret none is empty/))
        for (const line of KEY.trim().split('\n')) expect(ports.reporter.lines.join('\n')).not.toContain(line)
      }
    )

    it('with labels of several lines, and annotations of its own platform', async () => {
      const made = context('FROM scratch\nENV HOME=/home\nCOPY Containerfile /\n')
      const Labels = {
        'org.text': 'one\n  "two", three',
        'org.json': '{"a": "b"}',
        'org.price': '$5 of $HOME, ${PATH}\\t\t.'
      }
      const texts = {
        context: made,
        labels: '"org.text=one\n  ""two"", three"\norg.json={"a": "b"}\norg.price=$5 of $HOME, ${PATH}\\t\t.',
        annotations:
          'manifest[linux/arm64]:org.note=of arm64\nmanifest[linux/amd64]:org.note=of amd64\n"org.long=a\nb"'
      }
      const oci = await build(texts, 'linux/arm64')
      expect(oci.config).toMatchObject({config: {Labels}})
      expect(readManifest(oci.manifest).annotations).toMatchObject({
        'org.note': 'of arm64',
        'org.long': 'a\nb'
      })
      const {manifest, config} = await build({...texts, format: 'docker'})
      expect(manifest.mediaType).toBe(DOCKER_MANIFEST)
      expect(config).toMatchObject({config: {Labels}})
    })

    itOnRootFilesystem(ARCHITECTURE)('and nothing of it runs on where it is cancelled', async () => {
      const seconds = String(100_000 + process.pid)
      const made = context(
        `FROM scratch\nADD base.tar /\nENV PATH=/bin\nRUN echo begun-$((1+1)); sleep ${seconds}\n`
      )
      cpSync(rootFilesystem(ARCHITECTURE), path.join(made, 'base.tar'))
      const stop = new AbortController()
      const chosen = await chooseBuilder(programOf(name), builderPorts(asAStep(builder), stop.signal))
      const built = chosen.builder.build(
        buildRequest({
          context: made,
          platform: {os: 'linux', architecture: ARCHITECTURE},
          outputFolder: path.join(folder, 'cancelled'),
          watch: line => {
            if (line.includes('begun-2')) stop.abort()
          }
        })
      )
      await expect(built).rejects.toMatchObject({code: 'CANCELLED'})
      await expect(isOver(`sleep ${seconds}`)).resolves.toBe(true)
    })

    it('with one digest for two builds of a commit without a plan, and packed as asked', async () => {
      const make = (at: number): string => {
        const made = context('FROM scratch\nCOPY data /data/\nLABEL own=1\n')
        mkdirSync(path.join(made, 'data'))
        writeFileSync(path.join(made, 'data/file'), 'the same content')
        for (const file of ['data/file', 'data', 'Containerfile']) utimesSync(path.join(made, file), at, at)
        return made
      }
      const texts = {labels: 'b=2\na=1', 'no-cache': 'true'}
      // A checkout is younger than its commit; builders date back what is younger, and leave what is older.
      const first = await build({...texts, context: make(1_780_000_000)})
      const second = await build({...texts, context: make(1_790_000_000), labels: 'a=1\nb=2'})
      expect(second.manifest.digest).toBe(first.manifest.digest)
      const {commitDate = ''} = await ports.workflowRun()
      expect(Date.parse(String(first.config['created']))).toBe(Date.parse(commitDate))
      expect(ports.reporter.lines).toContainEqual(expect.stringMatching(/^Timestamps: .*, of the commit\.$/))
      const again = {
        ...texts,
        check: 'true',
        published: `${registry.host}/org/asked@${first.manifest.digest}`
      }
      expect(await buildAgain({...again, context: make(1_800_000_000)})).toMatchObject({same: 'true'})
      await expect(
        buildAgain({...again, context: make(1_800_000_000), labels: 'a=1\nb=3'})
      ).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
        message: expect.stringContaining('config.Labels'),
        outputs: {same: 'false', differences: expect.stringContaining('"published":"{\\"a\\":\\"1\\",')}
      })
      const isOld = name === 'podman'
      const packed = await build({
        ...texts,
        context: make(1_780_000_000),
        compression: 'zstd',
        ...(isOld ? {} : {'compression-level': '5'})
      })
      expect(readManifest(packed.manifest).layers.map(({mediaType}) => mediaType)).toEqual([
        'application/vnd.oci.image.layer.v1.tar+zstd'
      ])
      const refused = {
        compression: programOf(name) === 'buildx' ? undefined : 'estargz',
        'compression-level': isOld ? '5' : undefined
      }
      for (const [input, value] of Object.entries(refused))
        if (value !== undefined)
          await expect(build({context: make(0), [input]: value})).rejects.toMatchObject({
            code: 'INPUT_INVALID',
            issues: [expect.objectContaining({input})]
          })
    })

    it('with its volumes, in both formats', async () => {
      const made = context('FROM scratch\nCOPY Containerfile /\nVOLUME /data /logs\nVOLUME ["/with space"]\n')
      for (const format of ['oci', 'docker']) {
        const {config} = await build({context: made, format})
        expect(config).toMatchObject({config: {Volumes: {'/data': {}, '/logs': {}, '/with space': {}}}})
      }
      expect(ports.reporter.warnings.filter(line => line.startsWith('VOLUME'))).toEqual([])
    })

    it('with HEALTHCHECK, SHELL and ONBUILD, or says of each that it is lost', async () => {
      const made = context(
        'FROM scratch\nCOPY Containerfile /\nSHELL ["/bin/odd", "-c"]\nHEALTHCHECK CMD ["/check"]\nONBUILD ENV A=b\n'
      )
      const told = ports.reporter.warnings.length
      const lostOf = async (format: string): Promise<unknown> => {
        const {config} = await build({context: made, format})
        const kept = fieldAt(config, 'config') as Readonly<Record<string, unknown>>
        return ['Healthcheck', 'Shell', 'OnBuild'].filter(key => kept[key] === undefined)
      }
      expect(await lostOf('docker')).toEqual([])
      expect(ports.reporter.warnings.slice(told)).toEqual([])
      expect(await lostOf('oci')).toEqual(
        programOf(name) === 'buildx' ? [] : ['Healthcheck', 'Shell', 'OnBuild']
      )
      expect(ports.reporter.warnings.slice(told).map(line => line.replace(/ is lost: .*/, ''))).toEqual(
        programOf(name) === 'buildx' ? [] : ['HEALTHCHECK', 'SHELL', 'ONBUILD']
      )
    })

    const itPacked = programOf(name) === 'buildx' ? it : it.skip
    itPacked('as estargz, with the table of contents that a lazy pull reads', async () => {
      const made = context('FROM scratch\nCOPY Containerfile /\nCOPY Containerfile /second\n')
      const {manifest, bytes} = await build({context: made, compression: 'estargz'})
      const {layers} = readManifest(manifest)
      expect(layers).toHaveLength(2)
      for (const layer of layers) {
        expect(layer.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+gzip')
        const blob = bytes.find(each => digestOf(each) === layer.digest) ?? Buffer.alloc(0)
        const toc = stargzContents(blob)
        expect(layer.annotations?.['containerd.io/snapshot/stargz/toc.digest']).toBe(digestOf(toc))
        const {entries} = JSON.parse(toc.toString()) as {entries: {name: string; type: string}[]}
        expect(entries.filter(({type}) => type === 'reg').map(({name: file}) => file)).toContainEqual(
          expect.stringMatching(/^(?:Containerfile|second)$/)
        )
      }
    })

    const itAttested = programOf(name) === 'buildx' ? it : it.skip
    itAttested('with arguments in its provenance only where mode=max says so, which is said', async () => {
      const made = context('FROM scratch\nARG TOLD\nCOPY Containerfile /\n')
      const attested = async (mode: string): Promise<boolean> => {
        const texts = {context: made, 'build-args': 'TOLD=value-of-it', provenance: `mode=${mode}`}
        const {bytes} = await build(texts)
        const statement = bytes.map(String).find(text => text.includes('"predicate":')) ?? ''
        expect(statement).toContain('slsa.dev/provenance')
        // The history of the image has it either way.
        return statement.includes('value-of-it')
      }
      expect(await attested('min')).toBe(false)
      expect(ports.reporter.notices.join('\n')).not.toContain('TOLD')
      expect(await attested('max')).toBe(true)
      expect(ports.reporter.notices).toContainEqual(expect.stringContaining('build arguments TOLD:'))
    })

    it('or refused where what it starts is for another platform', async () => {
      const made = context('FROM scratch\nCOPY --chmod=755 app /bin/\nENTRYPOINT ["/bin/app"]\n')
      writeFileSync(path.join(made, 'app'), elf(FOREIGN), {mode: 0o755})
      const base = await build({context: made}, `linux/${FOREIGN}`)
      const pinned = context(`FROM ${registry.host}/org/asked@${base.manifest.digest}\nLABEL on=pinned\n`)
      for (const texts of [{context: made}, {context: pinned, insecure: registry.host}])
        await expect(build(texts)).rejects.toMatchObject({code: 'PLATFORM_MISMATCH'})
      await build({context: made, 'platform-check': 'warning'})
      expect(ports.reporter.warnings).toContainEqual(
        expect.stringContaining(`ENTRYPOINT leads to /bin/app, a program for ${FOREIGN}`)
      )
    })

    it('of no layers, and where DOCKER_CONFIG has no file', async () => {
      const {image, ...empty} = {image: context('FROM scratch\nLABEL only=this\n'), DOCKER_CONFIG: folder}
      const own = ports.exec
      if (programOf(name) !== 'buildx')
        Object.assign(ports, {
          exec: (async (command, args, options = {}) =>
            await own(command, args, {...options, env: {...empty, ...options.env}})) satisfies Exec
        })
      const all = {
        images: `${registry.host}/org/empty`,
        platforms: `linux/${ARCHITECTURE}`,
        builder: programOf(name),
        push: 'false',
        context: image
      }
      const {digest} = await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
      Object.assign(ports, {exec: own})
      expect(digest).toMatch(/^sha256:/)
    })

    it('on a base over plain HTTP that an argument or a further context names', async () => {
      const base = await build({context: context('FROM scratch\nCOPY Containerfile /base\nENV BASE=here\n')})
      const reference = `org/asked@${base.manifest.digest}`
      const made = context('ARG REGISTRY\nARG NAME\nFROM ${REGISTRY}/${NAME} AS first\nFROM base\n')
      const texts = {
        context: made,
        'build-args': `REGISTRY=${registry.host}\nNAME=${reference}`,
        'build-contexts': `base=docker-image://${registry.host}/${reference}`
      }
      expect((await build(texts)).config).toMatchObject({
        config: {Env: expect.arrayContaining(['BASE=here'])}
      })
      expect((await build({...texts, target: 'first'})).config).toMatchObject({
        config: {Env: expect.arrayContaining(['BASE=here'])}
      })
    })
  })
})

/** Whether no process of this command line runs any more, within five seconds. */
async function isOver(line: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const lines = readdirSync('/proc').flatMap(name => {
      try {
        return [readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()]
      } catch {
        return []
      }
    })
    if (!lines.includes(line)) return true
    await setTimeout(50)
  }
  return false
}

describe.each(BUILDX_DRIVERS)('the token for Git with %s', (name, programs) => {
  describeWith(programs, 'really', () => {
    let builder: RealBuilder
    let server: Server
    const headers: string[] = []

    beforeAll(async () => {
      builder = await startBuilder(name)
      server = createServer((request, response) => {
        headers.push(request.headers.authorization ?? 'none')
        response.writeHead(404).end()
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    })
    afterAll(async () => {
      await builder.stop()
      await new Promise(resolve => server.close(resolve))
    })

    it('reaches no other host, and none over plain HTTP', async () => {
      const ports = testPorts([], {exec: asAStep(builder)})
      const {port} = server.address() as AddressInfo
      const all = {
        images: 'registry.invalid/org/app',
        platforms: 'linux/amd64',
        builder: 'buildx',
        push: 'false',
        context: `http://127.0.0.1:${port}/o/r.git#main`,
        'github-token': 'ghs_token-of-the-job'
      }
      await expect(buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)).rejects.toMatchObject({
        code: 'BUILD_FAILED'
      })
      ports.close()
      expect(headers).not.toEqual([])
      expect(new Set(headers)).toEqual(new Set(['none']))
    })
  })
})
