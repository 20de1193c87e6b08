import {parse} from 'yaml'
import {table} from './document-sections.js'

const SECTION = /<!-- workflow:([\w.-]+) -->\n[^]*?<!-- \/workflow -->/g

interface Workflow {
  readonly on: {
    readonly workflow_call: {
      readonly inputs: Readonly<Record<string, {readonly description: string; readonly default?: unknown}>>
      readonly secrets: Readonly<Record<string, {readonly description: string}>>
      readonly outputs: Readonly<Record<string, {readonly description: string}>>
    }
  }
}

/**
 * Fills `<!-- workflow:release.yml -->` up to `<!-- /workflow -->` with the inputs, secrets and outputs of a reusable workflow.
 * @param read the text of a workflow, by its file name
 */
export function fillWorkflowSections(document: string, read: (file: string) => string): string {
  return document.replace(SECTION, (_, file: string) => {
    const {inputs, secrets, outputs} = (parse(read(file)) as Workflow).on.workflow_call
    const tables = [
      table(
        ['input', 'meaning', 'default'],
        Object.entries(inputs).map(([name, input]) => [
          code(name),
          input.description,
          defaultOf(input.default)
        ])
      ),
      table(['secret', 'meaning'], described(secrets)),
      table(['output', 'holds'], described(outputs))
    ]
    return [`<!-- workflow:${file} -->`, ...tables, '<!-- /workflow -->'].join('\n\n')
  })
}

function described(entries: Readonly<Record<string, {readonly description: string}>>): string[][] {
  return Object.entries(entries).map(([name, {description}]) => [code(name), description])
}

function defaultOf(value: unknown): string {
  const isShort = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  return isShort && value !== '' ? code(String(value)) : ''
}

function code(text: string): string {
  return `\`${text}\``
}
