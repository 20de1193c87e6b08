/**
 * Runs docker/metadata-action's bundle once for each step, all in this process: the start of a program and the reading of
 * 3 MB take most of the time of a run. Each run gets the whole bundle anew, and ends when nothing is left to do.
 *
 * node metadata-runs.mjs BUNDLE STEPS RESULTS: STEPS has a list of {env, event, repository}, RESULTS gets one of {output, isFailed}.
 */
import {readFileSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import {createRequire} from 'node:module'
import path from 'node:path'
import vm from 'node:vm'

const [, , bundle, stepsFile, resultsFile] = process.argv
const steps = JSON.parse(readFileSync(stepsFile, 'utf8'))
const own = {...process.env}
const files = {
  GITHUB_OUTPUT: path.join(path.dirname(resultsFile), 'output'),
  GITHUB_EVENT_PATH: path.join(path.dirname(resultsFile), 'event.json')
}
const script = new vm.Script(
  `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'utf8')}\n})`,
  {filename: bundle, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER}
)
const results = []

const api = createServer((_, response) => {
  // A connection that stays open would keep the run from its end.
  response.setHeader('connection', 'close')
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(steps[results.length].repository))
})
await new Promise(resolve => api.listen(0, '127.0.0.1', resolve))
api.unref()

function start() {
  const {env, event} = steps[results.length]
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, own, env, files, {GITHUB_API_URL: `http://127.0.0.1:${api.address().port}`})
  writeFileSync(files.GITHUB_OUTPUT, '')
  writeFileSync(files.GITHUB_EVENT_PATH, JSON.stringify(event))
  process.exitCode = undefined
  const module = {exports: {}}
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, path.dirname(bundle))
}

process.on('beforeExit', () => {
  results.push({output: readFileSync(files.GITHUB_OUTPUT, 'utf8'), isFailed: process.exitCode === 1})
  if (results.length < steps.length) return start()
  writeFileSync(resultsFile, JSON.stringify(results))
  process.exitCode = 0
  process.exit()
})
process.setMaxListeners(0)
start()
