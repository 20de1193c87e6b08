import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {gzipSync} from 'node:zlib'
import {afterAll, beforeAll, beforeEach, describe, expect, it, jest} from '@jest/globals'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {parseInputs} from '../../src/command/input.js'
import {digestOf} from '../../src/oci/digest.js'
import {writeArchive} from '../building/archives.js'
import {blobFile, partsOf, sampleImage, writeLayout} from '../building/layouts.js'
import {component, componentPath, describeWith} from '../support/components.js'
import {execPrograms} from '../support/exec-programs.js'
import {type TestPorts, testPorts} from '../support/ports.js'
import {type RunningRegistry, startEmbedded} from '../support/registries.js'
import {clientOf} from '../support/releases.js'
import {failureOf} from '../support/thrown.js'

jest.setTimeout(120_000)

/** What a database of ours says of the one package of an image. */
const FINDING = 'CVE-2099-0001'
const RELEASE = 'ID=alpine\nVERSION_ID=3.19.1\n'
const INSTALLED = 'C:Q1abc\nP:openssl\nV:3.1.4-r0\nA:x86_64\nS:1\nI:1\nT:x\nL:Apache-2.0\n\n'
/** The database is as old as its file: grype takes none after five days. */
const OF_ANY_AGE = {GRYPE_DB_VALIDATE_AGE: 'false'}
const OFFLINE = {GRYPE_DB_UPDATE_URL: 'http://127.0.0.1:9/latest.json'}

