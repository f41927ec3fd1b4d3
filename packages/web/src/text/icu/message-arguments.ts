/** The parameters of an ICU message, read from its text by the compiler: a forgotten or misspelt one does not type-check. */

/**
 * The names of `Text` with the type of each. Braces that are quoted are not understood here: the English texts, whose
 * types these are, have none (a test says so).
 */
export type MessageArguments<Text extends string> = Merge<InMessage<Text, [], never>>

type Named<Name extends string, Value> = { readonly [Key in Name]: Value }

/** A union of single parameters becomes one object; a name that stands in several places has to suit all of them. */
type Merge<Each> = [Each] extends [never]
  ? Record<never, never>
  : {
      readonly [Key in KeysOf<Each>]: Intersected<Each extends Named<Key, infer Value> ? (value: Value) => void : never>
    }

type KeysOf<Each> = Each extends unknown ? keyof Each & string : never
type Intersected<Functions> = [Functions] extends [(value: infer Value) => void] ? Value : never

/** `Depth` has an element for each choice (`plural`, `select`) that is open. */
type InMessage<
  Text extends string,
  Depth extends readonly unknown[],
  Found,
> = Text extends `${infer Before}{${infer After}`
  ? Before extends `${string}}${string}`
    ? Text extends `${string}}${infer Rest}`
      ? BetweenOptions<Rest, Depth, Found>
      : never
    : InArgument<After, Depth, Found>
  : Text extends `${string}}${infer Rest}`
    ? BetweenOptions<Rest, Depth, Found>
    : Found

type InArgument<
  Text extends string,
  Depth extends readonly unknown[],
  Found,
> = Text extends `${infer Head}}${infer Rest}`
  ? Head extends `${infer Name},${infer Kind}`
    ? Trim<Kind> extends `${infer Choice extends keyof ChoiceValue},${string}`
      ? Text extends `${string},${string},${infer Options}`
        ? BetweenOptions<Options, [...Depth, unknown], Found | Named<Trim<Name>, ChoiceValue[Choice]>>
        : never
      : InMessage<Rest, Depth, Found | Named<Trim<Name>, ValueOf<Trim<Kind>>>>
    : InMessage<Rest, Depth, Found | Named<Trim<Head>, string | number>>
  : Found

/** After the form of a choice: another form, or the end of the choice. */
type BetweenOptions<
  Text extends string,
  Depth extends readonly unknown[],
  Found,
> = Text extends `${infer Before}{${infer Form}`
  ? Before extends `${string}}${string}`
    ? Text extends `${string}}${infer Rest}`
      ? AfterChoice<Rest, Depth, Found>
      : never
    : InMessage<Form, Depth, Found>
  : Text extends `${string}}${infer Rest}`
    ? AfterChoice<Rest, Depth, Found>
    : Found

type AfterChoice<Text extends string, Depth extends readonly unknown[], Found> = Depth extends readonly [
  ...infer Outer,
  unknown,
]
  ? InMessage<Text, Outer, Found>
  : Found

type ChoiceValue = { plural: number; selectordinal: number; select: string }
type ValueOf<Kind extends string> = Kind extends `number${string}` ? number : number | Date

type Trim<Text extends string> = Text extends ` ${infer Rest}`
  ? Trim<Rest>
  : Text extends `${infer Rest} `
    ? Trim<Rest>
    : Text
