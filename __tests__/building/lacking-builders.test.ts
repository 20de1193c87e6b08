import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {type Feature, SUPPORT, missingFeatures} from '../../src/building/builders/builder-support.js'
import {provenanceNote} from '../../src/building/provenance-note.js'
import {parseInputs} from '../../src/command/input.js'
import type {Exec} from '../../src/ports.js'
import {fakeBuildah} from '../support/fake-buildah.js'
import {testPorts} from '../support/ports.js'
import {startEmbeddedWith} from '../support/registries.js'
import {planOf} from '../support/releases.js'
import {formatPlan} from '../../src/contracts/plan-format.js'

const HEREDOC = 'FROM scratch\nCOPY <<EOT /a\ntext\nEOT\n'
/** Inputs that ask for each thing that some builder lacks. */
const ASKING: Readonly<Partial<Record<Feature, Readonly<Record<string, string>>>>> = {
  allow: {allow: 'network.host'},
  attests: {attests: 'type=sbom'},
  'compression-level': {'compression-level': '3'},
  estargz: {compression: 'estargz'},
  export: {export: 'native'},
  'github-token': {'github-token': 'ghs_1', context: 'https://github.com/o/private.git'},
  'here-documents': {file: 'heredoc'},
  'no-cache-filters': {'no-cache-filters': 'build'},
  provenance: {provenance: 'mode=max'},
  sbom: {sbom: 'true'}
}
const OLD = {buildah: '1.28.2', podman: '4.3.1', buildx: '0.12.0'} as const
/** The oldest BuildKit that somebody may still run; it has no attestations. */
const OLD_BUILDKIT = '0.10.6'
const INSTANCE = `Name: old\nDriver: remote\n\nStatus: running\nBuildKit version: v${OLD_BUILDKIT}\n`

/** What a run whose one builder is old or another asks for in vain. */
const LACKS = (['buildah', 'podman', 'buildx'] as const).flatMap(name =>
  (Object.keys(SUPPORT) as Feature[])
    .filter(
      feature => missingFeatures({name, version: OLD[name], buildkit: OLD_BUILDKIT}, [feature]).length > 0
    )
    .map(feature => [name, feature] as const)
)

describe('a run whose only builder lacks what is asked for', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lacking-'))
    writeFileSync(path.join(folder, 'heredoc'), HEREDOC)
    writeFileSync(path.join(folder, 'Containerfile'), 'FROM scratch\nCOPY heredoc /\n')
  })
  afterAll(() => rmSync(folder, {recursive: true, force: true}))

  it.each(LACKS)('%s: %s is refused before it builds, by its input', async (name, feature) => {
    const asked = ASKING[feature]
    if (asked === undefined) throw new Error(`no inputs ask for ${feature}: add them to ASKING`)
    const calls: string[] = []
    const buildah = fakeBuildah()
    const exec: Exec = async (command, args, options) => {
      calls.push(args[command === 'docker' ? 1 : 0] ?? '')
      if (name === 'buildx' && command === 'docker')
        return {exitCode: 0, stdout: args[1] === 'version' ? `buildx v${OLD.buildx}` : INSTANCE, stderr: ''}
      if (name === 'buildx') throw new Error(`spawn ${command} ENOENT`)
      if (command === 'podman' && name === 'podman')
        return {exitCode: 0, stdout: 'podman version 4.3.1', stderr: ''}
      if (name === 'podman') throw new Error(`spawn ${command} ENOENT`)
      return await buildah.exec(command, args, options)
    }
    const ports = testPorts([], {exec})
    const all = {
      images: 'registry.invalid/o/app',
      platforms: 'linux/amd64',
      context: folder,
      builder: name,
      ...asked,
      ...(asked['file'] === undefined ? {} : {file: path.join(folder, asked['file'])})
    }
    await expect(buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      issues: [
        {
          input: SUPPORT[feature].inputs[0],
          message: expect.stringMatching(
            /buildx|^BuildKit knows it from \S+ on, and that of this builder is 0\.10\.6/
          )
        }
      ]
    })
    ports.close()
    expect(calls).not.toContain('build')
  })
})

describe('a run that has no secrets', () => {
  it.each([
    ['a pull request of a fork', {event: 'pull_request', ref: 'refs/pull/7/merge', fork: true}],
    [
      'a pull request of Dependabot',
      {event: 'pull_request', ref: 'refs/pull/8/merge', actor: 'dependabot[bot]'}
    ],
    ['a push of Dependabot', {event: 'push', ref: 'refs/heads/dependabot/npm/a', actor: 'dependabot[bot]'}]
  ])('builds, publishes nothing, and says what it goes without: %s', async (_title, changes) => {
    const buildah = fakeBuildah()
    const ports = testPorts([], {exec: buildah.exec})
    const run = {...(await ports.workflowRun()), ...changes}
    const plan = planOf({images: ['registry.invalid/o/app'], version: '1.0.0', tags: []})
    const source = {...plan.source, event: changes.event, ref: changes.ref}
    const all = {
      plan: formatPlan({...plan, source, push: false}),
      platforms: 'linux/amd64',
      context: 'examples/hello',
      builder: 'buildah',
      secrets: 'token=\n',
      'registry-credentials': ''
    }
    const own = {...ports, workflowRun: () => Promise.resolve(run)}
    const outputs = await buildByDigest.run(parseInputs(buildByDigest.inputs, all), own)
    ports.close()
    expect(outputs).toMatchObject({record: '', images: '', digest: expect.stringMatching(/^sha256:/)})
    expect(buildah.builds).toHaveLength(1)
    expect(buildah.builds[0]).not.toContain('--secret id=token')
    expect(ports.reporter.notices).toEqual([
      expect.stringMatching(/^The secret token is empty/),
      expect.stringMatching(/^It is only built: nothing is pushed/),
      ...ports.reporter.notices.slice(2)
    ])
  })
})

describe('a run without a login that its registry wants', () => {
  it('is told so before it builds', async () => {
    const registry = await startEmbeddedWith('token')
    const buildah = fakeBuildah()
    const ports = testPorts([], {exec: buildah.exec})
    const all = {
      images: `${registry.host}/o/app`,
      platforms: 'linux/amd64',
      context: 'examples/hello',
      builder: 'buildah'
    }
    const failed = buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
    await expect(failed).rejects.toMatchObject({code: 'RIGHT_MISSING'})
    ports.close()
    await registry.stop()
    expect(buildah.builds).toEqual([])
  })
})

describe('provenance that tells the arguments of the build', () => {
  const note = (provenance: string | undefined, attests: readonly string[] = []): string | undefined =>
    provenanceNote({provenance, attests, 'build-args': ['TOKEN=hunter2', 'A=b']}, ['PLANNED=x', 'A=c'])

  it.each([
    ['provenance', 'mode=max', []],
    ['provenance with more', 'type=x,mode=max', []],
    ['attests', undefined, ['type=provenance,mode=max']]
  ])('is said by %s, with names and no values', (_title, provenance, attests) => {
    expect(note(provenance, attests)).toContain('the build arguments PLANNED, A, TOKEN:')
    expect(note(provenance, attests)).not.toContain('hunter2')
  })

  it.each([
    ['not asked for', undefined, []],
    ['off', 'false', []],
    ['brief', 'mode=min', []],
    ['a bill of materials', undefined, ['type=sbom,mode=max']]
  ])('says nothing where it is %s', (_title, provenance, attests) =>
    expect(note(provenance, attests)).toBeUndefined()
  )
})
