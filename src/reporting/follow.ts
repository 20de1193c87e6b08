import {parseReference} from '../oci/reference.js'
import type {Plan} from '../contracts/plan.js'
import type {Registries} from '../registry/client/registries.js'
import {makeReport} from './make-report.js'
import type {ReportData, ReportProgress} from './report-data.js'
import {type FolderLook, lookAtFolder} from './folder-look.js'

/** A release under way: where it writes, and what is known of it beside that. */
export interface Followed {
  readonly folder: string
  /** What it follows, where it was given. */
  readonly plan: Plan | undefined
  readonly registries: Registries
  /** Whether the registries are asked for what their tags point at. */
  readonly isAsking: boolean
}

/** What a release under way has done so far, by its folder and by what its tags point at now. */
export async function followRelease(
  {folder, plan, registries, isAsking}: Followed,
  made: {readonly made: string; readonly program: string}
): Promise<ReportData> {
  const look = await lookAtFolder(folder)
  const followed = plan ?? look.plan
  return {
    ...makeReport({
      ...made,
      plan: followed,
      journal: look.journal,
      metrics: look.metrics,
      looks: [],
      history: [],
      notes: []
    }),
    progress: {
      ...runOf(look),
      builds: buildsOf(look, followed),
      tags: await tagsOf(look, isAsking ? registries : undefined)
    }
  }
}

function runOf({
  note
}: FolderLook): Pick<ReportProgress, 'state' | 'command' | 'started' | 'message' | 'hint'> {
  if (note === undefined) return {state: 'unknown'}
  const {command, started, state, message, hint} = note
  return {
    state,
    command,
    started,
    ...(message === undefined ? {} : {message}),
    ...(hint === undefined ? {} : {hint})
  }
}

/** With a plan, what is not built yet is named, too. */
function buildsOf({records}: FolderLook, plan: Plan | undefined): ReportProgress['builds'] {
  if (plan === undefined) return [...records].map(([name, digest]) => ({name, digest}))
  return plan.targets.flatMap(target =>
    target.builds.map(({platform, record}) => {
      const digest = records.get(record)
      return {name: `${target.name} ${platform}`, ...(digest === undefined ? {} : {digest})}
    })
  )
}

async function tagsOf(
  {journal}: FolderLook,
  registries: Registries | undefined
): Promise<ReportProgress['tags']> {
  return await Promise.all(
    (journal?.tags ?? []).map(async ({reference, before, after}) => {
      const now = await digestNow(reference, registries)
      return {
        reference,
        ...(before === undefined ? {} : {before: before.digest}),
        after: after.digest,
        ...(now === undefined ? {} : {now})
      }
    })
  )
}

async function digestNow(reference: string, registries: Registries | undefined): Promise<string | undefined> {
  if (registries === undefined) return undefined
  try {
    const {repository, tag} = parseReference(reference)
    if (tag === undefined) return undefined
    // A client of its own each time: one that is kept remembers what it has read.
    const shown = await registries.repository(repository, 'pull').shownDigest(tag)
    return shown === 'unknown' ? undefined : (shown ?? 'nothing')
  } catch {
    return undefined
  }
}
