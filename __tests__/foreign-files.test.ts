import {execFile, execFileSync} from 'node:child_process'
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import ts from 'typescript'
import {dockerArchive, sha256, writeArchive} from './building/archives.js'
import {readSources} from './support/import-rule.js'

const LOADER = pathToFileURL(path.resolve(import.meta.dirname, '../node_modules/tsx/dist/loader.mjs')).href
const PROCESS = path.join(import.meta.dirname, 'support/reading-process.ts')

/** What became of each file, a line each: `reader path: read`, or with a code and a message. */
async function readInProcess(
  calls: readonly (readonly [reader: string, file: string])[],
  env: Record<string, string> = {}
): Promise<string[]> {
  return await new Promise((resolve, reject) => {
    const words = calls.map(([reader, file]) => `${reader}=${file}`)
    const args = ['--max-old-space-size=256', '--import', LOADER, PROCESS, '--read', ...words]
    const options = {env: {PATH: process.env['PATH'], HOME: '/nonexistent', OUT: root, ...env}}
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trim().split('\n'))
      else reject(new Error(`after ${stdout}: ${stderr}`, {cause: error}))
    })
  })
}

/** Something that has no end, that says nothing, or that is far too long: in place of a file. */
const KINDS: Readonly<Record<string, (file: string) => void>> = {
  device: file => symlinkSync('/dev/zero', file),
  pipe: file => execFileSync('mkfifo', [file]),
  giant: file => {
    const handle = openSync(file, 'w')
    // Nothing is written: it takes no room.
    ftruncateSync(handle, 200 * 1024 ** 3)
    closeSync(handle)
  }
}

/** Each reader of a file that others may have put there: what the file is called, what is said of it, and what lies beside it. */
const READERS: readonly (readonly [
  reader: string,
  file: string,
  code: string,
  beside?: Record<string, string>
])[] = [
  ['settings', 's.yml', 'INPUT_INVALID'],
  ['document', 'plan', 'INPUT_INVALID'],
  ['event', 'event.json', 'INPUT_INVALID'],
  ['logins', 'config.json', 'CREDENTIALS_INVALID'],
  ['certificates', 'a.crt', 'CREDENTIALS_INVALID'],
  ['containerfile', 'Containerfile', 'INPUT_INVALID'],
  ['secret', 'key', 'INPUT_INVALID'],
  ['report', 'report.sarif', 'SCAN_FAILED'],
  ['bill', 'sbom.json', 'SBOM_INVALID'],
  ['manifest', 'app.yaml', 'DEPLOYMENT_INVALID'],
  ['deployed', 'app.yaml', 'INPUT_INVALID'],
  ['repository', 'VERSION', 'INPUT_INVALID'],
  ['record', 'digest-app', 'RECORD_INVALID'],
  ['layout', 'index.json', 'LAYOUT_INVALID', {'oci-layout': '{"imageLayoutVersion":"1.0.0"}'}],
  ['folder', 'manifest.json', 'LAYOUT_INVALID'],
  ['archive', 'image.tar', 'LAYOUT_INVALID']
]

/**
 * A secret that is too large is for the builder to refuse, of a record only the beginning is read, and an archive that is no
 * file is none.
 */
const OTHERWISE: Readonly<Record<string, string>> = {
  'secret giant': 'read',
  'record giant': 'read',
  'archive device': 'INPUT_INVALID',
  'archive pipe': 'INPUT_INVALID'
}

let root: string
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'foreign-files-'))
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

describe('what is no file, or far too long', () => {
  it('is refused at once by each reader, and the process ends', async () => {
    const rows = READERS.flatMap(([reader, name, code, beside = {}]) =>
      Object.entries(KINDS).map(([kind, make]) => {
        const folder = path.join(root, reader, kind)
        mkdirSync(folder, {recursive: true})
        for (const [file, text] of Object.entries(beside)) writeFileSync(path.join(folder, file), text)
        make(path.join(folder, name))
        return {
          call: [reader, path.join(folder, name)] as const,
          line: `${reader} ${reader}/${kind}/${name}: ${OTHERWISE[`${reader} ${kind}`] ?? code}`
        }
      })
    )
    const lines = await readInProcess(rows.map(({call}) => call))
    expect(lines.map(line => line.split(' ').slice(0, 3).join(' '))).toEqual(rows.map(({line}) => line))
  }, 60_000)
})

describe('a credential helper that never answers', () => {
  it('ends with the run that asked it', async () => {
    const folder = path.join(root, 'helper')
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'config.json'), '{"credsStore":"hangs"}')
    writeFileSync(path.join(folder, 'docker-credential-hangs'), '#!/bin/sh\nexec sleep 3600', {mode: 0o755})
    const env = {TELL_AFTER: '1500', DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH'] ?? ''}`}
    const lines = await readInProcess([['helper', folder]], env)
    expect(lines).toEqual(['helper helper: CANCELLED cancelled by SIGTERM'])
  }, 60_000)
})

