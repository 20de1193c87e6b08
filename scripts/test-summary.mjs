// The end of a test run: node scripts/test-summary.mjs RESULTS CHECKS
//
// RESULTS is what jest writes with --json; CHECKS is passed, failed or none, and counts as one more test. Names what was
// left out and why, and ends with one line for machines. The exit code is 0 where nothing failed and there were tests.
import {readFileSync} from 'node:fs'

const [, , file, checks = 'none'] = process.argv
const {testResults, failed: hasCrashed} = readResults(file)
const tests = testResults.flatMap(suite => suite.assertionResults)
const skipped = tests.filter(({status}) => status === 'pending' || status === 'todo')
const brokenSuites = testResults.filter(
  suite => suite.status === 'failed' && suite.assertionResults.length === 0
)

const passed = tests.filter(({status}) => status === 'passed').length + (checks === 'passed' ? 1 : 0)
const failed =
  tests.filter(({status}) => status === 'failed').length +
  brokenSuites.length +
  (checks === 'failed' ? 1 : 0) +
  (hasCrashed ? 1 : 0)

for (const [reason, count] of countBy(skipped, reasonOf)) console.log(`left out: ${count} tests, ${reason}`)
if (skipped.length > 0) console.log('script/test --all installs what they need and runs them too.')
if (checks === 'failed') console.log('script/check failed, see above.')
console.log(`\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`)
process.exitCode = failed > 0 || passed + skipped.length === 0 ? 1 : 0

/** Where jest itself broke there is no result, which is a failure. */
function readResults(path) {
  try {
    return {...JSON.parse(readFileSync(path, 'utf8')), failed: false}
  } catch {
    return {testResults: [], failed: true}
  }
}

/** Suites and tests that need a program say so in their title: "(needs docker-registry, openssl)". */
function reasonOf({ancestorTitles, title}) {
  const need = [...ancestorTitles, title].map(title => /\((needs .+)\)$/.exec(title)?.[1]).find(Boolean)
  return need ?? 'skipped by the test itself'
}

function countBy(items, keyOf) {
  const counts = new Map()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}
