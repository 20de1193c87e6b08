import {Lexer, Parser} from '@actions/expressions'
import {
  Binary,
  type Expr,
  FunctionCall,
  Grouping,
  IndexAccess,
  ContextAccess,
  Literal,
  Logical,
  Unary
} from '@actions/expressions/ast'
import {TokenType} from '@actions/expressions/lexer'
import {type Finding, distinct} from '../finding.js'
import {actionFacts} from '../actions.js'
import {type Judged, type Rule, stepsOf} from '../judged.js'
import {languageServiceFindings} from '../language-service.js'
import {givenInputs} from '../own-action.js'
import {Expression} from '../expression.js'
import {type Tree, at, entriesOf, expressionsIn, itemsOf, plainText} from '../workflow-tree.js'

/** What the language itself and the inputs and outputs of actions and workflows ask for. */
export const LANGUAGE_RULES: readonly Rule[] = [
  {
    id: 'workflow',
    says: 'GitHub refuses a workflow with keys, contexts, functions or jobs that do not exist, before any job starts.',
    source: '@actions/workflow-parser and @actions/languageservice, which are GitHub’s own',
    async judge({source, tree}) {
      const composites = localActions(tree.root).flatMap(uses => {
        const text = actionFacts(uses, source.files)?.composite
        return text === undefined ? [] : [{...source, name: `${source.name} (${uses})`, text}]
      })
      const found = await Promise.all([
        languageServiceFindings(source, 'workflow'),
        ...composites.map(async one => await languageServiceFindings(one, 'action'))
      ])
      return found.flat()
    }
  },
  {
    id: 'expression',
    says: 'An expression that cannot be evaluated fails its job; one of a matrix or a condition fails the run.',
    source: '@actions/expressions, which is GitHub’s own',
    judge: ({simulations}) => distinct(simulations.flatMap(({faults}) => faults))
  },
  {
    id: 'line-break',
    says: "An expression knows no escapes: 'a\\nb' is four characters. Lines come from block scalars.",
    source: 'github.com/actions/runner, src/Sdk/DTExpressions2, LexicalAnalyzer.cs and Format.cs',
    judge: ({source, tree}) =>
      allExpressions(tree.root, source.name).flatMap(({place, text}) =>
        stringsIn(text)
          .filter(literal => /\\[nrt]/.test(literal))
          .map(literal => ({
            place,
            message: `'${literal}' has no line break in it, but a backslash and a letter`
          }))
      )
  },
  {
    id: 'boolean',
    says: "A boolean is compared with a text as numbers: true == 'true' is 1 == NaN, which is never so.",
    source: 'docs.github.com, «Evaluate expressions in workflows and actions», «Operators»',
    judge: ({source, tree}) =>
      allExpressions(tree.root, source.name).flatMap(({place, text}) =>
        comparisonsIn(text)
          .filter(([name]) => typeOfInput(tree.root, name) === 'boolean')
          .map(([name, literal]) => ({
            place,
            message: `the input ${name} is a boolean: compared with '${literal}' it is never equal; write inputs.${name} alone`
          }))
      )
  },
  {
    id: 'inputs',
    says: 'The runner only warns of inputs that an action does not have, and hands no value to those that are left out.',
    source: 'docs.github.com, «Metadata syntax», `inputs`; each action.yml at its pinned commit',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({step: {place, facts, given, uses}}) => [
          ...(uses !== '' && facts === undefined && !uses.startsWith('docker://')
            ? [
                {
                  place,
                  message: `nothing is known of the action ${uses}; list it in __tests__/fixtures/hosted/actions.json`
                }
              ]
            : []),
          ...given
            .filter(name => facts !== undefined && !(name in facts.inputs))
            .map(name => ({place, message: `${uses} has no input ${name}`})),
          ...Object.entries(facts?.inputs ?? {})
            .filter(
              ([name, input]) => input.isRequired && input.default === undefined && !given.includes(name)
            )
            .map(([name]) => ({place, message: `${uses} wants the input ${name}`}))
        ])
      )
  },
  {
    id: 'input-value',
    says: 'An action refuses a value that its input does not take, in the middle of the run.',
    source: 'src/commands: each input is read by the code of its command',
    async judge(judged) {
      const refused = await Promise.all(
        stepsOf(judged).map(async ({job, step: {place, facts, given, with: texts}}) => {
          if (facts?.command === undefined) return []
          const own = Object.fromEntries(given.map(name => [name, texts[name] ?? '']))
          const {faults} = await givenInputs(facts.command, own, job.files)
          return faults.map(message => ({place, message: `${message}, in a run for a ${job.event.name}`}))
        })
      )
      return distinct([...judged.simulations.flatMap(one => one.refused), ...refused.flat()])
    }
  },
  {
    id: 'input-size',
    says: 'An input is a variable of the environment: Linux takes 131,071 bytes in one, and the action never starts with more.',
    source: 'execve(2), MAX_ARG_STRLEN',
    judge: judged =>
      distinct(
        stepsOf(judged).flatMap(({step: {place, with: texts}}) =>
          Object.entries(texts)
            .filter(([, text]) => Buffer.byteLength(text) > 131_071)
            .map(([name, text]) => ({
              place,
              message: `the input ${name} has ${Buffer.byteLength(text)} bytes`
            }))
        )
      )
  },
  {
    id: 'outputs',
    says: 'An output that does not exist is an empty text, and nobody says so.',
    source: 'docs.github.com, «Contexts», `steps` and `needs`',
    judge: ({source, tree}) =>
      entriesOf(at(tree.root, 'jobs')).flatMap(([name, job]) => unknownOutputs(source, name, job))
  },
  {
    id: 'matrix',
    says: 'A key that no cell of the matrix has is an empty text, and nobody says so.',
    source: 'docs.github.com, «Contexts», `matrix`',
    judge: unknownKeys
  }
]

