#!/usr/bin/env node
// The entry point of the command line, as dist/cli.js.
//
// V8 compiles the bundle with every start, and each function once more when it is first called: a third of what a merge of one
// tag takes beside its requests. So a command keeps what was compiled when it ended well, every function that it called
// with it (Node's own cache keeps files as they were read, before anything is called:
// https://nodejs.org/api/module.html#module-compile-cache), and starts from that the next time.
//
// It is kept below the user's own cache, and never in a folder of somebody else, such as a home that sudo kept, since what is
// kept there is run. NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE=1 keeps nothing, and where nothing can
// be written nothing is said.
'use strict'
const {createHash} = require('node:crypto')
const fs = require('node:fs')
const {homedir} = require('node:os')
const path = require('node:path')
const vm = require('node:vm')

/** So many runs of a command add the functions that they called: a first one may only have asked for help. */
const LEARNING_RUNS = 3

const NOTHING = {runs: 0, parts: new Map()}

/** What Node gives to a file, which stays one line so that the places in a trace are those of the file. */
const HEAD = '(function (exports, require, module, __filename, __dirname) {'

const folder = cacheFolder()
const {runCli} = folder === undefined ? require('./index.js') : bundleFrom(path.join(folder, cacheName()))
void runCli()

/** Where it is kept; undefined where nothing is: by wish, for a user without a home, or in a folder of somebody else. */
function cacheFolder() {
  const {
    NODE_DISABLE_COMPILE_CACHE: disabled,
    NODE_COMPILE_CACHE: named,
    XDG_CACHE_HOME: caches
  } = process.env
  if (disabled) return undefined
  try {
    const base = named || caches || path.join(homedir(), '.cache')
    const own = path.join(base, 'image-release', 'compiled')
    return isOwn(own) ? own : undefined
  } catch {
    return undefined
  }
}

/** Whether a folder, or the one where it would be made, belongs to this user. */
function isOwn(name) {
  const found = fs.statSync(name, {throwIfNoEntry: false})
  if (found !== undefined) return isOfUser(found)
  const parent = path.dirname(name)
  return parent !== name && isOwn(parent)
}

/** Windows has no such numbers. */
function isOfUser({uid}) {
  return process.getuid === undefined || uid === process.getuid()
}

/** A file for each command, for each calls other functions. A new version of this program, or of Node, writes over it. */
function cacheName() {
  const [, , word = ''] = process.argv
  return /^[a-z][a-z-]{0,39}$/.test(word) ? word : 'other'
}

/** The bundle, from what was kept where that is of just these files; and what is compiled now is kept at the end. */
function bundleFrom(file) {
  const kept = readKept(file)
  const loaded = new Map()
  const scripts = []
  function load(name) {
    const known = loaded.get(name)
    if (known !== undefined) return known.exports
    const filename = path.join(__dirname, name)
    const source = fs.readFileSync(filename, 'utf8')
    const digest = digestOf(source)
    const part = kept.parts.get(name)
    const cachedData = part?.digest === digest ? part.data : undefined
    const options = {filename, columnOffset: -HEAD.length, cachedData}
    const script = new vm.Script(`${HEAD}${source}\n})`, options)
    const isKept = cachedData !== undefined && script.cachedDataRejected === false
    scripts.push({name, digest, script, isKept})
    const module = {exports: {}}
    loaded.set(name, module)
    const requireFrom = id => (id.startsWith('./') ? load(id.slice(2)) : require(id))
    script.runInThisContext()(module.exports, requireFrom, module, filename, __dirname)
    return module.exports
  }
  process.once('exit', code => {
    const isNew = scripts.some(({isKept}) => !isKept)
    if (code === 0 && (isNew || kept.runs < LEARNING_RUNS)) keep(file, scripts, isNew ? 1 : kept.runs + 1)
  })
  return load('index.js')
}

function digestOf(data) {
  return createHash('sha256').update(data).digest('base64')
}

/**
 * What a file holds: a line of JSON, and behind it the parts one after another. V8 looks at its own version and flags, not
 * at every byte: a file with another sum than that of its first line is none.
 */
function readKept(file) {
  try {
    const bytes = readOwn(file)
    const end = bytes.indexOf('\n')
    const {sum, runs, parts} = JSON.parse(bytes.toString('utf8', 0, end))
    if (sum !== digestOf(bytes.subarray(end + 1))) return NOTHING
    let start = end + 1
    const entryOf = ({name, digest, size}) => [name, {digest, data: bytes.subarray(start, (start += size))}]
    return {runs, parts: new Map(parts.map(entryOf))}
  } catch {
    return NOTHING
  }
}

/** A folder may be one where others write, too, such as /tmp: what counts is whose the file is. */
function readOwn(file) {
  const opened = fs.openSync(file)
  try {
    return isOfUser(fs.fstatSync(opened)) ? fs.readFileSync(opened) : Buffer.alloc(0)
  } finally {
    fs.closeSync(opened)
  }
}

/** Two runs may end at once: each writes a file of its own, and the last one stays. */
function keep(file, scripts, runs) {
  const own = `${file}-${process.pid}`
  try {
    const parts = scripts.map(({name, digest, script}) => ({name, digest, data: script.createCachedData()}))
    const body = Buffer.concat(parts.map(({data}) => data))
    const sizes = parts.map(({data, ...part}) => ({...part, size: data.length}))
    const head = {sum: digestOf(body), runs, parts: sizes}
    fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o700})
    fs.writeFileSync(own, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]), {mode: 0o600})
    fs.renameSync(own, file)
  } catch {
    takeAway(own)
  }
}

/** What a full disk left of a file. */
function takeAway(file) {
  try {
    fs.unlinkSync(file)
  } catch {
    // It was never made.
  }
}
