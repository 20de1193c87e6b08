import type {InputIssue} from '../errors.js'
import {cleanupInputs} from './cleanup-inputs.js'
import type {CleanupValues} from './cleanup-work.js'

type Name = keyof CleanupValues

/** Inputs that say what may go. */
export const RULES = [
  'release',
  'superseded',
  'keep-versions',
  'keep-patches',
  'superseded-prereleases',
  'keep-newest',
  'keep-newest-untagged',
  'delete-tags',
  'untagged',
  'orphans',
  'orphaned-referrers',
  'ghost-images',
  'partial-images',
  'pull-request-tags',
  'development-tags',
  'cache-tags',
  'actions-caches'
] as const

/** Inputs that say where, and how it is got there: they count whatever is done. */
const WAYS: readonly Name[] = [
  'release',
  'superseded',
  'images',
  'packages',
  'actions-caches',
  'backend',
  'github-token',
  'github-repository',
  'insecure',
  'config',
  'registry-credentials',
  'dry-run',
  'allow-deletion',
  'validate',
  'restore'
]

/** Inputs that bound what all rules choose: where these choose nothing, they hold all the same. */
const BOUNDS: readonly Name[] = [
  'keep-tags',
  'keep-images',
  'keep-deployed',
  'journal',
  'min-age',
  'max-delete',
  'max-share',
  'force',
  'expected-plan',
  'strict'
]

/** Inputs about what some rules choose: without any of those they would say nothing. */
const ABOUT: Partial<Record<Name, readonly Name[]>> = {
  'whole-images': [
    'keep-versions',
    'keep-patches',
    'superseded-prereleases',
    'keep-newest',
    'delete-tags',
    'pull-request-tags',
    'development-tags',
    'cache-tags'
  ],
  'untagged-age': ['untagged', 'keep-newest-untagged'],
  'orphans-age': ['orphans', 'orphaned-referrers'],
  'development-age': ['development-tags'],
  'cache-age': ['cache-tags', 'actions-caches'],
  'cache-size': ['cache-tags', 'actions-caches']
}

/** Whether an input says anything: a number of 0 and a flag that is off do not. */
export function isSaid(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false && value !== 0
}

/** The rules that are given. */
export function rulesOf(given: CleanupValues): (typeof RULES)[number][] {
  return RULES.filter(name => isSaid(given[name]))
}

/** What is given of rules, and of what is about them: where nothing is deleted, it would say nothing. */
export function saidOfDeletion(given: CleanupValues): string[] {
  const names = Object.keys(cleanupInputs) as Name[]
  return names.filter(name => ![...WAYS, ...BOUNDS].includes(name) && isGiven(name, given))
}

/** Ages, sizes and the like that are about no rule that is given: whoever wrote them meant another than is there. */
export function idleSettings(given: CleanupValues): InputIssue[] {
  const names = Object.keys(ABOUT) as Name[]
  const idle = names
    .filter(name => isGiven(name, given) && ABOUT[name]?.some(rule => isSaid(given[rule])) !== true)
    .map(input => ({input, message: `has no effect without ${oneOf(ABOUT[input] ?? [])}`}))
  if (!isGiven('older-than', given) || takesGeneralAge(given)) return idle
  const message =
    'has no effect: no rule that is given goes by it, or each has an age of its own. It is about delete-tags, keep-newest, untagged, orphans, orphaned-referrers, ghost-images and partial-images'
  return [...idle, {input: 'older-than', message}]
}

function takesGeneralAge(given: CleanupValues): boolean {
  const areUntagged = given.untagged || given['keep-newest-untagged'] !== undefined
  const areOrphans = given.orphans || given['orphaned-referrers']
  return (
    [...given['delete-tags'], ...given['keep-newest']].some(({olderThan}) => olderThan === undefined) ||
    (areUntagged && given['untagged-age'] === undefined) ||
    (areOrphans && given['orphans-age'] === undefined) ||
    given['ghost-images'] ||
    given['partial-images']
  )
}

function isGiven(name: Name, given: CleanupValues): boolean {
  const value: unknown = given[name]
  return Array.isArray(value) ? value.length > 0 : value !== cleanupInputs[name].absent
}

function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`
}
