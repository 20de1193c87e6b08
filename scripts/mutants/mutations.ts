import ts from 'typescript'

/** A change of a source that a test should notice. */
export interface Mutation {
  /** Where the text that is replaced begins, and where it ends. */
  readonly start: number
  readonly end: number
  readonly text: string
}

const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/']
])

const METHODS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['startsWith', 'endsWith'],
  ['endsWith', 'startsWith'],
  ['min', 'max'],
  ['max', 'min'],
  ['find', 'findLast'],
  ['toSorted', 'slice'],
  ['toReversed', 'slice']
])

/**
 * The mutations of a source, in the order of their places: another operator, a condition turned round, a branch always or never
 * taken, one more than a number, another method, a call left out. Texts stay, since most of them are messages.
 */
export function mutationsOf(source: string): Mutation[] {
  const file = ts.createSourceFile('mutated.ts', source, ts.ScriptTarget.Latest, true)
  const found: Mutation[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isTypeAliasDeclaration(node)) return
    for (const [at, text] of changesOf(node)) found.push({start: at.getStart(file), end: at.end, text})
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found.sort((a, b) => a.start - b.start || a.end - b.end)
}

/** The source with a mutation in it. */
export function mutated(source: string, {start, end, text}: Mutation): string {
  return source.slice(0, start) + text + source.slice(end)
}

/** A mutation as people read it: its line, and what became what there. */
export function describeMutation(source: string, {start, end, text}: Mutation): string {
  const line = source.slice(0, start).split('\n').length
  return `${line}: ${shortened(source.slice(start, end))} -> ${shortened(text) || 'nothing'}`
}

function shortened(text: string): string {
  const flat = text.replace(/\s+/g, ' ')
  return flat.length > 60 ? `${flat.slice(0, 57)}...` : flat
}

type Change = readonly [at: ts.Node, text: string]

function changesOf(node: ts.Node): Change[] {
  if (ts.isBinaryExpression(node)) return operatorChanges(node)
  if (ts.isIfStatement(node)) return always(node.expression)
  if (ts.isConditionalExpression(node)) return always(node.condition)
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    return [[node, node.operand.getText()]]
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [[node, 'false']]
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [[node, 'true']]
  if (ts.isNumericLiteral(node)) return [[node, `(${node.text} + 1)`]]
  if (ts.isCallExpression(node)) return callChanges(node)
  if (ts.isExpressionStatement(node) && isCall(node.expression)) return [[node, ';']]
  return []
}

function operatorChanges({operatorToken}: ts.BinaryExpression): Change[] {
  const text = OPERATORS.get(operatorToken.kind)
  return text === undefined ? [] : [[operatorToken, text]]
}

function always(condition: ts.Expression): Change[] {
  return [
    [condition, 'true'],
    [condition, 'false']
  ]
}

function callChanges(call: ts.CallExpression): Change[] {
  const {expression: callee} = call
  if (!ts.isPropertyAccessExpression(callee)) return []
  if (callee.name.text === 'filter') return [[call, callee.expression.getText()]]
  const other = METHODS.get(callee.name.text)
  return other === undefined ? [] : [[callee.name, other]]
}

function isCall(expression: ts.Expression): boolean {
  return ts.isCallExpression(ts.isAwaitExpression(expression) ? expression.expression : expression)
}
