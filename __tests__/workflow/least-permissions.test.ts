import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from '@jest/globals'
import {judgedOf} from '../support/workflow-judge/judged.js'
import {RULES} from '../support/workflow-judge/rules.js'
import {ROOT, repositories, workflowsOf} from '../support/workflow-judge/sources.js'

/** The rules that say what the token of a job may not do. */
const TOKEN_RULES = RULES.filter(({id}) => ['permissions', 'called-permissions', 'identity'].includes(id))

/** One permission that a job, or all jobs of a workflow, are given: where it stands, and what it is. */
interface Grant {
  readonly line: number
  readonly right: string
  readonly access: string
}

/** The permissions that are written in a workflow, each on its own line. */
function grantsIn(text: string): Grant[] {
  const lines = text.split('\n')
  return lines.flatMap((line, at): Grant[] => {
    const [, right, access] = /^ +([\w-]+): (read|write)\b/.exec(line) ?? []
    if (right === undefined || access === undefined) return []
    const indent = line.search(/\S/)
    const head = lines.slice(0, at).findLast(above => above.trim() !== '' && above.search(/\S/) < indent)
    return head?.trim() === 'permissions:' ? [{line: at, right, access}] : []
  })
}

/** The text with another access in place of one that is given; `none` is what a right has that is not named. */
function withAccess(text: string, {line, right}: Grant, access: string): string {
  return text
    .split('\n')
    .map((one, at) => (at === line ? one.replace(/\S.*$/, `${right}: ${access}`) : one))
    .join('\n')
}

/** What the rules say of a workflow whose text is another one. */
async function faultsWith(folder: string, name: string, text: string): Promise<string[]> {
  const file = path.join(ROOT, name)
  const changed = {[path.relative(ROOT, file)]: text}
  const find = (place: string, wanted: string) =>
    workflowsOf(place, changed).find(source => source.name === wanted) ?? workflowsOf(place)[0]!
  const judged = await judgedOf(find(folder, name), find('.', '.github/workflows/release.yml'))
  const found = await Promise.all(TOKEN_RULES.map(async rule => await rule.judge(judged)))
  return found.flat().map(({message}) => message)
}

const WORKFLOWS = repositories().flatMap(folder =>
  workflowsOf(folder).flatMap(({name, text}) => {
    const grants = grantsIn(text)
    return grants.length === 0 ? [] : [{name, folder, text, grants}]
  })
)

describe('the permissions of jobs', () => {
  it('are written in every workflow, and nowhere in one word for all', () => {
    expect(WORKFLOWS.length).toBeGreaterThanOrEqual(8)
    for (const {text} of WORKFLOWS) expect(text).not.toMatch(/permissions: *(write-all|read-all)/)
    for (const folder of repositories())
      for (const {name} of workflowsOf(folder)) {
        const written = readFileSync(path.join(ROOT, name), 'utf8').match(/^ +[\w-]+: (read|write)\b/gm) ?? []
        const known = WORKFLOWS.find(one => one.name === name)?.grants.length ?? 0
        expect([name, known]).toEqual([name, written.length])
      }
  })

  it.each(WORKFLOWS.map(workflow => [workflow.name, workflow] as const))(
    'are the least that work: without any one of them a job fails, in %s',
    async (name, {folder, text, grants}) => {
      expect(await faultsWith(folder, name, text)).toEqual([])
      const needless: string[] = []
      for (const grant of grants)
        for (const less of grant.access === 'write' ? ['read', 'none'] : ['none']) {
          if (grant.right === 'id-token' && less === 'read') continue
          const faults = await faultsWith(folder, name, withAccess(text, grant, less))
          if (faults.length === 0) needless.push(`line ${grant.line + 1}: ${grant.right}: ${less} is enough`)
        }
      expect(needless).toEqual([])
    },
    60_000
  )
})
