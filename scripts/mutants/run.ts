// npm run mutants [-- room … --sample=15 --tests=5 --seconds=90]: changes the sources here and there, one change at a time, and says
// which changes no test notices. The sources themselves stay as they are: all happens in a copy.
import {execFileSync} from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {parseArgs} from 'node:util'
import {SEED, generatorOf} from '../../__tests__/support/random.js'
import {runJest} from './jest-run.js'
import {type Mutation, describeMutation, mutated, mutationsOf} from './mutations.js'
import {relatedTests, usersOf} from './related-tests.js'
import {drawSample} from './sample.js'

const ROOT = path.resolve(import.meta.dirname, '../..')
const ROOMS = ['publishing', 'cleanup', 'planning', 'registry', 'delivery']
const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    sample: {type: 'string', default: '15'},
    tests: {type: 'string', default: '5'},
    seconds: {type: 'string', default: '90'}
  }
})
const limits = {tests: Number(values.tests), seconds: Number(values.seconds)}
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
  cwd: ROOT,
  encoding: 'utf8'
})
  .split('\0')
  .filter(file => file !== '' && existsSync(path.join(ROOT, file)))
const code = files.filter(file => /^(?:src|__tests__)\/.*\.ts$/.test(file))
const sources = new Map(code.map(file => [file, readFileSync(path.join(ROOT, file), 'utf8')]))
const users = usersOf(sources)
const folder = copyOfAll()
const times = new Map<string, number>()
const survivors: string[] = []

console.log(`seed ${SEED}: the same changes come with FC_SEED=${SEED}`)
try {
  for (const room of positionals.length === 0 ? ROOMS : positionals) await tryRoom(room)
} finally {
  rmSync(folder, {recursive: true, force: true})
}
console.log(survivors.length === 0 ? 'All were noticed.' : `Not noticed:\n${survivors.join('\n')}`)

/** The tests run in a copy, so that a run that is ended leaves no change behind. */
function copyOfAll(): string {
  const copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'mutants-')))
  for (const file of files) cpSync(path.join(ROOT, file), path.join(copy, file))
  for (const link of ['node_modules', '.components', 'dist'])
    if (existsSync(path.join(ROOT, link)) && !existsSync(path.join(copy, link)))
      symlinkSync(path.join(ROOT, link), path.join(copy, link))
  return copy
}

async function tryRoom(room: string): Promise<void> {
  const all = [...sources]
    .filter(([file]) => file.startsWith(`src/${room}/`))
    .flatMap(([file, source]) => mutationsOf(source).map(mutation => ({file, source, mutation})))
  const counts = {killed: 0, 'timed out': 0, survived: 0, 'without tests': 0}
  for (const {file, source, mutation} of drawSample(all, Number(values.sample), generatorOf(SEED))) {
    const fate = await fateOf(file, source, mutation)
    counts[fate]++
    const line = `${file}:${describeMutation(source, mutation)}`
    console.log(`${fate.padEnd(14)}${line}`)
    if (fate === 'survived' || fate === 'without tests') survivors.push(line)
  }
  const noticed = counts.killed + counts['timed out']
  const share = Math.round((100 * noticed) / Math.max(1, noticed + counts.survived + counts['without tests']))
  console.log(`${room}: ${share} % noticed; ${JSON.stringify(counts)} of ${all.length} possible changes`)
}

async function fateOf(
  file: string,
  source: string,
  mutation: Mutation
): Promise<'killed' | 'timed out' | 'survived' | 'without tests'> {
  const tests = await testsOf(file)
  if (tests.length === 0) return 'without tests'
  writeFileSync(path.join(folder, file), mutated(source, mutation))
  try {
    const {exitCode} = await runJest(folder, tests, {seconds: limits.seconds, isEndedByFault: true})
    if (exitCode === undefined) return 'timed out'
    return exitCode === 0 ? 'survived' : 'killed'
  } finally {
    writeFileSync(path.join(folder, file), source)
  }
}

/** The nearest tests that are green without a change and leave time for one. */
async function testsOf(file: string): Promise<string[]> {
  const nearest = relatedTests(file, users).slice(0, limits.tests)
  await measure(nearest.filter(test => !times.has(test)))
  const chosen: string[] = []
  let left = (limits.seconds * 1000) / 2
  for (const test of nearest) {
    const time = times.get(test) ?? Infinity
    if (time > left) continue
    chosen.push(test)
    left -= time
  }
  return chosen
}

/** Notes how long tests take without a change: for ever where one fails, tests nothing here, or is not done in time. */
async function measure(tests: readonly string[]): Promise<void> {
  if (tests.length === 0) return
  const {files: results} = await runJest(folder, tests, {seconds: limits.seconds * 2})
  for (const test of tests) times.set(test, Infinity)
  for (const {file, isGreen, milliseconds} of results) if (isGreen) times.set(file, milliseconds)
}
