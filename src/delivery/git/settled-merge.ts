import type {Git} from './local-commits.js'

/** What a merge came to: its tree, where some files have the marks of a conflict, and these files. */
export interface ConflictedMerge {
  readonly tree: string
  readonly files: readonly ConflictedFile[]
}

interface ConflictedFile {
  readonly path: string
  readonly mode: string
  /** The blobs of what both come from, of the first and of the second: each where it has the file. */
  readonly blobs: readonly (string | undefined)[]
}

/**
 * Reads the answer of `git merge-tree --write-tree -z --no-messages`: the tree, then each stage of each file that both
 * changed in the same lines (git-merge-tree(1), OUTPUT).
 */
export function readConflicts(stdout: string): ConflictedMerge {
  const [tree = '', ...entries] = stdout.split('\0')
  const stages = entries.flatMap(entry => {
    const [, mode = '', blob, stage, path] = /^(\d+) ([0-9a-f]+) ([123])\t([^]+)$/.exec(entry) ?? []
    return path === undefined ? [] : [{mode, blob, stage: Number(stage), path}]
  })
  const paths = [...new Set(stages.map(({path}) => path))]
  const files = paths.map(path => {
    const own = stages.filter(one => one.path === path)
    const modes = new Set(own.map(({mode}) => mode))
    return {
      path,
      mode: modes.size === 1 ? [...modes].join() : '',
      blobs: [1, 2, 3].map(stage => own.find(one => one.stage === stage)?.blob)
    }
  })
  return {tree, files}
}

/**
 * Ends a merge in favour of its second commit: where both changed the same lines, those of the second stand; all else of
 * both is kept.
 * @param git runs in a folder of its own, where it leaves files
 * @returns the tree; undefined where a file was taken away, or is none, in one of the two
 */
export async function settledTree(merge: ConflictedMerge, git: Git): Promise<string | undefined> {
  const texts: {path: string; mode: string; blob: string}[] = []
  for (const {path, mode, blobs} of merge.files) {
    const [base, first, second] = blobs
    if (base === undefined || first === undefined || second === undefined || !/^100/.test(mode))
      return undefined
    const names: string[] = []
    for (const blob of [first, base, second]) names.push((await git(['unpack-file', blob])).trim())
    await git(['merge-file', '--quiet', '--theirs', ...names])
    const blob = (await git(['hash-object', '-w', '--no-filters', names[0] ?? ''])).trim()
    texts.push({path, mode, blob})
  }
  await git(['read-tree', merge.tree])
  const entries = texts.map(({path, mode, blob}) => `${mode} ${blob} 0\t${path}\0`).join('')
  await git(['update-index', '-z', '--index-info'], entries)
  return (await git(['write-tree'])).trim()
}
