import { parseArgs } from 'node:util'
import { type ConstructorName, constructorNames, type Limits } from '../../shared/domain/portfolio/problem.ts'
import { type RiskName, riskNames } from '../../shared/domain/portfolio/risks.ts'

export const usage = `npm run --silent portfolio -- RETURNS.csv (--constructor NAME | --weights a,b,…) [options]

  RETURNS.csv          date,NAME,… with simple daily returns as fractions, oldest first; an empty cell is no observation
  --constructor NAME   ${constructorNames.slice(0, 6).join(', ')},
                       ${constructorNames.slice(6).join(', ')}
  --weights a,b,…      only measure these weights, in the order of the columns

limits (one that is not given does not bind; every weight is at least 0)
  --cvar-limit X       CVaR₉₅ of a day at most X, a fraction of equity
  --cdar-limit X       CDaR₉₅ of uncompounded drawdowns at most X
  --max-drawdown X     largest uncompounded drawdown at most X
  --cap X              each weight at most X
  --share-cap-above X  strategies that are correlated over X share one cap
  --budget X           sum of weights at most X
  --sum X              sum of weights exactly X (1 for min_cvar, min_risk and max_sharpe)
  --margin a,b,…       margin of each strategy at weight 1, with --margin-limit X

  --capital a,b,…      capital that one whole unit of each strategy is traded on: with --margin, tells the least account and
                       what the weights buy from $50k to $5M

  --measure NAME       what min_risk minimizes: ${riskNames.slice(0, 5).join(', ')},
                       ${riskNames.slice(5).join(', ')}
  --min-return X       least mean daily return
  --blend X            share of Sharpe in max_hybrid (0.5)
  --seed N             of what is drawn by chance (1)
  --time-limit S       seconds after which solving is given up (60)
  --json               one JSON object instead of tables
  --report FILE.html   also writes the tearsheet`

const text = { type: 'string' } as const
const flags = {
  constructor: text,
  weights: text,
  'cvar-limit': text,
  'cdar-limit': text,
  'max-drawdown': text,
  cap: text,
  'share-cap-above': text,
  budget: text,
  sum: text,
  margin: text,
  capital: text,
  'margin-limit': text,
  measure: text,
  'min-return': text,
  blend: text,
  seed: text,
  'time-limit': text,
  report: text,
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export interface Options {
  file: string
  constructor_name: ConstructorName | null
  weights: number[] | null
  limits: Limits
  /** Of one unit of each strategy. */
  capital: number[] | null
  measure?: RiskName
  blend?: number
  seed: number
  timeoutMs: number
  json: boolean
  report: string | null
}

/** What is wrong with how the command was called. */
export class UsageError extends Error {}

/** `--min-return -0.001`: a number that follows is a value, not an option. */
function joined(args: readonly string[]): string[] {
  const list: string[] = []
  for (const arg of args) {
    const before = list.at(-1)
    if (/^-[\d.]/.test(arg) && before?.startsWith('--') && !before.includes('=')) list.splice(-1, 1, `${before}=${arg}`)
    else list.push(arg)
  }
  return list
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: joined(args), options: flags, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function numberOf(name: string, value: string): number {
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number)) throw new UsageError(`--${name}: “${value}” is not a number`)
  return number
}

function oneOf<Name extends string>(name: string, value: string, names: readonly Name[]): Name {
  const known = names.find(each => each === value)
  if (known === undefined) throw new UsageError(`--${name}: “${value}” is none of ${names.join(', ')}`)
  return known
}

/** Reads the command line; null where help is asked for. @throws UsageError */
export function readOptions(args: readonly string[]): Options | null {
  const { values, positionals } = parsed(args)
  if (values.help) return null
  const own = Object.fromEntries(Object.entries(values))
  const value = (name: string): string | undefined => (Object.hasOwn(own, name) ? String(own[name]) : undefined)
  const figure = (name: string): number | undefined => {
    const given = value(name)
    return given === undefined ? undefined : numberOf(name, given)
  }
  const list = (name: string) =>
    value(name)
      ?.split(',')
      .map(each => numberOf(name, each))
  const [file, ...others] = positionals
  if (file === undefined) throw new UsageError('a file of returns is missing')
  if (others.length > 0) throw new UsageError(`“${others[0]}” is not understood`)
  const [name, weights, measure, blend] = [value('constructor'), list('weights'), value('measure'), figure('blend')]
  if ((name === undefined) === (weights === undefined)) throw new UsageError('give either --constructor or --weights')
  return {
    file,
    constructor_name: name === undefined ? null : oneOf('constructor', name, constructorNames),
    weights: weights ?? null,
    limits: limitsOf(figure, list('margin')),
    capital: capitalOf(list('capital'), list('margin')),
    ...(measure !== undefined && { measure: oneOf('measure', measure, riskNames) }),
    ...(blend !== undefined && { blend }),
    seed: figure('seed') ?? 1,
    timeoutMs: 1000 * (figure('time-limit') ?? 60),
    json: values.json,
    report: value('report') ?? null,
  }
}

function capitalOf(capital: number[] | undefined, margin: number[] | undefined): number[] | null {
  if (capital === undefined) return null
  if (margin === undefined) throw new UsageError('--capital needs --margin')
  if (capital.some(each => each <= 0)) throw new UsageError('--capital: every figure must be over 0')
  return capital
}

function limitsOf(figure: (name: string) => number | undefined, margin: number[] | undefined): Limits {
  const given = {
    cvar: figure('cvar-limit'),
    cdar: figure('cdar-limit'),
    max_drawdown: figure('max-drawdown'),
    cap: figure('cap'),
    share_cap_above: figure('share-cap-above'),
    budget: figure('budget'),
    sum: figure('sum'),
    margin,
    margin_limit: figure('margin-limit'),
    min_return: figure('min-return'),
  }
  if (given.margin_limit !== undefined && margin === undefined) throw new UsageError('--margin-limit needs --margin')
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
