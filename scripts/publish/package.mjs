#!/usr/bin/env node
// Packs the command line as an npm package: `node scripts/publish/package.mjs [folder]`. Prints the path of the archive.
//
// dist holds all that it needs: the package has no dependencies, and the same source gives the same bytes.
import {execFileSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '../..')
const folder = path.resolve(process.argv[2] ?? '.')
const PAGES = ['README.md', 'CHANGELOG.md', 'LICENSE']
/** What npm knows of a package; all else of package.json is for those who work on it. */
const FIELDS = [
  'name',
  'version',
  'description',
  'keywords',
  'license',
  'repository',
  'type',
  'bin',
  'engines'
]

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
const stage = mkdtempSync(path.join(tmpdir(), 'package-'))
try {
  for (const file of PAGES) cpSync(path.join(root, file), path.join(stage, file))
  for (const file of readdirSync(path.join(root, 'dist')).filter(isOfCommandLine))
    cpSync(path.join(root, 'dist', file), path.join(stage, 'dist', file))
  const fields = FIELDS.map(name => [name, manifest[name]])
  writeFileSync(path.join(stage, 'package.json'), `${JSON.stringify(Object.fromEntries(fields), null, 2)}\n`)
  mkdirSync(folder, {recursive: true})
  const args = ['pack', '--json', '--pack-destination', folder]
  const [{filename}] = JSON.parse(execFileSync('npm', args, {cwd: stage, encoding: 'utf8'}))
  console.log(path.join(folder, filename))
} finally {
  rmSync(stage, {recursive: true, force: true})
}

/** The entry points of the actions are left out. */
function isOfCommandLine(file) {
  return /^(cli|index|\d+\.index)\.js$/.test(file) || ['package.json', 'licenses.txt'].includes(file)
}
