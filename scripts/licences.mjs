#!/usr/bin/env node
// Holds the licences of what is shipped in dist to those that may be bundled with Apache-2.0: `node scripts/licences.mjs [package-lock.json]`.
import {readFileSync} from 'node:fs'
import path from 'node:path'

const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  // What SPDX calls MIT.
  'MIT/X11'
]

/** Packages that name none anywhere. This one comes with GitHub's own client for artifacts (unzip-stream, binary). */
const UNNAMED = ['buffers@0.1.1']

const lock = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '../package-lock.json'))
const {packages} = JSON.parse(readFileSync(lock, 'utf8'))
const shipped = Object.entries(packages).filter(([place, {dev}]) => place !== '' && dev !== true)
const faults = shipped.flatMap(([place, {license, version}]) => {
  const name = `${place.replace(/^.*node_modules\//, '')}@${version}`
  if (license === undefined) return UNNAMED.includes(name) ? [] : [`${name} names no licence`]
  // Of a choice one is enough; of "AND" all count.
  const isAllowed = license
    .replace(/^\(|\)$/g, '')
    .split(' OR ')
    .some(choice => choice.split(' AND ').every(one => ALLOWED.includes(one)))
  return isAllowed ? [] : [`${name} has the licence ${license}`]
})
for (const fault of faults) console.error(`${fault}, which is not among ${ALLOWED.join(', ')}`)
if (faults.length > 0) process.exit(1)