describeWith(['grype', 'python3'], 'a scan by grype itself', () => {
  let folder: string
  let layout: string
  let registry: RunningRegistry
  let ports: TestPorts
  let image: string
  let number = 0
  const at = (name: string): string => path.join(folder, name)

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'grype-'))
    registry = await startEmbedded()
    layout = await alpineLayout()
    const sql = path.resolve(import.meta.dirname, '../fixtures/grype-database.sql')
    const make = 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())'
    execFileSync('python3', ['-c', make, at('own.db'), sql])
    execFileSync(component('grype'), ['db', 'import', at('own.db')], {
      env: {...process.env, HOME: folder, GRYPE_DB_CACHE_DIR: at('database')},
      stdio: 'pipe'
    })
  })
  afterAll(async () => {
    await registry.stop()
    rmSync(folder, {recursive: true, force: true})
  })
  beforeEach(() => {
    image = `${registry.host}/org/scanned${++number}`
  })

  const alpineLayout = async (): Promise<string> => {
    const archive = readFileSync(
      await writeArchive(at('layer.tar'), [
        {name: 'etc/os-release', bytes: Buffer.from(RELEASE)},
        {name: 'lib/apk/db/installed', bytes: Buffer.from(INSTALLED)}
      ])
    )
    const rootfs = {type: 'layers', diff_ids: [digestOf(archive)]}
    const sample = sampleImage({os: 'linux', architecture: 'amd64', config: {}, rootfs}, gzipSync(archive))
    return writeLayout(at('layout'), [sample.manifest], partsOf(sample))
  }

  /** Scans the image and pushes it, as a step whose environment has these variables. */
  const release = async (
    texts: Readonly<Record<string, string>>,
    variables: Readonly<Record<string, string>> = OF_ANY_AGE
  ) => {
    const step = {
      HOME: folder,
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_DB_CACHE_DIR: at('database'),
      ...variables
    }
    const before = {...process.env}
    Object.assign(process.env, step)
    ports = testPorts([registry], {
      exec: (command, args, options) =>
        execPrograms(command, args, {...options, env: {...options?.env, PATH: componentPath}})
    })
    try {
      const all = {source: `oci:${layout}`, platforms: 'linux/amd64', images: image, scan: 'grype', ...texts}
      return await buildByDigest.run(parseInputs(buildByDigest.inputs, all), ports)
    } finally {
      for (const name of Object.keys(step)) Reflect.deleteProperty(process.env, name)
      Object.assign(process.env, before)
      ports.close()
    }
  }
  const isPushed = async (): Promise<boolean> => {
    const [manifest] =
      readFileSync(path.join(layout, 'index.json'), 'utf8').match(/sha256:[0-9a-f]{64}/) ?? []
    const own = testPorts([registry])
    const found = await clientOf(own, image).headManifest((manifest ?? '') as ReturnType<typeof digestOf>)
    own.close()
    return found !== undefined
  }

  it('stops the push at what its database says, by severity, with the report kept', async () => {
    const error = await failureOf(() => release({'scan-severity': 'high'}))
    expect(error).toMatchObject({code: 'SCAN_FAILED', outputs: {sarif: expect.any(String)}})
    expect(error.message).toMatch(/grype \S+ found 1 high; nothing may be high or worse$/)
    expect(await isPushed()).toBe(false)
  })

  it.each([
    ['is below the threshold', {'scan-severity': 'critical'}, {high: 1}],
    ['is accepted', {'scan-severity': 'low', 'scan-ignore': FINDING}, {high: 0}]
  ])('lets pass what %s, and says by what it is known to be of this image', async (_, texts, counts) => {
    const {vulnerabilities} = await release(texts)
    expect(JSON.parse(vulnerabilities)).toMatchObject(counts)
    expect(ports.reporter.lines).toContainEqual(
      expect.stringMatching(/^What the scanner says of its target names sha256:/)
    )
    expect(await isPushed()).toBe(true)
  })

  describe('that does not happen', () => {
    const NONE = 'no-database'
    const ROWS: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
      ['for want of a database', {GRYPE_DB_CACHE_DIR: NONE}, /database does not exist/],
      [
        'for want of a network',
        {GRYPE_DB_CACHE_DIR: NONE, GRYPE_DB_AUTO_UPDATE: 'true', ...OFFLINE},
        /database does not exist/
      ],
      ['with a database that is too old', {}, /database was built .* ago \(max allowed age is 5 days\)/]
    ]

    it.each(ROWS)('%s lets nothing through, and says what grype said', async (_, variables, said) => {
      const error = await failureOf(() => release({}, {...variables, ...inFolder(variables)}))
      expect(error).toMatchObject({code: 'SCAN_FAILED', message: expect.stringMatching(said)})
      // grype writes its errors in red, wherever they go.
      expect(error.message).not.toContain('\u001B')
      expect(await isPushed()).toBe(false)
    })

    it.each(ROWS)('%s lets nothing through either where lines hide how it ended', async (_, variables) => {
      const lines = 'grype "oci-dir:$IMAGE_LAYOUT" --output "sarif=$SCAN_REPORT" || true'
      const error = await failureOf(() =>
        release(
          {scan: lines, 'gate-env': 'GRYPE_*', 'scan-proof': 'waived'},
          {...variables, ...inFolder(variables)}
        )
      )
      expect(error).toMatchObject({code: 'SCAN_FAILED', message: expect.stringContaining('it is not JSON')})
      expect(await isPushed()).toBe(false)
    })

    const inFolder = (variables: Readonly<Record<string, string>>): Record<string, string> =>
      variables['GRYPE_DB_CACHE_DIR'] === NONE ? {GRYPE_DB_CACHE_DIR: at(NONE)} : {}
  })

  it('of an image that it cannot read is none', async () => {
    const damaged = at('damaged')
    const layer = Buffer.from('no archive')
    const sample = sampleImage({os: 'linux', architecture: 'amd64', config: {}}, layer)
    writeLayout(damaged, [sample.manifest], partsOf(sample))
    rmSync(blobFile(damaged, layer))
    const lines = `grype 'oci-dir:${damaged}' --output "sarif=$SCAN_REPORT"`
    const error = await failureOf(() => release({scan: lines, 'gate-env': 'GRYPE_*'}))
    expect(error).toMatchObject({code: 'SCAN_FAILED', message: expect.stringContaining('exit code 1')})
    expect(await isPushed()).toBe(false)
  })

  it('that is told to fail by its own threshold stops the push', async () => {
    const error = await failureOf(() => release({}, {...OF_ANY_AGE, GRYPE_FAIL_ON_SEVERITY: 'low'}))
    expect(error).toMatchObject({code: 'SCAN_FAILED', message: expect.stringContaining('exit code 2')})
    expect(await isPushed()).toBe(false)
  })

  it('whose SARIF comes alone does not say which image it is of', async () => {
    const alone = await failureOf(() =>
      release({
        scan: 'grype "oci-dir:$IMAGE_LAYOUT" --output "sarif=$SCAN_REPORT"',
        'gate-env': 'GRYPE_*'
      })
    )
    expect(alone.message).toContain('does not say which image it is of: grype')
  })
})
