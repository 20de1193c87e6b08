import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import type {BuildRequest, BuilderPorts} from '../../src/building/builders/builder.js'
import {ReleaseError} from '../../src/errors.js'
import {listenForCancellation} from '../../src/machine/system-ports.js'

const {signal} = listenForCancellation()
const exec = (): Promise<never> => Promise.reject(new Error('no program is here'))
const reporter = {debug: () => undefined, info: () => undefined}
const out = (): string => mkdtempSync(path.join(process.env['OUT'] ?? tmpdir(), 'reading-'))

/** Takes an image of another tool, as build-by-digest does. */
async function take(text: string): Promise<void> {
  const {findImageSource, parseImageSource} = await import('../../src/building/builders/image-source.js')
  const {PrebuiltBuilder} = await import('../../src/building/builders/prebuilt.js')
  const source = findImageSource(parseImageSource(text))
  if (source.kind === 'docker') throw new Error('not for this builder')
  const ports = {exec, reporter, signal} as unknown as BuilderPorts
  const platform = {os: 'linux', architecture: 'amd64'}
  await new PrebuiltBuilder(source, ports).build({
    platform,
    format: 'oci',
    outputFolder: out()
  } as BuildRequest)
}

/** Everything that reads a file which others may have put there: by its name, with the path of the file. */
const READERS: Readonly<Record<string, (file: string) => Promise<unknown>>> = {
  settings: async file => await (await import('../../src/machine/system-ports.js')).readText(file),
  document: async file => {
    const {gatherTexts} = await import('../../src/host/raw-inputs.js')
    const {issues} = await gatherTexts(
      {plan: {shape: 'json'}} as unknown as Parameters<typeof gatherTexts>[0],
      {textOf: () => file, environment: {}, documents: {} as Parameters<typeof gatherTexts>[1]['documents']}
    )
    if (issues.length > 0) throw new ReleaseError('INPUT_INVALID', issues[0]?.message ?? '')
  },
  event: async file => {
    const {readGithubRun} = await import('../../src/ci/github-run.js')
    const names = ['GITHUB_EVENT_NAME', 'GITHUB_REF', 'GITHUB_SHA', 'GITHUB_REPOSITORY']
    const variables = Object.fromEntries(names.map(name => [name, 'x']))
    const clock = {now: () => 0, sleep: () => Promise.resolve()}
    await readGithubRun({...variables, GITHUB_EVENT_PATH: file}, {exec, clock})
  },
  logins: async file => {
    const {dockerCredentials} = await import('../../src/registry/auth/docker-config.js')
    await dockerCredentials({environment: {REGISTRY_AUTH_FILE: file}, exec})('ghcr.io')
  },
  helper: async () => {
    const {openSystemPorts} = await import('../../src/machine/system-ports.js')
    const parts = {reporter, confirm: () => undefined} as unknown as Parameters<typeof openSystemPorts>[0]
    await openSystemPorts(parts).ports.credentials('ghcr.io')
  },
  certificates: async file => {
    const {registryCertificates} = await import('../../src/registry/auth/registry-certificates.js')
    await registryCertificates(path.basename(path.dirname(file)), {}, [path.dirname(path.dirname(file))])
  },
  containerfile: async file => {
    const {findContainerfile, readContainerfile} =
      await import('../../src/building/builders/build-context.js')
    readContainerfile(findContainerfile({context: path.dirname(file), file}))
  },
  secret: async file => {
    const {findSecrets} = await import('../../src/building/builders/build-secrets.js')
    findSecrets([{id: 'a', source: {kind: 'file', file}}], () => undefined)
  },
  report: async file => {
    const {runScan} = await import('../../src/checks/scan/scan-gate.js')
    // What the scanner leaves may be anything: it is put there while it runs.
    const {linkSync, renameSync, existsSync} = await import('node:fs')
    const report = `${file}.report`
    const scanner = (): Promise<object> => {
      try {
        linkSync(file, report)
      } catch {
        if (existsSync(file)) renameSync(file, report)
      }
      return Promise.resolve({exitCode: 0, stdout: '', stderr: ''})
    }
    const gate = {
      call: {command: {line: 'x'}, env: {}, passed: [], timeout: 0, secrets: []},
      title: 'app',
      artifact: 'a',
      report,
      document: `${report}.json`,
      proof: {from: 'report'},
      done: [0],
      subjects: []
    }
    const clock = {now: () => 0}
    const group = async (_: string, body: () => Promise<unknown>): Promise<unknown> => await body()
    const ports = {exec: scanner, reporter: {...reporter, group}, clock, signal}
    await runScan(
      gate as unknown as Parameters<typeof runScan>[0],
      ports as unknown as Parameters<typeof runScan>[1]
    )
  },
  bill: async file => await (await import('../../src/checks/sbom/sbom-gate.js')).readSbom(file),
  manifest: async file => {
    const {editWorkTree} = await import('../../src/delivery/git/work-tree.js')
    process.chdir(path.dirname(file))
    await editWorkTree(async read => {
      await read(path.basename(file))
      return {files: new Map()} as never
    }, true)
  },
  deployed: async file => {
    const {readDeployed} = await import('../../src/cleanup/deployed-files.js')
    await readDeployed([{text: file, file: path.dirname(file)}])
  },
  repository: async file => {
    const {workTreeAt} = await import('../../src/onboarding/work-tree.js')
    await workTreeAt(path.dirname(file)).read(path.basename(file))
  },
  record: async file => {
    const {openFolderStore} = await import('../../src/cli/folder-digest-store.js')
    await openFolderStore(() => path.dirname(file)).load([path.basename(file)])
  },
  layout: async file => await take(`oci:${path.dirname(file)}`),
  folder: async file => await take(`dir:${path.dirname(file)}`),
  archive: async file => await take(`oci-archive:${file}`)
}

// Whoever is told to end while it works ends; by itself this would go on for minutes.
const {TELL_AFTER: delay} = process.env
if (delay !== undefined) setTimeout(() => process.kill(process.pid, 'SIGTERM'), Number(delay))

for (const call of process.argv.slice(process.argv.indexOf('--read') + 1)) {
  const [reader = '', file = ''] = call.split('=')
  const outcome = await (READERS[reader]?.(file) ?? Promise.reject(new Error('no such reader'))).then(
    () => 'read',
    (error: unknown) =>
      `${error instanceof ReleaseError ? error.code : String(error)} ${(error as Error).message.replaceAll('\n', ' ')}`
  )
  process.stdout.write(`${reader} ${path.relative(process.env['OUT'] ?? '', file)}: ${outcome}\n`)
}
process.exit()
