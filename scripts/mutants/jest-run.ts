import {spawn} from 'node:child_process'
import {readFileSync, rmSync} from 'node:fs'
import path from 'node:path'

/** What came of a file of tests. */
export interface FileResult {
  readonly file: string
  readonly isGreen: boolean
  readonly milliseconds: number
}

/** What came of a run: undefined where it was ended for its time. */
export interface JestRun {
  readonly exitCode: number | undefined
  readonly files: readonly FileResult[]
}

/** How a run ends. */
export interface JestOptions {
  readonly seconds: number
  /** Whether the first failure ends it. */
  readonly isEndedByFault?: boolean
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: readonly {readonly status: string}[]
  }[]
}

/** Runs files of tests in a folder, and ends them with all that they started when their time is over. */
export async function runJest(
  folder: string,
  tests: readonly string[],
  {seconds, isEndedByFault = false}: JestOptions
): Promise<JestRun> {
  const report = path.join(folder, 'mutants.json')
  rmSync(report, {force: true})
  const options = ['--runInBand', '--forceExit', '--silent', '--json', `--outputFile=${report}`]
  if (isEndedByFault) options.push('--bail')
  const child = spawn('node_modules/.bin/jest', [...options, '--runTestsByPath', ...tests], {
    cwd: folder,
    stdio: 'ignore',
    detached: true,
    env: {...process.env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings'}
  })
  const state = {isLate: false}
  const timer = setTimeout(() => {
    state.isLate = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, seconds * 1000)
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', exit => resolve(exit ?? 1))
  })
  clearTimeout(timer)
  return state.isLate ? {exitCode: undefined, files: []} : {exitCode: code, files: readReport(folder, report)}
}

function readReport(folder: string, file: string): FileResult[] {
  const {testResults} = JSON.parse(readFileSync(file, 'utf8')) as Report
  return testResults.map(({name, status, startTime, endTime, assertionResults}) => ({
    file: path.relative(folder, name),
    isGreen: status === 'passed' && assertionResults.some(test => test.status === 'passed'),
    milliseconds: endTime - startTime
  }))
}
