import {type ChildProcess, spawnSync} from 'node:child_process'
import {readFileSync, unlinkSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {itWhere} from '../support/components.js'
import {type CommandLine, commandLine} from '../support/command-line.js'
import {type ProxiedRequest, startFaultProxies} from '../support/fault-proxy.js'
import {PUBLISHER} from '../support/registries.js'
import {type Ended, World, ended} from '../support/release-folder.js'

const MERGE = [
  'merge-manifest',
  '--plan',
  'plan.json',
  '--wait',
  '0',
  '--yes',
  '--summary',
  'summary.md'
] as const
const BUILD = ['build-by-digest', '--builder', 'prebuilt', '--source', 'layout'] as const
/** A namespace with a file system of its own, which no right of this machine is needed for but this one. */
const hasSmallDisk = spawnSync('unshare', ['-rm', 'true']).status === 0

/** A failure, and what its message has to say: what failed, on what, why, and what to do. */
interface Failure {
  readonly name: string
  readonly cause: (world: World) => Promise<Ended>
  readonly exitCode?: number
  /** HOST stands for the registry. */
  readonly says: readonly string[]
  /** What the summary of the job says of the tags; absent where the command writes none. */
  readonly tags?: string
  readonly isPossible?: boolean
}

const FAILURES: readonly Failure[] = [
  {
    name: 'a wrong login at the build',
    cause: world =>
      withLogin(world, {kind: 'token', password: 'not-this-one'}, host => [...BUILD, ...platformOf(host)]),
    says: [
      'error: No permission to push to HOST/org/app: HOST rejected the credentials for HOST (401), asked for repository:org/app:pull,push [RIGHT_MISSING]',
      'error: Log in to HOST again: the password or token is wrong, has expired, or lacks the permission.'
    ]
  },
  {
    name: 'a wrong login at the merge',
    cause: world => withLogin(world, {kind: 'basic', password: 'not-this-one'}, () => MERGE),
    says: [
      'error: GET HOST/v2/org/app/manifests/DIGEST: 401 UNAUTHORIZED a user name and password that the registry knows are needed [REGISTRY_FAILED]',
      'error: Log in to HOST again: the password or token is wrong, has expired, or lacks the permission.'
    ],
    tags: 'no tag was moved'
  },
  {
    name: 'a token that has expired',
    cause: world =>
      withLogin(world, {kind: 'token', password: PUBLISHER.password, tokenLifetimeSeconds: -60}, host => [
        ...BUILD,
        ...platformOf(host)
      ]),
    says: [
      'error: No permission to push to HOST/org/app: POST HOST/v2/org/app/blobs/uploads/: 401 UNAUTHORIZED the token is not valid or no longer valid [RIGHT_MISSING]',
      'error: Log in to HOST again: the password or token is wrong, has expired, or lacks the permission.'
    ]
  },
  {
    name: 'a missing record',
    async cause(world) {
      await world.built([(await world.registry()).host])
      unlinkSync(path.join(world.folder, '.image-release/records/digest-app-linux-arm64'))
      return await world.run(...MERGE)
    },
    says: [
      'error: 1 of 2 digest records are there and good; the release needs all of them: [RELEASE_INCOMPLETE]',
      'error:   app linux/arm64: record digest-app-linux-arm64 is missing',
      'error: Nothing was written. Run the build jobs that are named here again, then this job.'
    ],
    tags: 'no tag was moved'
  },
  {
    name: 'a registry that is down at the build',
    async cause(world) {
      const registry = await world.registry()
      await registry.stop()
      world.layout()
      return await world.run(...BUILD, ...platformOf(registry.host))
    },
    says: [
      'error: GET HOST/v2/: no answer: connect ECONNREFUSED HOST [REGISTRY_UNREACHABLE]',
      'error: Is HOST up, is its name right, and may this machine connect to it? Then run this again.'
    ]
  },
  {
    name: 'a registry that is down at the merge',
    async cause(world) {
      const [one, other] = [await world.registry(), await world.registry()]
      await world.built([one.host, other.host])
      await other.stop()
      return await world.run(...MERGE)
    },
    says: [
      'error: GET HOST/v2/: no answer: connect ECONNREFUSED HOST [REGISTRY_UNREACHABLE]',
      'error: Is HOST up, is its name right, and may this machine connect to it? Then run this again.'
    ],
    tags: 'no tag was moved'
  },
  {
    name: 'an immutable tag that is published again',
    async cause(world) {
      const {host} = await world.registry()
      await world.built([host])
      expect((await world.run(...MERGE)).exitCode).toBe(0)
      await world.built([host], {revision: 'b'.repeat(40)})
      return await world.run(...MERGE)
    },
    says: [
      'error: tags that must not change: [TAG_REFUSED]',
      'error:   HOST/org/app:1.0.0 is published from commit aaaaaaaaaaaa (HEX) and does not move',
      'error: Nothing was written. Release a new version; a version that is published stays what it is.'
    ],
    tags: 'no tag was moved'
  },
  {
    name: 'a full disk',
    isPossible: hasSmallDisk,
    async cause(world) {
      await world.built([(await world.registry()).host])
      world.smallDisk('.image-release/journal')
      return await world.run(...MERGE)
    },
    says: [
      'error: the journal cannot be written to .image-release/journal: ENOSPC: no space left on device, write [ARTIFACT_FAILED]',
      'error: No tag was moved. The disk is full: free some space, then run this again.'
    ],
    tags: 'no tag was moved'
  },
  {
    name: 'another document in the place of the plan',
    async cause(world) {
      await world.built([(await world.registry()).host])
      world.write('release.json', JSON.stringify({schema: 1, targets: []}))
      return await world.run('merge-manifest', '--plan', 'release.json')
    },
    exitCode: 2,
    says: [
      'error: plan: not a valid plan: this is the output "release" of merge-manifest. Pass on the output "plan" of compute-tags as it is.'
    ]
  },
  {
    name: 'bad settings',
    async cause(world) {
      world.write('.github/image-release.yml', 'imges: ghcr.io/org/app\n')
      return await world.run('compute-tags', '--event', 'tag', '--ref', 'v1.2.3', '--sha', 'a'.repeat(40))
    },
    exitCode: 2,
    says: ['error: .github/image-release.yml:1: imges: there is no such setting; did you mean images?']
  },
  {
    name: 'an unknown input',
    cause: async world => await world.run('merge-manifest', '--plann', 'plan.json'),
    exitCode: 2,
    says: ['error: plann: there is no flag --plann; did you mean --plan?']
  },
  {
    name: 'a run that is cancelled before a tag moved',
    cause: world => cancelled(world, ({method}) => method === 'GET'),
    says: [
      'error: cancelled by SIGTERM [CANCELLED]',
      'error: Run it again with the same inputs: what is done already is not done twice.'
    ],
    tags: 'no tag was moved'
  },
  {
    name: 'a run that is cancelled while tags move',
    cause: world =>
      cancelled(world, ({method, url}) => method === 'PUT' && url.endsWith('/manifests/latest')),
    says: [
      'error: the release was not published: cancelled by SIGTERM [CANCELLED]',
      'error: All tags are as they were before; run this again with the same inputs.'
    ],
    tags: 'they had begun to move'
  }
]

function platformOf(host: string): string[] {
  return ['--platforms', 'linux/amd64', '--images', `${host}/org/app`]
}

interface Login {
  readonly kind: 'basic' | 'token'
  readonly password: string
  readonly tokenLifetimeSeconds?: number
}

async function withLogin(
  world: World,
  {kind, password, tokenLifetimeSeconds}: Login,
  args: (host: string) => readonly string[]
): Promise<Ended> {
  const {host} = await world.registry(kind, tokenLifetimeSeconds)
  if (tokenLifetimeSeconds === undefined) await world.built([host])
  world.environment = {IMAGE_RELEASE_REGISTRY_CREDENTIALS: `${host}=${PUBLISHER.username}:${password}`}
  world.layout()
  return await world.run(...args(host))
}

/** Ends the merge by SIGTERM at the first request of a kind, whose answer waits until the program has ended. */
async function cancelled(world: World, isMoment: (request: ProxiedRequest) => boolean): Promise<Ended> {
  const {host} = await world.registry()
  const {book, proxies} = await startFaultProxies([host])
  for (const proxy of proxies) {
    world.atEnd(() => proxy.stop())
    await world.built([proxy.host])
  }
  const state: {child?: ChildProcess; isCancelled: boolean} = {isCancelled: false}
  book.refuse(request => {
    // A second signal would end the program where it stands.
    if (isMoment(request) && !state.isCancelled) state.isCancelled = state.child?.kill('SIGTERM') === true
    return undefined
  })
  book.jitter(20, () => 1)
  state.child = world.start(...MERGE)
  return await ended(state.child)
}

/** What differs from run to run, by one word each. */
function plain(said: string): string[] {
  return said
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll(/\([0-9a-f]{12}\)/g, '(HEX)')
    .split('\n')
    .filter(line => line.startsWith('error:'))
}

describe('a failure says what failed, on what, why, and what to do', () => {
  let program: CommandLine
  beforeAll(() => {
    program = commandLine()
  })
  afterAll(() => program.remove())

  for (const {name, cause, exitCode = 1, says, tags, isPossible = true} of FAILURES)
    itWhere(isPossible, 'unshare')(
      name,
      async () => {
        const world = new World(program)
        try {
          const run = await cause(world)
          expect(plain(run.said)).toEqual(says)
          expect(run.exitCode).toBe(exitCode)
          const summary =
            tags === undefined ? undefined : readFileSync(path.join(world.folder, 'summary.md'), 'utf8')
          if (tags !== undefined) expect(summary?.split('\n## ').at(-1)).toContain(`**Tags:** ${tags}`)
        } finally {
          await world.close()
        }
      },
      60_000
    )

  it('a disk that is full when the summary is written fails nothing: the tags are moved', async () => {
    const world = new World(program)
    try {
      await world.built([(await world.registry()).host])
      const run = await world.run(...MERGE.slice(0, -1), '/dev/full')
      expect(run.said).toContain('warning: the summary cannot be written to /dev/full: ENOSPC')
      expect(run.exitCode).toBe(0)
    } finally {
      await world.close()
    }
  }, 60_000)
})
