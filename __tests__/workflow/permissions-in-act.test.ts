import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, expect, it} from '@jest/globals'
import {type Digest, digestOf, hexOf} from '../../src/oci/digest.js'
import {OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_MANIFEST} from '../../src/oci/media-type.js'
import {describeWith} from '../support/components.js'
import {copyActions} from '../support/example-world.js'
import type {GithubServer} from '../support/github-server.js'
import {type HostedGit, githubSite, hostedGit} from '../support/hosted/hosted-git.js'
import {startHostedGithub} from '../support/hosted/hosted-github.js'
import {type HostedMachines, hostedMachines} from '../support/hosted/hosted-machines.js'
import {identitySites} from '../support/hosted/job-identity.js'
import {type Internet, type Site, passOn, startInternet} from '../support/internet.js'
import type {ReportData} from '../../src/reporting/report-data.js'
import {testPorts} from '../support/ports.js'
import type {ProjectCopy} from '../support/project-copy.js'
import {indexOf, newManifest} from '../support/registry-client.js'
import {DISTRIBUTION_3} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {type ResultsService, startResultsService} from '../support/results-service.js'
import {type WorkflowEnd, runWorkflow} from '../support/run-workflow.js'
import {type VendorRegistry, startVendorRegistry} from '../support/vendor-registries.js'

const MINUTES = 60_000
const DAYS_50 = 50 * 24 * 3_600_000
const REPOSITORY = 'owner/app'
const FILE = '.github/workflows/release.yml'
const TAG = 'v1.2.3'
const TAGS = ['1', '1.2', '1.2.3', 'latest']

type Rights = Readonly<Record<string, 'read' | 'write'>>
const ALL: Rights = {
  contents: 'write',
  packages: 'write',
  'id-token': 'write',
  attestations: 'write',
  pages: 'write'
}

/** A call of the workflow with a permission less. */
interface Less {
  /** What the caller may do. */
  readonly rights: Rights
  /** What one job may do, where that is less than the caller. */
  readonly job?: {readonly name: string; readonly rights: Rights}
  readonly with?: Readonly<Record<string, boolean | string>>
  /** What the jobs say that fail. */
  readonly says: readonly string[]
  /** How far it comes. */
  readonly reaches: 'nothing' | 'images' | 'tags'
}

/** What an attestation is about. */
function subjectsOf(bundle: unknown): string[] {
  const {dsseEnvelope} = bundle as {readonly dsseEnvelope: {readonly payload: string}}
  const statement: unknown = JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())
  return (statement as {readonly subject: readonly {readonly name: string}[]}).subject.map(({name}) => name)
}

const without = (name: string): Rights =>
  Object.fromEntries(Object.entries(ALL).filter(([right]) => right !== name))
const INACCESSIBLE = 'Resource not accessible by integration'

/** By the name of the job that calls, which its image has, too. */
const LESS: Readonly<Record<string, Less>> = {
  'plan-without-contents': {
    rights: ALL,
    job: {name: 'plan', rights: {}},
    says: ["The process 'git' failed with exit code 128"],
    reaches: 'nothing'
  },
  'build-with-packages-read': {
    rights: {...ALL, packages: 'read'},
    says: ['403 DENIED installation not allowed to Create organization package'],
    reaches: 'nothing'
  },
  'publish-with-packages-read': {
    rights: ALL,
    job: {name: 'publish', rights: {...ALL, packages: 'read'}},
    says: ['403 DENIED installation not allowed to Write organization package'],
    reaches: 'images'
  },
  'publish-without-id-token': {
    rights: without('id-token'),
    says: ['this job may not ask GitHub for an identity token'],
    reaches: 'images'
  },
  'publish-without-attestations': {
    rights: without('attestations'),
    says: [`Failed to persist attestation: ${INACCESSIBLE}`],
    reaches: 'images'
  },
  'notes-with-contents-read-and-cleanup-with-packages-read': {
    rights: {...ALL, contents: 'read'},
    job: {name: 'cleanup', rights: {contents: 'read', packages: 'read'}},
    with: {'release-notes': true, cleanup: true},
    says: [INACCESSIBLE, 'the token has no role Admin on the package'],
    reaches: 'tags'
  },
  'page-with-contents-read': {
    rights: ALL,
    job: {name: 'page', rights: {...ALL, contents: 'read'}},
    with: {page: true, pages: true, 'pages-branch': 'other-pages'},
    // Git says it, in the log.
    says: [],
    reaches: 'tags'
  },
  'pages-without-pages': {
    rights: without('pages'),
    with: {page: true, pages: true, 'pages-branch': 'more-pages'},
    says: ['Ensure GITHUB_TOKEN has permission "pages: write".'],
    reaches: 'tags'
  }
}
const CLEANED = Object.keys(LESS).filter(name => LESS[name]?.with?.['cleanup'] === true)
const WHOLE = 'with-all'

