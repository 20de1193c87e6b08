import {readFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {cleanupLatest} from '../../src/cleanup/cleanup-latest.js'
import {promoteRelease} from '../../src/publishing/promote-release.js'
import {rollbackRelease} from '../../src/publishing/rollback-release.js'
import {verifyRelease} from '../../src/publishing/verify-release.js'
import {parseInputs} from '../../src/command/input.js'
import {parseTag} from '../../src/oci/reference.js'
import {
  ACR_ROLES,
  COMMAND_OPERATIONS,
  ECR_PERMISSIONS,
  GAR_ROLES,
  type Operation,
  operationOf,
  permissionsFor
} from '../../src/registry/client/permissions.js'
import {pushImage} from '../../src/registry/images/image-push.js'
import {registryAdvice} from '../../src/registry/client/error-hints.js'
import {askReleaseRight} from '../../src/registry/client/rights.js'
import {image} from '../support/images.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {buildAll, clientOf, merge, releaseTags} from '../support/releases.js'
import {ZOO} from '../support/zoo/entries.js'
import {type ZooRegistry, startZooRegistry} from '../support/zoo/zoo-registry.js'

const ECR = ZOO.find(({name}) => name.startsWith('Amazon ECR,'))!
const PATHS = {uploads: '/blobs/uploads/', upload: '/blobs/uploads/x', tags: '/tags/list', base: '/'} as const

describe('what each command does at a registry', () => {
  let zoo: ZooRegistry
  let ports: TestPorts
  const seen = new Map<string, Set<Operation>>()

  beforeAll(async () => {
    zoo = await startZooRegistry(ECR)
    const {send, clock, credentials} = zoo
    ports = testPorts([], {send, clock, credentials})
    await journey()
  }, 60_000)
  afterAll(async () => {
    ports.close()
    await zoo.close()
  })

  const during = async <T>(command: string, work: () => Promise<T>): Promise<T> => {
    const from = zoo.requests.length
    const result = await work()
    const found = seen.get(command) ?? new Set<Operation>()
    for (const {method, kind, repository, reference} of zoo.requests.slice(from)) {
      const rest =
        kind in PATHS
          ? PATHS[kind as keyof typeof PATHS]
          : `/${kind.replace(/^(manifest|blob)$/, '$1s')}/${reference}`
      const operation = operationOf(method, `/v2/${repository}${rest}`)
      if (operation !== undefined) found.add(operation)
    }
    seen.set(command, found)
    return result
  }

  /** Two releases, the second promoted and rolled back, and two builds of main, of which one is cleaned up. */
  const journey = async () => {
    const tags = (version: string) => [
      ...releaseTags(version),
      {name: 'main', class: 'moving', rule: 'branch'} as const
    ]
    const release = async (version: string, revision: string, only?: 'main') => {
      const described = {
        images: [zoo.image],
        version,
        tags: tags(version).filter(({name}) => only === undefined || name === only),
        revision: revision.repeat(40)
      }
      const plan = await during('build-by-digest', async () => await buildAll(ports, described))
      return await during('merge-manifest', async () => await merge(ports, {plan: JSON.stringify(plan)}))
    }
    await release('1.0.0', 'a')
    const next = await release('1.1.0', 'b')
    await during('verify-release', async () =>
      verifyRelease.run(parseInputs(verifyRelease.inputs, {release: next.release, download: 'true'}), ports)
    )
    await during('promote-release', async () =>
      promoteRelease.run(
        parseInputs(promoteRelease.inputs, {
          from: `${zoo.image}:1.1.0`,
          to: `${zoo.image}-live`,
          tags: '1.1.0,1.1'
        }),
        ports
      )
    )
    await during('rollback-release', async () =>
      rollbackRelease.run(parseInputs(rollbackRelease.inputs, {journal: next.journal}), ports)
    )
    await release('0.0.1', 'c', 'main')
    const last = await release('0.0.2', 'd', 'main')
    const old = image({content: 'old'})
    await pushImage(clientOf(ports, zoo.image), old)
    await clientOf(ports, zoo.image).putManifest(old.root, parseTag('old'))
    await during('cleanup-latest', async () =>
      cleanupLatest.run(
        parseInputs(cleanupLatest.inputs, {
          images: zoo.image,
          'delete-tags': 'old',
          'min-age': '1h',
          'dry-run': 'true'
        }),
        ports
      )
    )
    await during('cleanup-latest', async () =>
      cleanupLatest.run(
        parseInputs(cleanupLatest.inputs, {
          release: last.release,
          'allow-deletion': 'true',
          'min-age': '0'
        }),
        ports
      )
    )
  }

  it.each(Object.keys(COMMAND_OPERATIONS))('%s does what the table says, and nothing else', command => {
    expect([...(seen.get(command) ?? [])].toSorted()).toEqual((COMMAND_OPERATIONS[command] ?? []).toSorted())
  })

  it.each(Object.entries(COMMAND_OPERATIONS))(
    'docs/registries.md has the permissions of %s',
    (command, operations) => {
      const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/registries.md'), 'utf8')
      const row = text.split('\n').find(line => line.startsWith(`| \`${command}\``)) ?? ''
      for (const vendor of [ECR_PERMISSIONS, GAR_ROLES, ACR_ROLES]) {
        const names = permissionsFor(operations, vendor).map(name =>
          name.replace(/^ecr:|^roles\/artifactregistry\./, '')
        )
        // A role that writes reads, too.
        for (const name of names.length > 1 ? names.filter(one => !/reader|AcrPull/.test(one)) : names)
          expect(row).toContain(name)
      }
    }
  )

  it.each(['push', 'pull', 'list'])('preflight asks for it: a refusal of %s is found', async right => {
    const refused = {push: /uploads/, pull: /^manifest$/, list: /^tags$/}[right]!
    const client = clientOf(
      {
        ...ports,
        send: async request => {
          const answer = await zoo.send(request)
          const last = zoo.requests.at(-1)
          return last !== undefined && refused.test(last.kind) && answer.status < 500
            ? {...answer, status: 403}
            : answer
        }
      },
      zoo.image
    )
    expect((await askReleaseRight(client)).answer).toBe('no')
  })
})

describe('what the hint names', () => {
  it.each(Object.entries(ECR_PERMISSIONS))('in ECR for %s: %j', (operation, permissions) => {
    const said = 'is not authorized to perform'
    const advice = registryAdvice({
      host: ECR.host,
      name: 'o/app',
      status: 403,
      said,
      operation: operation as Operation
    })
    for (const permission of permissions) expect(advice?.split('. ')[0]).toContain(permission)
    expect(advice).toContain('ecr:ListImages')
    expect(advice).toContain('ecr:BatchGetImage')
  })
})
