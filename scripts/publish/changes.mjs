#!/usr/bin/env node
// Prints what CHANGELOG.md says of a version: `node scripts/publish/changes.mjs v1.2.3`. Fails where that is nothing, and where
// package.json has another version.
import {readFileSync} from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const [tag = ''] = process.argv.slice(2)
const {version} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const sections = readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8').split(/^## /m)
const section = sections.find(text => text.startsWith(`[${version}] - `)) ?? ''
const [title = '', ...lines] = section.split('\n')
const changes = lines.join('\n').trim()

const faults = [
  tag === `v${version}`
    ? ''
    : `the Git tag is ${JSON.stringify(tag)}, and package.json has the version ${version}`,
  section === '' ? `CHANGELOG.md has no section «## [${version}] - YYYY-MM-DD»` : '',
  section !== '' && !/^\[.+\] - \d{4}-\d\d-\d\d$/.test(title)
    ? `CHANGELOG.md has no date in «## ${title}»`
    : '',
  section !== '' && changes === '' ? `CHANGELOG.md says nothing of ${version}` : ''
].filter(Boolean)
for (const fault of faults) console.error(`Not published: ${fault}.`)
if (faults.length > 0) process.exit(1)
console.log(changes)
