import {execFileSync} from 'node:child_process'
import {readFileSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import type {WorkflowRun} from '../../src/contracts/workflow-run.js'
import {UNEXPLAINED} from '../../src/planning/metadata-action/event-comparison.js'
import {compareTags} from '../../src/onboarding/comparison/tag-comparison.js'
import type {OnboardingPlan} from '../../src/onboarding/onboarding-plan.js'
import {component, itWith} from '../support/components.js'
import {on} from '../support/tag-plans.js'
import {MARKS, TRIED, isOfKind} from './public-counts.js'
import {PUBLIC_KINDS, type PublicKind} from './public-kinds.js'
import {FILE, newFindings, planned, writtenText} from './written-workflow.js'

/** A folder of workflows of public repositories, `owner+name__file.yml`; without it these tests are left out. */
const FOLDER = process.env['PUBLIC_WORKFLOWS']
const itWithFolder = FOLDER === undefined ? it.skip : it

const kinds = Object.entries(PUBLIC_KINDS)
const translated = kinds.filter(([, {writes}]) => writes.length > 0)

describe('init and the kinds of public workflows', () => {
  it.each(kinds)(
    'writes what it says, and loses nothing: %s',
    (_, {text, writes, says, lacks}: PublicKind) => {
      const plan = planned(text)
      const after = writtenText(plan)
      expect(plan.files.length > 0).toBe(writes.length > 0)
      for (const part of writes) expect(after).toMatch(part)
      if (lacks !== undefined) expect(after).not.toMatch(lacks)
      if (says !== undefined) expect(plan.notes.join('\n')).toMatch(says)
      expect(plan.accounts.flatMap(({lost}) => lost)).toEqual([])
    }
  )

  it.each(translated)('gives the same tags in every event: %s', async (_, {text}) => {
    const plan = planned(text)
    const events = await eventsOf(plan, text, 'acme/app')
    expect(events.flatMap(({differences}) => differences.filter(({row}) => row !== 'prerelease'))).toEqual([])
    expect(events.flatMap(({notes}) => notes).filter(note => /refuse|cannot be told/.test(note))).toEqual([])
    const isPublishing =
      /build-by-digest|release\.yml/.test(writtenText(plan)) && !text.includes('workflow_call')
    expect(events.flatMap(({same}) => same).length > 0).toBe(isPublishing)
  })

  it.each(translated)('writes what GitHub’s language service takes: %s', async (_, {text}) => {
    expect(await newFindings(text, writtenText(planned(text)))).toEqual([])
  })

  itWith(['actionlint']).each(translated)('writes what actionlint takes: %s', (_, {text}) => {
    expect(lintOf(writtenText(planned(text)))).toEqual([])
  })

  it('are of at least 60 workflows of public repositories, each counted by what shows it', () => {
    expect(TRIED.workflows).toBeGreaterThanOrEqual(60)
    expect(Object.keys(MARKS)).toEqual(Object.keys(PUBLIC_KINDS))
    for (const [kind, {text, seen}] of kinds) {
      expect([kind, isOfKind(kind, text)]).toEqual([kind, true])
      expect(seen).toBeLessThanOrEqual(TRIED.workflows)
    }
    // Most of what was tried is of one kind or another.
    expect(kinds.reduce((sum, [, {seen}]) => sum + seen, 0)).toBeGreaterThan(TRIED.workflows)
  })

  itWithFolder('are counted in the folder as they stand here', () => {
    const names = readdirSync(FOLDER ?? '')
    const texts = names.map(name => readFileSync(path.join(FOLDER ?? '', name), 'utf8'))
    expect(texts.length).toBeGreaterThanOrEqual(60)
    expect({
      workflows: texts.length,
      repositories: new Set(names.map(name => name.split('__')[0])).size
    }).toEqual(TRIED)
    const counted = kinds.map(([kind]) => [kind, texts.filter(text => isOfKind(kind, text)).length])
    expect(counted).toEqual(kinds.map(([kind, {seen}]) => [kind, seen]))
  })

  itWithFolder(
    'holds for each workflow of the folder',
    async () => {
      for (const name of readdirSync(FOLDER ?? '').sort()) {
        const text = readFileSync(path.join(FOLDER ?? '', name), 'utf8')
        const plan = planned(text)
        expect([name, plan.accounts.flatMap(({lost}) => lost)]).toEqual([name, []])
        const after = plan.files.find(({file}) => file === FILE)?.after
        if (after === undefined) continue
        const events = await eventsOf(plan, text, (name.split('__')[0] ?? '').replace('+', '/'))
        const unexplained = events.flatMap(({differences}) =>
          differences.filter(({reason}) => reason === UNEXPLAINED)
        )
        const known = lintOf(text)
        expect({
          name,
          unexplained,
          service: await newFindings(text, after),
          lint: lintOf(after).filter(message => !known.includes(message))
        }).toEqual({name, unexplained: [], service: [], lint: []})
      }
    },
    600_000
  )
})

async function eventsOf(
  plan: OnboardingPlan,
  before: string,
  fullName: string
): Promise<Awaited<ReturnType<typeof compareTags>>['events']> {
  const run: WorkflowRun = {...on('main'), source: {fullName, url: `https://github.com/${fullName}`}}
  const readText = (file: string): Promise<string | undefined> =>
    Promise.resolve(plan.files.find(one => one.file === file)?.after)
  return (await compareTags({file: FILE, before, after: writtenText(plan), run, readText})).events
}

/** What actionlint says, without the places; runners of one's own have labels that it cannot know. */
function lintOf(text: string): string[] {
  const args = ['-shellcheck=', '-pyflakes=', '-format', '{{range $ := .}}{{$.Message}}\n{{end}}', '-']
  try {
    return [execFileSync(component('actionlint'), args, {input: text, encoding: 'utf8'})].filter(Boolean)
  } catch (error) {
    const {stdout} = error as {stdout: string}
    // What names the steps of a job differs with every step.
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.replace(/ in object type .*/, ''))
  }
}
