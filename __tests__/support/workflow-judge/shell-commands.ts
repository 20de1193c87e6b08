/** A simple command of a script: its program and its words, with `$NAME` where a variable stands. */
export interface ShellCommand {
  readonly program: string
  readonly args: readonly string[]
}

/** What a shell does itself (bash manual, «Shell Builtin Commands»), reserved words among them. */
const OF_THE_SHELL = new Set(
  `. : [ alias bg bind break builtin cd continue declare dirs disown echo eval exit export false fc fg getopts hash
  help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt
  source test times trap true type typeset ulimit umask unalias unset wait [[ ]] esac fi done }`.split(/\s+/)
)

/** Words after which another command starts. */
const BEFORE_A_COMMAND = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '{', '!', 'time'])

/** Programs that run the one that they are given. */
const RUNS_ANOTHER = new Set(['sudo', 'env', 'exec', 'command', 'nohup', 'nice', 'xargs', 'timeout'])

type Token = {readonly word: string} | {readonly operator: string}

/** All programs that a script calls, those in substitutions among them; what the shell does itself is none. */
export function shellCommands(script: string): readonly ShellCommand[] {
  const found = known.get(script) ?? read(script)
  known.set(script, found)
  return found
}

const known = new Map<string, readonly ShellCommand[]>()

function read(script: string): readonly ShellCommand[] {
  const reader = new Reader(script)
  const tokens = reader.tokens()
  return [...commandsIn(tokens), ...reader.nested.flatMap(shellCommands)]
}

function commandsIn(tokens: readonly Token[]): ShellCommand[] {
  const commands: ShellCommand[] = []
  const functions = new Set(
    tokens.flatMap((token, index) =>
      'word' in token && isOperator(tokens[index + 1], '(') && isOperator(tokens[index + 2], ')')
        ? [token.word]
        : []
    )
  )
  let words: string[] = []
  const end = (): void => {
    commands.push(...commandOf(words).filter(({program}) => !functions.has(program)))
    words = []
  }
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index]
    if (token === undefined) break
    if ('operator' in token) end()
    else if (words.length === 0 && BEFORE_A_COMMAND.has(token.word)) continue
    else if (words.length === 0 && (token.word === 'for' || token.word === 'select'))
      while (index + 1 < tokens.length && !isOperator(tokens[index + 1])) index++
    else if (words.length === 0 && token.word === 'case') index = afterPattern(tokens, index + 3)
    else words.push(token.word)
    if (isOperator(token, ';;')) index = afterPattern(tokens, index + 1)
  }
  end()
  return commands
}

/** The index of the `)` that ends a pattern of `case`; of `esac` there is none. */
function afterPattern(tokens: readonly Token[], from: number): number {
  let index = from
  while (index < tokens.length && isOperator(tokens[index], '\n')) index++
  const token = tokens[index]
  if (token !== undefined && 'word' in token && token.word === 'esac') return index
  while (index < tokens.length && !isOperator(tokens[index], ')')) index++
  return index
}

function isOperator(token: Token | undefined, operator?: string): boolean {
  return token !== undefined && 'operator' in token && (operator === undefined || token.operator === operator)
}

function commandOf(words: readonly string[]): ShellCommand[] {
  const [program, ...args] = words.slice(words.findIndex(word => !/^\w+\+?=/.test(word)))
  if (program === undefined || words.every(word => /^\w+\+?=/.test(word)) || OF_THE_SHELL.has(program))
    return []
  const own = program === 'exec' || program === 'command' ? [] : [{program, args}]
  if (!RUNS_ANOTHER.has(program)) return own
  const rest = args.slice(args.findIndex(word => !/^-|=|^[\d.]+[smhd]?$/.test(word)))
  return args.every(word => /^-|=|^[\d.]+[smhd]?$/.test(word)) ? own : [...own, ...commandOf(rest)]
}

class Reader {
  readonly nested: string[] = []
  private readonly heredocs: string[] = []
  private index = 0

  constructor(private readonly text: string) {}

