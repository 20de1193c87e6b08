import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, it} from '@jest/globals'
import type {Digest} from '../../src/oci/digest.js'
import type {Manifest} from '../../src/oci/manifest.js'
import {parseTag} from '../../src/oci/reference.js'
import {type CommandLine, commandLine, runScript} from '../support/command-line.js'
import {describeWith} from '../support/components.js'
import {type GhcrEmulator, startGhcr} from '../support/ghcr-emulator.js'
import {type Internet, startInternet} from '../support/internet.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {indexOf, newManifest} from '../support/registry-client.js'
import {clientOf} from '../support/releases.js'
import {runAction} from '../support/run-action.js'

const DAY = 24 * 3_600_000
const MINUTES = 60_000

type Inputs = Readonly<Record<string, string>>

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A policy as people give it, and what it leaves: of each package the tags, after `images` in order of their age. */
interface Row {
  readonly title: string
  /** Days that each tag has been there, by the package. */
  readonly packages: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly inputs: (digestOf: (reference: string) => Digest) => Inputs
  readonly left: Readonly<Record<string, readonly string[]>>
  /** What it says where it fails. */
  readonly fault?: string
}

const tagged = (tags: Row['packages'][string], left: readonly string[]): Pick<Row, 'packages' | 'left'> => ({
  packages: {'org/app': tags},
  left: {'org/app': left}
})
const APP = {images: 'ghcr.io/org/app'}

const ROWS: readonly Row[] = [
  {
    title: 'packages by pattern, of two owners, without one of them',
    packages: Object.fromEntries(
      ['org/team-a', 'org/team-base', 'org/other', 'owner/team-b'].map(name => [
        name,
        {'1.0.0': 9, 'pr-1': 9}
      ])
    ),
    inputs: () => ({
      packages: 'ghcr.io/org/team-*\n!ghcr.io/org/team-base\nghcr.io/owner/team-*',
      'delete-tags': 'glob:pr-*'
    }),
    left: {
      'org/team-a': ['1.0.0'],
      'org/team-base': ['1.0.0', 'pr-1'],
      'org/other': ['1.0.0', 'pr-1'],
      'owner/team-b': ['1.0.0']
    }
  },
  {
    title: 'strict, with a pattern that is misspelt',
    ...tagged({'1.0.0': 9, 'pr-1': 9}, ['1.0.0', 'pr-1']),
    inputs: () => ({...APP, 'delete-tags': 'glob:pr-*, glob:nighlty-*', strict: 'true'}),
    fault: 'delete-tags glob:nighlty-*'
  },
  {
    title: 'validate',
    ...tagged({'1.0.0': 9, 'pr-1': 9}, ['1.0.0', 'pr-1']),
    inputs: () => ({...APP, validate: 'true'})
  },
  {
    title: 'two weeks',
    ...tagged({'1.0.0': 90, 'pr-1': 15, 'pr-2': 13}, ['1.0.0', 'pr-2']),
    inputs: () => ({...APP, 'delete-tags': 'glob:pr-*', 'older-than': '2w'})
  },
  {
    title: 'versions of two parts',
    ...tagged({'1.0': 9, '1.1': 8, '1.2': 7, main: 6}, ['1.2', 'main']),
    inputs: () => ({...APP, 'keep-versions': '1'})
  },
  {
    title: 'a digest that stays',
    ...tagged({'1.0.0': 9, 'pr-1': 9, 'pr-2': 9}, ['1.0.0', 'pr-2']),
    inputs: digestOf => ({...APP, 'delete-tags': 'glob:*', 'keep-tags': digestOf('org/app:pr-2')})
  },
  {
    title: 'an age for each rule',
    ...tagged({'1.0.0': 90, 'pr-1': 31, 'pr-2': 29, 'sha-a': 8, 'sha-b': 6, 'n-1': 3, 'n-2': 2}, [
      '1.0.0',
      'n-2',
      'pr-2',
      'sha-b'
    ]),
    inputs: () => ({
      ...APP,
      'delete-tags': 'glob:pr-* older than 30d\nglob:sha-* older than 7d',
      'keep-newest': '1 of glob:n-*'
    })
  },
  {
    title: 'no rule at all',
    ...tagged({'1.0.0': 9, 'pr-1': 9}, ['1.0.0', 'pr-1']),
    inputs: () => APP,
    fault: 'without any, nothing would ever be deleted'
  }
]

