import {mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, expect, it} from '@jest/globals'
import type {Digest} from '../../src/oci/digest.js'
import {parseTag} from '../../src/oci/reference.js'
import type {RepositoryClient} from '../../src/registry/client/repository-client.js'
import {DISTRIBUTION_3} from '../support/registries.js'
import {describeWith} from '../support/components.js'
import {copyActions} from '../support/example-world.js'
import {type HostedGit, githubSite, hostedGit} from '../support/hosted/hosted-git.js'
import {type HostedMachines, hostedMachines} from '../support/hosted/hosted-machines.js'
import type {Review} from '../support/hosted/job-gate.js'
import {type Internet, startInternet} from '../support/internet.js'
import type {ProjectCopy} from '../support/project-copy.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {indexOf, newManifest} from '../support/registry-client.js'
import {clientOf} from '../support/releases.js'
import {type WorkflowEnd, runWorkflow} from '../support/run-workflow.js'
import {type VendorRegistry, startVendorRegistry} from '../support/vendor-registries.js'

const MINUTES = 60_000
const DAY = 24 * 3_600_000
const FILE = '.github/workflows/clean-up.yml'
const REPOSITORY = 'owner/app'

/** The recipe as it stands in the documents. */
function recipe(): string {
  const text = readFileSync(path.resolve('docs/cleaning-up.md'), 'utf8')
  const [, found] = /```yaml\n(# \.github\/workflows\/clean-up\.yml\n[\s\S]*?)```/.exec(text) ?? []
  if (found === undefined) throw new Error('the recipe is not in docs/cleaning-up.md')
  return found
}

describeWith(['act', 'git', 'openssl', ...DISTRIBUTION_3], 'the recipe for approving a clean-up', () => {
  let root: string
  let age = 0
  let serial = 0
  let ghcr: VendorRegistry
  let git: HostedGit
  let internet: Internet
  let machines: HostedMachines
  let actions: ProjectCopy
  let ports: TestPorts
  let client: RepositoryClient

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'approval-'))
    mkdirSync(path.join(root, 'clone'))
    git = hostedGit(path.join(root, 'clone'), path.join(root, 'repository.git'))
    git.commit({[FILE]: recipe()})
    ghcr = await startVendorRegistry('ghcr.io', REPOSITORY, {now: () => Date.now() - age})
    internet = await startInternet({...ghcr.sites, 'github.com': githubSite(git, REPOSITORY, false)})
    machines = hostedMachines({})
    actions = copyActions()
    ports = testPorts([])
    client = clientOf(ports, `${ghcr.inside ?? ''}/${REPOSITORY}`)
  }, MINUTES)
  afterAll(async () => {
    ports.close()
    machines.stop()
    actions.dispose()
    await internet.stop()
    await ghcr.stop()
    rmSync(root, {recursive: true, force: true})
  })

  /** Pushes an index of one platform that has been here so many days, and returns both digests. */
  const push = async (days: number, ...tags: readonly string[]): Promise<readonly Digest[]> => {
    age = days * DAY
    const platform = await newManifest(client)
    const index = indexOf(platform)
    for (const one of [platform, index]) await client.putManifest(one)
    for (const tag of tags) await client.putManifest(index, parseTag(tag))
    age = 0
    return [platform, index].map(({digest}) => digest)
  }
  let [old, kept]: (readonly Digest[])[] = []
  const held = (): readonly string[] => ghcr.manifests(REPOSITORY)

  beforeEach(async () => {
    kept = [...(kept ?? []), ...(await push(50, `1.${(serial += 1)}.0`, 'latest'))]
    old = await push(50)
  }, MINUTES)

  const run = (review: Review): Promise<WorkflowEnd> =>
    runWorkflow({
      git,
      machines,
      repository: REPOSITORY,
      file: FILE,
      event: {name: 'workflow_dispatch', ref: 'refs/heads/main', payload: {}},
      facts: {reviewed: ['clean-up']},
      review,
      env: internet.env,
      actions: {'org/image-release': actions.folder}
    })

  it(
    'deletes what the reviewers saw, and not what came or grew old since',
    async () => {
      let late: readonly Digest[] = []
      const {exitCode, log} = await run(async () => {
        expect(held()).toEqual(expect.arrayContaining([...old!]))
        late = await push(0)
        return 'approved'
      })
      expect([exitCode, log]).toEqual([0, expect.stringContaining(old![1]!)])
      expect([...held()].sort()).toEqual([...kept!, ...late].sort())
    },
    3 * MINUTES
  )

  it(
    'deletes nothing where they say no',
    async () => {
      const {exitCode, log} = await run(() => Promise.resolve('rejected'))
      expect([exitCode, log]).toEqual([1, expect.stringContaining('was rejected')])
      expect(held()).toEqual(expect.arrayContaining([...old!]))
    },
    3 * MINUTES
  )

  it(
    'deletes nothing where the plan became another while they read it',
    async () => {
      const {exitCode, log} = await run(async () => {
        await push(60)
        return 'approved'
      })
      expect([exitCode, log]).toEqual([1, expect.stringContaining('INVENTORY_CHANGED')])
      expect(held()).toEqual(expect.arrayContaining([...old!]))
    },
    3 * MINUTES
  )
})
