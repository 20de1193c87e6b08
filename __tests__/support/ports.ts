import {setTimeout as delay} from 'node:timers/promises'
import type {Artifacts, Credential, Exec, KeptBeginning, Ports, Reporter} from '../../src/ports.js'
import {openHttp} from '../../src/registry/transport/http.js'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import type {RunningRegistry} from './registries.js'

/** Everything that a reporter was told. */
export interface RecordedReport extends Reporter {
  readonly lines: string[]
  readonly notices: string[]
  readonly warnings: string[]
  readonly summaries: string[]
}

/** A reporter that keeps what it is told. */
export function recordingReporter(): RecordedReport {
  const lines: string[] = []
  const notices: string[] = []
  const warnings: string[] = []
  const summaries: string[] = []
  return {
    lines,
    notices,
    warnings,
    summaries,
    debug: () => undefined,
    info: line => void lines.push(line),
    notice: line => void notices.push(line),
    warning: line => void warnings.push(line),
    group: async (title, body) => {
      lines.push(title)
      return await body()
    },
    progress: () => ({advance: () => undefined, end: () => undefined}),
    secret: () => undefined,
    summary: markdown => void summaries.push(markdown)
  }
}

/** The ports of a test: a real network, records in memory, and a log that is kept. */
export interface TestPorts extends Ports {
  readonly reporter: RecordedReport
  readonly records: Map<string, Uint8Array>
  /** Every journal that was kept, in order. */
  readonly journals: string[]
  /** The texts of the files of each artifact, by name. */
  readonly kept: Map<string, Readonly<Record<string, string>>>
  /** What was kept for later steps, by name. */
  readonly files: Map<string, string>
  readonly close: () => void
}

/** Ports with the logins of these registries, and a clock that does not wait. */
export function testPorts(registries: readonly RunningRegistry[], overrides: Partial<Ports> = {}): TestPorts {
  const http = openHttp()
  const records = new Map<string, Uint8Array>()
  const journals: string[] = []
  const files = new Map<string, string>()
  const kept: TestPorts['kept'] = new Map()
  const noPrograms: Exec = command => Promise.reject(new Error(`${command} is not for this test`))
  return {
    workflowRun: () => Promise.resolve(tagPush('v1.0.0')),
    send: http.send,
    exec: noPrograms,
    digests: {
      save: (name, record) => Promise.resolve(void records.set(name, record)).then(() => name),
      load: names => Promise.resolve(new Map([...records].filter(([name]) => names.includes(name)))),
      find: () => Promise.resolve(undefined)
    },
    journal: {
      save: (name, text) => Promise.resolve(void journals.push(text)).then(() => name),
      find: () => Promise.resolve(journals)
    },
    artifacts: keptArtifacts(kept),
    caches: {
      restore: () => Promise.reject(new Error('caches are not for this test')),
      save: () => Promise.resolve()
    },
    readText: () => Promise.resolve(undefined),
    saveText: (name, text) => Promise.resolve(void files.set(name, text)).then(() => `/runner/temp/${name}`),
    environment: () => undefined,
    confirm: (_, unasked = true) => Promise.resolve(unasked),
    clock: {
      now: () => Date.now(),
      sleep: async (_, signal) => await delay(1, undefined, signal ? {signal} : {})
    },
    credentials: host =>
      Promise.resolve<Credential | undefined>(registries.find(one => one.host === host)?.credential),
    github: () => () => Promise.reject(new Error("GitHub's API is not for this test")),
    attest: () => Promise.reject(new Error('attestations are not for this test')),
    signal: new AbortController().signal,
    ...overrides,
    reporter: recordingReporter(),
    records,
    journals,
    files,
    kept,
    close: () => http.close()
  }
}

function keptArtifacts(kept: TestPorts['kept']): Artifacts {
  return {
    save(name, files) {
      kept.set(name, Object.fromEntries(files.map(file => [file.name, file.text])))
      return Promise.resolve(`artifact ${name}`)
    },
    names: () => Promise.resolve([...kept.keys()]),
    load(name) {
      const found = Object.entries(kept.get(name) ?? {}).map(([file, text]): KeptBeginning => ({
        name: file,
        bytes: Buffer.from(text)
      }))
      return Promise.resolve(kept.has(name) ? found : undefined)
    }
  }
}

/** A push of a Git tag. */
export function tagPush(gitTag: string, sha = 'a'.repeat(40)): WorkflowRun {
  return {
    event: 'push',
    ref: `refs/tags/${gitTag}`,
    sha,
    startedAt: '2026-02-03T04:05:06Z',
    commitDate: '2026-02-03T04:00:00Z',
    attempt: 1,
    source: {fullName: 'org/app', url: 'https://github.com/org/app'}
  }
}
