/** An error as a registry answers it. */
export interface ZooError {
  readonly status: number
  readonly code?: string
  readonly message?: string
  /** The whole body, where it is no list of errors. */
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** How tokens are had. */
export interface ZooTokens {
  readonly realm: string
  readonly service?: string
  /** The scope that the challenge names, where that is not the one of the repository. */
  readonly scope?: (name: string, actions: string) => string
  /** How many scopes one request for a token may name. */
  readonly mostScopes?: number
  /** In which field the token is. */
  readonly field?: 'token' | 'access_token' | 'both' | 'empty token'
  /** Seconds; 300 where it is left out. */
  readonly lifetime?: number
}

/** An answer by what it is to, and what becomes of it. */
export interface ZooRewrite {
  readonly kind: 'manifest' | 'blob' | 'upload' | 'uploads' | 'tags'
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST'
  readonly status: number
  /** The code of the error, where one of several is meant. */
  readonly code?: string
  /** Headers that it lacks. */
  readonly without?: readonly string[]
  /** What it is in its place. */
  readonly as?: ZooError
}

/** A registry of the zoo: what it does other than the embedded one, as data. */
export interface ZooEntry {
  readonly name: string
  /** As references write it. */
  readonly host: string
  /** The host of its API, where that is another. */
  readonly apiHost?: string
  /** The repository of the journey. */
  readonly repository: string
  /** Where this was read: specification, documentation or issue. */
  readonly sources: readonly string[]
  readonly credential?: {readonly username: string; readonly password: string}
  /** Absent where nobody is asked; Basic where there is a credential and no tokens. */
  readonly tokens?: ZooTokens
  /** How a repository is answered to that nobody has made; absent where a push makes it. */
  readonly missingRepository?: ZooError
  /** What HEAD of a manifest is answered where GET would be a 200; `bare` has no digest, length and type. */
  readonly headManifest?: number | 'bare'
  /** What HEAD of a blob is answered, whether it is there or not. */
  readonly headBlob?: number
  /** What a manifest is answered that is not there. */
  readonly missingManifest?: ZooError
  /** Milliseconds after which others see what was written. */
  readonly lag?: {readonly tags?: number; readonly blobs?: number; readonly manifests?: number}
  /** Tags that never change, and what is said to who tries; the same manifest again is refused, too, with `evenSame`. */
  readonly immutable?: ZooError & {readonly tags: RegExp; readonly evenSame?: boolean}
  /** How the referrers API is missing; absent where there is one. */
  readonly referrers?:
    | 'not found'
    | 'method not allowed'
    | 'bad request'
    | 'redirect'
    | 'page'
    | 'empty list'
    /** There is one, with null where there are none. */
    | 'null where none'
  readonly list?: {
    /** The most entries of a page. */
    readonly page?: number
    /** What a request for longer pages is answered. */
    readonly tooLong?: ZooError & {readonly above: number}
    /** How the next page is named. */
    readonly link?: 'relative' | 'absolute' | 'plain http' | 'bare' | 'other path' | 'none'
    /** A page is linked to behind the last, where that is full. */
    readonly linkAtEnd?: boolean
    /** Neither the length of a page nor its start is looked at. */
    readonly isWhole?: boolean
    /** How a repository is answered whose manifests have no tags. */
    readonly empty?: ZooError
    /** How a list behind a tag is answered that is not there. */
    readonly unknownLast?: ZooError
    /** Newest first, in no order at all, or as the specification wants it. */
    readonly order?: 'reverse'
  }
  /** What deletions are answered; absent where they are done. */
  readonly deletion?: {readonly tag?: ZooError; readonly digest?: ZooError}
  readonly upload?: {
    readonly location?: 'relative' | 'absolute' | 'with state'
    /** The host that uploads are led to. */
    readonly ledTo?: string
    /** What a PATCH is answered. */
    readonly chunk?: ZooError
  }
  /** What a mount is answered; 202 begins an upload in its place. */
  readonly mount?: ZooError | 'done' | 'upload'
  /** Each so-many-th request that writes is refused once. */
  readonly limit?: ZooError & {readonly every: number}
  /** Each so-many-th write of a manifest is done and answered so. */
  readonly lostAnswer?: ZooError & {readonly every: number}
  /** The type that documents are answered as, whatever they are. */
  readonly contentType?: string
  /** What else is answered in place of what the specification says. */
  readonly rewrites?: readonly ZooRewrite[]
  /** How errors are written. */
  readonly errors?: 'text' | 'html'
}