function localActions(root: Tree): string[] {
  const steps = entriesOf(at(root, 'jobs')).flatMap(([, job]) => itemsOf(at(job, 'steps')))
  const uses = steps.map(step => plainText(at(step, 'uses')))
  return [...new Set(uses.filter(one => one.startsWith('./')))]
}

/** Every expression; a condition is one without its marks. */
function allExpressions(root: Tree, name: string): {place: string; text: string}[] {
  const marked = [...expressionsIn(root)].map(([path, {text}]) => ({
    place: `${name}: ${path.join('.')}`,
    text
  }))
  const jobs = entriesOf(at(root, 'jobs')).flatMap(([job, body]) => [
    {place: `${name}: jobs.${job}.if`, tree: at(body, 'if')},
    ...itemsOf(at(body, 'steps')).map((step, index) => ({
      place: `${name}: jobs.${job}.steps[${index}].if`,
      tree: at(step, 'if')
    }))
  ])
  return [
    ...marked,
    ...jobs.map(({place, tree}) => ({place, text: plainText(tree)})).filter(({text}) => text !== '')
  ]
}

function stringsIn(text: string): string[] {
  try {
    const {tokens} = new Lexer(text).lex()
    return tokens.filter(({type}) => type === TokenType.STRING).map(({lexeme}) => lexeme.slice(1, -1))
  } catch {
    return []
  }
}

/** Inputs that an expression compares with a text that is no number. */
function comparisonsIn(text: string): [string, string][] {
  return nodesOf(text).flatMap((node): [string, string][] => {
    if (!(node instanceof Binary) || !['==', '!='].includes(node.operator.lexeme)) return []
    const sides = [node.left, node.right]
    const literal = sides.find(side => side instanceof Literal)
    const access = sides.find(side => side instanceof IndexAccess)
    const name = access?.index instanceof Literal ? access.index.literal.coerceString() : undefined
    const isInput =
      access?.expr instanceof ContextAccess && access.expr.name.lexeme.toLowerCase() === 'inputs'
    const value =
      literal instanceof Literal && literal.token.type === TokenType.STRING
        ? literal.literal.coerceString()
        : undefined
    return isInput && name !== undefined && value !== undefined ? [[name, value]] : []
  })
}