describeWith(['openssl'], 'a clean-up as a program', () => {
  let age = 0
  let emulator: GhcrEmulator
  let internet: Internet
  let ports: TestPorts
  let program: CommandLine

  beforeAll(async () => {
    internet = await startInternet({
      'ghcr.io': (request, response) => emulator.sites.registry(request, response),
      'api.github.com': (request, response) => emulator.sites.api(request, response)
    })
    ports = testPorts([])
    program = commandLine()
  }, MINUTES)
  afterAll(async () => {
    program.remove()
    ports.close()
    await internet.stop()
  })
  beforeEach(async () => {
    emulator = await startGhcr({now: () => Date.now() - age})
  })
  afterEach(async () => await emulator.stop())

  /** Pushes an index of one platform at each tag. */
  const fill = async (packages: Row['packages']): Promise<void> => {
    for (const [name, tags] of Object.entries(packages)) {
      const client = clientOf(ports, `${emulator.host}/${name}`)
      for (const [tag, days] of Object.entries(tags)) {
        age = days * DAY
        const platform: Manifest = await newManifest(client)
        await client.putManifest(platform)
        await client.putManifest(indexOf(platform), parseTag(tag))
      }
    }
    age = 0
  }
  const left = (packages: Row['packages']): Record<string, string[]> =>
    Object.fromEntries(
      Object.keys(packages).map(name => [
        name,
        emulator.state
          .list(name)
          .flatMap(({tags}) => [...tags])
          .sort()
      ])
    )
  const digestOf = (reference: string): Digest => {
    const [name = '', tag = ''] = reference.split(':')
    return emulator.state.find(name, tag)!.digest
  }

  const byFlags = async (inputs: Inputs): Promise<Ended> => {
    const flags = Object.entries(inputs).map(([name, value]) =>
      value === 'true' ? `--${name}` : `--${name} '${value}'`
    )
    return await runScript(`${program.command} cleanup-latest --yes ${flags.join(' ')}`, {
      cwd: '/',
      env: {...internet.env, GITHUB_TOKEN: 'admin'}
    })
  }
  const byInputs = async (inputs: Inputs): Promise<Ended> =>
    await runAction('cleanup-latest', {
      inputs: {...inputs, 'allow-deletion': 'true', 'github-token': 'admin'},
      event: 'push-branch',
      variables: internet.env
    })

  describe.each([
    ['flags', byFlags],
    ['inputs of an action', byInputs]
  ])('by %s', (_, run) => {
    it.each(ROWS)(
      '$title',
      async ({packages, inputs, left: expected, fault}) => {
        await fill(packages)
        const ended = await run(inputs(digestOf))
        const said = `${ended.stdout}${ended.stderr}`
        expect({left: left(packages), said}).toEqual({
          left: expected,
          said: expect.stringContaining(fault ?? '')
        })
        expect({isFailed: ended.exitCode !== 0, said}).toEqual({isFailed: fault !== undefined, said})
      },
      MINUTES
    )

    it(
      'fails where the host refuses one deletion, and names what stays',
      async () => {
        const packages = {'org/app': {'1.0.0': 9, 'pr-1': 9, 'pr-2': 9}}
        await fill(packages)
        const refused = emulator.state.find('org/app', 'pr-1')!
        refused.downloads = 5001
        const {exitCode, stdout, stderr} = await run({...APP, 'delete-tags': 'glob:pr-*'})
        expect(left(packages)).toEqual({'org/app': ['1.0.0', 'pr-1']})
        const said = `${stdout}${stderr}`
        expect({exitCode, said}).toEqual({exitCode: 1, said: expect.stringContaining('[CLEANUP_INCOMPLETE]')})
        expect(said).toContain(refused.digest)
        expect(said).toContain('more than 5,000 downloads')
      },
      MINUTES
    )

    it(
      'validate, where a platform is missing',
      async () => {
        await fill({'org/app': {'1.0.0': 9, 'pr-1': 9}})
        const [platform] = emulator.state.list('org/app').filter(({tags}) => tags.size === 0)
        platform!.deleted = Date.now()
        const {exitCode, stdout, stderr} = await run({...APP, validate: 'true'})
        expect(exitCode).not.toBe(0)
        expect(`${stdout}${stderr}`).toContain(platform!.digest)
      },
      MINUTES
    )
  })
})
