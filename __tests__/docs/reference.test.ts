import {describe, expect, it} from '@jest/globals'
import {COMMANDS} from '../../src/commands.js'
import {fillWorkflowSections} from '../../scripts/workflow-sections.js'
import {headingsOf, readDocument} from './documents.js'

describe('the reference', () => {
  it('has a page for every command, and leads to each', () => {
    const overview = readDocument('docs/reference.md') ?? ''
    const pages = [...overview.matchAll(/\]\(reference\/([\w-]+)\.md\)/g)].map(([, name = '']) => name)
    expect(pages).toEqual([...COMMANDS.keys()])
    const titles = pages.map(name => headingsOf(readDocument(`docs/reference/${name}.md`) ?? '')[0])
    expect(titles).toEqual(pages)
  })
})

describe('fillWorkflowSections', () => {
  const WORKFLOW = `
on:
  workflow_call:
    inputs:
      push: {description: Whether | it pushes., type: boolean, default: true}
      tags: {description: Rules., type: string, default: ''}
    secrets:
      key: {description: The key., required: false}
    outputs:
      digest: {description: The digest., value: x}
`
  const fill = (document: string): string => fillWorkflowSections(document, () => WORKFLOW)

  it('writes inputs with their defaults, secrets and outputs, and again without a change', () => {
    const filled = fill('# A\n<!-- workflow:a.yml -->\nstale\n<!-- /workflow -->\nend\n')
    expect(filled).toContain('| `push` | Whether \\| it pushes. | `true` |')
    expect(filled).toContain('| `tags` | Rules. |  |')
    expect(filled).toContain('| `key` | The key. |')
    expect(filled).toContain('| `digest` | The digest. |')
    expect(filled).not.toContain('stale')
    expect(fill(filled)).toBe(filled)
  })
})
