import { invalid } from './refusal.ts'

/** Says whether a message with these attributes is delivered. */
export type Filter = (attributes: Readonly<Record<string, string>>) => boolean

type Token = { kind: 'word' | 'string' | 'sign' | 'end'; text: string }

const MAX_FILTER_BYTES = 256
const TOKEN = /\s*(?:(?<word>[A-Za-z0-9_][A-Za-z0-9_-]*)|(?<string>"(?:[^"\\]|\\.)*")|(?<sign>!=|[=:.,()-]))/suy
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu
const PLAIN_ESCAPES: Record<string, string> = {
  ...{ n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' },
  ...{ '\\': '\\', '"': '"', "'": "'", '?': '?', '`': '`' },
}

/**
 * Compiles an expression of Pub/Sub's filter language to a predicate over attributes; an empty expression lets everything through.
 * `a AND b OR c` needs parentheses, operators are upper case, and a bad expression is refused with INVALID_ARGUMENT, as Google does.
 * Source: https://cloud.google.com/pubsub/docs/subscription-message-filter
 */
export const compileFilter = (expression: string): Filter => {
  if (expression.trim() === '') return () => true
  if (Buffer.byteLength(expression) > MAX_FILTER_BYTES) throw refused(expression, `it is longer than ${MAX_FILTER_BYTES} bytes`)
  return parse(tokens(expression), expression)
}

const refused = (expression: string, why: string) => invalid(`Invalid filter: '${expression}': ${why}.`)

const tokens = (expression: string): Token[] => {
  const found: Token[] = []
  const text = expression.trimEnd()
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex
    const groups = TOKEN.exec(text)?.groups
    if (!groups) throw refused(expression, `unexpected character at ${at}`)
    if (groups.word !== undefined) found.push({ kind: 'word', text: groups.word })
    else if (groups.string !== undefined) found.push({ kind: 'string', text: unquote(groups.string, expression) })
    else found.push({ kind: 'sign', text: groups.sign ?? '' })
  }
  return found
}

const unquote = (literal: string, expression: string) =>
  literal.slice(1, -1).replace(ESCAPE, (_all, hex, short, long, octal, plain) => {
    if (plain === undefined) return codePoint(Number.parseInt(hex ?? short ?? long ?? octal, octal === undefined ? 16 : 8), expression)
    const character = PLAIN_ESCAPES[plain]
    if (character === undefined) throw refused(expression, `unknown escape \\${plain}`)
    return character
  })

const codePoint = (code: number, expression: string) => {
  if (code > 0x10ffff) throw refused(expression, 'an escape names no character')
  return String.fromCodePoint(code)
}

const parse = (input: Token[], expression: string): Filter => {
  let position = 0
  const peek = (): Token => input[position] ?? { kind: 'end', text: 'the end' }
  const is = (kind: Token['kind'], text: string) => peek().kind === kind && peek().text === text
  const accept = (kind: Token['kind'], text: string) => {
    const found = is(kind, text)
    if (found) position += 1
    return found
  }
  const expect = (kind: Token['kind'], text?: string): string => {
    const token = peek()
    if (token.kind !== kind || (text !== undefined && token.text !== text)) {
      throw refused(expression, `expected ${text ?? kind}, found ${token.text}`)
    }
    position += 1
    return token.text
  }
  const key = () => (peek().kind === 'string' ? expect('string') : expect('word'))

  const either = (): Filter => {
    const first = term()
    if (is('word', 'AND')) return every(chain(first, 'AND'))
    if (is('word', 'OR')) return some(chain(first, 'OR'))
    return first
  }
  const chain = (first: Filter, operator: 'AND' | 'OR') => {
    const parts = [first]
    while (accept('word', operator)) parts.push(term())
    if (is('word', operator === 'AND' ? 'OR' : 'AND')) throw refused(expression, 'AND and OR together need parentheses')
    return parts
  }
  const term = (): Filter => {
    if (!accept('word', 'NOT') && !accept('sign', '-')) return simple()
    const inner = simple()
    return attributes => !inner(attributes)
  }
  const simple = (): Filter => {
    if (accept('sign', '(')) {
      const inner = either()
      expect('sign', ')')
      return inner
    }
    if (accept('word', 'hasPrefix')) return prefix()
    expect('word', 'attributes')
    if (accept('sign', ':')) return present(key())
    expect('sign', '.')
    return comparison(key())
  }
  const prefix = (): Filter => {
    expect('sign', '(')
    expect('word', 'attributes')
    expect('sign', '.')
    const name = key()
    expect('sign', ',')
    const start = expect('string')
    expect('sign', ')')
    return attributes => Object.hasOwn(attributes, name) && (attributes[name] ?? '').startsWith(start)
  }
  const comparison = (name: string): Filter => {
    const differs = accept('sign', '!=')
    if (!differs) expect('sign', '=')
    const value = expect('string')
    // A message without the attribute matches !=: its value is not the one named.
    return attributes => (Object.hasOwn(attributes, name) && attributes[name] === value) !== differs
  }

  const whole = either()
  expect('end')
  return whole
}

const present =
  (name: string): Filter =>
  attributes =>
    Object.hasOwn(attributes, name)
const every =
  (parts: Filter[]): Filter =>
  attributes =>
    parts.every(part => part(attributes))
const some =
  (parts: Filter[]): Filter =>
  attributes =>
    parts.some(part => part(attributes))
