import {describe, expect, it} from '@jest/globals'
import {COMMANDS} from '../../src/commands.js'
import {fillWorkflowSections} from '../../scripts/workflow-sections.js'
import {headingsOf, readDocument} from './documents.js'

/** Commands of which `--help` says all: they run on one machine, for one person. */
const LOCAL = ['registry', 'demo']

describe('the reference', () => {
  it('has a section for every command that takes part in a release', () => {
    const headings = headingsOf(readDocument('docs/reference.md') ?? '')
    const commands = [...COMMANDS.keys()].filter(name => !LOCAL.includes(name))
    expect(headings.filter(heading => commands.includes(heading))).toEqual(commands)
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
