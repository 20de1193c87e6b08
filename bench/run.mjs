#!/usr/bin/env node
// npm run bench [-- name …]: measures, prints ratios, and fails where an aim is missed.
import path from 'node:path'
import {benchBuild} from './build.mjs'
import {benchCleanup} from './cleanup.mjs'
import {benchComputeTags} from './compute-tags.mjs'
import {benchMerge} from './merge.mjs'
import {benchPlanSize} from './plan-size.mjs'
import {benchRelease} from './release.mjs'
import {benchReport} from './report.mjs'
import {benchUpload} from './upload.mjs'

/** The benches, and how often each program runs at most: cleanup needs a new world for every run. */
const BENCHES = new Map([
  ['build', {bench: benchBuild, most: 3}],
  ['cleanup', {bench: benchCleanup, most: 1}],
  ['compute-tags', {bench: benchComputeTags, most: 15}],
  ['merge', {bench: benchMerge, most: 5}],
  ['plan-size', {bench: benchPlanSize, most: 15}],
  ['release', {bench: benchRelease, most: 5}],
  ['report', {bench: benchReport, most: 5}],
  ['upload', {bench: benchUpload, most: 5}]
])
const options = {
  dist: path.resolve(process.env.BENCH_DIST ?? path.join(import.meta.dirname, '../dist')),
  metadataAction: process.env.BENCH_METADATA_ACTION
    ? path.resolve(process.env.BENCH_METADATA_ACTION)
    : undefined
}
const names = process.argv.length > 2 ? process.argv.slice(2) : [...BENCHES.keys()]
for (const name of names) {
  const found = BENCHES.get(name)
  if (found === undefined)
    throw new Error(`there is no bench ${name}; there are ${[...BENCHES.keys()].join(', ')}`)
  const runs = Math.min(Number(process.env.BENCH_RUNS ?? found.most), found.most)
  const {lines, isMet, aim} = await found.bench({...options, runs})
  console.log(`${name} (${runs === 1 ? 'one run' : `medians of ${runs}`}, node ${process.versions.node})`)
  for (const line of lines) console.log(`  ${line}`)
  console.log(`  ${isMet ? 'met' : 'MISSED'}: ${aim}`)
  if (!isMet) process.exitCode = 1
}
