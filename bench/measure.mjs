// Runs processes and compares how long they take.
import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {performance} from 'node:perf_hooks'

/**
 * Runs every program by turns, so that whatever else the machine does meets all of them, and gives the median of each in
 * milliseconds. One run of each comes before, and does not count.
 */
export async function measure(programs, runs) {
  const times = new Map(programs.map(({name}) => [name, []]))
  for (let run = -1; run < runs; run++)
    for (const program of programs) {
      const milliseconds = await timed(program)
      if (run >= 0) times.get(program.name).push(milliseconds)
    }
  return new Map([...times].map(([name, list]) => [name, median(list)]))
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2
}

/** Runs a step with files of its own for what it gives out. */
async function timed({args, env = {}, check = () => undefined}) {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'))
  try {
    const files = {}
    for (const name of ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY']) {
      files[name] = path.join(folder, name)
      writeFileSync(files[name], '')
    }
    const surroundings = {PATH: process.env.PATH, HOME: folder, RUNNER_TEMP: folder, GITHUB_WORKSPACE: folder}
    const begun = performance.now()
    const {code, log} = await run(args, {...surroundings, ...files, ...env}, folder)
    const milliseconds = performance.now() - begun
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}:\n${log}`)
    check(files)
    return milliseconds
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}

function run(args, env, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {env, cwd, stdio: ['ignore', 'pipe', 'pipe']})
    const log = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => log.push(chunk))
    child.once('error', reject)
    child.once('close', code => resolve({code, log: Buffer.concat(log).toString()}))
  })
}