  tokens(): Token[] {
    const tokens: Token[] = []
    while (this.index < this.text.length) {
      const rest = this.text.slice(this.index)
      const blank = /^(?:[ \t]|\\\n)+/.exec(rest)?.[0] ?? ''
      const comment = /^#[^\n]*/.exec(rest)?.[0] ?? ''
      const redirection = /^\d*(?:<<<|<<-?|>>|>\||[<>]&|&>>?|[<>](?!\())/.exec(rest)?.[0] ?? ''
      const operator = /^(?:;;&?|;&|&&|\|\||\|&|[;&|()\n])/.exec(rest)?.[0] ?? ''
      if (blank + comment !== '') this.index += (blank || comment).length
      else if (redirection !== '') this.redirect(redirection)
      else if (operator !== '') {
        this.index += operator.length
        tokens.push({operator})
        if (operator === '\n') this.skipHeredocs()
      } else tokens.push({word: this.word()})
    }
    return tokens
  }

  /** What a redirection names is no word of the command. */
  private redirect(redirection: string): void {
    this.index += redirection.length
    while (/[ \t]/.test(this.text[this.index] ?? '')) this.index++
    const target = this.word()
    if (/<<-?$/.test(redirection)) this.heredocs.push(target)
  }

  private skipHeredocs(): void {
    for (const delimiter of this.heredocs.splice(0)) {
      const lines = this.text.slice(this.index).split('\n')
      const end = lines.findIndex(line => line.replace(/^\t+/, '') === delimiter)
      const skipped = end === -1 ? lines : lines.slice(0, end + 1)
      this.index += skipped.join('\n').length + (end === -1 ? 0 : 1)
    }
  }

  private word(): string {
    let word = ''
    while (this.index < this.text.length) {
      const character = this.text[this.index] ?? ''
      if (/[\s;&|()<>]/.test(character) && !/^[<>]\(/.test(this.text.slice(this.index))) break
      word += this.part(character)
    }
    return word
  }

  private part(character: string): string {
    if (character === "'") return this.upTo("'")
    if (character === '"') return this.quoted()
    if (character === '\\') return this.take(2).slice(1)
    if (/^[$<>]\(/.test(this.text.slice(this.index))) return this.substitution()
    if (character === '`') {
      this.nested.push(this.upTo('`'))
      return '$(…)'
    }
    if (this.text.startsWith('${', this.index)) return `\${${this.upTo('}').slice(1)}}`
    return this.take(1)
  }

  private quoted(): string {
    let text = ''
    this.index++
    while (this.index < this.text.length && this.text[this.index] !== '"') {
      const character = this.text[this.index] ?? ''
      text += character === "'" ? this.take(1) : this.part(character)
    }
    this.index++
    return text
  }

  /** `$( … )` and `<( … )`; arithmetic is none. */
  private substitution(): string {
    const start = this.index + 2
    let depth = 1
    this.index = start
    while (this.index < this.text.length && depth > 0) {
      const character = this.text[this.index] ?? ''
      if (character === "'") this.upTo("'")
      else if (character === '"') this.skipQuoted()
      else {
        depth += character === '(' ? 1 : character === ')' ? -1 : 0
        this.index++
      }
    }
    const inside = this.text.slice(start, this.index - 1)
    if (!inside.startsWith('(')) this.nested.push(inside)
    return '$(…)'
  }

  private skipQuoted(): void {
    this.index++
    while (this.index < this.text.length && this.text[this.index] !== '"')
      if (this.text.startsWith('$(', this.index)) this.substitution()
      else this.index += this.text[this.index] === '\\' ? 2 : 1
    this.index++
  }

  private upTo(end: string): string {
    const from = this.index + 1
    const found = this.text.indexOf(end, from)
    this.index = found === -1 ? this.text.length : found + 1
    return this.text.slice(from, this.index - 1)
  }

  private take(count: number): string {
    const taken = this.text.slice(this.index, this.index + count)
    this.index += count
    return taken
  }
}
