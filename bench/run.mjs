#!/usr/bin/env node
// npm run bench [-- name …]: measures, prints ratios, and fails where an aim is missed.
import path from 'node:path'
import {benchCleanup} from './cleanup.mjs'
import {benchComputeTags} from './compute-tags.mjs'
import {benchMerge} from './merge.mjs'
import {benchPlanSize} from './plan-size.mjs'
import {benchUpload} from './upload.mjs'

const BENCHES = new Map([
  ['cleanup', benchCleanup],
  ['compute-tags', benchComputeTags],
  ['merge', benchMerge],
  ['plan-size', benchPlanSize],
  ['upload', benchUpload]
])
const options = {
  dist: path.resolve(process.env.BENCH_DIST ?? path.join(import.meta.dirname, '../dist')),
  metadataAction: process.env.BENCH_METADATA_ACTION
    ? path.resolve(process.env.BENCH_METADATA_ACTION)
    : undefined,
  runs: Number(process.env.BENCH_RUNS ?? 15)
}
const names = process.argv.length > 2 ? process.argv.slice(2) : [...BENCHES.keys()]
for (const name of names) {
  const bench = BENCHES.get(name)
  if (bench === undefined)
    throw new Error(`there is no bench ${name}; there are ${[...BENCHES.keys()].join(', ')}`)
  const {lines, isMet, aim} = await bench(options)
  console.log(`${name} (medians of ${options.runs}, node ${process.versions.node})`)
  for (const line of lines) console.log(`  ${line}`)
  console.log(`  ${isMet ? 'met' : 'MISSED'}: ${aim}`)
  if (!isMet) process.exitCode = 1
}
