import {execFileSync, spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from '@jest/globals'
import {withSecrets, findSecrets} from '../../src/building/builders/build-secrets.js'
import {buildxArguments} from '../../src/building/builders/buildx-arguments.js'
import {buildByDigest} from '../../src/building/build-by-digest.js'
import {checkInputs, requestOf} from '../../src/building/build-request.js'
import {parseInputs} from '../../src/command/input.js'
import {InputError} from '../../src/errors.js'
import {fc} from '../support/random.js'

/** The folder of a copy of docker/build-push-action with its packages; it is no part of this project. */
const COPY = process.env['BUILD_PUSH_ACTION']
const isThere = COPY !== undefined && existsSync(path.join(COPY, 'src/context.ts'))
const itBeside = isThere ? it : it.skip
const NEED = isThere
  ? ''
  : ' (needs BUILD_PUSH_ACTION, a folder with docker/build-push-action and its packages)'

const SETS = 200
const PLATFORM = 'linux/arm64'
const INSTANCE = {name: 'b', driver: 'remote', buildkit: '0.31.2', nodes: [], fault: undefined}

type Inputs = Readonly<Record<string, string>>

/** What this project does otherwise on purpose, and why; nothing else may differ. */
const DIFFERENCES = {
  'annotations of other levels':
    'the image of one platform has a manifest and no index; those of it are for compute-tags',
  'an entry that is no key=value':
    'buildx takes what is left of an entry whose quotes are odd for a name without a value; here it is refused',
  'a repeated key': 'buildx takes the last; here it is given once',
  'provenance by default': 'an image is signed and attested when it is released; what is asked for is made',
  'builder-id': 'the address of the run is not part of what is built',
  'where the image goes': 'it goes to every registry by digest, without a tag: outputs, push, load and tags',
  'order of the flags': 'buildx reads each kind by itself'
} as const

const word = fc.stringMatching(/^[a-z][a-z0-9.]{0,6}$/)
const value = fc.oneof(
  word,
  fc.stringMatching(/^[a-zA-Z0-9 ,=:"'{}$#/_-]{0,14}[a-z]$/),
  fc.stringMatching(/^[a-z]{1,4}\n[ a-z"]{1,5}\n?[a-z]$/)
)

/** An entry as a caller writes it: in quotes where it must be, and sometimes where it need not. */
const entry = (key: fc.Arbitrary<string>, text: fc.Arbitrary<string> = value): fc.Arbitrary<string> =>
  fc.tuple(key, text, fc.boolean()).map(([name, content, isQuoted]) => {
    const plain = `${name}=${content}`
    const mustBe = plain.includes('\n')
    return isQuoted || mustBe ? `"${plain.replaceAll('"', '""')}"` : plain
  })
const linesOf = (item: fc.Arbitrary<string>, end = '\n'): fc.Arbitrary<string> =>
  fc.uniqueArray(item, {minLength: 1, maxLength: 4}).map(items => items.join(end))

const INPUTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'add-hosts': linesOf(
    word.map(host => `${host}:10.0.0.1`),
    ','
  ),
  allow: linesOf(fc.constantFrom('network.host', 'security.insecure'), ','),
  annotations: linesOf(
    entry(
      fc
        .tuple(
          fc.constantFrom('', 'manifest:', `manifest[${PLATFORM}]:`, 'manifest[linux/amd64]:', 'index:'),
          word
        )
        .map(([level, key]) => `${level}${key}`)
    )
  ),
  'build-args': linesOf(entry(word)),
  'build-contexts': linesOf(entry(word, word)),
  'cache-from': linesOf(fc.constantFrom('type=gha,scope=a', 'type=registry,ref=r.test/c', 'r.test/d')),
  'cache-to': linesOf(fc.constantFrom('type=gha,mode=max', '"type=local","dest=/tmp/x"')),
  'cgroup-parent': word,
  labels: linesOf(entry(word)),
  network: fc.constantFrom('host', 'none', 'default'),
  'no-cache': fc.constantFrom('true', 'false'),
  'no-cache-filters': linesOf(word, ','),
  provenance: fc.constantFrom('true', 'false', 'mode=max', 'mode=min'),
  pull: fc.constantFrom('true', 'false'),
  sbom: fc.constantFrom('true', 'false', 'generator=r.test/scan'),
  secrets: linesOf(
    entry(
      word,
      fc.oneof(
        value,
        value.map(text => ` ${text}`)
      )
    )
  ),
  'secret-envs': linesOf(
    word.map(id => `${id.replaceAll('.', '_')}=HOME`),
    ','
  ),
  'shm-size': fc.constantFrom('1g', '64m'),
  ssh: linesOf(fc.constantFrom('default', 'key=/tmp/key'), ','),
  target: word,
  ulimit: linesOf(fc.constantFrom('nofile=1024:1024', 'nproc=3'))
}
const sets = fc.record(INPUTS, {requiredKeys: []}) as fc.Arbitrary<Inputs>

/** The flags of a call, in no order, each once, as far as both are to have them. */
function flagsOf(args: readonly string[]): string[] {
  const flags = new Map<string, string>()
  for (let at = 1; at < args.length - 1; at++) {
    const flag = args[at] ?? ''
    const next = args[at + 1] ?? ''
    if (/^--(?:no-cache|pull|push|load|progress=plain)$/.test(flag) || flag.includes('=')) flags.set(flag, '')
    else {
      at++
      const isKeyed = /^--(?:label|annotation|build-arg|build-context)$/.test(flag)
      flags.set(`${flag} ${isKeyed ? next.slice(0, next.indexOf('=')) : next}`, next)
    }
  }
  return [...flags].map(([flag, text]) => `${flag}\0${text}`).sort()
}

/** buildx's own answer to annotations: those for a platform before those for all, and only for their manifest. */
function effective(args: readonly string[]): string[] {
  const general = new Map<string, string>()
  const own = new Map<string, string>()
  const rest: string[] = []
  for (let at = 0; at < args.length; at++) {
    const [flag = '', text = ''] = [args[at], args[at + 1]]
    if (flag !== '--annotation') {
      if (flag === '--attest') rest.push(...attestation(text))
      else if (!/^--(?:iidfile|metadata-file|output|builder)$/.test(flag)) {
        if (flag !== '--progress=plain') rest.push(flag)
        continue
      }
      at++
      continue
    }
    at++
    const [, level = 'manifest', pair = ''] = /^(?:(manifest(?:\[[^\]]*\])?|index):)?([^]*)$/.exec(text) ?? []
    const [key = ''] = pair.split('=')
    if (level === 'manifest') general.set(key, pair)
    if (level === `manifest[${PLATFORM}]`) own.set(key, pair)
  }
  const pairs = [...new Map([...general, ...own]).values()]
  const context = rest.pop() ?? ''
  return [...rest, ...pairs.flatMap(pair => ['--annotation', `manifest:${pair}`]), context]
}

/** `--attest type=sbom,…` is `--sbom=…`. */
function attestation(text: string): string[] {
  const fields = text.split(',').filter(field => !field.startsWith('builder-id='))
  const type = fields.find(field => field.startsWith('type='))?.slice('type='.length) ?? ''
  const rest = fields.filter(field => !field.startsWith('type=')).join(',')
  const said: Readonly<Record<string, string>> = {
    '': 'true',
    'disabled=false': 'true',
    'disabled=true': 'false'
  }
  return [`--${type}=${said[rest] ?? rest}`]
}

async function ownArguments(given: Inputs, folder: string): Promise<string[]> {
  const all = {context: '.', file: 'action.yml', images: 'r.test/a', platforms: PLATFORM, ...given}
  const inputs = parseInputs(buildByDigest.inputs, all)
  const environment = (name: string): string | undefined => process.env[name]
  const {jobs, secrets} = checkInputs(inputs, {environment})
  expect(findSecrets(secrets.secrets, environment).notes).toEqual([])
  const request = {
    ...requestOf(inputs, jobs[0]!, folder),
    cache: {from: inputs['cache-from'], to: inputs['cache-to']}
  }
  return await withSecrets(secrets.secrets, folder, places => {
    const args = buildxArguments(INSTANCE, request, {
      destination: {folder},
      file: undefined,
      secrets: places
    }).map(argument => {
      const [, id, file] = /^id=([^,]+),src=(.+)$/.exec(argument) ?? []
      return file === undefined
        ? argument
        : `id=${id ?? ''},content=${JSON.stringify(readFileSync(file, 'utf8'))}`
    })
    return Promise.resolve(args)
  })
}

/** What is said of an entry that is no `key=value`, or whose key no flag can have. */
const ODD = /is not (?:key|id)=value|begins with a quote|is not the name of/

const NO_SECRET = /of the secrets is not id=value/

/** Values of flags that have a key and a value which have no `=`, or a key with a quote or white space in it. */
function oddEntries(args: readonly string[]): string[] {
  return args.filter((text, at) => {
    const isKeyed = /^--(?:label|annotation|build-arg|build-context|secret)$/.test(args[at - 1] ?? '')
    return isKeyed && !/^[\w.:[\]/-]+=/.test(text)
  })
}

/** Attestations that nobody asked for are off here, and on there. */
function withoutDefault(args: readonly string[], given: Inputs): string[] {
  return args.filter(
    flag =>
      !(flag.startsWith('--provenance=') && given['provenance'] === undefined) &&
      !(flag.startsWith('--sbom=') && given['sbom'] === undefined)
  )
}

describe('the command line of buildx beside docker/build-push-action', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'beside-'))
  })
  afterAll(() => rmSync(folder, {recursive: true, force: true}))

  const peerArguments = (all: readonly Inputs[]): (string[] | null)[] => {
    const script = path.join(folder, 'bundle.mjs')
    const stub = path.join(folder, 'peer.mjs')
    const source = readFileSync('__tests__/support/build-push-arguments.mjs', 'utf8')
    writeFileSync(stub, source.replace("'PEER'", JSON.stringify(path.resolve(COPY ?? '', 'src/context.ts'))))
    const banner =
      "import {createRequire as makeRequire} from 'node:module'; const require = makeRequire(import.meta.url);"
    const bundling = [
      '--bundle',
      '--platform=node',
      '--format=esm',
      `--outfile=${script}`,
      `--banner:js=${banner}`
    ]
    execFileSync('node_modules/.bin/esbuild', [stub, ...bundling], {stdio: 'pipe'})
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_SHA: 'a'.repeat(40),
      GITHUB_REF: 'refs/heads/main',
      GITHUB_RUN_ID: '1',
      RUNNER_TEMP: folder
    }
    const {stderr} = spawnSync(process.execPath, [script], {
      input: JSON.stringify(all),
      env,
      encoding: 'utf8',
      maxBuffer: 1e8
    })
    const answer = /^ARGUMENTS (.*)$/m.exec(stderr)?.[1]
    if (answer === undefined) throw new Error(stderr.slice(-2000))
    return JSON.parse(answer) as (string[] | null)[]
  }

  /** What is wrong with a set of inputs, as this project says it; undefined where nothing is. */
  const refusalOf = async (given: Inputs): Promise<string[] | undefined> => {
    try {
      await ownArguments(given, folder)
      return undefined
    } catch (error) {
      if (error instanceof InputError) return error.issues.map(({message}) => message)
      throw error
    }
  }

  itBeside(
    `is the same for ${SETS} random sets of inputs but for ${Object.keys(DIFFERENCES).length} documented differences${NEED}`,
    async () => {
      const all = fc.sample(sets, SETS)
      const theirs = peerArguments(all)
      expect(theirs).toHaveLength(SETS)
      for (const [at, given] of all.entries()) {
        const refused = await refusalOf(given)
        if (theirs[at] === null) expect({given, refused}).toMatchObject({refused: expect.anything()})
        if (refused !== undefined) {
          // A secret that is none is left out there, with a warning.
          const odd = [...oddEntries(theirs[at] ?? []), ...refused.filter(fault => NO_SECRET.test(fault))]
          if (theirs[at] !== null)
            expect({given, refused, odd}).toMatchObject({
              refused: expect.arrayContaining([expect.stringMatching(ODD)]),
              odd: expect.arrayContaining([expect.anything()])
            })
          continue
        }
        const own = await ownArguments(given, folder)
        const asked = {given, flags: flagsOf(withoutDefault(effective(own), given))}
        const peer = [...(theirs[at] ?? [])]
        peer.splice(1, 0, '--platform', PLATFORM)
        expect(asked).toEqual({given, flags: flagsOf(withoutDefault(effective(peer), given))})
      }
    }
  )
})
