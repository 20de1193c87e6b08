import {ReleaseError} from './errors.js'
import type {Command} from './command/command.js'

/** Loads a command. Each is loaded by itself, so that a command starts without the weight of the others. */
type Loader = () => Promise<Command>

/** All commands, in the order of a release. */
export const COMMANDS: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['release', async () => (await import('./release/release.js')).release],
  ['compute-tags', async () => (await import('./planning/compute-tags.js')).computeTags],
  ['init', async () => (await import('./onboarding/init.js')).init],
  ['explain', async () => (await import('./planning/explain.js')).explain],
  ['preflight', async () => (await import('./onboarding/preflight.js')).preflight],
  ['build-by-digest', async () => (await import('./building/build-by-digest.js')).buildByDigest],
  ['rebuild', async () => (await import('./building/rebuild.js')).rebuild],
  [
    'merge-manifest',
    async () => (await import(/* webpackMode: "eager" */ './publishing/merge-manifest.js')).mergeManifest
  ],
  ['verify-release', async () => (await import('./publishing/verify-release.js')).verifyRelease],
  ['release-notes', async () => (await import('./delivery/release-notes.js')).releaseNotesCommand],
  ['update-manifests', async () => (await import('./delivery/update-manifests.js')).updateManifests],
  ['rollback-release', async () => (await import('./publishing/rollback-release.js')).rollbackRelease],
  ['doctor', async () => (await import('./publishing/doctor.js')).doctor],
  ['promote-release', async () => (await import('./publishing/promote-release.js')).promoteRelease],
  ['cleanup-latest', async () => (await import('./cleanup/cleanup-latest.js')).cleanupLatest],
  ['report', async () => (await import('./reporting/report.js')).report],
  ['registry', async () => (await import('./embedded-registry/registry-command.js')).registry],
  ['demo', async () => (await import('./demo/demo.js')).demo]
])

/** What the root action does where it is not told what to do. */
export const WHOLE_RELEASE = 'release'

/** The commands that are actions too; the others are for the command line. Those of scripts/actions.json have a folder. */
export const ACTION_COMMANDS: readonly string[] = [
  WHOLE_RELEASE,
  'compute-tags',
  'preflight',
  'build-by-digest',
  'merge-manifest',
  'verify-release',
  'release-notes',
  'update-manifests',
  'rollback-release',
  'promote-release',
  'cleanup-latest',
  'report'
]

/** Loads the command of this name, which must be one of `COMMANDS`. */
export async function loadCommand(name: string): Promise<Command> {
  const load = COMMANDS.get(name)
  if (load === undefined)
    throw new ReleaseError('INPUT_INVALID', `there is no command ${JSON.stringify(name)}`)
  return await load()
}
