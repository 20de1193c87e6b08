import {type Document, LineCounter, parseDocument} from 'yaml'
import {LARGE_BOUNDS, aliasFault, boundFault} from '../config/settings-bounds.js'

/** A workflow has some hundred lines. */
const WORKFLOW_BOUNDS = {...LARGE_BOUNDS, bytes: 512 * 1024, tokens: 50_000}

/** A workflow as YAML; undefined for what cannot be read, and for what is made to keep its reader busy. */
export function parseWorkflowText(text: string): Document.Parsed | undefined {
  if (boundFault(text, WORKFLOW_BOUNDS) !== undefined) return undefined
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines})
  const isRead = document.errors.length === 0 && aliasFault(document, lines, WORKFLOW_BOUNDS) === undefined
  return isRead ? document : undefined
}
