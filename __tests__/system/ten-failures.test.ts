import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {formatPlan} from '../../src/contracts/plan-format.js'
import {partsOf, sampleImage, writeLayout} from '../building/layouts.js'
import {itWhere} from '../support/components.js'
import {type CommandLine, commandLine, plainEnvironment} from '../support/command-line.js'
import {type ProxiedRequest, startFaultProxies} from '../support/fault-proxy.js'
import {testPorts} from '../support/ports.js'
import {PUBLISHER, type RunningRegistry, startEmbedded} from '../support/registries.js'
import {type TestRelease, buildAll, releaseTags} from '../support/releases.js'

/** How a program ended, and all that it said. */
interface Ended {
  readonly exitCode: number | null
  readonly said: string
}

/** Where a failure happens: a folder with a plan and its records, and registries. */
class World {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'failures-'))
  readonly #running: RunningRegistry[] = []
  readonly #closing: (() => Promise<void> | void)[] = []
  environment: Readonly<Record<string, string>> = {}
  /** What stands before the program, such as what gives it a small disk. */
  #before: readonly string[] = []

  constructor(readonly program: CommandLine) {}

  async registry(
    kind: 'none' | 'basic' | 'token' = 'none',
    tokenLifetimeSeconds?: number
  ): Promise<RunningRegistry> {
    const users = [{...PUBLISHER, rights: ['pull', 'push', 'delete']}] as const
    const registry = await startEmbedded(
      tokenLifetimeSeconds === undefined
        ? {auth: kind === 'none' ? {kind} : {kind, users}}
        : {auth: {kind: 'token', users, tokenLifetimeSeconds}}
    )
    this.#running.push(registry)
    return registry
  }

  /** An image that another tool has built. */
  layout(): void {
    writeLayout(path.join(this.folder, 'layout'), [sampleImage().manifest], partsOf(sampleImage()))
  }

  /** Programs find a folder on a disk of its own, which is full. */
  smallDisk(folder: string): void {
    const fill = `mkdir -p ${folder} && mount -t tmpfs -o size=4k tmpfs ${folder} && head -c 64k /dev/zero >${folder}/full 2>/dev/null`
    this.#before = ['unshare', '-rm', 'sh', '-c', `${fill}; exec "$@"`, 'sh']
  }

  atEnd(close: () => Promise<void> | void): void {
    this.#closing.push(close)
  }

  /** Builds and pushes what a plan names, as its build jobs do; merge-manifest is what is left. */
  async built(hosts: readonly string[], changes: Partial<TestRelease> = {}): Promise<void> {
    const images = hosts.map(host => `${host}/org/app`)
    const ports = testPorts(this.#running)
    const plan = await buildAll(ports, {images, version: '1.0.0', tags: releaseTags('1.0.0'), ...changes})
    this.write('plan.json', formatPlan(plan))
    for (const [name, record] of ports.records) this.write(`.image-release/records/${name}`, record)
    ports.close()
  }

  write(file: string, content: string | Uint8Array): string {
    const whole = path.join(this.folder, file)
    mkdirSync(path.dirname(whole), {recursive: true})
    writeFileSync(whole, content)
    return whole
  }

  start(...args: readonly string[]): ChildProcess {
    const [command = '', ...rest] = [...this.#before, process.execPath, this.program.entry, ...args]
    return spawn(command, rest, {
      cwd: this.folder,
      env: {PATH: plainEnvironment()['PATH'] ?? '', HOME: this.folder, ...this.environment}
    })
  }

  async run(...args: readonly string[]): Promise<Ended> {
    return await ended(this.start(...args))
  }

  async close(): Promise<void> {
    for (const one of this.#closing) await one()
    await Promise.all(this.#running.map(async one => await one.stop().catch(() => undefined)))
    rmSync(this.folder, {recursive: true, force: true})
  }
}

async function ended(child: ChildProcess): Promise<Ended> {
  const said: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  child.stdout?.resume()
  const exitCode = await new Promise<number | null>(resolve => child.on('close', resolve))
  return {exitCode, said: said.join('')}
}

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
      'error: All tags stand as they stood before; run this again with the same inputs.'
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
  const state: {child?: ChildProcess} = {}
  book.refuse(request => {
    if (isMoment(request)) state.child?.kill('SIGTERM')
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