describe('an archive that would be worked on for hours', () => {
  /** 64 GiB in 64 MB: gzip takes one member after the other. */
  const zeros = (): Buffer => {
    const member = gzipSync(Buffer.alloc(64 * 1024 * 1024), {level: 1})
    return Buffer.concat(Array.from({length: 200}, () => member))
  }
  const manifest = (layers: readonly string[], config = Buffer.from(json(configOf(layers.length)))) => [
    {name: `${sha256(config)}.json`, bytes: config},
    {
      name: 'manifest.json',
      bytes: Buffer.from(json([{Config: `${sha256(config)}.json`, RepoTags: [], Layers: layers}]))
    }
  ]
  const configOf = (layers: number) => ({
    os: 'linux',
    architecture: 'amd64',
    rootfs: {type: 'layers', diff_ids: Array.from({length: layers}, () => `sha256:${'a'.repeat(64)}`)}
  })
  const json = (value: unknown): string => JSON.stringify(value)

  it('ends when it is told to, in the middle of a layer of zeros', async () => {
    const file = await writeArchive(path.join(root, 'zeros.tar'), [
      ...manifest(['layer.tar']),
      {name: 'layer.tar', bytes: zeros()}
    ])
    const lines = await readInProcess([['archive', file]], {TELL_AFTER: '1500'})
    expect(lines).toEqual(['archive zeros.tar: CANCELLED cancelled by SIGTERM'])
  }, 60_000)

  const layer = {name: 'layer.tar', bytes: Buffer.from('x')}
  const ARCHIVES: readonly (readonly [
    what: string,
    entries: Parameters<typeof writeArchive>[1],
    why: RegExp
  ])[] = [
    [
      'entries',
      Array.from({length: 10_001}, (_, at) => ({name: `x${at}`, bytes: Buffer.alloc(0)})),
      /it has more than 10000 entries/
    ],
    [
      'mentions',
      [...manifest(Array.from({length: 10_001}, () => 'layer.tar')), layer],
      /its images have more than 10000 layers/
    ],
    ['no-json', [{name: 'manifest.json', bytes: Buffer.from('{')}], /its manifest.json is not JSON/],
    [
      'long-json',
      [{name: 'manifest.json', bytes: Buffer.alloc(5_000_000, ' ')}],
      /its manifest.json: it is larger than 4194304 bytes/
    ],
    [
      'deep-json',
      [{name: 'manifest.json', bytes: Buffer.from('['.repeat(2_000_000))}],
      /its manifest.json is not JSON/
    ],
    ['no-config', [...manifest(['layer.tar'], Buffer.from('[')), layer], /its config is not JSON/],
    [
      'no-gzip',
      [...manifest(['layer.tar']), {name: 'layer.tar', bytes: Buffer.from([0x1f, 0x8b, 1, 2, 3])}],
      /layer layer.tar cannot be read/
    ],
    ['out', [{name: '../out/manifest.json', bytes: Buffer.from('[]')}], /leads out of it/],
    ['absolute', [{name: '/etc/manifest.json', bytes: Buffer.from('[]')}], /leads out of it/],
    [
      'link-out',
      [{name: 'layer.tar', link: '../../../etc/passwd'}, ...manifest(['layer.tar'])],
      /leads out of it/
    ],
    ['twice', [...manifest(['layer.tar']), layer, layer], /EEXIST/]
  ]

  it('is refused, or ends, where its files say too much', async () => {
    const calls = await Promise.all(
      ARCHIVES.map(
        async ([what, entries]) =>
          ['archive', await writeArchive(path.join(root, `${what}.tar`), entries)] as const
      )
    )
    const lines = await readInProcess(calls)
    expect(lines).toEqual(
      ARCHIVES.map(([what]) => expect.stringMatching(`^archive ${what}.tar: LAYOUT_INVALID `) as unknown)
    )
    for (const [at, [, , why]] of ARCHIVES.entries()) expect(lines[at]).toMatch(why)
  }, 60_000)

  it('is read where two layers are one file', async () => {
    const twice = dockerArchive(['same', 'same'])
    const entries = twice.filter((entry, at) => twice.findIndex(one => one.name === entry.name) === at)
    const file = await writeArchive(path.join(root, 'same.tar'), entries)
    expect(await readInProcess([['archive', file]])).toEqual(['archive same.tar: read'])
  }, 30_000)
})

describe('the readers of files', () => {
  /** What reads a file without a bound of its own, and who holds it to one. */
  const OTHERS: Readonly<Record<string, string>> = {
    'shared/foreign-file.ts': 'the bounds themselves',
    'building/builders/docker-archive.ts createReadStream':
      'streams, and hears the cancellation; bounded when it is unpacked',
    'building/builders/image-archive.ts createReadStream':
      'streams, and hears the cancellation; isGzip has looked at its kind',
    'building/builders/image-layout.ts createReadStream': 'streams a blob whose size and kind were looked at',
    'registry/images/upload-body.ts createReadStream': 'streams a blob whose size and kind were looked at',
    'machine/process-group.ts readFileSync': 'what the kernel says of processes',
    'embedded-registry/storage-disk.ts createReadStream': 'its own files',
    'embedded-registry/storage-disk.ts readFile': 'its own files',
    'embedded-registry/storage-disk.ts open': 'its own files'
  }
  const READING = [
    'readFile',
    'readFileSync',
    'createReadStream',
    'open',
    'openSync',
    'openAsBlob',
    'readv',
    'readSync'
  ]

  it('are those of one file with bounds, and a few that are listed', () => {
    const found = [...readSources(path.resolve(import.meta.dirname, '../src'))].flatMap(([file, text]) =>
      namesFromFs(file, text)
        .filter(name => READING.includes(name))
        .map(name => (file === 'shared/foreign-file.ts' ? file : `${file} ${name}`))
    )
    expect([...new Set(found)].sort()).toEqual(Object.keys(OTHERS).sort())
  })
})

/** The names that a file imports of Node's file system; `*` where it imports all of it. */
function namesFromFs(file: string, text: string): string[] {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest).statements.flatMap(statement => {
    if (!ts.isImportDeclaration(statement)) return []
    if (!/^node:fs(\/promises)?$/.test((statement.moduleSpecifier as ts.StringLiteral).text)) return []
    const named = statement.importClause?.namedBindings
    if (named === undefined || !ts.isNamedImports(named)) return ['*']
    return named.elements.map(one => (one.propertyName ?? one.name).text)
  })
}