function nodesOf(text: string): Expr[] {
  try {
    const names = 'github inputs vars secrets env needs jobs matrix strategy steps job runner'.split(' ')
    const functions = ['success', 'failure', 'always', 'cancelled', 'hashfiles'].map(name => ({
      name,
      minArgs: 0,
      maxArgs: 255,
      call: () => {
        throw new Error('nothing is evaluated here')
      }
    }))
    return below(new Parser(new Lexer(text).lex().tokens, names, functions).parse())
  } catch {
    return []
  }
}

function below(node: Expr): Expr[] {
  const children =
    node instanceof FunctionCall || node instanceof Logical
      ? node.args
      : node instanceof Binary
        ? [node.left, node.right]
        : node instanceof Unary
          ? [node.expr]
          : node instanceof Grouping
            ? [node.group]
            : node instanceof IndexAccess
              ? [node.expr, node.index]
              : []
  return [node, ...children.flatMap(below)]
}

function typeOfInput(root: Tree, name: string): Tree | undefined {
  return (
    at(root, 'on', 'workflow_call', 'inputs', name, 'type') ??
    at(root, 'on', 'workflow_dispatch', 'inputs', name, 'type')
  )
}

function unknownOutputs({name: file, files}: Judged['source'], job: string, body: Tree): Finding[] {
  const steps = itemsOf(at(body, 'steps'))
  const known = new Map(
    steps.flatMap(step => {
      const id = plainText(at(step, 'id'))
      const facts = actionFacts(plainText(at(step, 'uses')), files)
      return id === '' || facts === undefined ? [] : [[id, facts] as const]
    })
  )
  return [...expressionsIn(body), ...conditionsIn(body)].flatMap(([path, {text}]) =>
    [...text.matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)].flatMap(([, id = '', output = '']) => {
      const facts = known.get(id)
      if (facts === undefined || facts.outputs.includes(output) || isNamedByThePlan(facts.command, output))
        return []
      return [
        {
          place: `${file}: jobs.${job}.${path.join('.')}`,
          message: `the step ${id} has no output ${output}; it has ${facts.outputs.join(', ')}`
        }
      ]
    })
  )
}

/** Outputs whose names come from the settings: those of an axis of variants, and those of a record. */
function isNamedByThePlan(command: string | undefined, output: string): boolean {
  if (command === 'build-by-digest') return /^record-[a-z0-9]/.test(output)
  return command === 'compute-tags' && /^[a-z][a-z0-9]*_(tags|versions_json)$/.test(output)
}

function conditionsIn(body: Tree): [string[], Expression][] {
  return itemsOf(at(body, 'steps')).flatMap((step, index) => {
    const text = plainText(at(step, 'if'))
    return text === '' ? [] : [[['steps', String(index), 'if'], new Expression(text, 0)]]
  })
}

function unknownKeys({source, tree, simulations}: Judged): Finding[] {
  return entriesOf(at(tree.root, 'jobs')).flatMap(([name, body]) => {
    const cells = simulations.flatMap(({jobs}) =>
      jobs.filter(job => job.place === `${source.name}: jobs.${name}`)
    )
    const keys = new Set(cells.flatMap(({matrix}) => Object.keys((matrix ?? {}) as object)))
    if (cells.length === 0) return []
    return [...expressionsIn(body), ...conditionsIn(body)].flatMap(([path, {text}]) =>
      [...text.matchAll(/\bmatrix\.([\w-]+)/g)]
        .filter(([, key = '']) => !keys.has(key))
        .map(([, key = '']) => ({
          place: `${source.name}: jobs.${name}.${path.join('.')}`,
          message: `no cell of the matrix has ${key}; they have ${[...keys].join(', ')}`
        }))
    )
  })
}