/**
 * `release.yml` as callers use it, in act, on a private repository: GitHub's Git, API, container registry and identities answer
 * each job by the permissions of its token. All calls are jobs of one run, beside each other.
 */
describeWith(['act', 'git', 'openssl', ...DISTRIBUTION_3], 'release.yml in act', () => {
  let root: string
  let age = 0
  let ghcr: VendorRegistry
  let github: GithubServer
  let git: HostedGit
  let internet: Internet
  let machines: HostedMachines
  let actions: ProjectCopy
  let service: ResultsService
  let end: WorkflowEnd
  const old = new Map<string, Digest>()

  beforeAll(async () => {
    root = mkdtempSync(path.join(tmpdir(), 'permissions-'))
    writeRepository(path.join(root, 'clone'))
    actions = copyActions()
    for (const [name, {job}] of Object.entries(LESS)) if (job !== undefined) narrow(actions.folder, name, job)
    git = hostedGit(path.join(root, 'clone'), path.join(root, 'repository.git'))
    ghcr = await startVendorRegistry('ghcr.io', REPOSITORY, {now: () => Date.now() - age})
    github = await startHostedGithub(REPOSITORY)
    github.releases.push({id: 1, tag_name: TAG, name: TAG, body: '', draft: false, prerelease: false})
    const packages = ghcr.sites['api.github.com']
    const api: Site = (incoming, answer) => {
      const isOfPackages = /^\/(orgs|users?)\b/.test(incoming.url ?? '')
      if (isOfPackages && typeof packages === 'function') packages(incoming, answer)
      else passOn(new URL(github.url), incoming, answer)
    }
    internet = await startInternet({
      ...ghcr.sites,
      ...(await identitySites()),
      'github.com': githubSite(git, REPOSITORY, true),
      'api.github.com': api
    })
    machines = hostedMachines({})
    service = await startResultsService()
    for (const name of [WHOLE, ...CLEANED]) old.set(name, await pushOld(name))
    end = await run(CALLER)
  }, 3 * MINUTES)
  afterAll(async () => {
    machines.stop()
    actions.dispose()
    await Promise.all([internet.stop(), github.stop(), ghcr.stop(), service.stop()])
    rmSync(root, {recursive: true, force: true})
  })

  /** An index that nothing names, old enough to go. */
  const pushOld = async (name: string): Promise<Digest> => {
    const ports = testPorts([])
    const client = clientOf(ports, `${ghcr.inside ?? ''}/owner/${name}`)
    age = DAYS_50
    const child = await newManifest(client)
    for (const one of [child, indexOf(child)]) await client.putManifest(one)
    age = 0
    ports.close()
    return indexOf(child).digest
  }

  const run = (text: string): Promise<WorkflowEnd> => {
    git.commit({[FILE]: text})
    return runWorkflow({
      git,
      machines,
      repository: REPOSITORY,
      file: FILE,
      event: {
        name: 'push',
        ref: `refs/tags/${TAG}`,
        payload: {repository: {private: true, visibility: 'private'}}
      },
      env: {...internet.env, ...service.env()},
      actions: {'org/image-release': actions.folder}
    })
  }

  const tagsOf = async (name: string): Promise<readonly string[]> => {
    const answer = await fetch(`http://${ghcr.inside ?? ''}/v2/owner/${name}/tags/list`)
    const {tags} = (await answer.json()) as {readonly tags?: readonly string[] | null}
    // ghcr.io lists no referrers: what refers to an image has a tag.
    return (tags ?? []).filter(tag => !tag.startsWith('sha256-')).sort()
  }
  /** What the jobs of a call say went wrong. */
  const errorsOf = (name: string): string =>
    end.log
      .split('\n')
      .filter(line => line.startsWith(`[${name}/`) && line.includes('::error::'))
      .join('\n')

  it('releases, attests, tells and cleans up with the permissions that its page names', async () => {
    expect(errorsOf(WHOLE)).toBe('')
    expect(await tagsOf(WHOLE)).toEqual(TAGS)
    expect(github.releases.map(({tag_name: tag, body}) => [tag, body])).toEqual([
      [TAG, expect.stringContaining(`ghcr.io/owner/${WHOLE}`)]
    ])
    const tagged = await fetch(`http://${ghcr.inside ?? ''}/v2/owner/${WHOLE}/manifests/latest`, {
      headers: {accept: OCI_INDEX}
    })
    const bundles = github.attestations.get(digestOf(Buffer.from(await tagged.arrayBuffer()))) ?? []
    // Calls that build at the same second make the same image, and each attests it under its own name.
    expect(bundles.filter(bundle => subjectsOf(bundle).includes(`ghcr.io/owner/${WHOLE}`))).toHaveLength(1)
    expect(ghcr.manifests(`owner/${WHOLE}`)).not.toContain(old.get(WHOLE))
  })

  it('shows the release as a page that a browser opens from the run, and adds it to the site of all releases', () => {
    const pages = service
      .artifacts()
      .filter(({name}) => /^report-1\.2\.3-.*\.html$/.test(name))
      .map(({name, mimeType}) => ({mimeType, html: service.content(name)?.toString() ?? ''}))
    const page = pages.find(({html}) => html.includes(`ghcr.io/owner/${WHOLE}:latest`))
    expect(page?.mimeType).toBe('text/html')
    expect(page?.html).toMatch(/^<!doctype html>/)
    const data = JSON.parse(/id="report">(.*?)<\/script>/s.exec(page?.html ?? '')?.[1] ?? '') as ReportData
    expect(data.version).toBe('1.2.3')
    expect(data.targets[0]?.tags.map(({reference}) => reference).sort()).toEqual(
      TAGS.map(tag => `ghcr.io/owner/${WHOLE}:${tag}`)
    )
    expect(data.checks.length).toBeGreaterThanOrEqual(TAGS.length)
    expect(data.builds.map(({platform}) => platform)).toEqual(['linux/amd64'])
    expect(data.steps.map(({step}) => step)).toEqual([
      'compute-tags',
      'merge-manifest',
      'verify-release',
      'cleanup-latest'
    ])
    expect(data.cleanup?.flatMap(({deleted}) => deleted.map(({digest}) => digest))).toContain(old.get(WHOLE))
    const folder = `${data.targets[0]?.name ?? ''}-1.2.3`
    const files = ['index.html', 'releases.json', `${folder}/index.html`, `${folder}/report.json`]
    const kept = git.git('ls-tree', '-r', '--name-only', 'release-pages').split('\n')
    expect(kept.sort()).toEqual(files.sort())
    expect(git.git('show', 'release-pages:index.html')).toContain(`<a href="${folder}/index.html">1.2.3</a>`)
    expect(end.log).toContain(`deployed: ${files.map(file => `./${file}`).join(' ')}`)
    const claims = JSON.parse(
      Buffer.from(String(github.pages[0]?.['oidc_token']).split('.')[1] ?? '', 'base64url').toString()
    ) as {readonly repository: string}
    expect(claims.repository).toBe(REPOSITORY)
    expect(github.pages).toHaveLength(1)
    const branches = git.git('for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n')
    expect(branches).toEqual(['main', 'more-pages', 'release-pages'])
    expect(end.log).toMatch(/\[page-with-contents-read\/.*returned error: 403/)
  })

  it.each(Object.entries(LESS))(
    'fails without one of them, and says so: %s',
    async (name, {says, reaches}) => {
      for (const text of says) expect(errorsOf(name)).toContain(text)
      expect(await tagsOf(name)).toEqual(reaches === 'tags' ? TAGS : [])
      expect(ghcr.manifests(`owner/${name}`).length > 0).toBe(reaches !== 'nothing')
      const kept = old.get(name)
      if (kept !== undefined) expect(ghcr.manifests(`owner/${name}`)).toContain(kept)
    }
  )

  it('is not started by GitHub where the caller may not read the repository', async () => {
    const {exitCode, log} = await run(callerOf({none: {uses: 'release', rights: without('contents')}}))
    expect([exitCode, log]).toEqual([
      1,
      expect.stringContaining(
        "The nested job 'plan' is requesting 'contents: read', but is only allowed 'contents: none'"
      )
    ])
  })
})

interface CallJob {
  readonly uses: string
  readonly rights: Rights
  readonly with?: Readonly<Record<string, boolean | string>>
}

function callerOf(calls: Readonly<Record<string, CallJob>>): string {
  const jobs = Object.entries(calls).map(([name, {uses, rights, with: more}]) => [
    name,
    {
      uses: `org/image-release/.github/workflows/${uses}.yml@v1`,
      permissions: rights,
      with: {
        images: `ghcr.io/owner/${name}`,
        strategy: 'release',
        attest: 'true',
        'install-tools': false,
        preflight: false,
        cleanup: false,
        page: false,
        ...more
      }
    }
  ])
  // JSON is YAML.
  return JSON.stringify({
    on: {push: {tags: ['v*']}},
    permissions: {},
    jobs: Object.fromEntries(jobs) as object
  })
}

const CALLER = callerOf({
  [WHOLE]: {
    uses: 'release',
    rights: ALL,
    with: {'release-notes': true, cleanup: true, page: true, pages: true}
  },
  ...Object.fromEntries(
    Object.entries(LESS).map(([name, {rights, job, with: more = {}}]) => [
      name,
      {uses: job === undefined ? 'release' : name, rights, with: more}
    ])
  )
})

/** Writes the workflow beside itself, with other permissions of one job. */
function narrow(folder: string, name: string, job: NonNullable<Less['job']>): void {
  const text = readFileSync(path.join(folder, FILE), 'utf8')
  const start = text.indexOf(`\n  ${job.name}:`) + 1
  const end = text.indexOf('\n    steps:', start)
  const head = text.slice(start, end).replace(/\n    permissions:\n(?: {6}.*\n?)+(?=\n|    )/, '\n')
  if (start === 0) throw new Error(`release.yml has no job ${job.name}`)
  const narrowed = `${text.slice(0, start)}${head}\n    permissions: ${JSON.stringify(job.rights)}${text.slice(end)}`
  writeFileSync(path.join(folder, '.github/workflows', `${name}.yml`), narrowed)
}

/** A repository whose image is built elsewhere: what costs nothing to build. */
function writeRepository(folder: string): void {
  const write = (file: string, content: string | Uint8Array): void => {
    mkdirSync(path.dirname(path.join(folder, file)), {recursive: true})
    writeFileSync(path.join(folder, file), content)
  }
  write(
    '.github/image-release.yml',
    'platforms: linux/amd64\nbuild-by-digest: {builder: prebuilt, source: image}\ncleanup-latest: {allow-deletion: true, untagged: true}\n'
  )
  const blob = (content: Uint8Array): {digest: string; size: number} => {
    const digest = digestOf(content)
    write(`image/blobs/sha256/${hexOf(digest)}`, content)
    return {digest, size: content.length}
  }
  const encode = (document: object): Uint8Array => Buffer.from(JSON.stringify(document))
  const tar = Buffer.alloc(1024)
  const layer = {mediaType: OCI_LAYER_GZIP, ...blob(gzipSync(tar))}
  const config = {
    mediaType: OCI_CONFIG,
    ...blob(
      encode({
        os: 'linux',
        architecture: 'amd64',
        config: {},
        rootfs: {type: 'layers', diff_ids: [digestOf(tar)]}
      })
    )
  }
  const manifest = blob(encode({schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [layer]}))
  const platform = {os: 'linux', architecture: 'amd64'}
  write(
    'image/index.json',
    encode({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [{mediaType: OCI_MANIFEST, ...manifest, platform}]
    })
  )
  write('image/oci-layout', '{"imageLayoutVersion":"1.0.0"}')
}
