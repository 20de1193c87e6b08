// The order of the test files where jest has not measured them yet. jest goes by their size, and so begins last with the
// longest of all: a few lines that hold a suite against a registry. Here what a file leads to counts: a runner of workflows
// before builders, builders before registries, and these before what runs in jest alone.
import {existsSync, readFileSync} from 'node:fs'
import path from 'node:path'
import Sequencer from '@jest/test-sequencer'

/** What of the tests a file leads to if it takes long, the longest first. */
const LONG = [
  /^support\/(example-world|run-workflow)\.ts$/,
  /^support\/(real-builders|buildkit|docker-daemon|container-storage)\.ts$/,
  /^(faults|support\/(suite-registries|project-copy))\b/,
  /^support\/(registries|random)\.ts$/
]

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sources = new Map()
    const measured = tests.filter(test => this.time(test) !== undefined)
    const others = tests.filter(test => this.time(test) === undefined)
    const weighed = others.map(test => ({test, ...weigh(test, sources)})).sort(compare)
    return [...weighed.map(({test}) => test), ...super.sort(measured)]
  }
}

/** How soon it has to begin, and in how many characters it is written. */
function weigh({path: file, context}, sources) {
  const root = path.join(context.config.rootDir, '__tests__')
  const reached = new Set([file])
  for (const each of reached) for (const next of sourceOf(each, root, sources).imports) reached.add(next)
  const names = [...reached].map(each => path.relative(root, each).replaceAll(path.sep, '/'))
  const rank = LONG.findIndex(long => names.some(name => long.test(name)))
  const size = [...reached].reduce((sum, each) => sum + sourceOf(each, root, sources).size, 0)
  return {rank: rank === -1 ? LONG.length : rank, size}
}

/** How long a file is, and what of the tests it imports. */
function sourceOf(file, root, sources) {
  const known = sources.get(file)
  if (known !== undefined) return known
  const text = readFileSync(file, 'utf8')
  const imports = [...text.matchAll(/\bfrom '(\.[^']+)\.js'/g)]
    .map(([, name]) => path.resolve(path.dirname(file), `${name}.ts`))
    .filter(each => each.startsWith(root + path.sep) && existsSync(each))
  const source = {size: text.length, imports}
  sources.set(file, source)
  return source
}

function compare(a, b) {
  return a.rank - b.rank || b.size - a.size
}
