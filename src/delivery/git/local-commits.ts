/** A commit that is here and not yet in the repository, with what is new in it. */
export interface LocalCommit {
  readonly name: string
  readonly tree: string
  readonly parents: readonly string[]
  readonly message: string
  /** The tree of its first parent, and the files in which it differs from that. */
  readonly baseTree: string
  readonly files: readonly ChangedFile[]
}

/** A file of a commit that its first parent has not, or has otherwise. */
export interface ChangedFile {
  readonly path: string
  /** As Git writes it: `100644`. */
  readonly mode: string
  /** The name of the blob; undefined where the file is gone. */
  readonly blob: string | undefined
  /** Its bytes in Base64, where the repository has no such blob yet. */
  readonly content: string | undefined
}

/** Runs git in a repository, and gives what it printed. */
export type Git = (args: readonly string[], input?: string) => Promise<string>

/** The commits that lead to this one and that no reference holds yet, the oldest first. */
export async function readLocalCommits(commit: string, git: Git): Promise<LocalCommit[]> {
  const since = [commit, '--not', '--all']
  const names = (await git(['rev-list', '--reverse', '--topo-order', ...since])).split('\n').filter(Boolean)
  const made = new Set((await git(['rev-list', '--objects', '--no-object-names', ...since])).split('\n'))
  const commits: LocalCommit[] = []
  for (const name of names) commits.push(await readLocalCommit(name, made, git))
  return commits
}

async function readLocalCommit(name: string, made: ReadonlySet<string>, git: Git): Promise<LocalCommit> {
  const [tree = '', parents = '', ...message] = (
    await git(['show', '--no-patch', '--format=%T%n%P%n%B', name])
  ).split('\n')
  const [first = ''] = parents.split(' ')
  const baseTree = (await git(['rev-parse', `${first}^{tree}`])).trim()
  const raw = await git(['diff-tree', '-r', '-z', '--no-renames', baseTree, tree])
  const entries = [...raw.matchAll(/:\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) (\w)\0([^\0]+)\0/g)]
  const files: ChangedFile[] = []
  for (const [, mode = '', blob = '', status, path = ''] of entries)
    files.push(
      status === 'D'
        ? {path, mode: '100644', blob: undefined, content: undefined}
        : {path, mode, blob, content: made.has(blob) ? await contentOf(blob, git) : undefined}
    )
  return {name, tree, parents: parents.split(' '), message: message.join('\n').trim(), baseTree, files}
}

/** In Base64. What is new in a commit of ours is text. */
async function contentOf(blob: string, git: Git): Promise<string> {
  const stdout = await git(['cat-file', '--batch'], `${blob}\n`)
  const [header = ''] = stdout.split('\n', 1)
  return Buffer.from(stdout.slice(header.length + 1, -1)).toString('base64')
}
