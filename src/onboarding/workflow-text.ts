import {type Document, LineCounter, parseDocument} from 'yaml'
import {type BoundFault, LARGE_BOUNDS, aliasFault, boundFault} from '../shared/yaml-bounds.js'

/** A workflow has some hundred lines. */
const WORKFLOW_BOUNDS = {...LARGE_BOUNDS, bytes: 512 * 1024, tokens: 50_000}

/** A workflow as YAML; undefined for what cannot be read, and for what is made to keep its reader busy. */
export function parseWorkflowText(text: string): Document.Parsed | undefined {
  if (boundFault(text, WORKFLOW_BOUNDS) !== undefined) return undefined
  const [document, fault] = read(text)
  return document.errors.length === 0 && fault === undefined ? document : undefined
}

/** Why a text is made to keep its reader busy; undefined for any other, also for one that is no YAML. */
export function workflowBoundFault(text: string): BoundFault | undefined {
  return boundFault(text, WORKFLOW_BOUNDS) ?? read(text)[1]
}

function read(text: string): readonly [Document.Parsed, BoundFault | undefined] {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  return [document, document.errors.length > 0 ? undefined : aliasFault(document, lines, WORKFLOW_BOUNDS)]
}
