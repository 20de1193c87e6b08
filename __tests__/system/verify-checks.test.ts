import {copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {parseInputs} from '../../src/command/input.js'
import type {VerifiedCheck} from '../../src/contracts/verified-check.js'
import type {Exec} from '../../src/ports.js'
import {execWithEnvironment} from '../support/builder-ports.js'
import {component, describeWith, itOnRootFilesystem, rootFilesystem} from '../support/components.js'
import {type ContainerStorage, makeContainerStorage} from '../support/container-storage.js'
import {type CosignKeys, makeCosignKeys} from '../support/cosign.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {DISTRIBUTION_3, type RunningRegistry, startDistribution3} from '../support/registries.js'
import {merge} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

const PROGRAMS = ['podman', 'buildah', 'cosign', 'runc-nores', ...DISTRIBUTION_3]

/** A program that says that it is well, for good or after a file has appeared. */
const SERVICE = [
  'FROM scratch',
  'ADD root.tar /',
  'CMD ["/bin/sh", "-c", "echo started; while true; do sleep 1; done"]'
].join('\n')

describeWith(PROGRAMS, 'a release that is verified by running it', () => {
  let storage: ContainerStorage
  let keys: CosignKeys
  let registry: RunningRegistry
  let exec: Exec
  let ports: TestPorts
  let folder: string

  beforeAll(async () => {
    storage = makeContainerStorage()
    keys = await makeCosignKeys()
    registry = await startDistribution3()
    folder = mkdtempSync(path.join(tmpdir(), 'start-'))
    const containers = path.join(folder, 'containers.conf')
    writeFileSync(
      containers,
      `[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "nores"\n[engine.runtimes]\nnores = ["${component('runc-nores')}"]\n[containers]\ndefault_ulimits = []\nseccomp_profile = "unconfined"\n`
    )
    exec = execWithEnvironment({
      ...storage.env,
      CONTAINERS_CONF: containers,
      COSIGN_PASSWORD: 'correct horse',
      HOME: folder
    })
    ports = testPorts([], {exec, clock: {now: () => Date.now(), sleep: async () => await pause(200)}})
  }, 60_000)
  afterAll(async () => {
    ports.close()
    keys.remove()
    storage.remove()
    rmSync(folder, {recursive: true, force: true})
    await registry.stop()
  })

  const pause = async (milliseconds: number): Promise<void> =>
    await new Promise(resolve => setTimeout(resolve, milliseconds))

  const must = async (command: string, ...args: string[]): Promise<string> => {
    const {exitCode, stdout, stderr} = await exec(command, args, {cwd: folder})
    if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** Builds for both platforms, pushes, and publishes under a tag. */
  const publish = async (name: string, lines: string, texts: Readonly<Record<string, string>> = {}) => {
    const image = `${registry.host}/org/${name}`
    const digests: string[] = []
    for (const architecture of ['amd64', 'arm64']) {
      const context = path.join(folder, `${name}-${architecture}`)
      mkdirSync(context)
      copyFileSync(rootFilesystem(architecture), path.join(context, 'root.tar'))
      writeFileSync(path.join(context, 'Containerfile'), `${SERVICE}\n${lines}\n`)
      const tag = `${image}:${architecture}`
      await must(
        'buildah',
        'bud',
        '--format',
        'docker',
        '--platform',
        `linux/${architecture}`,
        '-t',
        tag,
        context
      )
      await must('buildah', 'push', '--tls-verify=false', '--digestfile', path.join(context, 'digest'), tag)
      digests.push(await must('cat', path.join(context, 'digest')))
    }
    return await merge(ports, {images: image, tags: '1.0.0', digests: digests.join(), ...texts})
  }

  const verify = async (release: string, texts: Readonly<Record<string, string>>) => {
    const {checks, junit} = await verifyRelease.run(
      parseInputs(verifyRelease.inputs, {
        release,
        'start-engine': 'podman',
        'start-args': '--network=host',
        ...texts
      }),
      ports
    )
    return {checks: JSON.parse(checks) as VerifiedCheck[], junit}
  }

  describe('containers', () => {
    itOnRootFilesystem('arm64')(
      'must become healthy on every platform that runs here',
      async () => {
        const {release} = await publish(
          'healthy',
          'HEALTHCHECK --interval=1s CMD ["/bin/sh", "-c", "echo well"]'
        )
        const {checks, junit} = await verify(release, {start: 'true'})
        expect(checks.map(({platform, faults}) => ({platform, faults}))).toEqual([
          {platform: 'linux/amd64', faults: []},
          {platform: 'linux/arm64', faults: []}
        ])
        expect(checks.map(({outcome}) => outcome)).toContain('is healthy')
        expect(junit).toContain('<testsuite name="start" tests="2" failures="0"')
        expect(await must('podman', 'ps', '--all', '--quiet')).toBe('')
      },
      120_000
    )

    itOnRootFilesystem('arm64')(
      'that never become healthy or end with a fault fail the verification, with what they said',
      async () => {
        const sick = await publish(
          'sick',
          'HEALTHCHECK --interval=1s --retries=1 CMD ["/bin/sh", "-c", "exit 1"]'
        )
        const failure = await failureOf(
          async () => await verify(sick.release, {start: 'true', 'start-timeout': '2s'})
        )
        expect(failure).toMatchObject({code: 'VERIFY_FAILED'})
        expect(failure.message).toContain('is not healthy after 2 s: started')
        const broken = await publish('broken', 'CMD ["/bin/sh", "-c", "echo no configuration; exit 3"]')
        const ended = await failureOf(async () => await verify(broken.release, {start: 'true'}))
        expect(ended.message).toContain('the container ended with 3: no configuration')
        const {checks} = await verify(broken.release, {start: 'true', 'start-command': '/bin/true'})
        expect(checks.flatMap(({faults}) => faults)).toEqual([])
      },
      120_000
    )
  })

  describe('signatures', () => {
    itOnRootFilesystem('arm64')(
      'must be by the key that is expected',
      async () => {
        const other = await makeCosignKeys()
        const unsigned = await publish('unsigned', '')
        const signed = await publish('signed', 'LABEL signed=yes', {
          sign: 'before-tags',
          'sign-key': keys.key,
          'sign-log': 'false'
        })
        const args = {'cosign-args': '--insecure-ignore-tlog=true', 'start-args': ''}
        const {checks} = await verify(signed.release, {...args, 'cosign-key': keys.publicKey})
        expect(checks).toMatchObject([{kind: 'signature', outcome: 'verified', faults: []}])
        for (const [release, key] of [
          [signed.release, other.publicKey],
          [unsigned.release, keys.publicKey]
        ] as const)
          await expect(verify(release, {...args, 'cosign-key': key})).rejects.toMatchObject({
            code: 'VERIFY_FAILED',
            outputs: {junit: expect.stringContaining('<testsuite name="signature" tests="1" failures="1"')}
          })
        other.remove()
      },
      120_000
    )
  })

  it('are asked for in words that agree with each other', async () => {
    await expect(
      verify('{"schema":1,"targets":[]}', {
        'cosign-key': 'a.pub',
        'certificate-identity': 'x',
        'start-command': 'true'
      })
    ).rejects.toMatchObject({
      issues: [{input: 'cosign-key'}, {input: 'start-command'}, {input: 'start-args'}]
    })
  })
})
