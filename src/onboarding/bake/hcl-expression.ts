/** An expression of HCL, as far as bake files have them. */
export type Expression =
  | {readonly kind: 'value'; readonly value: string | number | boolean | null}
  | {readonly kind: 'template'; readonly parts: readonly Expression[]}
  | {readonly kind: 'name'; readonly name: string}
  | {readonly kind: 'get'; readonly of: Expression; readonly key: Expression}
  | {readonly kind: 'list'; readonly items: readonly Expression[]}
  | {readonly kind: 'map'; readonly entries: readonly (readonly [Expression, Expression])[]}
  | {readonly kind: 'call'; readonly name: string; readonly given: readonly Expression[]}
  | {readonly kind: 'choice'; readonly parts: readonly [Expression, Expression, Expression]}
  | {readonly kind: 'both'; readonly operator: Operator; readonly sides: readonly [Expression, Expression]}
  | {readonly kind: 'not'; readonly of: Expression}
  | {
      readonly kind: 'each'
      readonly name: string
      readonly of: Expression
      readonly result: Expression
      readonly condition: Expression | undefined
    }

/** An operator between two sides. */
export type Operator = '==' | '!=' | '&&' | '||'

/** `target "app" { … }`: what stands in it by name. Blocks within it, such as checks of a variable, are left out. */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly attributes: ReadonlyMap<string, Expression>
}

/** A file as blocks, and what stands outside of all of them. */
export interface HclFile {
  readonly blocks: readonly Block[]
  readonly attributes: ReadonlyMap<string, Expression>
}

/** What cannot be read: a sentence. */
export class HclFault extends Error {}
